"""A reader's task in the scene: the image under its random name, what may be faded in, the drawing, and the slices to draw on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .display import show_overlay
from .node_types import Node, Scene, SegmentationNode, VolumeNode, nodes_of
from .provenance import write_provenance
from .scene_change import all_or_nothing, remove_nodes
from .segmentation_node import add_chambers
from .volume_node import add_volume, grid_of

if TYPE_CHECKING:
    import SimpleITK as sitk


class TaskInScene:
    """One task at a time. Nothing in it tells which patient or condition it is.

    Args:
        scene: Where to.
        axial: The slice node of the view that is drawn in.

    Attributes:
        volume: The CT; ``None`` without a task.
        second: Synthetic image to fade in over it, or ``None``.
        segmentation: With the segments ``la`` and ``lv``, to draw on or to judge.
    """

    def __init__(self, scene: Scene, axial: Callable[[], Node]) -> None:
        self._scene, self._axial = scene, axial
        self.volume: VolumeNode | None = None
        self.second: VolumeNode | None = None
        self.segmentation: SegmentationNode | None = None
        self._heights_mm: list[float] = []
        self._step_mm = 1.0

    def add(
        self,
        label: str,
        image: sitk.Image,
        second: sitk.Image | None,
        labels: sitk.Image | None,
        slices: Sequence[int],
        surfaces: bool,
    ) -> None:
        """Puts a task into the scene, all of it or nothing.

        Args:
            label: Its random name, and the only one that nodes get.
            image: The CT.
            second: What may be faded in over it; it is synthetic, and its node says so.
            labels: What is drawn already or is to be judged, LA = 1, LV = 2; ``None`` where nothing is.
            slices: Axial slices to draw on; empty for all.
            surfaces: As for `add_chambers`.
        """
        from ..core.common_grid import axial_axis_xyz, slice_z_mm

        with all_or_nothing(self._scene):
            volume = add_volume(self._scene, image, label)
            faded = None
            if second is not None:
                faded = add_volume(self._scene, second, f"{label} SYNTHETIC")
                write_provenance(faded, {}, "second_image", synthetic_pixels=True)
            drawn = grid_of(volume) if labels is None else labels
            drawing = add_chambers(self._scene, drawn, volume, f"{label} drawing", 0.0, surfaces)
        self.volume, self.second, self.segmentation = volume, faded, drawing
        self._heights_mm = sorted(slice_z_mm(image, number) for number in slices)
        self._step_mm = image.GetSpacing()[axial_axis_xyz(image)]

    def clear(self) -> None:
        """Takes the task out of the scene."""
        remove_nodes(self._scene, [self.segmentation, self.second, self.volume])
        self.volume = self.second = self.segmentation = None
        self._heights_mm = []

    def fade(self, opacity: float) -> None:
        """Shows the second image so strongly, from 0 to 1."""
        if self.volume is not None:
            show_overlay(self._composites(), self.volume, self.second, opacity)

    def start_ras(self, image: sitk.Image) -> tuple[float, float, float]:
        """Where a read of the image begins, mm: in its middle, at the middle one of the slices to draw on."""
        middle = image.TransformContinuousIndexToPhysicalPoint([(size - 1) / 2 for size in image.GetSize()])
        height = self._heights_mm[len(self._heights_mm) // 2] if self._heights_mm else middle[2]
        return -middle[0], -middle[1], height

    def at_marked(self) -> bool:
        """Whether the slice in view is one to draw on."""
        here = self._axial().GetSliceOffset()
        return not self._heights_mm or min(abs(mm - here) for mm in self._heights_mm) <= self._step_mm / 2

    def step_marked(self, by: int) -> None:
        """Goes to the following slice to draw on, upwards for 1."""
        node = self._axial()
        here = node.GetSliceOffset()
        later = [mm for mm in self._heights_mm if (mm - here) * by > self._step_mm / 2]
        if later:
            node.SetSliceOffset(min(later, key=lambda mm: abs(mm - here)))

    def _composites(self) -> list[Node]:
        return nodes_of(self._scene, "vtkMRMLSliceCompositeNode")
