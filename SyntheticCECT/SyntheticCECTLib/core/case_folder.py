"""The folder that holds the result of one patient: written, and read back for another threshold."""

from __future__ import annotations

import json
from collections.abc import Collection
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from .alignment.registration import Registration
from .case import CaseResult, OnProgress, PreparedCase, part_of, timed, volume_curve
from .case_metrics import metrics_csv, metrics_of
from .errors import InputRefused, Notice
from .formats.grid import place
from .formats.itk_name import itk_name
from .formats.label_file import read_labels, read_mask, write_chambers
from .formats.volume import SYNTHETIC_KEY, SYNTHETIC_NOTE
from .formats.volume_file import read_volume
from .pipeline import Synthesis
from .reporting.report import write_report

SYNTHETIC_CECT = "synthetic_cect.nrrd"
ENHANCEMENT = "enhancement.nrrd"
EXPECTED_ERROR = "expected_error.nrrd"
HEART_MASK = "heart_mask.nrrd"
CHAMBER_SPLIT = "chamber_split.nrrd"
CHAMBERS = "chambers.seg.nrrd"
CECT_REGISTERED = "cect_registered.nrrd"
CECT_TO_NATIVE = "cect_to_native.tfm"
REFERENCE = "reference.seg.nrrd"
METRICS_JSON, METRICS_CSV, REPORT = "metrics.json", "metrics.csv", "report.html"
SCENE, NATIVE_CT = "scene.mrml", "native_ct.nrrd"
SCENE_FILES = {SCENE, NATIVE_CT}
"""What a command may add to a result: a scene for 3D Slicer, and the scan that it shows."""
_OWN_FILES = {
    SYNTHETIC_CECT, ENHANCEMENT, EXPECTED_ERROR, HEART_MASK, CHAMBER_SPLIT, CHAMBERS, CECT_REGISTERED, CECT_TO_NATIVE,
    REFERENCE, REPORT, *SCENE_FILES,
}  # fmt: skip

BY_HAND = Notice(
    "chambers_by_hand",
    "The chambers were drawn or corrected by hand: volumes and agreement are theirs, not the threshold's.",
)
CURVE_REACH_HU, CURVE_STEP_HU = 200.0, 25.0
"""The volume curve spans the default threshold by this much on either side."""


def write_case(
    result: CaseResult,
    folder: str | Path,
    title: str = "Synthetic CECT",
    on_progress: OnProgress | None = None,
    compress: bool = True,
    with_report: bool = True,
    also: Collection[str] = (),
) -> dict[str, Any]:
    """Write images, segmentation, figures and report.

    Args:
        result: What to write.
        folder: An existing folder, best one of `output_folder`, so that all files appear at once.
        title: Heading of the report.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.
        compress: Whether images are compressed; left out, they are larger, and written and read in a fraction of the time.
        with_report: Whether the page is written too.
        also: Those of `SCENE_FILES` that the caller adds; they belong to this result and go with it.

    Returns:
        What metrics.json holds.
    """
    report = part_of(on_progress, 0.0, 1.0)
    case, synthesis, folder = result.case, result.case.synthesis, Path(folder)
    images = {
        name: image
        for name, image in (
            (SYNTHETIC_CECT, synthesis.synthetic_cect),
            (ENHANCEMENT, synthesis.enhancement_hu),
            (EXPECTED_ERROR, synthesis.expected_error_hu),
            (HEART_MASK, synthesis.heart_mask),
            (CHAMBER_SPLIT, synthesis.chamber_prior),
            (CECT_REGISTERED, case.cect),
        )
        if image is not None
    }
    with timed(result.seconds, "writing"):
        for number, (name, image) in enumerate(images.items()):
            report(0.7 * number / len(images), f"writing {name}")
            sitk.WriteImage(
                _described(image, name, synthesis), itk_name(folder / name), useCompression=compress
            )
        write_chambers(folder / CHAMBERS, result.labels, _made_by(synthesis))
        if case.reference is not None:
            write_chambers(folder / REFERENCE, case.reference)
        if case.registration is not None:
            sitk.WriteTransform(case.registration.cect_to_native, itk_name(folder / CECT_TO_NATIVE))
    if with_report:
        report(0.7, "writing the report")
        with timed(result.seconds, "report"):
            _write_report(result, folder / REPORT, title)
    metrics = metrics_of(result)
    # An older run may have left more files in the folder that this is renamed into; these are the ones that belong together.
    metrics["files"] = sorted(({entry.name for entry in folder.iterdir()} | set(also)) & _OWN_FILES)
    (folder / METRICS_JSON).write_text(
        json.dumps(metrics, indent=2, allow_nan=False) + "\n", encoding="utf-8"
    )
    (folder / METRICS_CSV).write_text(metrics_csv(metrics, result), encoding="utf-8")
    report(1.0, "done")
    return metrics


