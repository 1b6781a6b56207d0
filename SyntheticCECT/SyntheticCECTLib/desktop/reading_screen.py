"""What a reader sees of one task in Slicer: one axial view, whose window and layout stay as the study wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import slicer

from ..core.formats.itk_name import itk_name
from ..mrml.display import show_overlay
from ..mrml.node_types import nodes_of
from ..mrml.task_in_scene import TaskInScene
from .application import Application

if TYPE_CHECKING:
    import SimpleITK as sitk

    from ..study.reading_task import ReadingTask
    from ..study.study_folder import DisplayWindow

AXIAL = "Red"


class ReadingScreen(TaskInScene):
    """A task and its one axial view; window and layout are the study's and the same for everybody.

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
        super().__init__(scene, self._slice_node)
        self._application, self._moved, self._drawn = application, moved, drawn
        self._opacity = 0.0
        self._observed: list[tuple[Any, int]] = []
        self._layout_before = 0

    def show(self, task: ReadingTask, labels: sitk.Image | None) -> None:
        """Puts a task into the scene, in the place of the one before.

        Args:
            task: Its label, files and windows.
            labels: What is drawn already or is to be judged; ``None`` where nothing is.
        """
        import SimpleITK as sitk

        self.clear()
        image = sitk.ReadImage(itk_name(task.image))
        second = None if task.second_image is None else sitk.ReadImage(itk_name(task.second_image))
        # Surfaces would have to be made again after each stroke.
        self.add(task.label, image, second, labels, task.slices, surfaces=False)
        self._arrange(image)
        self._observe()
        self._fix_window(self.volume, task.window)
        if self.second is not None:
            self._fix_window(self.second, task.second_window)

    def clear(self) -> None:
        for node, tag in self._observed:
            node.RemoveObserver(tag)
        super().clear()
        self._observed, self._opacity = [], 0.0

    def leave(self) -> None:
        """Clears, and gives the layout back."""
        self.clear()
        if self._layout_before:
            self._application().set_layout(self._layout_before)
            self._layout_before = 0

    def cover(self, covered: bool) -> None:
        """Hides the images while the reader is away: nobody reads off the clock."""
        if self.segmentation is None:
            return
        self.segmentation.GetDisplayNode().SetVisibility(not covered)
        if covered:
            show_overlay(self._composites(), None, None, 0.0)
        else:
            self.fade(self._opacity)

    def fade(self, opacity: float) -> None:
        self._opacity = opacity
        super().fade(opacity)

    def labels(self) -> sitk.Image:
        """What is drawn: LA = 1, LV = 2 on the image's grid, all zero where nothing is."""
        from ..mrml.label_node import drawn_chambers_of

        return drawn_chambers_of(self.segmentation, self.volume)

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
        node.SetSliceOffset(self.start_ras(image)[2])

    def _observe(self) -> None:
        assert self.segmentation is not None
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
