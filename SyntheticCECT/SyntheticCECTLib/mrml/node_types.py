"""What MRML's classes are called in this room, and where they come from.

Slicer's Python classes carry no types, so these names say what an argument must be and check nothing.
"""

from __future__ import annotations

import importlib
from typing import Any, TypeAlias

Scene: TypeAlias = Any
"""vtkMRMLScene."""
Node: TypeAlias = Any
"""Any vtkMRMLNode."""
VolumeNode: TypeAlias = Any
"""vtkMRMLScalarVolumeNode, or vtkMRMLLabelMapVolumeNode."""
SegmentationNode: TypeAlias = Any
"""vtkMRMLSegmentationNode."""
TransformNode: TypeAlias = Any
"""vtkMRMLTransformNode."""
TableNode: TypeAlias = Any
"""vtkMRMLTableNode."""
ChartNode: TypeAlias = Any
"""vtkMRMLPlotChartNode."""
SliceCompositeNode: TypeAlias = Any
"""vtkMRMLSliceCompositeNode."""
ColorNode: TypeAlias = Any
"""vtkMRMLColorTableNode."""


def slicer() -> Any:
    """Slicer's classes: of the desktop application, or of slicer-core where there is no desktop."""
    return importlib.import_module("slicer")


def nodes_of(scene: Scene, class_name: str) -> list[Node]:
    """All nodes of a class, without leaking the collection that MRML hands out."""
    found = scene.GetNodesByClass(class_name)
    found.UnRegister(scene)
    return [found.GetItemAsObject(index) for index in range(found.GetNumberOfItems())]
