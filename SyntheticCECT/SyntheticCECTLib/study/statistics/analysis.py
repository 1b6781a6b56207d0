"""Everything that a study's reads say, as rows of one table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..records import CaseTruth, ConsensusFigures, ReadRecord
from .accuracy_rows import accuracy_rows, truth_rows
from .comparison_rows import comparison_rows, rating_rows, time_rows
from .consensus_rows import consensus_rows
from .estimate import Estimate
from .study_reads import AnalysisSettings, Row, StudyReads
from .variability_rows import inter_rows, intra_rows


@dataclass(frozen=True)
class StudyAnalysis:
    """Attributes:
    reads: What was analysed.
    rows: What was found.
    """

    reads: StudyReads
    rows: tuple[Row, ...]

    def find(self, section: str, statistic: str, measure: str, who: str, condition: str) -> Estimate:
        """The estimate of that row; without value, "not measured", where there is none."""
        wanted = (section, statistic, measure, who, condition)
        for row in self.rows:
            if (row.section, row.statistic, row.measure, row.who, row.condition) == wanted:
                return row.estimate
        return Estimate.without("not measured")


def analyse(
    records: Iterable[ReadRecord],
    truths: Iterable[CaseTruth],
    settings: AnalysisSettings | None = None,
    consensus: Iterable[ConsensusFigures] = (),
) -> StudyAnalysis:
    """Computes every statistic that the reads allow; one that they do not is there with its reason.

    Args:
        records: Reads of one study.
        truths: Truth and network of its cases, where they exist.
        settings: Confidence, seed, margins.
        consensus: Everyone against the consensus of the readers, where it was estimated.
    """
    reads = StudyReads.of(records, truths, settings or AnalysisSettings(), consensus)
    sections = (
        accuracy_rows, truth_rows, consensus_rows, intra_rows, inter_rows, comparison_rows, time_rows, rating_rows,
    )  # fmt: skip
    return StudyAnalysis(reads, tuple(row for section in sections for row in section(reads)))
