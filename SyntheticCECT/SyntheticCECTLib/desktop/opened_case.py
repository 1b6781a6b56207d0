"""The case of the queue that is looked at: one at a time in the scene."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import InputRefused
from ..mrml.result_nodes import results_of
from ..mrml.scene_change import remove_nodes
from .corrections import may_replace
from .desk import Desk

if TYPE_CHECKING:
    import SimpleITK as sitk

    from ..core.case import OnProgress


class OpenedCase:
    """Puts a finished case into the scene, and takes it out when the next one comes.

    A case of whose CT a person made another result and kept both is theirs: it stays whole.

    Args:
        desk: What all tabs share; its session gets the case.

    Attributes:
        case_id: Which case it is; ``None`` without one.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk, self._session = desk, desk.session
        self._native: Any = None
        self._labels: sitk.Image | None = None
        self.case_id: str | None = None
        self._folder: Path | None = None

    def of(self, results: Path) -> str | None:
        """Which case of a folder of results is looked at; another folder may hold one of the same name."""
        here = self._folder is not None and self._folder.parent == results
        return self.case_id if here else None

    def follow_scene(self) -> None:
        """A case that left with its scene is no longer looked at."""
        if self._native is not None and not self._session.scene.IsNodePresent(self._native):
            self._native = self.case_id = None

    def show(self, case_id: str, folder: Path, report: OnProgress) -> None:
        """Puts a case into the scene; the one that was looked at before leaves it.

        Args:
            case_id: Its name.
            folder: Of its result.
            report: Called with a fraction from 0 to 1 and what is being done.

        Raises:
            InputRefused: The result is damaged; ``corrections_kept`` where a person does not want to lose corrections of
                the one before.
        """
        from ..core.case import part_of
        from ..core.folder_chambers import read_result
        from ..mrml.volume_node import add_volume

        result = read_result(folder, part_of(report, 0.0, 0.5))
        if self._goes() and not may_replace(self._desk, self._native, self._labels):
            raise InputRefused(
                "corrections_kept",
                f"'{self.case_id}' stays open, with your corrections.",
                "Save the scene, or export the result, before you open another case.",
            )
        self._put_away()
        native = self._native = add_volume(self._session.scene, result.case.synthesis.native_ct, case_id)
        self._session.take(result, native, replace_earlier=False, on_progress=part_of(report, 0.5, 1.0))
        self._labels, self.case_id, self._folder = result.labels, case_id, folder

    def _goes(self) -> bool:
        """Whether the case leaves the scene; not where a person has more of its CT than the result that was opened."""
        return len(list(results_of(self._session.scene, self._native))) < 2

    def _put_away(self) -> None:
        session, native, goes = self._session, self._native, self._goes()
        self._native = self._labels = self.case_id = None
        if native is not None and goes and session.scene.IsNodePresent(native):
            # Also where another CT is chosen by now.
            for nodes in list(results_of(session.scene, native)):
                session.remove(nodes)
            remove_nodes(session.scene, [native])
