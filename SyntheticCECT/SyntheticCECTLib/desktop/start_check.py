"""What is looked at before a run starts, whichever tab starts it: device, model and memory."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..core.errors import InputRefused
from .corrections import may_replace
from .desk import Desk
from .memory import ADVICE, MemoryNeed, memory_need

CASE, QUEUE = "case", "queue"
"""Who may run: the case that is open, and the queue of the Batch tab. Both may run at once."""


class StartCheck:
    """Lets a run start, or refuses it in words.

    Args:
        desk: What all tabs share.
        free_memory: Called for the bytes that are free, ``None`` where unknown.

    Attributes:
        devices: Keys of those that are here; ``None`` while the driver has not answered.
        models: Ids of those that are here.
        running: Whether each of `CASE` and `QUEUE` runs now.
    """

    def __init__(self, desk: Desk, free_memory: Callable[[], int | None]) -> None:
        self._desk, self.free_memory = desk, free_memory
        self.devices: Collection[str] | None = None
        self.models: Collection[str] = ()
        self.running: dict[str, Callable[[], bool]] = {CASE: lambda: desk.runner.busy, QUEUE: lambda: False}
        self._claimed = {CASE: 0, QUEUE: 0}

    def memory(self, who: str, voxels: int, cect_voxels: int = 0) -> MemoryNeed:
        """What a run of so many voxels needs, with what the other one may still take.

        Args:
            who: `CASE` or `QUEUE`.
            voxels: Of the CT.
            cect_voxels: Of the real CECT, if there is one.
        """
        beside = sum(
            claim for other, claim in self._claimed.items() if other != who and self.running[other]()
        )
        return memory_need(voxels, self.free_memory(), cect_voxels, beside)

    def admit(self, who: str, need: MemoryNeed | None, keeps_corrections: bool = False) -> None:
        """Returns where a run may start.

        Args:
            who: `CASE` or `QUEUE`.
            need: Its memory; ``None`` where it is not known.
            keeps_corrections: Whether the result will hold the chambers as a person corrected them.

        Raises:
            InputRefused: ``model_absent`` or ``device_absent`` where a saved choice is not on this computer;
                ``too_little_memory`` or ``corrections_kept`` where a person does not want to go on.
        """
        parameters = self._desk.parameters
        if parameters.model and parameters.model not in self.models:
            raise InputRefused(
                "model_absent",
                f"The model '{parameters.model}', which this scene was saved with, is not on this computer.",
                "Choose another model in the Synthesize tab, or put its package here.",
            )
        if self.devices is not None and parameters.device not in self.devices:
            raise InputRefused(
                "device_absent",
                f"The device '{parameters.device}', which this scene was saved with, cannot be used on this computer.",
                "Choose another device in the Synthesize tab.",
            )
        if need is not None and not need.enough and not self._wanted(need):
            raise InputRefused("too_little_memory", f"{need.amount()}: not enough.", ADVICE)
        replaces = who == CASE and parameters.replaceEarlier and not keeps_corrections
        if replaces and not may_replace(self._desk, parameters.nativeCt):
            raise InputRefused(
                "corrections_kept",
                "Nothing was started: your corrections of the chambers stay.",
                "Untick 'Replace the earlier result of this CT' to have both, or press Compare to measure the corrected ones.",
            )
        self._claimed[who] = need.needed if need is not None else 0

    def _wanted(self, need: MemoryNeed) -> bool:
        return self._desk.application.ask(f"{need.text()}\nTry it nevertheless?")
