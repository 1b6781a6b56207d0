"""Where the cases of a study come from: result folders, virtual patients, or a table of files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import SimpleITK as sitk

from ...core import chambers
from ...core.case_folder import METRICS_JSON, read_case, read_threshold_hu
from ...core.errors import InputRefused
from ...core.formats.label_file import read_labels
from ...core.pipeline import Synthesis
from ...core.scan import read_scan

PATIENT_CT, PATIENT_LABELS = "native_ct.nrrd", "labels.nrrd"
COLUMNS = ("case_id", "native_ct", "synthetic_cect", "truth", "network")


@dataclass(frozen=True)
class CaseImages:
    """The images of one case, all on the CT's grid.

    Attributes:
        native_ct: What every reader sees, HU.
        synthetic_cect: For reading with the overlay, or None.
        truth: Reference chambers, LA = 1, LV = 2; or None.
        network: The network's chambers, which are also what readers rate and correct, empty where it found none; or None
            where there is no segmentation of it.
        model: Which network that was and the hash of its weights, for the provenance.
    """

    native_ct: sitk.Image
    synthetic_cect: sitk.Image | None = None
    truth: sitk.Image | None = None
    network: sitk.Image | None = None
    model: str | None = None


@dataclass(frozen=True)
class StudyCase:
    """A case by its identity; its images are loaded when they are needed, one case at a time."""

    case_id: str
    load: Callable[[], CaseImages]


def case_of_folder(folder: Path) -> StudyCase:
    """A folder that ``synthetic-cect synthesize``, ``demo`` or ``phantom`` wrote; its name is the case's identity.

    Raises:
        InputRefused: ``not_a_case``.
    """
    case_id = folder.resolve().name
    if (folder / METRICS_JSON).is_file():
        return StudyCase(case_id, lambda: _of_result(folder))
    if (folder / PATIENT_CT).is_file():
        return StudyCase(case_id, lambda: _of_patient(folder))
    raise InputRefused(
        "not_a_case",
        f"'{folder}' holds neither a result ({METRICS_JSON}) nor a patient ({PATIENT_CT}).",
        "Give folders that synthesize or phantom wrote, or a .csv table of files.",
    )


def cases_of_table(table: Path) -> list[StudyCase]:
    """The cases of a CSV table with the columns of `COLUMNS`; paths are relative to the table, empty ones absent.

    Raises:
        InputRefused: ``bad_case_table``.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), set(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _bad_table(table, str(error)) from error
    if not {"case_id", "native_ct"} <= columns <= set(COLUMNS):
        raise _bad_table(table, f"its columns are {', '.join(sorted(columns)) or 'none'}")
    incomplete = [n for n, row in enumerate(rows, start=2) if not (row["case_id"] and row["native_ct"])]
    if incomplete:
        raise _bad_table(table, f"line {incomplete[0]} lacks the case_id or the native_ct")
    return [_of_row(row, table.parent) for row in rows]


def _of_row(row: dict[str, str], base: Path) -> StudyCase:
    def load() -> CaseImages:
        native = read_scan(base / row["native_ct"]).image
        given = row.get("synthetic_cect")
        synthetic = read_scan(base / given, synthetic=True).image if given else None
        if synthetic is not None:
            synthetic = sitk.Resample(synthetic, native, sitk.Transform(), sitk.sitkLinear, -1024.0)
        truth, network = (
            read_labels(base / row[column], native, may_be_empty) if row.get(column) else None
            for column, may_be_empty in (("truth", False), ("network", True))
        )
        return CaseImages(native, synthetic, truth, network)

    return StudyCase(row["case_id"].strip(), load)


def _of_result(folder: Path) -> CaseImages:
    case = read_case(folder)
    native = case.synthesis.native_ct
    # Whatever a person made of them since, and where no volume is to be trusted: that is how good the network is.
    network = chambers.segment(case.synthesis, read_threshold_hu(folder))
    return CaseImages(
        native, case.synthesis.synthetic_cect, case.reference, network, model_of(case.synthesis)
    )


def model_of(synthesis: Synthesis) -> str:
    """The network by its id and the hash of its weights."""
    return f"{synthesis.model_id}, SHA-256 {synthesis.model_sha256}"


def _of_patient(folder: Path) -> CaseImages:
    native = read_scan(folder / PATIENT_CT).image
    truth = read_labels(folder / PATIENT_LABELS, native) if (folder / PATIENT_LABELS).is_file() else None
    return CaseImages(native, truth=truth)


def _bad_table(table: Path, why: str) -> InputRefused:
    return InputRefused(
        "bad_case_table",
        f"The table '{table}' cannot be used: {why}.",
        f"Give the columns {', '.join(COLUMNS)}.",
    )
