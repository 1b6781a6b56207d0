"""The tab *Synthesize*: which CT, with what, and Apply."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from math import prod
from typing import TYPE_CHECKING, Any

from ..core.errors import InputRefused
from .case_files import CaseChoice
from .desk import Desk
from .device_list import Device, devices, speed_note
from .memory import MemoryNeed
from .model_card import card_text, contrast_models
from .packages_box import PackagesBox
from .run_display import RunDisplay
from .run_report import Progress
from .segment_choice import SegmentChoice
from .slice_range import SliceRange
from .start_check import CASE, StartCheck
from .torch_build import torch_build

if TYPE_CHECKING:
    from ..core.case import CaseResult

NOT_HERE = "not here"


class SynthesizeTab:
    """Reads what was chosen and starts the run.

    Args:
        desk: What all tabs share.
        check: Asked before a run; is told which devices and models are here.
        opened: Called when a run brought a result.
    """

    def __init__(self, desk: Desk, check: StartCheck, opened: Callable[[], None]) -> None:
        self._desk, self._check, self._opened = desk, check, opened
        ui = self._ui = desk.ui
        self.display = RunDisplay(
            ui.applyButton, ui.cancelButton, ui.progressBar, ui.progressLabel, ui.messageLabel
        )
        self._packages = PackagesBox(ui, desk.runner.installer, self.look_again)
        self._gpus: list[Device] = []
        self._gpus_known = False
        self._torch = torch_build()
        self._models = contrast_models()
        self._default = ""
        self._filling = False
        self.segment = SegmentChoice(ui.heartSegmentCombo, self._set_segment)
        ui.applyButton.connect("clicked(bool)", self._apply)
        ui.cancelButton.connect("clicked(bool)", self._cancel)
        ui.nativeCtSelector.connect("currentNodeChanged(vtkMRMLNode*)", self._native_changed)
        ui.heartSegmentationSelector.connect("currentNodeChanged(vtkMRMLNode*)", self._heart_changed)
        ui.modelCombo.connect("currentIndexChanged(int)", self._model_changed)
        ui.deviceCombo.connect("currentIndexChanged(int)", self._device_changed)
        ui.firstSliceSpin.connect("valueChanged(int)", self._slices_changed)
        ui.lastSliceSpin.connect("valueChanged(int)", self._slices_changed)

    def restore(self) -> None:
        """Shows what the parameter node holds, where it is not connected by itself."""
        parameters, check = self._desk.parameters, self._check
        choices = devices(self._gpus, self._torch)
        check.models = [one.id for one in self._models]
        check.devices = [one.key for one in choices] if self._gpus_known else None
        self._filling = True
        self._fill(
            self._ui.modelCombo, [(one.id, one.id) for one in self._models], parameters.model or self._default
        )
        self._fill(
            self._ui.deviceCombo,
            [(one.title, one.key) for one in choices],
            parameters.device,
            NOT_HERE if self._gpus_known else "being looked for",
        )
        self._filling = False
        self.segment.show(parameters.heartSegmentation, parameters.heartSegmentId)
        self._packages.show()
        self._show_card()
        self.update()

    def look_again(self) -> None:
        """What others may have changed: segments, the CT's size, packages."""
        self._torch = torch_build()
        self.restore()

    def warm_up(self) -> None:
        """What takes a moment and need not be waited for when the panel opens: SimpleITK, scipy, and the default model."""
        from ..core import case_folder  # noqa: F401  a result that comes back must not wait for it
        from ..core.pipeline import DEFAULT_MODEL

        self._default = DEFAULT_MODEL
        self.restore()

    def show_gpus(self, gpus: list[Device]) -> None:
        """The graphics cards, once the driver told which, or could not be asked."""
        self._gpus, self._gpus_known = gpus, True
        self.restore()

    def choice(self) -> CaseChoice:
        """What is chosen now, without anything to compare with."""
        parameters = self._desk.parameters
        heart = parameters.heartSegmentation
        return CaseChoice(
            native=parameters.nativeCt,
            heart=heart,
            heart_segment=parameters.heartSegmentId if heart is not None else "",
            slices=SliceRange(parameters.firstSlice, parameters.lastSlice),
            model=parameters.model,
            device=parameters.device,
        )

    def memory(self, cect: Any = None) -> MemoryNeed | None:
        """What the chosen scan needs; ``None`` without one.

        Args:
            cect: Node of a real CECT that it is compared with.
        """
        size = self._size()
        data = cect.GetImageData() if cect is not None else None
        others = data.GetNumberOfPoints() if data is not None else 0
        return self._check.memory(CASE, prod(size), others) if all(size) else None

    def update(self) -> None:
        """What depends on the CT: memory, time, and whether Apply can be pressed."""
        need, slices = self.memory(), self._size()[2]
        self._ui.memoryLabel.text = need.text() if need else ""
        note = speed_note(self._desk.parameters.device, self._gpus, self._torch, slices)
        self._ui.deviceNoteLabel.text = note
        self._ui.applyButton.enabled = need is not None and not self._desk.runner.busy

    def run_started(self) -> None:
        self.display.begin()

    def run_progress(self, progress: Progress) -> None:
        self.display.step(progress)

    def run_done(self, result: CaseResult) -> None:
        self.display.end("")
        self._opened()
        self.update()
        # Last: where another CT was chosen during the run, choosing this one again takes away what is said.
        self._ui.messageLabel.text = result_text(result)

    def run_failed(self, text: str) -> None:
        self.display.end(text)
        self._desk.application.show_error(text)
        self.update()

    def run_cancelled(self) -> None:
        self.display.end("Cancelled. The scene is as it was.")
        self.update()

    def tell(self, text: str) -> None:
        """Says what must be read; it stays here."""
        self._ui.messageLabel.text = text
        self._desk.application.show_error(text)

    def _apply(self, *_: Any) -> None:
        need = self.memory()
        if need is None:
            self.display.end("Choose a CT first.")
            return
        try:
            self._check.admit(CASE, need)
        except InputRefused as refusal:
            self.display.end(str(refusal))
            return
        self._desk.runner.process(self.choice(), self._desk.parameters.replaceEarlier, self)

    def _cancel(self, *_: Any) -> None:
        self._desk.runner.cancel()

    def _native_changed(self, node: Any = None) -> None:
        if self._scene_is_changing():
            return
        # First the node itself: whatever is written below makes the parameter node set all selectors as it knows them.
        self._desk.parameters.nativeCt = node
        self._desk.session.choose(node)
        if not self._desk.runner.busy:
            self._ui.messageLabel.text = ""
        self.update()

    def _heart_changed(self, node: Any = None) -> None:
        if self._scene_is_changing():
            return
        self._desk.parameters.heartSegmentation = node
        self.segment.show(node, self._desk.parameters.heartSegmentId)

    def _scene_is_changing(self) -> bool:
        return not self._desk.settled or bool(self._desk.session.scene.IsBatchProcessing())

    def _set_segment(self, segment_id: str) -> None:
        self._desk.parameters.heartSegmentId = segment_id

    def _model_changed(self, index: int) -> None:
        if not self._filling and index >= 0:
            self._desk.parameters.model = str(self._ui.modelCombo.itemData(index))
            self._show_card()

    def _device_changed(self, index: int) -> None:
        if not self._filling and index >= 0:
            self._desk.parameters.device = str(self._ui.deviceCombo.itemData(index))
            self.update()

    def _slices_changed(self, _: int) -> None:
        self.update()

    def _show_card(self) -> None:
        index = self._ui.modelCombo.currentIndex
        self._ui.modelCardLabel.text = (
            card_text(self._models[index])
            if 0 <= index < len(self._models)
            else "This model is not on this computer."
        )

    def _size(self) -> tuple[int, int, int]:
        """Voxels that a run would work on; zeros without a CT."""
        node = self._ui.nativeCtSelector.currentNode()
        data = node.GetImageData() if node is not None else None
        if data is None:
            return 0, 0, 0
        columns, rows, slices = data.GetDimensions()
        first, last = self._ui.firstSliceSpin.value, self._ui.lastSliceSpin.value
        used = min(slices, last + 1 if last else slices) - first
        return columns, rows, max(0, used)

    @staticmethod
    def _fill(combo: Any, entries: list[tuple[str, str]], chosen: str, absent: str = NOT_HERE) -> None:
        """A saved choice that is none here gets an entry of its own, and stays what is chosen."""
        combo.clear()
        if chosen and chosen not in [key for _, key in entries]:
            entries = [*entries, (f"{chosen} ({absent})", chosen)]
        for title, key in entries:
            combo.addItem(title, key)
        keys = [key for _, key in entries]
        combo.currentIndex = keys.index(chosen) if chosen in keys else 0


def result_text(result: CaseResult) -> str:
    """Volumes in one line, and below what the person should know; rich text."""
    titles = {"la": "left atrium", "lv": "left ventricle"}
    parts = [
        f"{titles[key]} {'no value' if one['ml'] is None else format(one['ml'], '.1f') + ' mL'}"
        for key, one in result.volumes.items()
    ]
    warnings = [f"<br>⚠ {escape(notice.message)}" for notice in result.case.notices]
    return f"Done: {', '.join(parts)}.{''.join(warnings)}"
