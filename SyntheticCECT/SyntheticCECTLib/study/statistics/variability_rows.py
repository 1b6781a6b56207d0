"""Rows about readers among themselves: intra- and inter-observer variability of the drawn volume."""

from __future__ import annotations

from .by_reader import ALL_READERS
from .inter_observer import inter_observer, pairwise_correlations
from .intra_observer import intra_observer, intra_observer_of, repeat_correlation
from .read_table import ReadTable
from .reader_limits import limit_with_mean
from .study_reads import Row, StudyReads, rows_of

VARIABILITY = ("volume_ml", "la_ml", "lv_ml")
_UNITS = {"cv_percent": "%", "rho": "", "icc_2_1": ""}
_INTRA = "within (reader, case); Bland & Altman 1996, chi-square; rho by F"
_INTER = "two-way random effects; Graybill & Wang 1980, Ting 1990; Shrout & Fleiss 1979"
_PEARSON = "Pearson; Fisher's z"


def intra_rows(reads: StudyReads) -> list[Row]:
    """Repeated reads, over all readers and per reader."""
    rows: list[Row] = []
    confidence = reads.settings.confidence
    for condition, measure, table in _tables(reads):
        found = intra_observer(table, confidence)
        rows += rows_of(found, "intra", measure, ALL_READERS, condition, _INTRA, _UNITS)
        for reader in table.readers:
            found = intra_observer_of(table, reader, confidence)
            rows += rows_of(found, "intra", measure, reader, condition, _INTRA, _UNITS)
            rho = repeat_correlation(table, reader, confidence)
            rows.append(Row("intra", "rho_pearson", measure, reader, condition, "", rho, _PEARSON))
    return rows


def inter_rows(reads: StudyReads) -> list[Row]:
    """Different readers of the same case, over all and pair by pair."""
    rows: list[Row] = []
    confidence = reads.settings.confidence
    for condition, measure, table in _tables(reads):
        found = inter_observer(table, confidence)
        rows += rows_of(found, "inter", measure, ALL_READERS, condition, _INTER, _UNITS)
        limit = limit_with_mean(table.first_reads(), confidence)
        method = "limits of agreement with the mean; Jones 2011, Christensen 2020"
        rows.append(Row("inter", "limit_with_mean", measure, ALL_READERS, condition, "ml", limit, method))
        for (one, other), rho in pairwise_correlations(table, confidence).items():
            who = f"{one} - {other}"
            rows.append(Row("inter", "rho_pearson", measure, who, condition, "", rho, _PEARSON))
    return rows


def _tables(reads: StudyReads) -> list[tuple[str, str, ReadTable]]:
    return [
        (condition, measure, reads.table(measure, condition))
        for condition in reads.conditions
        for measure in VARIABILITY
        if reads.table(measure, condition).cells
    ]
