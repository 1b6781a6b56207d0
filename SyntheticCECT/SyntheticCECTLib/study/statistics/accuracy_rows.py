"""Rows about reads against the truth: Dice, volume, dV%, correlation and limits of agreement."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .bland_altman import Limits, limits_of_agreement
from .by_reader import ALL_READERS, Summary, by_reader, summary
from .correlation import correlation
from .estimate import Estimate
from .read_table import ReadTable
from .reader_limits import limits_against_reference
from .repeated_bland_altman import limits_constant_truth
from .study_reads import UNITS, Row, StudyReads, rows_of

NETWORK = "network"
ACCURACY = ("dice", "dice_la", "dice_lv", "dv_percent", "volume_ml", "la_ml", "lv_ml")
NETWORK_MEASURES = ("dice", "dv_percent", "volume_ml", "la_ml", "lv_ml")
_MEAN = "mean and SD of first reads; Student's t, all readers: two-way random effects"
_LIMITS = "Bland & Altman 1999"
_REPEATED = "Bland & Altman 2007, constant truth, all repeats"
_READERS = "two-way random effects (Carstensen 2008), MOVER (Zou 2013)"


def accuracy_rows(reads: StudyReads) -> list[Row]:
    """Mean and SD of each measure, per reader and condition, and of the network on the same cases."""
    rows: list[Row] = []
    for condition in reads.conditions:
        for measure in ACCURACY:
            table = reads.table(measure, condition)
            if not table.cells:
                continue
            for reader, found in by_reader(table, reads.settings.confidence).items():
                rows += rows_of(_possible(found, measure), "accuracy", measure, reader, condition, _MEAN)
            figures = reads.network(measure) if measure in NETWORK_MEASURES else {}
            values = [figures[case] for case in table.cases if case in figures]
            if values:
                found = summary(np.array(values), reads.settings.confidence)
                rows += rows_of(_possible(found, measure), "accuracy", measure, NETWORK, condition, _MEAN)
    return rows


def _possible(found: Summary, measure: str) -> Summary:
    """Student's interval of a mean knows nothing of the measure's range."""
    return replace(found, mean=found.mean.cut(0.0, 1.0 if measure.startswith("dice") else np.inf))


def truth_rows(reads: StudyReads) -> list[Row]:
    """Volumes against the true ones: correlation and limits of agreement of readers and network."""
    rows: list[Row] = []
    for condition in reads.conditions:
        table = reads.table("volume_ml", condition)
        known = [case for case in table.cases if reads.true_ml(case) is not None]
        if not known:
            continue
        for reader in table.readers:
            values = {case: v for case, v in table.of_reader(reader).items() if case in known}
            rows += _against_truth(reads, values, reader, condition)
            if table.repeated(reader):
                rows += _rows(
                    _with_repeats(reads, table, reader, known), reader, condition, _REPEATED, "repeated_"
                )
        rows += _rows(limits_of_readers(reads, condition), ALL_READERS, condition, _READERS)
        network = reads.network("volume_ml")
        if network:
            values = {case: network[case] for case in known if case in network}
            rows += _against_truth(reads, values, NETWORK, condition)
    return rows


def limits_of_readers(reads: StudyReads, condition: str) -> Limits:
    """Limits of agreement of any reader with the truth, cases that every reader has read."""
    table = reads.table("volume_ml", condition)
    cases = table.complete_cases()
    truth = [reads.true_ml(case) for case in cases]
    kept = [n for n, value in enumerate(truth) if value is not None]
    reference = np.array([truth[n] for n in kept], dtype=float)
    return limits_against_reference(table.first_reads()[kept] - reference[:, None], reads.settings.confidence)


def _with_repeats(reads: StudyReads, table: ReadTable, reader: str, known: list[str]) -> Limits:
    cases = [case for case in known if (reader, case) in table.cells]
    return limits_constant_truth(
        [np.array(table.cells[reader, case]) for case in cases],
        [np.array([reads.true_ml(case)], dtype=float) for case in cases],
        reads.settings.confidence,
    )


def _against_truth(reads: StudyReads, values: dict[str, float], who: str, condition: str) -> list[Row]:
    measured = np.array(list(values.values()))
    reference = np.array([reads.true_ml(case) for case in values], dtype=float)
    confidence = reads.settings.confidence
    rho = correlation(measured, reference, confidence)
    limits = limits_of_agreement(measured, reference, confidence)
    return [_rho_row(rho, who, condition), *_rows(limits, who, condition, _LIMITS)]


def _rho_row(rho: Estimate, who: str, condition: str) -> Row:
    return Row("truth", "rho", "volume_ml", who, condition, "", rho, "Pearson; Fisher's z")


def _rows(limits: Limits, who: str, condition: str, method: str, prefix: str = "") -> list[Row]:
    return [
        Row("truth", prefix + name, "volume_ml", who, condition, UNITS["volume_ml"], estimate, method)
        for name, estimate in limits.estimates().items()
    ]
