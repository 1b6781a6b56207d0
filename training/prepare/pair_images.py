"""What the files of a pair hold; where there is no CT without contrast, one that is made from the CECT."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused, Notice
from SyntheticCECTLib.core.formats.label_file import read_mask
from SyntheticCECTLib.core.orientation import to_axial
from SyntheticCECTLib.core.scan import Scan, read_scan

from ..virtual_native import virtual_native
from .drawn_chambers import read_chambers
from .patient_files import PatientFiles

VIRTUAL = "virtual non-contrast, made from the CECT"


@dataclass(frozen=True)
class PairImages:
    """A pair as its files have it, not registered.

    Attributes:
        native: CT without contrast agent, acquired or virtual.
        cect: The CECT.
        chambers: LA = 1, LV = 2, on the grid of the scan that they were drawn on.
        chambers_on_cect: Whether they move along with the CECT.
        heart_mask: On the native CT's grid, or ``None``.
        is_virtual: Whether the native CT was made from the CECT; both then have one grid and lie alike.
    """

    native: Scan
    cect: Scan
    chambers: sitk.Image
    chambers_on_cect: bool
    heart_mask: sitk.Image | None
    is_virtual: bool


def read_pair(files: PatientFiles) -> PairImages:
    """Reads a pair, and makes the native CT where none is listed.

    Raises:
        InputRefused: A file cannot be used, or a CECT without partner has no contrast in its labelled chambers.
    """
    with _named("CECT", files.cect):
        cect = read_scan(files.cect, contrast=True)
    if not files.native:
        return _with_virtual_native(files, cect)
    with _named("CT", files.native):
        native = read_scan(files.native)
    on_cect = files.labels_on == "cect"
    chambers = _chambers(files, (cect if on_cect else native).image)
    return PairImages(native, cect, chambers, on_cect, _heart_mask(files, native.image), is_virtual=False)


def _with_virtual_native(files: PatientFiles, cect: Scan) -> PairImages:
    # Contrast is taken out slice by slice, so slices must be axial.
    cect = replace(cect, image=to_axial(cect.image))
    chambers = _chambers(files, cect.image)
    heart_mask = _heart_mask(files, cect.image)
    image = sitk.Cast(virtual_native(cect.image, chambers, heart_mask).image, sitk.sitkFloat32)
    notice = Notice("virtual_native", f"The CT without contrast is {VIRTUAL}: a simulation, not acquired.")
    native = Scan(image, cect.sha256, VIRTUAL, (notice,))
    return PairImages(native, cect, chambers, False, heart_mask, is_virtual=True)


def _chambers(files: PatientFiles, scan: sitk.Image) -> sitk.Image:
    with _named("labels", files.labels):
        return read_chambers(Path(files.labels), scan)


def _heart_mask(files: PatientFiles, native_ct: sitk.Image) -> sitk.Image | None:
    with _named("heart mask", files.heart_mask):
        return read_mask(files.heart_mask, native_ct) if files.heart_mask else None


@contextmanager
def _named(role: str, path: str) -> Iterator[None]:
    """Lets a refusal say which of the pair's files is meant."""
    try:
        yield
    except InputRefused as refusal:
        raise InputRefused(refusal.code, f"{role} '{path}': {refusal.message}", refusal.remedy) from refusal
