"""The nodes of one reading task: the image under its random name, what may be faded in, and the drawing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import SimpleITK as sitk
from vtkmodules.vtkCommonCore import vtkCommand

from ...core.common_grid import axial_axis_xyz, slice_z_mm
from ...mrml.display import show_overlay
from ...mrml.node_types import Node, Scene, SegmentationNode, VolumeNode
from ...mrml.provenance import write_provenance
from ...mrml.scene_change import remove_nodes
from ...mrml.segmentation_node import add_chambers
from ...mrml.volume_node import add_volume
from ...study.reading_task import ReadingTask
from ...study.study_folder import DisplayWindow
from ..viewing.case_on_screen import show_outlines
from ..viewing.layouts import AXIAL
from ..viewing.slicer_views import SlicerViews


class TaskOnScreen:
    """What a reader sees.

    Args:
        scene: Where to.
        views: All views.
        on_moved: Called whenever the axial slice changes, with whether it is one to draw on.
    """

    def __init__(self, scene: Scene, views: SlicerViews, on_moved: Callable[[bool], None]) -> None:
        self._scene, self._views, self._on_moved = scene, views, on_moved
        self._nodes: list[Node] = []
        self._second: VolumeNode | None = None
        self._heights_mm: list[float] = []
        self._step_mm = 1.0
        self.volume: VolumeNode | None = None
        views.by_tag[AXIAL].get_view_node().AddObserver(vtkCommand.ModifiedEvent, lambda *_: self._tell())

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
        self.volume = add_volume(self._scene, image, task.label)
        _set_window(self.volume, task.window)
        if second is not None:
            self._second = add_volume(self._scene, second, f"{task.label} SYNTHETIC")
            write_provenance(self._second, {}, "second_image", synthetic_pixels=True)
            _set_window(self._second, task.second_window)
        segmentation = add_chambers(self._scene, _labels(labels, image), self.volume, f"{task.label} drawing")
        show_outlines(segmentation)
        self._nodes = [segmentation, self._second, self.volume]
        self._heights_mm = [slice_z_mm(image, number) for number in task.slices]
        self._step_mm = image.GetSpacing()[axial_axis_xyz(image)]
        self.fade(0.0)
        self._views.fit(self.volume, self._start(image))
        return segmentation

    def clear(self) -> None:
        """Takes the task out of the scene."""
        remove_nodes(self._scene, self._nodes)
        self._nodes, self._heights_mm = [], []
        self.volume = self._second = None

    def fade(self, opacity: float) -> None:
        """Shows the second image so strongly."""
        if self.volume is not None:
            show_overlay(self._views.composites().values(), self.volume, self._second, opacity)
            self._views.render()

    def step_marked(self, by: int) -> None:
        """Goes to the following slice to draw on, upwards for 1."""
        view = self._views.by_tag[AXIAL]
        here = view.get_slice_value()
        later = [mm for mm in self._heights_mm if (mm - here) * by > self._step_mm / 2]
        if later:
            view.set_slice_value(min(later, key=lambda mm: abs(mm - here)))

    def _tell(self) -> None:
        if self.volume is None:
            return
        here = self._views.by_tag[AXIAL].get_slice_value()
        marked = not self._heights_mm or min(abs(mm - here) for mm in self._heights_mm) <= self._step_mm / 2
        self._on_moved(marked)

    def _start(self, image: sitk.Image) -> tuple[float, float, float]:
        middle = image.TransformContinuousIndexToPhysicalPoint([(size - 1) / 2 for size in image.GetSize()])
        height = sorted(self._heights_mm)[len(self._heights_mm) // 2] if self._heights_mm else middle[2]
        return -middle[0], -middle[1], height


def _set_window(volume: VolumeNode, window: DisplayWindow) -> None:
    display: Any = volume.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(window.width, window.level)


def _labels(labels: sitk.Image | None, image: sitk.Image) -> sitk.Image:
    if labels is not None:
        return labels
    empty = sitk.GetImageFromArray(np.zeros(image.GetSize()[::-1], np.uint8))
    empty.CopyInformation(image)
    return empty
