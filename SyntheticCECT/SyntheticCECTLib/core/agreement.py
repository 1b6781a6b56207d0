"""Compares predicted chambers with reference chambers, and the synthetic CECT with a real one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import SimpleITK as sitk

from .common_grid import axial_view, require_common_grid, slice_z_mm
from .metrics.chamber_agreement import ChamberAgreement, compare_chambers
from .metrics.figures import Figures
from .metrics.image_agreement import ImageAgreement, compare_images
from .metrics.metric_catalogue import CHAMBER_KEYS, IMAGE_KEYS, METRICS

CSV_COLUMNS = ("level", "slice", "z_mm", "metric", "value", "unit", "region", "data_range_hu", "reason")


@dataclass
class SliceAgreement:
    """Figures of one axial slice: index along the image's head-foot axis, its LPS z in mm."""

    slice: int
    z_mm: float
    figures: Figures


@dataclass
class Agreement:
    """All figures of one patient.

    Attributes:
        patient: Figures of the whole scan, keys of `METRICS`.
        slices: Figures of each axial slice that holds heart or reference chambers.
        predicted_ml: Volumes ``la``, ``lv``, ``union`` of the prediction in mL; ``None`` without reference.
        reference_ml: The same for the reference.
        reference_in_heart_percent: Share of the reference chambers inside the heart mask. The reference
            is *not* cut to the mask: a mask that misses chamber costs Dice instead of hiding it.
        cect_covers_heart_percent: Share of the heart mask that the real CECT covers.
    """

    patient: Figures
    slices: list[SliceAgreement]
    predicted_ml: dict[str, float] | None = None
    reference_ml: dict[str, float] | None = None
    reference_in_heart_percent: float | None = None
    cect_covers_heart_percent: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Everything for metrics.json in plain types; what has no value is ``None`` with ``reasons[key]``."""
        keys = self.patient.values
        return {
            **self.patient.values,
            "dice_per_slice": [
                {"slice": part.slice, "z_mm": part.z_mm, "dice": part.figures.values["dice"]}
                for part in self.slices
                if "dice" in part.figures.values
            ],
            "predicted_ml": self.predicted_ml,
            "reference_ml": self.reference_ml,
            "reference_in_heart_percent": self.reference_in_heart_percent,
            "cect_covers_heart_percent": self.cect_covers_heart_percent,
            "reasons": dict(self.patient.reasons),
            "regions": {key: METRICS[key].region for key in keys},
            "data_ranges_hu": {key: METRICS[key].data_range_hu for key in keys if METRICS[key].data_range_hu},
            "slices": [
                {
                    "slice": part.slice,
                    "z_mm": part.z_mm,
                    **part.figures.values,
                    "reasons": dict(part.figures.reasons),
                }
                for part in self.slices
            ],
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each figure, patient first, then slice by slice; columns `CSV_COLUMNS`."""
        rows = [_row("patient", None, None, key, self.patient) for key in self.patient.values]
        for part in self.slices:
            rows += [_row("slice", part.slice, part.z_mm, key, part.figures) for key in part.figures.values]
        return rows


def compare(
    predicted: sitk.Image,
    reference: sitk.Image | None,
    synthetic_cect: sitk.Image | None = None,
    cect: sitk.Image | None = None,
    heart_mask: sitk.Image | None = None,
) -> Agreement:
    """All figures of agreement that the given images allow; the others are ``None`` with a reason.

    ``dice`` is the mean over the axial slices on which the reference has LA or LV, of the union LA+LV, as in
    the paper; ``dice_volume`` takes the union as one body. Image figures are computed inside the heart mask.

    Args:
        predicted: Label image, LA = 1, LV = 2; other labels are ignored.
        reference: Manual chambers, the same labels on the same grid, or ``None``.
        synthetic_cect: HU on the same grid, or ``None``.
        cect: Real CECT in HU, already resliced onto the same grid, or ``None``.
        heart_mask: Mask on the same grid, nonzero inside, or ``None``.

    Raises:
        ValueError: The images do not share one grid, or one holds NaN inside the heart mask.
    """
    given = {
        "predicted": predicted,
        "reference": reference,
        "synthetic CECT": synthetic_cect,
        "real CECT": cect,
        "heart mask": heart_mask,
    }
    require_common_grid(given)
    heart = None if heart_mask is None else axial_view(heart_mask) != 0
    chambers, images = ChamberAgreement(Figures(), {}), ImageAgreement(Figures())
    if reference is None:
        chambers.patient.leave_out(CHAMBER_KEYS, "no reference chambers were given")
    else:
        chambers = compare_chambers(predicted, reference, heart)
    if synthetic_cect is None or cect is None or heart is None:
        missing = [name for name in ("synthetic CECT", "real CECT", "heart mask") if given[name] is None]
        images.patient.leave_out(IMAGE_KEYS, f"no {' and no '.join(missing)} was given")
    else:
        images = compare_images(axial_view(synthetic_cect), axial_view(cect), heart)

    by_slice: dict[int, Figures] = {}
    for part in (chambers.by_slice, images.by_slice):
        for k, figures in part.items():
            by_slice.setdefault(k, Figures()).update(figures)
    patient = Figures()
    patient.update(chambers.patient)
    patient.update(images.patient)
    patient.values = {key: patient.values[key] for key in METRICS}  # the catalogue's order, and all of it
    return Agreement(
        patient,
        [SliceAgreement(k, slice_z_mm(predicted, k), by_slice[k]) for k in sorted(by_slice)],
        chambers.predicted_ml or None,
        chambers.reference_ml or None,
        chambers.reference_in_heart_percent,
        images.cect_covers_heart_percent,
    )


def _row(level: str, k: int | None, z_mm: float | None, key: str, figures: Figures) -> dict[str, Any]:
    metric = METRICS[key]
    of_slice = "heart mask on this slice" if key in IMAGE_KEYS else "this slice"
    region = metric.region if level == "patient" else of_slice
    contents = (level, k, z_mm, key, figures.values[key], metric.unit, region, metric.data_range_hu)
    return dict(zip(CSV_COLUMNS, (*contents, figures.reasons.get(key, "")), strict=True))
