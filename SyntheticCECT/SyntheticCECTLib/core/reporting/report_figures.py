"""The pictures of a report: whole field, row of four, overlap, difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ..bounding_box import bounding_box
from ..common_grid import require_common_grid, slice_z_mm
from ..metrics import overlap
from ..metrics.no_value import NoValue
from .picture import (
    BOTH_COLOUR,
    EXTRA_COLOUR,
    HEART_COLOUR,
    LA_COLOUR,
    LV_COLOUR,
    MISSED_COLOUR,
    Picture,
    Window,
    diverging,
)

NATIVE_WINDOW = Window(350, 40)
CECT_WINDOW = Window(900, 250)
DIFFERENCE_HU = 300.0
MARGIN_MM = 15.0
ROWS = 8
OVERLAP_ROWS = 6
PANEL_PIXELS = 384
FIELD_PIXELS = 520
LA, LV = 1, 2


@dataclass(frozen=True)
class Shot:
    """One picture of the page: its data URI, what it shows, its size, and the line below it."""

    uri: str
    alt: str
    size: tuple[int, int]
    caption: str = ""


class ReportImages:
    """The images of one patient as axial arrays [k, j, i]: k to the head, j to the back, i to the left.

    Drawn as they are, rows downwards, axial slices thus show the patient's right at the picture's left and
    the front at the top, as radiologists read them.

    Raises:
        ValueError: The images do not share one grid.
    """

    def __init__(
        self,
        native_ct: sitk.Image,
        synthetic_cect: sitk.Image,
        heart_mask: sitk.Image,
        chambers: sitk.Image,
        cect: sitk.Image | None = None,
        reference: sitk.Image | None = None,
    ) -> None:
        require_common_grid(
            {
                "native_ct": native_ct,
                "synthetic_cect": synthetic_cect,
                "heart_mask": heart_mask,
                "chambers": chambers,
                "cect": cect,
                "reference": reference,
            }
        )
        self._kept_alive = (
            native_ct,
            synthetic_cect,
            heart_mask,
            chambers,
            cect,
            reference,
        )  # for the array views
        self.native = _axial(native_ct)
        self.synthetic = _axial(synthetic_cect)
        self.heart = _axial(heart_mask) != 0
        self.chambers = _axial(chambers)
        self.cect = None if cect is None else _axial(cect)
        self.reference = None if reference is None else _axial(reference)
        grid = _lps(native_ct)
        spacing = grid.GetSpacing()
        self.spacing_kji = (spacing[2], spacing[1], spacing[0])
        self._grid = grid
        self.box = bounding_box(self.heart) or bounding_box(self.native > -np.inf) or (slice(0, 1),) * 3
        margin = [round(MARGIN_MM / self.spacing_kji[axis]) for axis in (1, 2)]
        self.crop = tuple(
            slice(max(part.start - m, 0), min(part.stop + m, size))
            for part, m, size in zip(self.box[1:], margin, self.native.shape[1:], strict=True)
        )

    def z_mm(self, k: int) -> float:
        """Head-foot position of the middle of slice ``k`` in mm (LPS)."""
        return slice_z_mm(self._grid, k)

    def place(self, k: int) -> str:
        """How pictures name slice ``k``: by its position, since a scan that runs from head to foot counts it otherwise."""
        return f"z {self.z_mm(k):.1f} mm"

    def heart_slices(self, count: int = ROWS) -> list[int]:
        """Up to ``count`` slices spread evenly over the heart, head first."""
        return _spread(np.arange(self.box[0].start, self.box[0].stop), count)

    def reference_slices(self, count: int = OVERLAP_ROWS) -> list[int]:
        """Up to ``count`` slices spread over those on which the reference has chambers, head first."""
        if self.reference is None:
            return []
        return _spread(np.flatnonzero(_both(self.reference).any(axis=(1, 2))), count)

    def whole_field(self) -> list[Shot]:
        """Axial, coronal and sagittal picture of the whole scan through the middle of the heart."""
        middle = [(part.start + part.stop) // 2 for part in self.box]
        dk, dj, di = self.spacing_kji
        upright = slice(None, None, -1)  # k runs to the head, rows run downwards
        views = (
            ("Axial", (middle[0],), slice(None), (dj, di), "RLAP"),
            ("Coronal", (slice(None), middle[1]), upright, (dk, di), "RLHF"),
            ("Sagittal", (slice(None), slice(None), middle[2]), upright, (dk, dj), "APHF"),
        )
        shots = []
        for name, index, flip, spacing, sides in views:
            picture = Picture(NATIVE_WINDOW.grey(self.native[index][flip]), spacing, FIELD_PIXELS)
            self._colour_chambers(picture, self.chambers[index][flip])
            picture.outline(self.heart[index][flip], HEART_COLOUR).sides(*sides).scale_bar(50)
            alt = (
                f"{name} picture of the whole native CT through the middle of the heart, heart mask outlined "
                "in yellow, estimated chambers in colour"
            )
            shots.append(Shot(picture.data_uri(), alt, picture.size, name))
        return shots

    def row_of_four(self, k: int) -> list[Shot]:
        """Native CT, real CECT where there is one, synthetic CECT, and fusion, of slice ``k``."""
        where = f"axial slice, {self.place(k)}"
        native = self._panel(NATIVE_WINDOW.grey(self.native[k][self.crop]))
        native.note(self.place(k)).scale_bar(20)
        fusion = self._panel(NATIVE_WINDOW.grey(self.native[k][self.crop]))
        self._colour_chambers(fusion, self.chambers[k][self.crop])
        fusion.chip("ESTIMATE")
        shots = [Shot(native.data_uri(), f"Native CT, {where}", native.size)]
        if self.cect is not None:
            real = self._panel(CECT_WINDOW.grey(self.cect[k][self.crop]))
            shots.append(Shot(real.data_uri(), f"Real CECT, {where}", real.size))
        synthetic = self._synthetic_panel(k)
        shots.append(Shot(synthetic.data_uri(), f"Synthetic CECT, {where}", synthetic.size))
        alt = f"Native CT with the estimated left atrium in blue and left ventricle in orange, {where}"
        shots.append(Shot(fusion.data_uri(), alt, fusion.size))
        return shots

    def overlap_row(self, k: int) -> list[Shot]:
        """The paper's figure 2 for slice ``k``: truth on the CECT, estimate on the synthetic, overlap."""
        assert self.reference is not None
        truth, estimate = self.reference[k][self.crop], self.chambers[k][self.crop]
        where = f"axial slice, {self.place(k)}"
        base, window = (self.native, NATIVE_WINDOW) if self.cect is None else (self.cect, CECT_WINDOW)
        on_real = self._panel(window.grey(base[k][self.crop]))
        self._colour_chambers(on_real, truth)
        on_real.note(self.place(k))
        on_synthetic = self._synthetic_panel(k, estimate)
        t, e = _both(truth), _both(estimate)
        agree = self._panel(NATIVE_WINDOW.grey(self.native[k][self.crop]))
        for mask, colour in ((t & e, BOTH_COLOUR), (t & ~e, MISSED_COLOUR), (e & ~t, EXTRA_COLOUR)):
            agree.tint(mask, colour, opacity=0.7, outline=False)
        try:
            score = f"Dice {overlap.dice(_both(self.chambers[k]), _both(self.reference[k])):.3f}"
        except NoValue:
            score = "no Dice"
        agree.note(score)
        return [
            Shot(on_real.data_uri(), f"Reference chambers, {where}", on_real.size),
            Shot(
                on_synthetic.data_uri(),
                f"Estimated chambers on the synthetic CECT, {where}",
                on_synthetic.size,
            ),
            Shot(agree.data_uri(), f"Overlap of estimate and reference, {where}, {score}", agree.size),
        ]

    def difference(self, k: int) -> Shot:
        """Synthetic minus real CECT in HU inside the heart mask, of slice ``k``."""
        assert self.cect is not None
        inside = self.heart[k][self.crop]
        grey = NATIVE_WINDOW.grey(self.native[k][self.crop]) // 3
        pixels = np.repeat(grey[..., None], 3, axis=2)
        difference = self.synthetic[k][self.crop].astype(np.float32) - self.cect[k][self.crop]
        pixels[inside] = diverging(difference, DIFFERENCE_HU)[inside]
        picture = self._panel(pixels).chip("SYNTHETIC - REAL").note(self.place(k))
        alt = f"Synthetic minus real CECT inside the heart mask, axial slice, {self.place(k)}"
        return Shot(picture.data_uri(), alt, picture.size)

    def _panel(self, pixels: np.ndarray) -> Picture:
        return Picture(pixels, self.spacing_kji[1:], PANEL_PIXELS)

    def _synthetic_panel(self, k: int, labels: np.ndarray | None = None) -> Picture:
        panel = self._panel(CECT_WINDOW.grey(self.synthetic[k][self.crop]))
        if labels is not None:
            self._colour_chambers(panel, labels)
        return panel.chip("SYNTHETIC")

    @staticmethod
    def _colour_chambers(picture: Picture, labels: np.ndarray) -> None:
        picture.tint(labels == LA, LA_COLOUR).tint(labels == LV, LV_COLOUR)


def _lps(image: sitk.Image) -> sitk.Image:
    if np.allclose(np.array(image.GetDirection()), np.eye(3).ravel(), atol=1e-6):
        return image
    return sitk.DICOMOrient(image, "LPS")


def _axial(image: sitk.Image) -> np.ndarray:
    turned = _lps(image)
    # A view is only valid while its image lives, which a turned copy does not.
    return sitk.GetArrayViewFromImage(image) if turned is image else sitk.GetArrayFromImage(turned)


def _both(labels: np.ndarray) -> np.ndarray:
    return (labels == LA) | (labels == LV)


def _spread(slices: np.ndarray, count: int) -> list[int]:
    """At most ``count`` of the slices, at the middles of equal parts, highest first."""
    if slices.size <= count:
        return [int(k) for k in slices[::-1]]
    at = ((np.arange(count) + 0.5) * slices.size / count).astype(int)
    return [int(k) for k in slices[at][::-1]]
