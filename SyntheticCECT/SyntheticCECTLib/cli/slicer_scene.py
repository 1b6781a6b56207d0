"""A scene that 3D Slicer opens by itself: the volumes with their windows, the synthetic CECT over the CT, the chambers.

Format: MRML, an XML file with one element for each node; file names in it are relative to the scene.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import SimpleITK as sitk

from ..core.case_folder import CECT_REGISTERED, CHAMBERS, HEART_MASK, REFERENCE, SCENE, SYNTHETIC_CECT
from ..core.formats.itk_name import itk_name
from ..core.reporting.report_figures import CECT_WINDOW, NATIVE_WINDOW

FIELD_MM = 220.0
# Axes of each view in RAS, row by row, as Slicer's own presets have them.
VIEWS = {
    "Red": ((-1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "Yellow": ((0, 0, -1), (-1, 0, 0), (0, 1, 0)),
    "Green": ((-1, 0, 0), (0, 0, 1), (0, 1, 0)),
}
ORIENTATIONS = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}


def write_scene(folder: Path, native_ct: str, files: Collection[str]) -> Path:
    """Write the scene beside the files it shows.

    Args:
        folder: A result folder.
        native_ct: Name of the CT's file, relative to the folder.
        files: Names of the files in the folder, as metrics.json lists them.

    Returns:
        The scene's path.
    """
    scene = ElementTree.Element("MRML", version="Slicer 5.10.0 0")
    background = _add_volume(scene, 1, "native CT", native_ct, NATIVE_WINDOW.width, NATIVE_WINDOW.level)
    foreground = _add_volume(
        scene, 2, "SYNTHETIC CECT (research use)", SYNTHETIC_CECT, CECT_WINDOW.width, CECT_WINDOW.level
    )
    if CECT_REGISTERED in files:
        _add_volume(scene, 3, "real CECT, registered", CECT_REGISTERED, CECT_WINDOW.width, CECT_WINDOW.level)
    _add_segmentation(scene, 1, "chambers estimated from SYNTHETIC CECT", CHAMBERS, fill=0.35)
    if REFERENCE in files:
        _add_segmentation(scene, 2, "reference chambers", REFERENCE, fill=0.0)
    center_ras = _center_ras(folder / HEART_MASK)
    for view in VIEWS:
        _add_view(scene, view, center_ras, background, foreground)
    ElementTree.SubElement(
        scene, "Layout", id="vtkMRMLLayoutNodevtkMRMLLayoutNode", name="Layout", singletonTag="vtkMRMLLayoutNode",
        currentViewArrangement="3",
    )  # fmt: skip
    ElementTree.indent(scene, " ")
    path = folder / SCENE
    ElementTree.ElementTree(scene).write(path, encoding="UTF-8", xml_declaration=True)
    return path


def _add_volume(
    scene: ElementTree.Element, number: int, name: str, file: str, window: float, level: float
) -> str:
    display, storage = f"vtkMRMLScalarVolumeDisplayNode{number}", f"vtkMRMLVolumeArchetypeStorageNode{number}"
    ElementTree.SubElement(
        scene, "VolumeDisplay", id=display, name=f"{name} display", hideFromEditors="true",
        colorNodeID="vtkMRMLColorTableNodeGrey", window=f"{window:g}", level=f"{level:g}", autoWindowLevel="0",
        autoThreshold="0", applyThreshold="0", interpolate="1",
    )  # fmt: skip
    ElementTree.SubElement(
        scene, "VolumeArchetypeStorage", id=storage, name=f"{name} storage", hideFromEditors="true", fileName=file,
        useCompression="1", centerImage="0", UseOrientationFromFile="1",
    )  # fmt: skip
    volume = f"vtkMRMLScalarVolumeNode{number}"
    references = f"display:{display};storage:{storage};"
    ElementTree.SubElement(scene, "Volume", id=volume, name=name, references=references)
    return volume


def _add_segmentation(scene: ElementTree.Element, number: int, name: str, file: str, fill: float) -> None:
    display, storage = f"vtkMRMLSegmentationDisplayNode{number}", f"vtkMRMLSegmentationStorageNode{number}"
    ElementTree.SubElement(
        scene, "SegmentationStorage", id=storage, name=f"{name} storage", hideFromEditors="true", fileName=file,
        useCompression="1",
    )  # fmt: skip
    ElementTree.SubElement(
        scene, "Segmentation", id=f"vtkMRMLSegmentationNode{number}", name=name,
        references=f"display:{display};storage:{storage};",
    )  # fmt: skip
    ElementTree.SubElement(
        scene, "SegmentationDisplay", id=display, name=f"{name} display", hideFromEditors="true", visibility="true",
        visibility2D="true", Visibility2DFill=str(fill > 0).lower(), Visibility2DOutline="true",
        Opacity2DFill=f"{fill:g}", Opacity2DOutline="1",
    )  # fmt: skip


def _add_view(
    scene: ElementTree.Element, view: str, center_ras: np.ndarray, background: str, foreground: str
) -> None:
    rows = [f"{x} {y} {z} {offset:.3f}" for (x, y, z), offset in zip(VIEWS[view], center_ras, strict=True)]
    ElementTree.SubElement(
        scene, "Slice", id=f"vtkMRMLSliceNode{view}", name=view, singletonTag=view, layoutName=view,
        orientation=ORIENTATIONS[view], orientationReference=ORIENTATIONS[view], sliceToRAS=" ".join([*rows, "0 0 0 1"]),
        fieldOfView=f"{FIELD_MM:g} {FIELD_MM:g} 1", dimensions="512 512 1",
    )  # fmt: skip
    # The synthetic CECT fades in with Slicer's own slider over the CT.
    ElementTree.SubElement(
        scene, "SliceComposite", id=f"vtkMRMLSliceCompositeNode{view}", name=f"{view} composite", hideFromEditors="true",
        singletonTag=view, layoutName=view, references=f"backgroundVolume:{background};foregroundVolume:{foreground};",
        foregroundOpacity="1" if view == "Red" else "0", linkedControl="0", doPropagateVolumeSelection="1",
    )  # fmt: skip


def _center_ras(heart_mask: Path) -> np.ndarray:
    """Middle of the heart in mm, in Slicer's right-anterior-superior coordinates."""
    mask = sitk.ReadImage(itk_name(heart_mask))
    inside = np.argwhere(sitk.GetArrayViewFromImage(mask))
    middle = inside.mean(axis=0) if len(inside) else (np.array(mask.GetSize()[::-1]) - 1) / 2
    lps = np.array(mask.TransformContinuousIndexToPhysicalPoint([float(index) for index in middle[::-1]]))
    return lps * (-1, -1, 1)
