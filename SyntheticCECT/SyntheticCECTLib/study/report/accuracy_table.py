"""Accuracy of readers and network as one compact table: who down, measures across."""

from __future__ import annotations

from html import escape

from ...core.reporting.report_html import section
from ..statistics.accuracy_rows import ACCURACY
from ..statistics.analysis import StudyAnalysis
from .number_text import interval_text, number_text
from .statistic_catalogue import MEASURES, condition_name

DECIMALS = {"dice": 3, "dice_la": 3, "dice_lv": 3}


def accuracy_section(analysis: StudyAnalysis) -> str:
    """Mean ± SD with the interval of the mean below, for each reader, all of them and the network."""
    rows = [row for row in analysis.rows if row.section == "accuracy"]
    if not rows:
        return ""
    measures = [measure for measure in ACCURACY if any(row.measure == measure for row in rows)]
    head = '<th scope="col">Who</th>' + "".join(
        f'<th scope="col">{escape(MEASURES[measure])}</th>' for measure in measures
    )
    body = []
    for condition in analysis.reads.conditions:
        everyone = list(dict.fromkeys(row.who for row in rows if row.condition == condition))
        if not everyone:
            continue
        name = escape(condition_name(condition))
        body.append(f'<tr class="group"><th colspan="{len(measures) + 1}" scope="colgroup">{name}</th></tr>')
        for who in everyone:
            cells = "".join(_cell(analysis, measure, who, condition) for measure in measures)
            body.append(f'<tr><th scope="row">{escape(who)}</th>{cells}</tr>')
    return section(
        "How well each reader drew",
        "Mean ± SD over the cases of the first reads, below it the 95 % interval of the mean (Student's t). That of all "
        "readers takes readers and cases as samples of more (two-way random effects).",
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>',
    )


def _cell(analysis: StudyAnalysis, measure: str, who: str, condition: str) -> str:
    mean = analysis.find("accuracy", "mean", measure, who, condition)
    sd = analysis.find("accuracy", "sd", measure, who, condition)
    if mean.value is None or sd.value is None:
        return f"<td>–<small>{escape(mean.reason)}</small></td>"
    digits = DECIMALS.get(measure, 1)
    return (
        f'<td class="value">{number_text(mean.value, digits)} ± {number_text(sd.value, digits)}'
        f"<small>{interval_text(mean, digits)}</small></td>"
    )
