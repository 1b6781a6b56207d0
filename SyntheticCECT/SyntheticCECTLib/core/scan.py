"""Reads a scan from whatever holds it: a volume file, a DICOM file, a folder or a zip."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import SimpleITK as sitk

from .errors import InputRefused, Notice
from .formats.dicom_folder import choose, find_series, refused_as_synthetic
from .formats.dicom_series import DicomSeries
from .formats.dicom_stack import stack
from .formats.grid import place
from .formats.hounsfield import refuse_unless_hu, to_hu
from .formats.volume import SYNTHETIC_KEY, SYNTHETIC_NOTE, Volume
from .formats.volume_file import READERS, container_of, read_volume
from .formats.zip_folder import unpacked

_GIVE = "Give a NRRD, NIfTI or MetaImage file, or the folder or zip with the DICOM slices."


@dataclass(frozen=True)
class Scan:
    """A CT scan in HU on its own grid.

    Args:
        image: float32 HU, LPS, mm; nothing below -1024.
        sha256: Over the file's bytes (with its data files), or over those of the DICOM files in path order.
        description: One line without identity, such as "DICOM CT series 3 '5mm', 512 x 512 x 64 ...".
        notices: What the user should know.
        metadata: From a DICOM header, None where it is silent: modality, kilovolt, contrast_agent, kernel,
            slice_thickness_mm, manufacturer, body_part, series_uid, series_number, series_description.
    """

    image: sitk.Image
    sha256: str
    description: str
    notices: tuple[Notice, ...] = ()
    metadata: dict[str, float | str | None] = field(default_factory=dict)


def read_scan(
    path: str | Path, series: str | None = None, synthetic: bool = False, contrast: bool = False
) -> Scan:
    """Reads a CT scan.

    Args:
        path: A NRRD, NHDR, NIfTI or MetaImage file; a folder (searched with its subfolders) or zip with DICOM
            files or with one such file; or one DICOM file, which stands for its series in its folder.
        series: Which DICOM series: its instance UID, number, or (part of the) description; None chooses.
        synthetic: Whether a synthetic image is wanted; else one that says so is refused, since it is no CT.
        contrast: Whether of several DICOM series one with contrast agent is preferred; else one without.

    Returns:
        The scan, on its own grid.

    Raises:
        InputRefused: It cannot be used; code, message and remedy say why and what to do.
    """
    path = Path(path)
    try:
        if not path.exists():
            raise InputRefused("not_found", f"There is no file or folder '{path}'.", "Check the path.")
        with ExitStack() as cleanup:
            container = None if path.is_dir() else container_of(path)
            if container == "zip":
                path = cleanup.enter_context(unpacked(path))
            if path.is_dir():
                return _from_folder(path, series, synthetic, contrast)
            if container == "DICOM":
                return _from_dicom_file(path, series, synthetic)
            return _from_volume_file(path, series, synthetic)
    except OSError as error:
        raise InputRefused(
            "unreadable",
            f"The scan cannot be read ({error.strerror or error}).",
            "Check permissions and the disk.",
        ) from None
    except MemoryError:
        raise InputRefused(
            "too_large", "The scan does not fit into memory.", "Crop or resample it."
        ) from None


def _from_volume_file(path: Path, series: str | None, synthetic: bool) -> Scan:
    if series is not None:
        raise InputRefused(
            "series_not_found", "Only DICOM input has series to pick from.", "Leave the series out."
        )
    volume, container, sha256 = read_volume(path)
    if not synthetic and volume.header.get(SYNTHETIC_KEY) == SYNTHETIC_NOTE:
        raise refused_as_synthetic(f"{container} file")
    return _scan(volume, container, sha256, (), {})


def _from_folder(folder: Path, wanted: str | None, synthetic: bool, contrast: bool) -> Scan:
    found, unreadable = find_series(folder)
    if found:
        return _from_series(found, wanted, unreadable, synthetic, contrast)
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    if not files:
        raise InputRefused("empty_folder", "The folder or zip holds no files.", _GIVE)
    if unreadable:
        raise InputRefused(
            "unreadable",
            f"None of {unreadable} DICOM files can be read as an image.",
            "Copy the series again.",
        )
    volumes = [file for file in files[:1000] if container_of(file) in READERS]
    if len(volumes) == 1:
        return _from_volume_file(volumes[0], wanted, synthetic)
    if volumes:
        raise InputRefused(
            "several_files", f"The folder holds {len(volumes)} volume files.", "Give one of them."
        )
    raise InputRefused("no_scan", f"None of the {len(files)} files in the folder or zip is a scan.", _GIVE)


def _from_dicom_file(path: Path, wanted: str | None, synthetic: bool) -> Scan:
    found, unreadable = find_series(path.parent, deep=False)
    own = [one for one in found if any(slice_.path == path for slice_ in one.slices)]
    if not own:
        raise InputRefused(
            "unreadable", "The DICOM file cannot be read as an image.", "Copy the series again."
        )
    return _from_series(found if wanted else own, wanted, unreadable, synthetic)


def _from_series(
    found: list[DicomSeries], wanted: str | None, unreadable: int, synthetic: bool, contrast: bool = False
) -> Scan:
    chosen, notices = choose(found, wanted, synthetic, contrast)
    one = chosen.first
    if unreadable:
        notices += (
            Notice("unreadable_files", f"{unreadable} DICOM files could not be read and were left out."),
        )
    if one.contrast_agent:
        notices += (
            Notice(
                "contrast_in_header", f"The DICOM header names a contrast agent ('{one.contrast_agent}')."
            ),
        )
    try:
        volume, sha256 = stack(chosen)
    except InputRefused as refusal:
        if unreadable and refusal.code in ("missing_slices", "uneven_slices"):
            because = f"{refusal.message} {unreadable} DICOM files could not be read."
            raise InputRefused(refusal.code, because, refusal.remedy) from None
        raise
    metadata: dict[str, float | str | None] = {
        "modality": one.modality,
        "kilovolt": one.kilovolt,
        "contrast_agent": one.contrast_agent or None,
        "kernel": one.kernel or None,
        "slice_thickness_mm": one.thickness_mm,
        "manufacturer": one.manufacturer or None,
        "body_part": one.body_part or None,
        "series_uid": one.series_uid,
        "series_number": one.series_number or None,
        "series_description": one.description or None,
    }
    name = f"DICOM CT series {one.series_number or '?'}" + (
        f" '{one.description}'" if one.description else ""
    )
    return _scan(volume, name, sha256, notices, metadata)


def _scan(
    volume: Volume,
    name: str,
    sha256: str,
    notices: tuple[Notice, ...],
    metadata: dict[str, float | str | None],
) -> Scan:
    if len(volume.layers_lkji) > 1:
        many = len(volume.layers_lkji)
        if volume.kind == "vector":
            raise InputRefused(
                "not_scalar", f"Every voxel has {many} values (colour), not HU.", "Give the CT itself."
            )
        raise InputRefused("several_volumes", f"The file holds {many} volumes.", "Export one of them.")
    values = volume.layers_lkji[0]
    if min(values.shape) < 2:
        raise InputRefused("single_slice", f"The scan has {min(values.shape)} slice.", "Give the whole scan.")
    array, padding = to_hu(values)
    refuse_unless_hu(array)
    image, tilt = place(array, volume.axes_mm, volume.origin_mm)
    size = " x ".join(map(str, image.GetSize()))
    spacing = " x ".join(f"{step:.3f}" for step in image.GetSpacing())
    return Scan(
        image,
        sha256,
        f"{name}, {size} voxels of {spacing} mm",
        notices + volume.notices + padding + tilt,
        metadata,
    )
