"""How large a scan on disk is, from its headers alone."""

from __future__ import annotations

from math import prod
from pathlib import Path

from ..core.formats.itk_name import itk_name


def scan_voxels(path: Path) -> int | None:
    """Voxels of a file, or of a folder with one DICOM file for each slice; ``None`` where no header tells."""
    import SimpleITK as sitk

    try:
        files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        if not files:
            return None
        reader = sitk.ImageFileReader()
        reader.SetFileName(itk_name(files[0]))
        reader.ReadImageInformation()
    except (OSError, RuntimeError):
        return None
    return prod(reader.GetSize()) * len(files)
