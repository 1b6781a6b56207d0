"""The paper's sentences about its observers, as a table beside this study's figures."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from ...core.reporting.report_html import section
from ..records import Condition
from ..statistics.accuracy_rows import NETWORK
from ..statistics.analysis import StudyAnalysis
from ..statistics.by_reader import ALL_READERS
from ..statistics.estimate import Estimate
from .number_text import interval_text, number_text

PAPER = "Santini et al. 2018 (arXiv 1807.01779): two radiologists, 10 images of the test set"
UNAIDED = Condition.UNAIDED.value


@dataclass(frozen=True)
class PaperRow:
    """One figure of the paper and this study's.

    Attributes:
        figure: What it is.
        meaning: One explaining sentence.
        estimate: This study's mean or coefficient.
        sd: This study's SD over cases, where the paper gives one.
        decimals: Digits worth printing.
        paper: The paper's figure as printed; empty where it gives none.
    """

    figure: str
    meaning: str
    estimate: Estimate
    sd: Estimate | None
    decimals: int
    paper: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "figure": self.figure,
            "meaning": self.meaning,
            "this_study": self.estimate.as_dict(),
            "sd": None if self.sd is None else self.sd.value,
            "paper": self.paper or None,
        }


def paper_rows(analysis: StudyAnalysis) -> list[PaperRow]:
    """The figures that the paper gives for its observers, and the difference that it implies."""

    def of(section: str, statistic: str, measure: str, who: str) -> Estimate:
        if UNAIDED not in analysis.reads.conditions:
            return Estimate.without("no reads on the non-contrast CT unaided")
        return analysis.find(section, statistic, measure, who, UNAIDED)

    def both(measure: str, who: str) -> tuple[Estimate, Estimate]:
        return of("accuracy", "mean", measure, who), of("accuracy", "sd", measure, who)

    return [
        PaperRow("Dice, network", "LA and LV of the network against the truth, in the slices that were read.",
                 *both("dice", NETWORK), 2, "0.89 ± 0.03"),
        PaperRow("Dice, human", "LA and LV as readers drew them on the non-contrast CT, against the truth.",
                 *both("dice", ALL_READERS), 2, "0.85 ± 0.05"),
        PaperRow("Dice, network − human", "Mean over cases of the network's minus the readers' mean.",
                 of("comparison", "mean", "dice", f"{NETWORK} - {ALL_READERS}"), None, 3, ""),
        PaperRow("dV%, network", "Unsigned volume error against the truth.",
                 *both("dv_percent", NETWORK), 1, "7 %"),
        PaperRow("dV%, human", "The same of the readers. The paper: the network's is “close to” it.",
                 *both("dv_percent", ALL_READERS), 1, ""),
        PaperRow("Intra-observer ρ", "Correlation of two reads of a case by the same reader.",
                 of("intra", "rho", "volume_ml", ALL_READERS), None, 2, "0.99"),
        PaperRow("Inter-observer ρ", "Correlation of the reads of two readers (ICC(3,1) over all readers).",
                 of("inter", "rho", "volume_ml", ALL_READERS), None, 2, "0.85"),
    ]  # fmt: skip


def paper_section(rows: list[PaperRow], simulated: bool, without_network: int = 0) -> str:
    """The table as HTML.

    Args:
        rows: From `paper_rows`.
        simulated: Whether the readers are.
        without_network: How many cases the network's figures leave out.
    """
    names = (
        "Figure",
        "This study" + (", simulated readers" if simulated else ""),
        "95 % interval",
        "Cases",
        "Paper",
    )
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(_row(row) for row in rows)
    left_out = (
        f" {without_network} of the cases have no segmentation of the network: its figures and its comparison with "
        "readers leave them out, those of the readers do not."
        if without_network
        else ""
    )
    return section(
        "Readers and network, as the paper reports them",
        f"Mean ± SD over cases. The paper's column is of real patients and readers: {PAPER}. Dice and dV% are of "
        "LA and LV together, correlations of their volume. A study of other cases, slices and readers cannot be "
        f"compared with it one to one.{left_out}",
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>',
    )


def _row(row: PaperRow) -> str:
    label = f'<th scope="row">{escape(row.figure)}<small>{escape(row.meaning)}</small></th>'
    if row.estimate.value is None:
        cells = (
            f'<td class="value">no value<small>{escape(row.estimate.reason)}</small></td><td></td><td></td>'
        )
    else:
        spread = (
            "" if row.sd is None or row.sd.value is None else f" ± {number_text(row.sd.value, row.decimals)}"
        )
        cells = (
            f'<td class="value">{number_text(row.estimate.value, row.decimals)}{spread}</td>'
            f"<td>{interval_text(row.estimate, row.decimals)}</td><td>{row.estimate.n}</td>"
        )
    return f"<tr>{label}{cells}<td>{escape(row.paper) or '–'}</td></tr>"
