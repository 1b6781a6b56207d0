"""Manual chambers from whatever they were drawn in: label image, .seg.nrrd, DICOM SEG, RTSTRUCT."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from PIL import Image, ImageDraw

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.dicom_slice import quiet_pydicom
from SyntheticCECTLib.core.formats.label_file import read_labels
from SyntheticCECTLib.core.formats.segment_header import Chamber, chamber_segments
from SyntheticCECTLib.core.formats.volume_file import container_of


def read_chambers(path: Path, scan: sitk.Image) -> sitk.Image:
    """LA = 1, LV = 2 on the scan's grid.

    Args:
        path: The file; or a folder that holds one DICOM SEG or RTSTRUCT.
        scan: The image that the chambers were drawn on.

    Raises:
        InputRefused: The file is no segmentation, is damaged, has neither chamber, or lies elsewhere.
    """
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.is_file()]
        if len(files) != 1:
            raise InputRefused(
                "not_labels", f"'{path}' holds {len(files)} files.", "Give the segmentation itself."
            )
        path = files[0]
    if container_of(path) == "DICOM":
        import pydicom

        with _damage_refused(path):
            dataset = pydicom.dcmread(path)
            kind = dataset.get("Modality", "none")
            if kind == "RTSTRUCT":
                return _from_contours(dataset, scan)
        if kind != "SEG":
            raise InputRefused(
                "not_labels", f"The modality of '{path}' is {kind}.", "Give a DICOM SEG or RTSTRUCT."
            )
    return read_labels(path, scan)


@contextmanager
def _damage_refused(path: Path) -> Iterator[None]:
    """Turns what a damaged DICOM file makes pydicom and this module raise into a refusal that names the file."""
    try:
        with quiet_pydicom():
            yield
    except (InputRefused, MemoryError):
        raise
    except Exception as error:  # pydicom raises almost anything on damaged bytes
        raise InputRefused(
            "bad_dicom", f"The DICOM file '{path}' cannot be used: {error}.", "Export it again."
        ) from None


def _from_contours(dataset: Any, scan: sitk.Image) -> sitk.Image:
    """Chambers of an RTSTRUCT (DICOM PS3.3, C.8.8.5 and C.8.8.6); raises `ValueError` on what it must not hold."""
    names = {int(roi.ROINumber): str(roi.ROIName) for roi in _items(dataset, "StructureSetROISequence")}
    chambers = _chambers(names)
    array = np.zeros(scan.GetSize()[::-1], np.uint8)
    for roi in _items(dataset, "ROIContourSequence"):
        number = int(roi.ReferencedROINumber)
        chamber = chambers.get(number)
        if chamber is None:
            continue
        inside = np.zeros(array.shape, bool)
        for contour in roi.get("ContourSequence", ()):
            points = _points(contour, names[number])
            index = np.array(
                [scan.TransformPhysicalPointToContinuousIndex(point.tolist()) for point in points]
            )
            k = int(np.round(index[:, 2].mean()))
            if len(points) >= 3 and 0 <= k < len(array):
                # A contour inside another one of the same slice is a hole.
                inside[k] ^= _polygon(index[:, :2], array.shape[1:])
        array[inside] = chamber.label
    if not array.any():
        raise InputRefused(
            "no_overlap", "None of the contours lies inside the scan.", "Give the scan's own contours."
        )
    image = sitk.GetImageFromArray(array)
    image.CopyInformation(scan)
    return image


def _items(dataset: Any, keyword: str) -> Any:
    """A sequence that must be there, whole: pydicom drops without a word what a file that breaks off lacks."""
    if keyword not in dataset:
        raise ValueError(f"it has no {keyword}")
    as_stored = dataset.get_item(keyword)
    if isinstance(as_stored.value, bytes) and len(as_stored.value) < as_stored.length:
        raise ValueError(f"it breaks off in its {keyword}")
    return dataset[keyword].value


def _points(contour: Any, structure: str) -> np.ndarray:
    """Points (N, 3) of a contour, LPS, mm."""
    values = np.atleast_1d(np.array(contour.get("ContourData") or (), dtype=float))
    if not len(values) or len(values) % 3 or not np.isfinite(values).all():
        raise ValueError(
            f"a contour of '{structure}' has {len(values)} coordinates, not three finite ones for each point"
        )
    return values.reshape(-1, 3)


def _polygon(points_ij: np.ndarray, shape_ji: tuple[int, ...]) -> np.ndarray:
    """Pixels whose centre lies in the polygon: drawn four times finer, then sampled, since PIL fills its rim too."""
    fine = 4
    canvas = Image.new("1", (shape_ji[1] * fine, shape_ji[0] * fine))
    ImageDraw.Draw(canvas).polygon([tuple(point) for point in (points_ij + 0.5) * fine], fill=1)
    return np.asarray(canvas)[fine // 2 :: fine, fine // 2 :: fine]


def _chambers(names: dict[int, str]) -> dict[int, Chamber]:
    """Which of the named structures are chambers, by the rules that hold for the segments of a .seg.nrrd."""
    header: dict[str, str] = {}
    for number, name in names.items():
        prefix = f"Segment{number}_"
        header |= {
            prefix + "ID": name,
            prefix + "Name": name,
            prefix + "LabelValue": str(number),
            prefix + "Layer": "0",
        }
    found = {number: chamber for chamber, _, number in chamber_segments(header)}
    if not found:
        listed = ", ".join(sorted(names.values())) or "none"
        raise InputRefused(
            "no_labels", f"There is no left atrium or left ventricle; there are: {listed}.",
            "Name the structures 'left atrium' and 'left ventricle'.",
        )  # fmt: skip
    return found
