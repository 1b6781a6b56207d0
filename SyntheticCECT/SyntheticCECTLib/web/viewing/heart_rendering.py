"""Volume rendering of the synthetic contrast in the heart: what lies before the heart would only hide it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...core.bounding_box import bounding_box
from ...mrml.node_types import Node, Scene, VolumeNode
from ...mrml.provenance import write_provenance
from ...mrml.volume_node import add_volume
from ...mrml.volume_rendering import BY_PROCESSOR, render_volume

if TYPE_CHECKING:
    from ...core.pipeline import Synthesis

NAME = "SYNTHETIC CECT in the heart"
_OUTSIDE_HU = -1024


def add_heart_rendering(scene: Scene, synthesis: Synthesis, view_node: Node) -> VolumeNode:
    """Adds the synthetic CECT inside the heart mask as a volume of its own, rendered in one view.

    Args:
        scene: Where to.
        synthesis: With a heart.
        view_node: vtkMRMLViewNode.
    """
    import SimpleITK as sitk

    mask = sitk.GetArrayViewFromImage(synthesis.heart_mask) > 0
    values = np.where(mask, sitk.GetArrayViewFromImage(synthesis.synthetic_cect), _OUTSIDE_HU)
    image = sitk.GetImageFromArray(values.astype(np.int16))
    image.CopyInformation(synthesis.synthetic_cect)
    box = bounding_box(mask)
    if box is not None:
        image = image[tuple(reversed(box))]
    node = add_volume(scene, image, NAME)
    write_provenance(node, {}, "heart_rendering", synthetic_pixels=True)
    render_volume(scene, node, [view_node], BY_PROCESSOR)
    return node
