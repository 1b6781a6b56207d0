"""The reads of a study beside truth and network, and what a statistic of them is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..records import CaseTruth, Condition, ConsensusFigures, ReadRecord
from .estimate import CONFIDENCE, Estimate, EstimateGroup
from .read_table import ReadTable

UNITS: Mapping[str, str] = {
    "volume_ml": "ml", "la_ml": "ml", "lv_ml": "ml", "dice": "", "dice_la": "", "dice_lv": "",
    "dv_percent": "%", "seconds": "s", "rating": "", "confidence": "", "sensitivity_la": "", "specificity_la": "",
    "sensitivity_lv": "", "specificity_lv": "",
}  # fmt: skip


@dataclass(frozen=True)
class AnalysisSettings:
    """How to analyse.

    Attributes:
        confidence: Coverage of the intervals.
        seed: Of the bootstrap.
        dice_margin: The readers' Dice may exceed the network's by less than this for non-inferiority.
        dv_margin_percent: The same for dV%, where lower is better.
    """

    confidence: float = CONFIDENCE
    seed: int = 0
    dice_margin: float = 0.05
    dv_margin_percent: float = 5.0


@dataclass(frozen=True)
class Row:
    """One statistic.

    Attributes:
        section: ``accuracy``, ``truth``, ``consensus``, ``intra``, ``inter``, ``comparison``, ``time`` or ``rating``.
        statistic: What was computed, such as ``sd``.
        measure: Of what, a key of `UNITS`.
        who: Reader, pair of readers, ``all readers`` or ``network``.
        condition: One of `Condition`'s values; two, joined by a minus or a slash, for a comparison of conditions.
        unit: Of value, low and high.
        estimate: The number, or why there is none.
        method: How, and after whom.
    """

    section: str
    statistic: str
    measure: str
    who: str
    condition: str
    unit: str
    estimate: Estimate
    method: str

    def as_dict(self) -> dict[str, Any]:
        """Flat, with plain types."""
        named = {name: value for name, value in vars(self).items() if name != "estimate"}
        return named | self.estimate.as_dict()


@dataclass(frozen=True)
class StudyReads:
    """The reads by measure and condition, beside truth and network.

    Attributes:
        records: All reads.
        truths: Case id -> truth.
        conditions: Those that occur, in the order of `Condition`.
        settings: How to analyse.
        consensus: Everyone against the consensus of the readers, case by case.
    """

    records: Sequence[ReadRecord]
    truths: Mapping[str, CaseTruth]
    conditions: tuple[str, ...]
    settings: AnalysisSettings
    consensus: Sequence[ConsensusFigures] = ()
    _tables: dict[tuple[str, str], ReadTable] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        records: Iterable[ReadRecord],
        truths: Iterable[CaseTruth],
        settings: AnalysisSettings,
        consensus: Iterable[ConsensusFigures] = (),
    ) -> StudyReads:
        records = list(records)
        present = {str(getattr(r.condition, "value", r.condition)) for r in records}
        ordered = tuple(condition.value for condition in Condition if condition.value in present)
        by_case = {truth.case_id: truth for truth in truths}
        return cls(records, by_case, ordered, settings, tuple(consensus))

    def table(self, measure: str, condition: str) -> ReadTable:
        key = (measure, condition)
        if key not in self._tables:
            self._tables[key] = ReadTable.of(self.records, measure, condition)
        return self._tables[key]

    def true_ml(self, case_id: str) -> float | None:
        """True volume of LA and LV within the read slices."""
        truth = self.truths.get(case_id)
        return None if truth is None else truth.la_ml + truth.lv_ml

    def network(self, measure: str) -> dict[str, float]:
        """Case id -> the network's figure: ``dice``, ``dv_percent``, ``volume_ml``, ``la_ml`` or ``lv_ml``."""
        found: dict[str, float] = {}
        for case_id, truth in self.truths.items():
            figures = truth.network
            if figures is None:
                continue
            if measure == "volume_ml":
                value = (
                    None if figures.la_ml is None or figures.lv_ml is None else figures.la_ml + figures.lv_ml
                )
            else:
                value = getattr(figures, measure)
            if value is not None:
                found[case_id] = float(value)
        return found

    def without_network(self) -> list[str]:
        """Cases with reads and truth but without the network's segmentation; none where the study has none of it."""
        read = {record.case_id for record in self.records}
        known = {case_id: truth.network for case_id, truth in self.truths.items() if case_id in read}
        lacking = [case_id for case_id, network in known.items() if network is None]
        return lacking if len(lacking) < len(known) else []


def rows_of(
    group: EstimateGroup,
    section: str,
    measure: str,
    who: str,
    condition: str,
    method: str,
    units: Mapping[str, str] | None = None,
) -> list[Row]:
    """A row for each estimate of a group; ``units`` by name for those that are not in the measure's own."""
    unit = UNITS[measure]
    return [
        Row(section, name, measure, who, condition, (units or {}).get(name, unit), estimate, method)
        for name, estimate in group.estimates().items()
    ]  # fmt: skip
