"""Decodes the pixels of a DICOM slice to Hounsfield units."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import UID, ImplicitVRLittleEndian, RLELossless, generate_uid

from ..errors import InputRefused
from .dicom_slice import DicomSlice
from .grid import AIR_HU
from .itk_name import itk_name

_PIXEL_MODULE = (
    "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel",
    "PhotometricInterpretation",
)  # fmt: skip
_DAMAGE = re.compile(
    r"fail|error|corrupt|inconsistent|too short|premature|truncat|expected|invalid", re.IGNORECASE
)
_SECONDARY_CAPTURE = UID("1.2.840.10008.5.1.4.1.1.7")


def decoded(data: bytes, slices: list[DicomSlice]) -> list[np.ndarray]:
    """The slices of one file in HU.

    Args:
        data: The file's bytes.
        slices: The wanted slices, all from this file.

    Returns:
        One float32 array (J, I) for each slice, padding already at -1024 HU.

    Raises:
        InputRefused: ``truncated_file`` when pixels are missing or damaged, ``no_rescale`` without a scale.
    """
    try:
        dataset = pydicom.dcmread(BytesIO(data), force=True)
        syntax = dataset.file_meta.get("TransferSyntaxUID", None) if hasattr(dataset, "file_meta") else None
        if syntax is None:
            dataset.file_meta = FileMetaDataset()
            dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        compressed = (
            syntax is not None and syntax.is_compressed and not syntax.is_deflated and syntax != RLELossless
        )
        if compressed:
            stored = {one.frame: _with_gdcm(dataset, one.frame) for one in slices}
        else:
            _refuse_shifted(dataset, data, syntax)
            frames = dataset.pixel_array
            frames = frames.reshape(-1, *slices[0].shape)
            stored = {one.frame: frames[one.frame] for one in slices}
    except MemoryError:
        raise
    except Exception as error:  # pydicom and GDCM raise almost anything on damaged bytes
        raise InputRefused(
            "truncated_file",
            f"The pixels of a DICOM slice cannot be decoded ({_short(error)}).",
            "Copy the series again; it is cut short, damaged or compressed in an unknown way.",
        ) from None
    return [_in_hu(stored[one.frame], one) for one in slices]


def _refuse_shifted(dataset: Dataset, data: bytes, syntax: UID | None) -> None:
    """Raises when bytes follow the pixels that cannot: somewhere before, bytes slipped in and moved the picture."""
    if syntax is not None and (syntax.is_deflated or syntax == RLELossless):
        return
    pixels = dataset["PixelData"]
    rest = data[(pixels.file_tell or 0) + len(pixels.value) :].rstrip(b"\0")
    group = int.from_bytes(
        rest[:2], "big" if syntax is not None and not syntax.is_little_endian else "little"
    )
    if rest and group <= pixels.tag.group:
        raise ValueError(f"{len(rest)} unknown bytes follow the pixels")


def _in_hu(stored: np.ndarray, one: DicomSlice) -> np.ndarray:
    if (
        one.slope is None
        or one.intercept is None
        or one.slope == 0
        or not np.isfinite([one.slope, one.intercept]).all()
    ):
        raise InputRefused(
            "no_rescale",
            f"The DICOM header's rescale slope and intercept are {one.slope} and {one.intercept}: "
            f"the values cannot be turned into HU.",
            "Export the original CT series from the scanner or PACS.",
        )
    if stored.shape != one.shape:
        raise ValueError(f"pixels of shape {stored.shape}, header {one.shape}")
    plane = stored.astype(np.float32) * np.float32(one.slope) + np.float32(one.intercept)
    if one.padding is not None:
        low, high = one.padding
        padded = (plane >= low - 1e-3) & (plane <= high + 1e-3)
        # A padding value that is also a tissue's value is only believed where all four corners carry it.
        if high <= -1000 or padded[:: plane.shape[0] - 1, :: plane.shape[1] - 1].all():
            # What lies below air is left for the caller, who counts and names it.
            plane[padded & (plane > AIR_HU)] = AIR_HU
    return plane


def _with_gdcm(dataset: Dataset, frame: int) -> np.ndarray:
    """Decodes one compressed frame; GDCM sees a minimal header, so that it neither scales nor trips."""
    lean = Dataset()
    for name in _PIXEL_MODULE:
        if name in dataset:
            setattr(lean, name, dataset[name].value)
    lean.SOPClassUID, lean.SOPInstanceUID = _SECONDARY_CAPTURE, generate_uid()
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    lean.PixelData = encapsulate([get_frame(dataset.PixelData, frame, number_of_frames=frames)])
    lean["PixelData"].is_undefined_length = True
    lean["PixelData"].VR = "OB"
    lean.file_meta = FileMetaDataset()
    lean.file_meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    lean.file_meta.MediaStorageSOPClassUID = lean.SOPClassUID
    lean.file_meta.MediaStorageSOPInstanceUID = lean.SOPInstanceUID
    with tempfile.TemporaryDirectory(prefix="synthetic-cect-") as folder:
        path = Path(folder) / "slice.dcm"
        lean.save_as(path, enforce_file_format=True)
        reader = sitk.ImageFileReader()
        reader.SetImageIO("GDCMImageIO")
        reader.SetFileName(itk_name(path))
        with _codec_complaints() as complaints:
            array = sitk.GetArrayFromImage(reader.Execute()).squeeze()
    if complaints:
        raise ValueError(complaints[0])
    return array


@contextmanager
def _codec_complaints() -> Iterator[list[str]]:
    """Keeps the JPEG codecs, which write to stderr and go on, off the terminal; collects what sounds like damage."""
    found: list[str] = []
    try:
        terminal = os.dup(2)
    except OSError:  # a program without a terminal, such as Slicer on Windows
        yield found
        return
    with tempfile.TemporaryFile() as sink:
        os.dup2(sink.fileno(), 2)
        try:
            yield found
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            sink.seek(0)
            lines = sink.read(1 << 16).decode("utf-8", "replace").splitlines()
            found += [line.strip() for line in lines if _DAMAGE.search(line)]


def _short(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return (text[-1] if text else type(error).__name__)[:160]
