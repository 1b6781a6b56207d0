"""The case that the tabs share: its CT, its result in the scene, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from ..mrml.result_nodes import ResultNodes, add_result, find_result, remove_result
from ..mrml.scene_change import all_or_nothing, remove_nodes
from .companion_volume import companions_of

if TYPE_CHECKING:
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
        case: PreparedCase,
        native: Any,
        replace_earlier: bool,
        on_progress: OnProgress | None = None,
        keep: Collection[Any] = (),
    ) -> CaseResult:
        """Adds a new result to the scene, all of it or nothing, and makes it the session's.

        Args:
            case: On the CT's grid.
            native: The CT.
            replace_earlier: Whether the older result of this CT goes.
            on_progress: As for `add_result`.
            keep: Nodes that stay also where they belong to the older result, such as a heart that a person edited and
                chose as the mask.
        """
        from ..core.case import part_of, segment_case
        from ..mrml.live_chambers import LiveChambersNode

        report = part_of(on_progress, 0.0, 1.0)
        result = segment_case(case, on_progress=part_of(report, 0.0, 0.2))
        earlier = find_result(self.scene, native) if replace_earlier else None
        with all_or_nothing(self.scene):
            nodes = add_result(self.scene, result, native, on_progress=part_of(report, 0.2, 0.9))
            report(0.9, "preparing the threshold slider")
            live = LiveChambersNode(case.synthesis, nodes.chambers)
            report(1.0, "showing the result")
        if earlier is not None:
            self.remove(earlier, keep)
        self.native, self.nodes = native, nodes
        self._forget()
        self._case, self._live = case, live
        self._tell()
        return result

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

    def _forget(self) -> None:
        self._case, self._live = None, None

    def _tell(self) -> None:
        for call in list(self.changed):
            call()
