"""Rows about readers, network and truth against the consensus of the readers (STAPLE)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .accuracy_rows import NETWORK
from .by_reader import ALL_READERS, summary
from .estimate import Estimate
from .study_reads import Row, StudyReads, rows_of

TRUTH = "truth"
AGAINST_CONSENSUS = (
    "dice", "dice_la", "dice_lv", "dv_percent", "sensitivity_la", "specificity_la", "sensitivity_lv", "specificity_lv",
)  # fmt: skip
_METHOD = "STAPLE (Warfield 2004) of the first reads; mean and SD over cases, Student's t"


def consensus_rows(reads: StudyReads) -> list[Row]:
    """Mean and SD of each measure; one row that says why where no case has a consensus."""
    rows: list[Row] = []
    for condition in reads.conditions:
        of_condition = [found for found in reads.consensus if found.condition == condition]
        figures = [found.figures for found in of_condition if not found.reason]
        if of_condition and not figures:
            nothing = Estimate.without(of_condition[0].reason)
            rows.append(Row("consensus", "mean", "dice", ALL_READERS, condition, "", nothing, _METHOD))
        everyone = {who for found in figures for who in found}
        people = sorted(everyone - {NETWORK, TRUTH})
        for who in [*people, *(name for name in (NETWORK, TRUTH) if name in everyone)]:
            for measure in AGAINST_CONSENSUS:
                values = [found[who][measure] for found in figures if measure in found.get(who, {})]
                if not values:
                    continue
                group = summary(np.array(values), reads.settings.confidence)
                most = np.inf if measure == "dv_percent" else 1.0
                possible = replace(group, mean=group.mean.cut(0.0, most))
                rows += rows_of(possible, "consensus", measure, who, condition, _METHOD)
    return rows