def read_case(folder: str | Path, on_progress: OnProgress | None = None) -> PreparedCase:
    """A case as `write_case` left it, ready to be segmented again.

    Args:
        folder: Of the result.
        on_progress: Called before each file with a fraction from 0 to 1 and what is being done; raise from it to cancel.

    Raises:
        InputRefused: ``not_a_result`` where the folder is no result or lacks a file; or a file is damaged.
    """
    folder, report, read = Path(folder), part_of(on_progress, 0.0, 1.0), count()
    metrics = _read_metrics(folder)

    def path_of(name: str) -> Path:
        report(next(read) / 7, f"reading {name}")
        return folder / name

    synthetic, enhancement = _read_image(path_of(SYNTHETIC_CECT)), _read_image(path_of(ENHANCEMENT))
    try:
        model, figures, files = metrics["model"], metrics["registration"], metrics["files"]
        synthesis = Synthesis(
            native_ct=synthetic - enhancement,
            synthetic_cect=synthetic,
            enhancement_hu=enhancement,
            heart_mask=read_mask(path_of(HEART_MASK), synthetic),
            chamber_prior=_read_image(path_of(CHAMBER_SPLIT)) if CHAMBER_SPLIT in files else None,
            model_id=str(model["id"]),
            model_sha256=str(model["sha256"]),
            model_settings_sha256=str(model.get("settings_sha256", "")),
            default_threshold_hu=float(metrics["default_threshold_hu"]),
            seconds={},
            notices=[],
            expected_error_hu=_read_image(path_of(EXPECTED_ERROR)) if EXPECTED_ERROR in files else None,
            volume_factors={
                key: (float(low), float(high)) for key, (low, high) in metrics["volume_factors"].items()
            },
        )
        return PreparedCase(
            synthesis,
            str(metrics["input"]),
            str(metrics["input_sha256"]),
            _read_registration(folder / CECT_TO_NATIVE, figures) if figures else None,
            _read_image(path_of(CECT_REGISTERED)) if CECT_REGISTERED in files else None,
            read_labels(path_of(REFERENCE), synthetic) if REFERENCE in files else None,
            tuple(Notice(str(entry["code"]), str(entry["message"])) for entry in metrics["warnings"]),
            {str(stage): float(value) for stage, value in metrics["seconds"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise _not_a_result(folder, f"its {METRICS_JSON} lacks {error}") from error


def older_files(folder: str | Path) -> set[str]:
    """Names of what a result that lies in the folder consists of: another scan's result must not be left with parts of it."""
    try:
        return _OWN_FILES & set(_read_metrics(Path(folder))["files"])
    except (InputRefused, KeyError, TypeError):
        return set()  # no result of ours: whatever lies there is the user's


def read_threshold_hu(folder: str | Path) -> float:
    """The threshold that a folder's chambers were segmented at.

    Raises:
        InputRefused: ``not_a_result``.
    """
    folder = Path(folder)
    try:
        return float(_read_metrics(folder)["threshold_hu"])
    except (KeyError, TypeError, ValueError) as error:
        raise _not_a_result(folder, f"its {METRICS_JSON} lacks threshold_hu") from error


def _write_report(result: CaseResult, path: Path, title: str) -> None:
    case, synthesis = result.case, result.case.synthesis
    middle = synthesis.default_threshold_hu
    thresholds = np.arange(middle - CURVE_REACH_HU, middle + CURVE_REACH_HU + 1, CURVE_STEP_HU)
    metrics = metrics_of(result)
    write_report(
        path,
        title=title,
        native_ct=synthesis.native_ct,
        synthetic_cect=synthesis.synthetic_cect,
        heart_mask=synthesis.heart_mask,
        chambers=result.labels,
        cect=case.cect,
        reference=case.reference,
        volume_curve=volume_curve(case, [float(threshold) for threshold in thresholds]),
        metrics=metrics,
        notices=[*([BY_HAND] if result.by_hand else []), *case.notices],
        provenance={
            key: metrics[key]
            for key in ("version", "model", "input", "input_sha256", "registration", "seconds")
        },
    )


def _described(image: sitk.Image, name: str, synthesis: Synthesis) -> sitk.Image:
    """The image with its origin in the file's header, so that a synthetic file says so even when renamed."""
    described = sitk.Image(image)
    described.SetMetaData("SyntheticCECT_content", name.removesuffix(".nrrd"))
    if name in (SYNTHETIC_CECT, ENHANCEMENT, EXPECTED_ERROR):
        described.SetMetaData(SYNTHETIC_KEY, SYNTHETIC_NOTE)
        for key, value in _made_by(synthesis).items():
            described.SetMetaData(key, value)
    return described


def _made_by(synthesis: Synthesis) -> dict[str, str]:
    """The model as entries of a file's header."""
    return {
        "SyntheticCECT_model": synthesis.model_id,
        "SyntheticCECT_model_sha256": synthesis.model_sha256,
        "SyntheticCECT_model_settings_sha256": synthesis.model_settings_sha256,
    }


def _read_metrics(folder: Path) -> dict[str, Any]:
    try:
        metrics = json.loads((folder / METRICS_JSON).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _not_a_result(folder, f"it has no {METRICS_JSON}") from None
    except (OSError, ValueError) as error:
        raise _not_a_result(folder, f"its {METRICS_JSON} cannot be read ({error})") from error
    if not isinstance(metrics, dict):
        raise _not_a_result(folder, f"its {METRICS_JSON} is not an object")
    return metrics


def _read_image(path: Path) -> sitk.Image:
    if not path.exists():
        raise _not_a_result(path.parent, f"it has no {path.name}")
    volume = read_volume(path)[0]
    return place(volume.layers_lkji[0], volume.axes_mm, volume.origin_mm)[0]


def _read_registration(path: Path, figures: dict[str, Any]) -> Registration:
    try:
        transform = sitk.ReadTransform(itk_name(path))
    except RuntimeError:
        raise _not_a_result(path.parent, f"its {path.name} cannot be read") from None
    return Registration(
        transform, dict(figures["quality"]), bool(figures["plausible"]), tuple(figures["reasons"])
    )


def _not_a_result(folder: Path, why: str) -> InputRefused:
    return InputRefused(
        "not_a_result", f"'{folder}' is not a result folder: {why}.", "Give a folder that synthesize wrote."
    )
