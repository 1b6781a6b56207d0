"""What goes into each kind of network and what comes out: sizes, units, and how it meets the patient."""

from __future__ import annotations

from dataclasses import dataclass

from SyntheticCECTLib.core import heart_finder
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks import heart_network, left_heart_network
from SyntheticCECTLib.core.networks.inference import HU_PER_UNIT, HU_RANGE
from SyntheticCECTLib.core.networks.model_package import ModelPackage
from SyntheticCECTLib.core.networks.network import STRIDE_TOTAL
from SyntheticCECTLib.core.pipeline import WORKING_SPACING_XYZ


@dataclass(frozen=True)
class NetworkFormat:
    """Of one architecture.

    Attributes:
        multiples: Each size of an image is a multiple of these: (J, I) of slices, (K, J, I) of blocks.
        channels: What each channel of the output is.
        spacing_xyz_mm: Of the image.
        around_heart: Whether the image is the matrix around the heart; else the whole chest.
    """

    multiples: tuple[int, ...]
    channels: tuple[str, ...]
    spacing_xyz_mm: tuple[float, float, float]
    around_heart: bool

    @property
    def takes_slices(self) -> bool:
        """Slice by slice, or the block at once."""
        return len(self.multiples) == 2


AIR = HU_RANGE[0] / HU_PER_UNIT
"""What stands for what was not scanned, HU / 1000."""

_BLOCK = (left_heart_network.SLICE_MULTIPLE, *(left_heart_network.PIXEL_MULTIPLE,) * 2)
FORMATS = {
    "santini2018": NetworkFormat((STRIDE_TOTAL, STRIDE_TOTAL), ("synthetic CECT, HU / 1000",), WORKING_SPACING_XYZ, True),
    "heart_finder": NetworkFormat(
        (heart_network.SIZE_MULTIPLE,) * 3, tuple(f"{name}, logit" for name in heart_network.OUTPUTS),
        (heart_finder.SPACING_MM, heart_finder.SPACING_MM, heart_finder.SPACING_MM), False,
    ),
    "leftheart": NetworkFormat(
        _BLOCK,
        (
            "enhancement (synthetic CECT minus CT), HU / 1000", "logarithm of the expected error in HU / 1000",
            *(f"{name}, logit" for name in left_heart_network.STRUCTURES),
        ),
        WORKING_SPACING_XYZ, True,
    ),
}  # fmt: skip


def format_of(package: ModelPackage) -> NetworkFormat:
    """The format of a package's network.

    Raises:
        InputRefused: ``not_exportable``, an architecture that is not described here.
    """
    name = package.card["architecture"]["name"]
    if name not in FORMATS:
        raise InputRefused(
            "not_exportable",
            f"Networks of kind '{name}' cannot be exported.",
            f"Give one of {', '.join(FORMATS)}.",
        )
    return FORMATS[name]
