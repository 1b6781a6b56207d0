"""The figures of all patients of a test set, read from their result folders."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from SyntheticCECTLib.core.case_folder import METRICS_JSON
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.metrics.metric_catalogue import METRICS

PER_PATIENT, PER_SLICE = "per_patient.csv", "per_slice.csv"
SIDES = ("la", "lv", "union")


@dataclass(frozen=True)
class PatientResult:
    """One patient's figures.

    Attributes:
        case_id: Name.
        agreement: The ``agreement`` of metrics.json: figures by key, ``slices``, ``predicted_ml``, ``reference_ml``.
        model: Id of the model.
        folder: The result folder, or None where only figures are known.
        warnings: Codes of its warnings.
    """

    case_id: str
    agreement: dict[str, Any]
    model: str
    folder: Path | None = None
    warnings: tuple[str, ...] = ()

    def volumes_ml(self, side: str) -> tuple[float, float] | None:
        """Predicted and reference volume of ``la``, ``lv`` or ``union``."""
        predicted, reference = self.agreement.get("predicted_ml"), self.agreement.get("reference_ml")
        if not predicted or not reference:
            return None
        return float(predicted[side]), float(reference[side])


def read_results(folder: Path) -> list[PatientResult]:
    """Results of every patient below a folder.

    Args:
        folder: Holds result folders of ``synthetic-cect synthesize`` with a reference.

    Raises:
        InputRefused: ``no_results``, none of them was compared with a reference; or a file is damaged.
    """
    results = []
    for path in sorted(folder.glob(f"*/{METRICS_JSON}")):
        try:
            metrics = json.loads(path.read_text(encoding="utf-8"))
            if metrics["agreement"] and metrics["agreement"]["reference_ml"]:
                codes = tuple(str(entry["code"]) for entry in metrics["warnings"])
                results.append(
                    PatientResult(
                        path.parent.name, metrics["agreement"], metrics["model"]["id"], path.parent, codes
                    )
                )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputRefused(
                "bad_result", f"'{path}' cannot be used ({error!r}).", "Make the result again."
            ) from None
    if not results:
        raise InputRefused(
            "no_results", f"'{folder}' holds no result that was compared with a reference.",
            "Give the folder that holds one result folder for each patient.",
        )  # fmt: skip
    return results


def not_compared(folder: Path, results: Sequence[PatientResult]) -> list[str]:
    """Names of the results below a folder that `read_results` leaves out."""
    return sorted(
        {path.parent.name for path in folder.glob(f"*/{METRICS_JSON}")} - {r.case_id for r in results}
    )


def per_patient(results: Sequence[PatientResult]) -> list[dict[str, Any]]:
    """One row for each patient: every metric, volumes, warnings."""
    rows = []
    for one in results:
        row: dict[str, Any] = {"case_id": one.case_id, "model": one.model}
        row |= {key: one.agreement.get(key) for key in METRICS}
        for side in SIDES:
            predicted, reference = one.volumes_ml(side) or (None, None)
            row |= {f"{side}_predicted_ml": predicted, f"{side}_reference_ml": reference}
        rows.append(row | {"warnings": " ".join(one.warnings)})
    return rows


def per_slice(results: Sequence[PatientResult]) -> list[dict[str, Any]]:
    """One row for each axial slice that holds heart or reference chambers."""
    keys = ("dice", "dice_la", "dice_lv", "dv_percent", "hd95_mm", "nmi", "nmi_skimage", "psnr_db",
            "psnr_db_range_2000", "mae_hu", "ssim")  # fmt: skip
    return [
        {
            "case_id": one.case_id,
            "slice": part["slice"],
            "z_mm": part["z_mm"],
            "both_chambers": has_both(part),
        }
        | {key: part.get(key) for key in keys}
        for one in results
        for part in one.agreement["slices"]
    ]


def has_both(part: dict[str, Any]) -> bool:
    """Whether the reference has LA and LV on this slice, as the paper's slices do: only then have both a Dice."""
    return part.get("dice_la") is not None and part.get("dice_lv") is not None


def write_table(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Rows of equal columns as CSV; what has no value is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["case_id"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text.getvalue(), encoding="utf-8")
    unfinished.replace(path)
