"""The analysis for other programs: JSON, CSV, and reader scores as iMRMC lays them out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from ...core.version import RESEARCH_USE, VERSION
from ..statistics.analysis import StudyAnalysis
from .paper_table import PaperRow

FORMAT = 1
CSV_COLUMNS = (
    "section", "statistic", "measure", "who", "condition", "value", "low", "high", "p", "n", "unit", "reason",
    "method", "simulated",
)  # fmt: skip
IMRMC_COLUMNS = ("readerID", "caseID", "modalityID", "score")
TRUTH = "truth"


def analysis_json(
    analysis: StudyAnalysis, paper: list[PaperRow], study: Mapping[str, Any], simulated: bool
) -> str:
    """Everything, plain types without NaN."""
    reads = analysis.reads
    content = {
        "format": FORMAT,
        "version": VERSION,
        "research_use": RESEARCH_USE,
        "simulated": simulated,
        "study": dict(study),
        "settings": vars(reads.settings),
        "reads": len(reads.records),
        "conditions": list(reads.conditions),
        "cases_without_network": len(reads.without_network()),
        "paper_table": [row.as_dict() for row in paper],
        "statistics": [row.as_dict() for row in analysis.rows],
    }
    return json.dumps(content, indent=2, allow_nan=False, default=str) + "\n"


def analysis_csv(analysis: StudyAnalysis, simulated: bool) -> str:
    """One line for each statistic, columns of `CSV_COLUMNS`."""
    return _csv(CSV_COLUMNS, [row.as_dict() | {"simulated": simulated} for row in analysis.rows])


def imrmc_csv(analysis: StudyAnalysis, measure: str = "volume_ml") -> str:
    """First reads as ``readerID, caseID, modalityID, score``: a modality is a condition, a score the volume in ml.

    Truth rows have reader and modality ``truth``, as iMRMC wants them; their score is the true volume. That suits
    iMRMC's limits of agreement (``laWRBM``, ``laBRBM``, ``uStat11``). Its ROC analysis wants a truth of 0 or 1, which
    a volume does not have.

    Source: iMRMC (FDA, DIDSR), documentation of ``dfMRMC_example`` and ``limitsOfAgreement``.
    """
    reads, rows = analysis.reads, []
    cases: set[str] = set()
    for condition in reads.conditions:
        table = reads.table(measure, condition)
        for (reader, case), values in sorted(table.cells.items()):
            rows.append(dict(zip(IMRMC_COLUMNS, (reader, case, condition, values[0]), strict=True)))
            cases.add(case)
    for case in sorted(cases):
        true_ml = reads.true_ml(case)
        if true_ml is not None:
            rows.append(dict(zip(IMRMC_COLUMNS, (TRUTH, case, TRUTH, true_ml), strict=True)))
    return _csv(IMRMC_COLUMNS, rows)


def _csv(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
