"""Chamber labels in and out of files: label images, Slicer's .seg.nrrd segmentations, DICOM segmentations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..bounding_box import bounding_box
from ..common_grid import same_grid
from ..errors import InputRefused
from .dicom_labels import read_dicom_chambers, read_dicom_mask
from .grid import place
from .itk_name import itk_name
from .segment_header import CHAMBERS, chamber_segments, segment_header, segment_names
from .volume import Volume
from .volume_file import container_of, read_volume


def write_chambers(path: str | Path, labels: sitk.Image, provenance: dict[str, str] | None = None) -> None:
    """Writes chambers as a segmentation that Slicer opens with names, colours and SNOMED terms.

    Args:
        path: Where to write; the name must end in ``.seg.nrrd``.
        labels: Label image, la = 1, lv = 2, on the scan's grid; other labels are dropped.
        provenance: More header fields, such as the model's id and SHA-256.

    Raises:
        ValueError: The name does not end in ``.seg.nrrd``.
    """
    path = Path(path)
    if not path.name.endswith(".seg.nrrd"):
        raise ValueError(f"a segmentation's name ends in .seg.nrrd, not '{path.name}'")
    array = sitk.GetArrayViewFromImage(labels)
    kept = np.where(np.isin(array, [chamber.label for chamber in CHAMBERS]), array, 0).astype(np.uint8)
    image = sitk.GetImageFromArray(kept)
    image.CopyInformation(labels)
    for key, value in {**segment_header(kept), **(provenance or {})}.items():
        image.SetMetaData(key, value)
    sitk.WriteImage(image, itk_name(path), useCompression=True)


def read_labels(
    path: str | Path, reference: sitk.Image | None = None, may_be_empty: bool = False
) -> sitk.Image:
    """Reads LA and LV from a label image, a .seg.nrrd or a DICOM segmentation.

    Args:
        path: A label image (1 = LA, 2 = LV, others ignored) as NRRD, NIfTI or MetaImage; or a .seg.nrrd or
            DICOM SEG whose segments are named or SNOMED-coded so.
        reference: Image whose grid the result gets, by nearest neighbour where the grids differ; None keeps
            the file's.
        may_be_empty: Whether a label image or .seg.nrrd that is 0 throughout says that there are no chambers, as a
            segmentation that found none does; else it is refused like one that holds other structures only.

    Returns:
        uint8 label image, la = 1, lv = 2, 0 elsewhere.

    Raises:
        InputRefused: The file is damaged, is no label image, holds neither chamber, or lies elsewhere.
    """
    path = Path(path)
    if _is_dicom(path):
        image = read_dicom_chambers(path)
    else:
        volume = read_volume(path)[0]
        empty = may_be_empty and not volume.layers_lkji.any()
        array = np.zeros(volume.layers_lkji.shape[1:], np.uint8) if empty else _labels(volume)
        image, _ = place(array, volume.axes_mm, volume.origin_mm, order=0)
    return image if reference is None else on_grid_of(image, reference)


def read_mask(path: str | Path, reference: sitk.Image | None = None) -> sitk.Image:
    """Reads a mask (anything but 0 is inside), such as a heart mask, as uint8 0 and 1.

    Args:
        path: A NRRD, NIfTI or MetaImage file, or a .seg.nrrd or DICOM SEG of which all segments count.
        reference: As for :func:`read_labels`.

    Raises:
        InputRefused: The file is damaged, empty, or lies beside the reference.
    """
    path = Path(path)
    image = read_dicom_mask(path) if _is_dicom(path) else _mask(read_volume(path)[0])
    if not sitk.GetArrayViewFromImage(image).any():
        raise InputRefused("no_labels", "The mask is empty.", "Give a mask with values above 0 inside.")
    return image if reference is None else on_grid_of(image, reference)


def on_grid_of(labels: sitk.Image, reference: sitk.Image) -> sitk.Image:
    """Labels on the reference's grid: copied where the grids agree to 0.01 mm, else nearest neighbour.

    Raises:
        InputRefused: ``no_overlap`` when no label lies inside the reference.
    """
    if same_grid(labels, reference):
        same = sitk.Image(labels)
        same.CopyInformation(reference)
        return same
    moved = sitk.Resample(
        labels, reference, sitk.Transform(), sitk.sitkNearestNeighbor, 0, labels.GetPixelID()
    )
    if sitk.GetArrayViewFromImage(labels).any() and not sitk.GetArrayViewFromImage(moved).any():
        raise InputRefused(
            "no_overlap",
            "None of the labels lies inside the scan.",
            "Give labels drawn on this scan, or on one in the same patient coordinates.",
        )
    return moved


def with_room_for(labels: sitk.Image, others: sitk.Image) -> sitk.Image:
    """The labels on their own grid, grown by empty voxels where others lie outside it.

    A DICOM SEG, and a .seg.nrrd if one likes, holds no more than the box around its segments: whatever is brought onto that
    grid would be cut off there.
    """
    box = bounding_box(sitk.GetArrayViewFromImage(others))
    if box is None:
        return labels
    corners = [
        [
            part.stop - 0.5 if upper else part.start - 0.5
            for part, upper in zip(box[::-1], corner, strict=True)
        ]
        for corner in np.ndindex(2, 2, 2)
    ]
    points = [others.TransformContinuousIndexToPhysicalPoint(corner) for corner in corners]
    index = np.array([labels.TransformPhysicalPointToContinuousIndex(point) for point in points])
    size = np.array(labels.GetSize())
    # Headers round: a grid that ends where the others end is not grown.
    before = np.maximum(0, np.ceil(-0.5 - index.min(axis=0) - 0.01)).astype(int)
    after = np.maximum(0, np.ceil(index.max(axis=0) - (size - 0.5) - 0.01)).astype(int)
    if not before.any() and not after.any():
        return labels
    return sitk.ConstantPad(labels, before.tolist(), after.tolist(), 0)


def _is_dicom(path: Path) -> bool:
    return path.is_file() and container_of(path) == "DICOM"


def _mask(volume: Volume) -> sitk.Image:
    if volume.kind == "vector":
        raise InputRefused("not_labels", "The mask file is a colour image.", "Give a mask with 0 outside.")
    inside = np.asarray(_whole_numbers(volume.layers_lkji).any(axis=0), dtype=np.uint8)
    return place(inside, volume.axes_mm, volume.origin_mm, order=0)[0]


def _labels(volume: Volume) -> np.ndarray:
    layers = volume.layers_lkji
    result = np.zeros(layers.shape[1:], dtype=np.uint8)
    names = segment_names(volume.header)
    if names:
        found = chamber_segments(volume.header)
        for chamber, layer, label in found:
            if 0 <= layer < len(layers):
                result[layers[layer] == label] = chamber.label
        if not result.any():
            raise InputRefused(
                "no_labels",
                f"The segmentation has no left atrium or left ventricle; it has: {', '.join(names)}.",
                "Name the segments 'left atrium' and 'left ventricle', or give them their SNOMED codes.",
            )
        return result
    if len(layers) > 1:
        raise InputRefused(
            "not_labels", f"The label file holds {len(layers)} volumes.", "Give one label image."
        )
    values = _whole_numbers(layers[0])
    for chamber in CHAMBERS:
        result[values == chamber.label] = chamber.label
    if not result.any():
        raise InputRefused(
            "no_labels",
            f"The label image has no voxel with 1 (left atrium) or 2 (left ventricle); "
            f"its values run from {values.min():g} to {values.max():g}.",
            "Give 1 to the left atrium and 2 to the left ventricle.",
        )
    return result


def _whole_numbers(values: np.ndarray) -> np.ndarray:
    """The values, when they can be labels: whole numbers and not a CT."""
    if values.dtype.kind == "f" and not (np.isfinite(values).all() and (values == np.round(values)).all()):
        raise InputRefused(
            "not_labels", "The label image holds values that are not whole numbers.", "Give labels."
        )
    if values.min() < -1 or len(np.unique(values.reshape(-1)[::7])) > 1000:
        raise InputRefused(
            "not_labels",
            f"The values run from {values.min():g} to {values.max():g}: an image, not labels.",
            "Give labels.",
        )
    return values


def same_labels(one: sitk.Image, other: sitk.Image) -> bool:
    """Whether two label images hold the same voxels, wherever they lie."""
    return np.array_equal(sitk.GetArrayViewFromImage(one), sitk.GetArrayViewFromImage(other))
