"""What a reader sees of one task: the image under its random name, what may be faded in, and the drawing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import slicer

from ..mrml.display import show_overlay
from ..mrml.node_types import nodes_of
from ..mrml.provenance import write_provenance
from ..mrml.scene_change import all_or_nothing, remove_nodes
from .application import Application

if TYPE_CHECKING:
    import SimpleITK as sitk

    from ..study.reading_task import ReadingTask
    from ..study.study_folder import DisplayWindow

AXIAL = "Red"


class ReadingScreen:
    """The nodes and the one axial view of a task; window and layout are the study's and the same for everybody.

    Args:
        scene: Slicer's.
        application: Sets layouts.
        moved: Called whenever the slice changes.
        drawn: Called whenever the drawing changes.
    """

    def __init__(
        self,
        scene: Any,
        application: Callable[[], Application],
        moved: Callable[[], None],
        drawn: Callable[[], None],
    ) -> None:
        self._scene, self._application, self._moved, self._drawn = scene, application, moved, drawn
        self.volume: Any = None
        self.segmentation: Any = None
        self._second: Any = None
        self._opacity = 0.0
        self._heights_mm: list[float] = []
        self._step_mm = 1.0
        self._observed: list[tuple[Any, int]] = []
        self._layout_before = 0

    def show(self, task: ReadingTask, labels: sitk.Image | None) -> None:
        """Puts a task into the scene, in the place of the one before.

        Args:
            task: Its label, files and windows.
            labels: What is drawn already or is to be judged; ``None`` where nothing is.
        """
        import SimpleITK as sitk

        from ..core.common_grid import axial_axis_xyz, slice_z_mm
        from ..mrml.segmentation_node import add_chambers
        from ..mrml.volume_node import add_volume

        self.clear()
        image = sitk.ReadImage(str(task.image))
        with all_or_nothing(self._scene):
            self.volume = add_volume(self._scene, image, task.label)
            if task.second_image is not None:
                second = sitk.ReadImage(str(task.second_image))
                self._second = add_volume(self._scene, second, f"{task.label} SYNTHETIC")
                write_provenance(self._second, {}, "second_image", synthetic_pixels=True)
            self.segmentation = add_chambers(
                self._scene, _empty(image) if labels is None else labels, self.volume, f"{task.label} drawing", 0.0,
                surfaces=False,  # they would have to be made again after each stroke
            )  # fmt: skip
        self._heights_mm = sorted(slice_z_mm(image, number) for number in task.slices)
        self._step_mm = image.GetSpacing()[axial_axis_xyz(image)]
        self._arrange(image)
        self._observe()
        self._fix_window(self.volume, task.window)
        if self._second is not None:
            self._fix_window(self._second, task.second_window)

    def clear(self) -> None:
        """Takes the task out of the scene."""
        for node, tag in self._observed:
            node.RemoveObserver(tag)
        remove_nodes(self._scene, [self.segmentation, self._second, self.volume])
        self._observed, self._heights_mm, self._opacity = [], [], 0.0
        self.volume = self.segmentation = self._second = None

    def leave(self) -> None:
        """Clears, and gives the layout back."""
        self.clear()
        if self._layout_before:
            self._application().set_layout(self._layout_before)
            self._layout_before = 0

    def cover(self, covered: bool) -> None:
        """Hides the images while the reader is away: nobody reads off the clock."""
        if self.volume is None:
            return
        self.segmentation.GetDisplayNode().SetVisibility(not covered)
        if covered:
            show_overlay(self._composites(), None, None, 0.0)
        else:
            self.fade(self._opacity)

    def fade(self, opacity: float) -> None:
        """Shows the second image so strongly, from 0 to 1."""
        self._opacity = opacity
        if self.volume is not None:
            show_overlay(self._composites(), self.volume, self._second, opacity)

    def labels(self) -> sitk.Image:
        """What is drawn: LA = 1, LV = 2 on the image's grid, all zero where nothing is."""
        from ..core.errors import InputRefused
        from ..mrml.label_node import chambers_of
        from ..mrml.volume_node import grid_of

        try:
            return chambers_of(self.segmentation, self.volume)
        except InputRefused as refusal:
            if refusal.code != "no_labels":
                raise
        return grid_of(self.volume)

    def at_marked(self) -> bool:
        """Whether the slice in view is one to draw on."""
        here = self._slice_node().GetSliceOffset()
        return not self._heights_mm or min(abs(mm - here) for mm in self._heights_mm) <= self._step_mm / 2

    def step_marked(self, by: int) -> None:
        """Goes to the following slice to draw on, upwards for 1."""
        node = self._slice_node()
        here = node.GetSliceOffset()
        later = [mm for mm in self._heights_mm if (mm - here) * by > self._step_mm / 2]
        if later:
            node.SetSliceOffset(min(later, key=lambda mm: abs(mm - here)))

    def _arrange(self, image: sitk.Image) -> None:
        application = self._application()
        only_axial = int(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
        if application.layout() != only_axial:
            self._layout_before = self._layout_before or application.layout()
            application.set_layout(only_axial)
        node = self._slice_node()
        node.SetOrientationToAxial()
        self.fade(0.0)
        if slicer.app.layoutManager() is not None:
            slicer.util.resetSliceViews()
        middle = image.TransformContinuousIndexToPhysicalPoint([(size - 1) / 2 for size in image.GetSize()])
        marked = self._heights_mm
        node.SetSliceOffset(marked[len(marked) // 2] if marked else middle[2])

    def _observe(self) -> None:
        segmentation = self.segmentation.GetSegmentation()
        self._follow(self._slice_node(), "ModifiedEvent", self._moved)
        self._follow(segmentation, segmentation.SourceRepresentationModified, self._drawn)

    def _fix_window(self, volume: Any, window: DisplayWindow) -> None:
        """Sets a window, and sets it again whenever a mouse or a module changes it."""
        display = volume.GetDisplayNode()

        def fix() -> None:
            if (display.GetWindow(), display.GetLevel()) != (window.width, window.level):
                display.SetAutoWindowLevel(False)
                display.SetWindowLevel(window.width, window.level)

        fix()
        self._follow(display, "ModifiedEvent", fix)

    def _follow(self, node: Any, event: Any, call: Callable[[], None]) -> None:
        self._observed.append((node, node.AddObserver(event, lambda *_: call())))

    def _slice_node(self) -> Any:
        nodes = nodes_of(self._scene, "vtkMRMLSliceNode")
        return next(node for node in nodes if node.GetLayoutName() == AXIAL)

    def _composites(self) -> list[Any]:
        return nodes_of(self._scene, "vtkMRMLSliceCompositeNode")


def _empty(image: sitk.Image) -> sitk.Image:
    import SimpleITK as sitk

    empty = sitk.Image(image.GetSize(), sitk.sitkUInt8)
    empty.CopyInformation(image)
    return empty
