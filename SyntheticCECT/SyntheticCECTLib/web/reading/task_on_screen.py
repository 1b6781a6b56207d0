"""What a reader sees of one task in the room: every view, outlines on the image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import SimpleITK as sitk
from vtkmodules.vtkCommonCore import vtkCommand

from ...mrml.node_types import Scene, SegmentationNode, VolumeNode
from ...mrml.task_in_scene import TaskInScene
from ...study.reading_task import ReadingTask
from ...study.study_folder import DisplayWindow
from ..viewing.case_on_screen import show_outlines
from ..viewing.layouts import AXIAL, SLICES
from ..viewing.slicer_views import SlicerViews


class TaskOnScreen(TaskInScene):
    """A task in the room's views.

    Args:
        scene: Where to.
        views: All views.
        on_moved: Called whenever a slice changes, with whether the axial one is one to draw on.
    """

    def __init__(self, scene: Scene, views: SlicerViews, on_moved: Callable[[bool], None]) -> None:
        super().__init__(scene, views.by_tag[AXIAL].get_view_node)
        self._views, self._on_moved = views, on_moved
        for tag in SLICES:
            node = views.by_tag[tag].get_view_node()
            node.AddObserver(vtkCommand.ModifiedEvent, lambda *_: self._tell())

    def show(
        self, task: ReadingTask, image: sitk.Image, second: sitk.Image | None, labels: sitk.Image | None
    ) -> SegmentationNode:
        """Puts a task into the scene.

        Args:
            task: Its label and windows.
            image: The CT.
            second: What may be faded in over it; it is synthetic.
            labels: What is drawn already, or ``None``.

        Returns:
            The segmentation to draw on, or to judge.
        """
        self.add(task.label, image, second, labels, task.slices, surfaces=True)
        assert self.volume is not None and self.segmentation is not None
        show_outlines(self.segmentation)
        _set_window(self.volume, task.window)
        if self.second is not None:
            _set_window(self.second, task.second_window)
        self.fade(0.0)
        self._views.fit(self.volume, self.start_ras(image))
        return self.segmentation

    def fade(self, opacity: float) -> None:
        super().fade(opacity)
        self._views.render()

    def _tell(self) -> None:
        if self.volume is not None:
            self._on_moved(self.at_marked())


def _set_window(volume: VolumeNode, window: DisplayWindow) -> None:
    display: Any = volume.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(window.width, window.level)
