"""A part of the slices goes out; the result comes back on the whole scan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..core.errors import InputRefused

if TYPE_CHECKING:
    import SimpleITK as sitk

    from ..core.case import PreparedCase


@dataclass(frozen=True)
class SliceRange:
    """Slices along a volume's third axis.

    Attributes:
        first: Counted from 0.
        last: Included; 0 stands for the end of the volume.
    """

    first: int = 0
    last: int = 0

    def bounds(self, slices: int) -> tuple[int, int]:
        """First slice and the one after the last.

        Args:
            slices: Of the volume.

        Raises:
            InputRefused: ``slice_range`` where nothing is left, or the range ends outside.
        """
        stop = self.last + 1 if self.last else slices
        if not 0 <= self.first < stop <= slices:
            raise InputRefused(
                "slice_range",
                f"The slices {self.first} to {self.last or slices - 1} are not in a volume of {slices} slices.",
                f"Choose from 0 to {slices - 1}; a last slice of 0 stands for the end.",
            )
        return self.first, stop

    def cut(self, image: sitk.Image) -> sitk.Image:
        """Only these slices, where they lie. Errors as for `bounds`."""
        first, stop = self.bounds(image.GetSize()[2])
        return image if (first, stop) == (0, image.GetSize()[2]) else image[:, :, first:stop]

    def spread(self, case: PreparedCase, native_ct: sitk.Image) -> PreparedCase:
        """A case that was computed on `cut`, on the whole scan: other slices hold the CT, no heart and no contrast.

        Args:
            case: As the command line left it.
            native_ct: The whole scan.
        """
        import SimpleITK as sitk

        first, stop = self.bounds(native_ct.GetSize()[2])

        def whole(part: sitk.Image | None, around: sitk.Image | None = None) -> sitk.Image | None:
            if part is None:
                return None
            if (first, stop) == (0, native_ct.GetSize()[2]):
                result = sitk.Image(part)
            else:
                canvas = sitk.Image(native_ct.GetSize(), part.GetPixelID())
                if around is not None:
                    canvas = sitk.Cast(around, part.GetPixelID())
                result = sitk.Paste(canvas, part, part.GetSize(), [0, 0, 0], [0, 0, first])
            result.CopyInformation(native_ct)
            return result

        made = case.synthesis
        images = {
            "enhancement_hu": whole(made.enhancement_hu),
            "heart_mask": whole(made.heart_mask),
            "chamber_prior": whole(made.chamber_prior),
            "expected_error_hu": whole(made.expected_error_hu),
        }
        synthesis = replace(
            made, native_ct=native_ct, synthetic_cect=whole(made.synthetic_cect, native_ct), **images
        )
        return replace(case, synthesis=synthesis, cect=whole(case.cect), reference=whole(case.reference))
