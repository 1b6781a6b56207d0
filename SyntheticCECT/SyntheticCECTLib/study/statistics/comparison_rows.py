"""Rows that compare: network with readers, conditions with each other, times, ratings."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from .accuracy_rows import NETWORK
from .by_reader import ALL_READERS
from .non_inferiority import non_inferiority
from .paired_difference import paired_difference
from .reading_time import time_ratio, typical_seconds
from .study_reads import UNITS, Row, StudyReads, rows_of
from .weighted_kappa import weighted_kappa

_PAIRED = "paired over cases; BCa bootstrap (Efron 1987), Wilcoxon"
_MARGIN = "paired t, one-sided p, 95 % interval; ICH E9"
_TIME = "geometric mean, two-way random effects of log seconds"
_KAPPA = "weighted kappa (Cohen 1968), quadratic; Fleiss 1969"


def comparison_rows(reads: StudyReads) -> list[Row]:
    """Network minus readers, and each condition minus the first one, in Dice and dV%."""
    rows: list[Row] = []
    for measure in ("dice", "dv_percent"):
        network = reads.network(measure)
        for condition in reads.conditions:
            table = reads.table(measure, condition)
            columns = {reader: table.of_reader(reader) for reader in table.readers}
            columns[ALL_READERS] = table.case_means()
            for reader, values in columns.items():
                if network and values:
                    rows += _compared(reads, measure, network, values, f"{NETWORK} - {reader}", condition)
        for first, other in [(reads.conditions[0], c) for c in reads.conditions[1:]]:
            # The same readers on both sides: a reader who is not that far yet would pass for a difference.
            old, new = (reads.table(measure, c) for c in (first, other))
            before, after = old.of_readers(new.readers).case_means(), new.of_readers(old.readers).case_means()
            if before and after:
                rows += _compared(reads, measure, after, before, ALL_READERS, f"{other} - {first}")
    return rows


def _compared(
    reads: StudyReads, measure: str, new: dict[str, float], old: dict[str, float], who: str, condition: str
) -> list[Row]:
    cases = [case for case in new if case in old]
    a, b = np.array([new[case] for case in cases]), np.array([old[case] for case in cases])
    settings = reads.settings
    rows = rows_of(
        paired_difference(a, b, settings.seed, settings.confidence),
        "comparison",
        measure,
        who,
        condition,
        _PAIRED,
    )
    higher = measure == "dice"
    margin = settings.dice_margin if higher else settings.dv_margin_percent
    test = non_inferiority(a, b, margin, higher_is_better=higher)
    method = f"{_MARGIN}; margin {margin:g} {UNITS[measure]}".strip()
    return [
        *rows,
        Row(
            "comparison", "non_inferiority", measure, who, condition, UNITS[measure], test.difference, method
        ),
    ]


def time_rows(reads: StudyReads) -> list[Row]:
    """Typical reading time of each condition, and its ratio to the first condition's."""
    rows: list[Row] = []
    tables = {c: reads.table("seconds", c) for c in reads.conditions if reads.table("seconds", c).cells}
    for number, (condition, table) in enumerate(tables.items()):
        seconds = typical_seconds(table, reads.settings.confidence)
        rows.append(Row("time", "typical_seconds", "seconds", ALL_READERS, condition, "s", seconds, _TIME))
        if number:
            first = next(iter(tables))
            ratio = time_ratio(table, tables[first], reads.settings.confidence)
            name = f"{condition} / {first}"
            rows.append(Row("time", "time_ratio", "seconds", ALL_READERS, name, "", ratio, _TIME))
    return rows


def rating_rows(reads: StudyReads) -> list[Row]:
    """Weighted kappa of ratings: pairs of readers, and each reader with himself."""
    rows: list[Row] = []
    for condition in reads.conditions:
        table = reads.table("rating", condition)
        pairs: dict[str, tuple[list[int], list[int]]] = {}
        for one, other in combinations(table.readers, 2):
            a, b = table.of_reader(one), table.of_reader(other)
            shared = [case for case in a if case in b]
            pairs[f"{one} - {other}"] = [round(a[c]) for c in shared], [round(b[c]) for c in shared]
        for reader in table.readers:
            again = table.repeated(reader)
            if again:
                pairs[reader] = [round(v[0]) for v in again], [round(v[1]) for v in again]
        for who, (first, second) in pairs.items():
            kappa = weighted_kappa(first, second, confidence=reads.settings.confidence)
            rows.append(Row("rating", "weighted_kappa", "rating", who, condition, "", kappa, _KAPPA))
    return rows
