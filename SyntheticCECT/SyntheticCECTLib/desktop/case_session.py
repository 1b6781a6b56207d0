"""The case that the tabs share: its CT, its result in the scene, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from ..mrml.provenance import threshold_of
from ..mrml.result_nodes import ResultNodes, add_result, find_result, remove_result
from ..mrml.scene_change import all_or_nothing, remove_nodes
from .companion_volume import companions_of

if TYPE_CHECKING:
    import SimpleITK as sitk

    from ..core.case import CaseResult, OnProgress, PreparedCase
    from ..mrml.live_chambers import LiveChambersNode


class CaseSession:
    """One case at a time.

    Args:
        scene: Where nodes are.

    Attributes:
        native: The CT that is chosen, or ``None``.
        nodes: Its result in the scene, or ``None``.
        changed: Called without arguments whenever one of the two is another one.
    """

    def __init__(self, scene: Any) -> None:
        self.scene = scene
        self.native: Any = None
        self.nodes: ResultNodes | None = None
        self.changed: list[Callable[[], None]] = []
        self._case: PreparedCase | None = None
        self._live: LiveChambersNode | None = None

    def choose(self, native: Any) -> None:
        """Another CT, with the newest result that the scene has of it."""
        nodes = find_result(self.scene, native)
        same = native is self.native and nodes == self.nodes
        self.native, self.nodes = native, nodes
        if not same:
            self._forget()
            self._tell()

    def refresh(self) -> None:
        """Looks into the scene again, after nodes were removed."""
        self.choose(
            self.native if self.native is not None and self.scene.IsNodePresent(self.native) else None
        )

    def take(
        self,
        result: CaseResult,
        native: Any,
        replace_earlier: bool,
        on_progress: OnProgress | None = None,
        keep: Collection[Any] = (),
    ) -> None:
        """Adds a new result to the scene, all of it or nothing, and makes it the session's.

        Args:
            result: On the CT's grid.
            native: The CT.
            replace_earlier: Whether the older result of this CT goes.
            on_progress: As for `add_result`.
            keep: Nodes that stay also where they belong to the older result, such as a heart that a person edited and
                chose as the mask.

        Raises:
            InputRefused: As for `require`, also where the CT goes while its result is being added.
        """
        from ..core.case import part_of
        from ..mrml.live_chambers import LiveChambersNode

        earlier = find_result(self.scene, native) if replace_earlier else None
        with all_or_nothing(self.scene) as change:
            tell = change.telling(on_progress)

            def report(fraction: float, message: str) -> None:
                tell(fraction, message)
                self.require(native)  # the window is alive meanwhile

            nodes = add_result(self.scene, result, native, on_progress=part_of(report, 0.0, 0.9))
            report(0.9, "preparing the threshold slider")
            live = LiveChambersNode(result.case.synthesis, nodes.chambers)
            report(1.0, "showing the result")
        if earlier is not None:
            self.remove(earlier, keep)
        self.native, self.nodes = native, nodes
        self._forget()
        self._case, self._live = result.case, live
        self._tell()

    def require(self, native: Any) -> None:
        """Returns where a CT is in the scene.

        Raises:
            InputRefused: ``ct_removed`` where it is there no longer.
        """
        from ..core.errors import InputRefused

        if not self.scene.IsNodePresent(native):
            raise InputRefused(
                "ct_removed",
                f"'{native.GetName()}' was removed from the scene meanwhile.",
                "Load it again, and press the button again.",
            )

    def remove(self, nodes: ResultNodes, keep: Collection[Any] = ()) -> None:
        """Takes a result out of the scene, with what was made of it; nodes of it that shall be kept stay."""
        remove_nodes(self.scene, companions_of(nodes))
        remove_result(self.scene, nodes, keep)

    def case(self) -> PreparedCase:
        """What the result's nodes hold; read from them where it was not computed just now.

        Raises:
            InputRefused: ``no_result``, or the nodes are damaged.
        """
        from ..core.errors import InputRefused
        from ..mrml.result_case import prepared_case_of

        if self.nodes is None:
            raise InputRefused(
                "no_result", "This CT has no result yet.", "Press Apply in the Synthesize tab first."
            )
        if self._case is None:
            self._case = prepared_case_of(self.nodes)
        return self._case

    def live(self) -> LiveChambersNode:
        """The chambers that follow a threshold. Errors as for `case`."""
        from ..mrml.live_chambers import LiveChambersNode

        if self._live is None:
            synthesis = self.case().synthesis
            assert self.nodes is not None
            self._live = LiveChambersNode(synthesis, self.nodes.chambers)
        return self._live

    def corrected(self, native: Any) -> sitk.Image | None:
        """The chambers in a CT's result, where a person has corrected them.

        Told from the voxels themselves, so that it is known of a scene that was loaded, too.

        Args:
            native: The CT.

        Returns:
            LA = 1, LV = 2 on the CT's grid; ``None`` where they are those of their threshold, or there is no result.

        Raises:
            InputRefused: What is drawn cannot be read on the CT's grid; as for `drawn_chambers_of`.
        """
        from ..core.chambers import segment
        from ..core.errors import InputRefused
        from ..core.formats.label_file import same_labels
        from ..mrml.label_node import drawn_chambers_of
        from ..mrml.result_case import prepared_case_of

        nodes = find_result(self.scene, native)
        if nodes is None:
            return None
        labels = drawn_chambers_of(nodes.chambers, native)
        try:
            synthesis = (self.case() if nodes == self.nodes else prepared_case_of(nodes)).synthesis
        except InputRefused:
            return labels  # of a damaged result nobody can tell what was corrected
        threshold_hu = threshold_of(nodes.chambers)
        found = segment(synthesis, synthesis.default_threshold_hu if threshold_hu is None else threshold_hu)
        return None if same_labels(labels, found) else labels

    def _forget(self) -> None:
        self._case, self._live = None, None

    def _tell(self) -> None:
        for call in list(self.changed):
            call()
