"""Readers and network against a reference as compact tables: who down, measures across."""

from __future__ import annotations

from html import escape

from ...core.reporting.report_html import section
from ..statistics.accuracy_rows import ACCURACY
from ..statistics.analysis import StudyAnalysis
from ..statistics.consensus_rows import AGAINST_CONSENSUS
from .number_text import interval_text, number_text
from .statistic_catalogue import MEASURES, condition_name

DECIMALS = {"dv_percent": 1, "volume_ml": 1, "la_ml": 1, "lv_ml": 1}


def accuracy_section(analysis: StudyAnalysis) -> str:
    """Mean ± SD with the interval of the mean below, for each reader, all of them and the network."""
    lead = (
        "Mean ± SD over the cases of the first reads, below it the 95 % interval of the mean (Student's t). That of all "
        "readers takes readers and cases as samples of more (two-way random effects)."
    )
    return _section(analysis, "accuracy", ACCURACY, "How well each reader drew", lead)


def consensus_section(analysis: StudyAnalysis) -> str:
    """The same with the readers' consensus as the reference, for each reader, the network and the truth."""
    lead = (
        "An alternative reference, for studies that have no better one: STAPLE (Warfield 2004) estimates from the first "
        "reads what the readers together hold for true, how often each of them marks it (sensitivity), and how often he "
        "leaves out the rest of its surroundings (specificity). It contains every reader's own drawing, which "
        "flatters the readers beside the network. Mean ± SD over the cases, below it the 95 % interval of the mean."
    )
    return _section(analysis, "consensus", AGAINST_CONSENSUS, "Against the consensus of the readers", lead)


def _section(analysis: StudyAnalysis, key: str, in_order: tuple[str, ...], heading: str, lead: str) -> str:
    rows = [row for row in analysis.rows if row.section == key]
    if not rows:
        return ""
    measures = [measure for measure in in_order if any(row.measure == measure for row in rows)]
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
            cells = "".join(_cell(analysis, key, measure, who, condition) for measure in measures)
            body.append(f'<tr><th scope="row">{escape(who)}</th>{cells}</tr>')
    return section(
        heading,
        lead,
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>',
    )


def _cell(analysis: StudyAnalysis, key: str, measure: str, who: str, condition: str) -> str:
    mean = analysis.find(key, "mean", measure, who, condition)
    sd = analysis.find(key, "sd", measure, who, condition)
    if mean.value is None or sd.value is None:
        return f"<td>–<small>{escape(mean.reason)}</small></td>"
    digits = DECIMALS.get(measure, 3)
    return (
        f'<td class="value">{number_text(mean.value, digits)} ± {number_text(sd.value, digits)}'
        f"<small>{interval_text(mean, digits)}</small></td>"
    )
