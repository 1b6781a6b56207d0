"""Volumes that are made of a result when they are asked for, and go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..mrml.node_types import nodes_of
from ..mrml.provenance import CONTENT, PREFIX, provenance_of, write_provenance
from ..mrml.result_nodes import ResultNodes
from ..mrml.scene_change import all_or_nothing
from ..mrml.subject_hierarchy import put_into
from ..mrml.volume_node import add_volume, set_image

if TYPE_CHECKING:
    import SimpleITK as sitk

ROLE = f"{PREFIX}companion_of"
CHECKERBOARD, DIFFERENCE = "checkerboard", "difference"


def put_companion(nodes: ResultNodes, image: sitk.Image, content: str, name: str) -> Any:
    """Adds a volume to a result, or fills the one of that content that it has.

    Args:
        nodes: The result; the volume follows its transform and says where it came from.
        image: On the CT's grid, with synthetic pixels.
        content: `CHECKERBOARD` or `DIFFERENCE`.
        name: Of the node.
    """
    synthetic = nodes.synthetic_cect
    scene = synthetic.GetScene()
    found = companion_of(nodes, content)
    if found is not None:
        set_image(found, image)
        return found
    with all_or_nothing(scene):
        node = add_volume(scene, image, name, synthetic.GetParentTransformNode())
        write_provenance(node, provenance_of(synthetic), content, synthetic_pixels=True)
        node.SetNodeReferenceID(ROLE, synthetic.GetID())
        put_into(scene, nodes.folder, [node])
    return node


def companion_of(nodes: ResultNodes, content: str) -> Any:
    """The volume of that content, or ``None``."""
    return next((node for node in companions_of(nodes) if provenance_of(node).get(CONTENT) == content), None)


def companions_of(nodes: ResultNodes) -> list[Any]:
    """All such volumes of a result."""
    synthetic = nodes.synthetic_cect
    volumes = nodes_of(synthetic.GetScene(), "vtkMRMLScalarVolumeNode")
    return [node for node in volumes if node.GetNodeReference(ROLE) is synthetic]
