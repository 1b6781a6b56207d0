"""Reads as numbers: one measure of one condition by reader, case and repeat."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..records import ReadRecord


def volume_ml(record: ReadRecord) -> float | None:
    """LA and LV together within the read slices, ml."""
    if record.la_ml is None or record.lv_ml is None:
        return None
    return record.la_ml + record.lv_ml


MEASURES: Mapping[str, Callable[[ReadRecord], float | None]] = {
    "volume_ml": volume_ml,
    "la_ml": lambda record: record.la_ml,
    "lv_ml": lambda record: record.lv_ml,
    "dice": lambda record: record.dice,
    "dice_la": lambda record: record.dice_la,
    "dice_lv": lambda record: record.dice_lv,
    "dv_percent": lambda record: record.dv_percent,
    "seconds": lambda record: record.seconds,
    "rating": lambda record: record.rating,
    "confidence": lambda record: record.confidence,
}


@dataclass(frozen=True)
class ReadTable:
    """The values of one measure.

    Attributes:
        readers: Names in alphabetical order.
        cases: Case ids in alphabetical order.
        cells: (reader, case) -> values in the order of the repeats, the first presentation first; a cell whose
            first presentation is missing is left out.
    """

    readers: tuple[str, ...]
    cases: tuple[str, ...]
    cells: Mapping[tuple[str, str], tuple[float, ...]]

    @classmethod
    def of(cls, records: Iterable[ReadRecord], measure: str, condition: str) -> ReadTable:
        """The table of one measure (a key of `MEASURES`) under one condition.

        Several versions of one read may be given; the highest counts.
        """
        newest: dict[tuple[str, str, int], ReadRecord] = {}
        for record in records:
            key = (record.reader, record.case_id, record.repeat)
            if record.condition == condition and (key not in newest or newest[key].version < record.version):
                newest[key] = record
        by_cell: dict[tuple[str, str], dict[int, float]] = {}
        for (reader, case_id, repeat), record in newest.items():
            value = MEASURES[measure](record)
            if value is not None and np.isfinite(value):
                by_cell.setdefault((reader, case_id), {})[repeat] = float(value)
        cells = {
            cell: tuple(values[repeat] for repeat in sorted(values))
            for cell, values in by_cell.items()
            if 0 in values
        }
        return cls(
            tuple(sorted({reader for reader, _ in cells})), tuple(sorted({case for _, case in cells})), cells
        )

    def of_reader(self, reader: str) -> dict[str, float]:
        """Case id -> value of the reader's first presentation."""
        return {case: self.cells[reader, case][0] for case in self.cases if (reader, case) in self.cells}

    def of_readers(self, readers: Collection[str]) -> ReadTable:
        """The part of the table that these readers have read."""
        cells = {cell: values for cell, values in self.cells.items() if cell[0] in readers}
        return ReadTable(
            tuple(reader for reader in self.readers if reader in readers),
            tuple(sorted({case for _, case in cells})),
            cells,
        )

    def complete_cases(self) -> tuple[str, ...]:
        """The cases that every reader has read."""
        return tuple(c for c in self.cases if all((reader, c) in self.cells for reader in self.readers))

    def first_reads(self) -> np.ndarray:
        """(cases, readers): first presentations of the cases that every reader has read."""
        return self._crossed(lambda values: values[0])

    def cell_means(self) -> np.ndarray:
        """(cases, readers): the mean over repeats, of the same cases."""
        return self._crossed(lambda values: float(np.mean(values)))

    def mean_inverse_repeats(self) -> float:
        """Mean of 1/m over the cells of `cell_means`, m readings each: the share of the within-reader
        variance that is left in a cell mean; 1 where nothing was repeated."""
        return float(np.mean(self._crossed(lambda values: 1.0 / len(values))))

    def repeated(self, reader: str | None = None) -> list[np.ndarray]:
        """The readings of each cell that was read more than once, of one reader or of all."""
        return [
            np.array(values)
            for (name, _), values in sorted(self.cells.items())
            if len(values) > 1 and reader in (None, name)
        ]

    def case_means(self) -> dict[str, float]:
        """Case id -> mean of the readers' first presentations, of the cases that every reader has read."""
        if not self.readers:
            return {}
        return dict(zip(self.complete_cases(), self.first_reads().mean(axis=1).tolist(), strict=True))

    def _crossed(self, value: Callable[[Sequence[float]], float]) -> np.ndarray:
        cases = self.complete_cases()
        rows = [[value(self.cells[reader, case]) for reader in self.readers] for case in cases]
        return np.array(rows, dtype=float).reshape(len(cases), len(self.readers))
