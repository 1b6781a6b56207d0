"""All rows of an analysis as the tables of the report page, long ones folded."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from ...core.reporting.report_html import section
from ..records import Condition
from ..statistics.accuracy_rows import NETWORK
from ..statistics.analysis import StudyAnalysis
from ..statistics.by_reader import ALL_READERS
from ..statistics.study_reads import Row
from .number_text import decimals_for, interval_text, number_text, p_text
from .statistic_catalogue import MEASURES, SECTIONS, condition_name, statistic_name

FOLDED_MEASURES = ("la_ml", "lv_ml", "dice_la", "dice_lv")
FOLDED_WHO_IN = ("truth", "intra", "comparison")
EVERYONE = (ALL_READERS, NETWORK, f"{NETWORK} - {ALL_READERS}")


def statistic_sections(analysis: StudyAnalysis, known_truth: Mapping[str, float]) -> str:
    """One card for each section that has rows.

    Args:
        analysis: What was found.
        known_truth: True values of simulated readers by ``section.statistic`` of the unaided volume.
    """
    return "".join(
        _section(key, [row for row in analysis.rows if row.section == key], known_truth) for key in SECTIONS
    )


def _section(key: str, rows: list[Row], known_truth: Mapping[str, float]) -> str:
    if not rows:
        return ""
    heading, lead = SECTIONS[key]
    truth = known_truth if key in ("intra", "inter") else {}
    main = [row for row in rows if not _folded(row)]
    rest = [row for row in rows if _folded(row)]
    more = ""
    if rest:
        more = f"<details><summary>{len(rest)} more rows: single chambers, single readers</summary>"
        more += f"{_table(rest, {})}</details>"
    return section(heading, lead, _table(main, truth), more, f'<p class="lead methods">{_methods(rows)}</p>')


def _folded(row: Row) -> bool:
    return row.measure in FOLDED_MEASURES or (row.section in FOLDED_WHO_IN and row.who not in EVERYONE)


def _table(rows: list[Row], known_truth: Mapping[str, float]) -> str:
    with_p = any(row.estimate.p is not None for row in rows)
    names = ["Statistic", "Who", "Value", "95 % interval"]
    names += ["Simulated truth"] if known_truth else []
    names += ["n", "p"] if with_p else ["n"]
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body, group = [], ""
    for row in rows:
        label = f"{_capital(MEASURES[row.measure])}, {condition_name(row.condition)}"
        if label != group:
            group = label
            body.append(
                f'<tr class="group"><th colspan="{len(names)}" scope="colgroup">{escape(label)}</th></tr>'
            )
        body.append(_row(row, known_truth, with_p))
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'


def _row(row: Row, known_truth: Mapping[str, float], with_p: bool) -> str:
    estimate = row.estimate
    name = escape(statistic_name(row.section, row.statistic))
    if row.statistic == "non_inferiority":  # a verdict means nothing without its margin
        name += f"<small>{escape(row.method)}</small>"
    start = f'<tr><th scope="row">{name}</th><td>{escape(row.who)}</td>'
    truth = f"<td>{_known(row, known_truth)}</td>" if known_truth else ""
    p = f"<td>{p_text(estimate.p)}</td>" if with_p else ""
    if estimate.value is None:
        why = f'<td class="value">no value<small>{escape(estimate.reason)}</small></td><td></td>'
        return f"{start}{why}{truth}<td></td>{p}</tr>"
    digits = decimals_for(estimate.value)
    value = f"{number_text(estimate.value, digits)} {row.unit}".strip()
    return (
        f'{start}<td class="value">{value}</td><td>{interval_text(estimate, digits)}</td>{truth}'
        f"<td>{estimate.n or ''}</td>{p}</tr>"
    )


def _known(row: Row, known_truth: Mapping[str, float]) -> str:
    value = known_truth.get(f"{row.section}.{row.statistic}")
    if (
        value is None
        or row.measure != "volume_ml"
        or row.who != ALL_READERS
        or row.condition != Condition.UNAIDED.value
    ):
        return ""
    inside = "" if row.estimate.low is None else " ✓" if row.estimate.covers(value) else " outside"
    return f"{number_text(value, decimals_for(value))}{inside}"


def _capital(text: str) -> str:
    """The first letter large, the others as they are."""
    return text if text.startswith("dV") else text[:1].upper() + text[1:]


def _methods(rows: list[Row]) -> str:
    return (
        "Methods: " + "; ".join(escape(method) for method in dict.fromkeys(row.method for row in rows)) + "."
    )
