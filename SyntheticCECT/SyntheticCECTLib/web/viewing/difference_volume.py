"""Synthetic minus real CECT as a volume: blue where ours is darker, red where it is brighter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...mrml.node_types import ColorNode, Scene, VolumeNode
from ...mrml.provenance import write_provenance
from ...mrml.volume_node import add_volume

if TYPE_CHECKING:
    from ...core.case import PreparedCase

REACH_HU = 300.0
"""Where the colours end, on either side."""
NAME = "SYNTHETIC minus real CECT"
_BLUE, _WHITE, _RED = (
    np.array(color) for color in ((0.13, 0.40, 0.67), (0.97, 0.97, 0.97), (0.70, 0.09, 0.17))
)
_OUTSIDE_HU = -32768


def add_difference(scene: Scene, case: PreparedCase) -> VolumeNode:
    """Adds the difference inside the heart; it is transparent outside.

    Args:
        scene: Where to.
        case: With a registered CECT.

    Raises:
        ValueError: The case has no CECT.
    """
    import SimpleITK as sitk

    synthesis, cect = case.synthesis, case.cect
    if cect is None:
        raise ValueError("the case has no registered CECT to subtract.")
    values = sitk.GetArrayFromImage(synthesis.synthetic_cect).astype(np.float32)
    values -= sitk.GetArrayViewFromImage(cect)
    values[sitk.GetArrayViewFromImage(synthesis.heart_mask) == 0] = _OUTSIDE_HU
    image = sitk.GetImageFromArray(np.round(values).astype(np.int16))
    image.CopyInformation(synthesis.synthetic_cect)
    node = add_volume(scene, image, NAME)
    write_provenance(node, {}, "difference", synthetic_pixels=True)
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID(_colors(scene).GetID())
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(2 * REACH_HU, 0.0)
    display.SetAutoThreshold(False)
    display.SetThreshold(_OUTSIDE_HU + 1, 32767)
    display.SetApplyThreshold(True)
    return node


def _colors(scene: Scene) -> ColorNode:
    node = scene.AddNewNodeByClass("vtkMRMLColorTableNode", f"{NAME} colours")
    node.SetTypeToUser()
    node.SetNumberOfColors(256)
    for index in range(256):
        share = (index - 127.5) / 127.5
        end = _RED if share > 0 else _BLUE
        node.SetColor(index, f"{index}", *(_WHITE + (end - _WHITE) * abs(share)).tolist(), 1.0)
    write_provenance(node, {}, "difference_colors")  # so that it goes when the volume goes
    return node
