"""The figures of one patient as metrics.json and metrics.csv hold them."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import SimpleITK as sitk

from .agreement import CSV_COLUMNS
from .alignment.registration import Registration
from .case import CaseResult
from .common_grid import voxel_ml
from .pipeline import OUTSIDE_CALIBRATION
from .version import RESEARCH_USE, VERSION

FORMAT = 1


def metrics_of(result: CaseResult) -> dict[str, Any]:
    """Everything for metrics.json: plain types without NaN; what has no value is ``None``, its reason in ``reasons``."""
    case, synthesis = result.case, result.case.synthesis
    reasons = {} if result.intervals_ml else {"volume_intervals_ml": _no_interval(result)}
    reasons |= {
        f"volumes_ml.{key}": str(volume["reason"])
        for key, volume in result.volumes.items()
        if volume["ml"] is None
    }
    if result.no_agreement:
        reasons["agreement"] = result.no_agreement
    return {
        "format": FORMAT,
        "version": VERSION,
        "research_use": RESEARCH_USE,
        "input_sha256": case.input_sha256,
        "input": case.description,
        "model": {
            "id": synthesis.model_id,
            "sha256": synthesis.model_sha256,
            "settings_sha256": synthesis.model_settings_sha256,
        },
        "threshold_hu": result.threshold_hu,
        "chambers_by_hand": result.by_hand,
        "default_threshold_hu": synthesis.default_threshold_hu,
        "volumes_ml": {key: volume["ml"] for key, volume in result.volumes.items()},
        "volume_intervals_ml": {
            key: list(result.intervals_ml[key]) if key in result.intervals_ml else None
            for key in result.volumes
        },
        "volume_factors": {key: list(ends) for key, ends in synthesis.volume_factors.items()},
        "heart_volume_ml": heart_volume_ml(synthesis.heart_mask),
        "warnings": [notice.as_dict() for notice in case.notices],
        "registration": registration_entry(case.registration),
        "agreement": result.agreement.as_dict() if result.agreement else None,
        "reasons": reasons,
        "seconds": {stage: round(value, 3) for stage, value in result.seconds.items()},
    }


def metrics_csv(metrics: dict[str, Any], result: CaseResult) -> str:
    """The same figures as one table, columns of `agreement.CSV_COLUMNS`."""
    rows = [
        _row(f"volume_{key}", value, "mL", "whole scan", metrics["reasons"].get(f"volumes_ml.{key}", ""))
        for key, value in metrics["volumes_ml"].items()
    ]
    for key, ends in metrics["volume_intervals_ml"].items():
        for name, value in zip(("lower", "upper"), ends or (), strict=False):
            rows.append(_row(f"volume_{key}_{name}_95", value, "mL", "whole scan"))
    rows.append(_row("heart_volume", metrics["heart_volume_ml"], "mL", "whole scan"))
    rows.append(_row("threshold", metrics["threshold_hu"], "HU", "heart mask"))
    return table_csv(rows + (result.agreement.rows() if result.agreement else []))


def table_csv(rows: list[dict[str, Any]]) -> str:
    """Rows with the columns of `agreement.CSV_COLUMNS` as CSV text."""
    text = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def heart_volume_ml(heart_mask: sitk.Image) -> float:
    """Volume of everything inside the mask, in mL."""
    return float(np.count_nonzero(sitk.GetArrayViewFromImage(heart_mask)) * voxel_ml(heart_mask))


def registration_entry(registration: Registration | None) -> dict[str, Any] | None:
    """Verdict and quality of a registration for metrics.json."""
    if registration is None:
        return None
    return {
        "plausible": registration.plausible,
        "reasons": list(registration.reasons),
        "quality": dict(registration.quality),
    }


def _no_interval(result: CaseResult) -> str:
    synthesis = result.case.synthesis
    if result.by_hand:
        return "the chambers were drawn or corrected by hand"
    outside = [notice.code for notice in result.case.notices if notice.code in OUTSIDE_CALIBRATION]
    if not synthesis.volume_factors and outside:
        return f"the intervals were not calibrated for such a scan (see the warning {', '.join(outside)})"
    if not synthesis.volume_factors:
        return f"model '{synthesis.model_id}' has no calibrated interval"
    if result.threshold_hu != synthesis.default_threshold_hu:
        return f"calibrated at {synthesis.default_threshold_hu:g} HU only"
    return "no volume has a value"


def _row(metric: str, value: float | None, unit: str, region: str, reason: str = "") -> dict[str, Any]:
    return dict.fromkeys(CSV_COLUMNS, None) | {
        "level": "patient", "metric": metric, "value": value, "unit": unit, "region": region, "reason": reason,
    }  # fmt: skip
