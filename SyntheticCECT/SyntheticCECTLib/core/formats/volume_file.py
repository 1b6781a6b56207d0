"""Tells volume files apart by what is in them, not by their names, and reads them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..errors import InputRefused
from .meta_image_file import read_meta_image
from .nifti_file import read_nifti
from .nrrd_file import read_nrrd
from .pixel_bytes import start_of
from .volume import Volume

READERS = {"NRRD": read_nrrd, "NIfTI": read_nifti, "MetaImage": read_meta_image}
MAX_FILE_BYTES = 16 << 30


def container_of(path: Path) -> str | None:
    """ "NRRD", "NIfTI", "MetaImage", "DICOM" or "zip", from the file's first bytes; None for anything else.

    Raises:
        InputRefused: ``unreadable`` when the file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return container_of_bytes(file.read(4096))
    except OSError as error:
        raise InputRefused(
            "unreadable", f"The file cannot be opened ({error.strerror}).", "Check its permissions."
        ) from None


def container_of_bytes(start: bytes) -> str | None:
    """As :func:`container_of`, from the first 4096 bytes of a file."""
    if start[:7] == b"NRRD000":
        return "NRRD"
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if start[128:132] == b"DICM" or (start[:2] in (b"\x02\x00", b"\x08\x00") and start[4:6].isupper()):
        return "DICOM"
    head = start_of(start, 348)
    size = head[:4]
    if size in (b"\x5c\x01\0\0", b"\0\0\x01\x5c") and head[344:346] in (b"n+", b"ni"):
        return "NIfTI"
    if size in (b"\x1c\x02\0\0", b"\0\0\x02\x1c") and head[4:6] in (b"n+", b"ni"):
        return "NIfTI"
    if b"NDims" in start[:1024] and b"=" in start[:1024]:
        return "MetaImage"
    if start[:2] == b"\x08\x00" and start[6:8] == b"\0\0":
        return "DICOM"  # implicit VR without a preamble
    return None


def read_volume(path: Path) -> tuple[Volume, str, str]:
    """Reads a NRRD, NIfTI or MetaImage file.

    Args:
        path: The file.

    Returns:
        The volume, its container's name, and the SHA-256 over the file's bytes and those of its data files.

    Raises:
        InputRefused: The file is absent, empty, of another kind, damaged, or too large.
    """
    if not path.is_file():
        raise InputRefused("not_found", f"There is no file '{path}'.", "Check the path.")
    if not 0 < path.stat().st_size <= MAX_FILE_BYTES:
        raise InputRefused(
            "empty_file" if path.stat().st_size == 0 else "too_large",
            f"The file has {path.stat().st_size} bytes.",
            "Copy the scan again.",
        )
    container = container_of(path)
    if container not in READERS:
        raise InputRefused(
            "unknown_format",
            f"The file is {container or 'in no format that is known here, or its start is damaged'}.",
            "Give a NRRD, NIfTI or MetaImage file, or the folder or zip with the DICOM slices.",
        )
    try:
        data = path.read_bytes()
        volume, others = READERS[container](path, data)
        digest = hashlib.sha256(data)
        for other in others:
            digest.update(other.read_bytes())
    except InputRefused:
        raise
    except OSError as error:
        raise InputRefused(
            "unreadable",
            f"The file cannot be read ({error.strerror}).",
            "Check its permissions and the disk.",
        ) from None
    except MemoryError:
        raise InputRefused(
            "too_large", "The scan does not fit into memory.", "Crop or resample it."
        ) from None
    except (ValueError, OverflowError, KeyError, IndexError, TypeError) as error:
        # A header that passes for one of its kind and still makes no sense.
        raise InputRefused(
            "bad_header", f"The {container} header cannot be used ({error}).", "Export the scan again."
        ) from None
    return volume, container, digest.hexdigest()
