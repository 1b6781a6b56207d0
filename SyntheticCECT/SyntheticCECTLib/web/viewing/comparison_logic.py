"""Agreement with a reference and with a real CECT, where they were given."""

from __future__ import annotations

from trame_server import Server
from trame_slicer.app.logic import BaseLogic
from trame_slicer.core import SlicerApp

from ...core.case import CaseResult
from ...core.metrics.metric_catalogue import METRICS
from .case_on_screen import CaseOnScreen
from .comparison_ui import ComparisonState


class ComparisonLogic(BaseLogic[ComparisonState]):
    """The table of figures.

    Args:
        server: trame's.
        slicer_app: trame-slicer's.
        case: The case on the screen.
    """

    def __init__(self, server: Server, slicer_app: SlicerApp, case: CaseOnScreen) -> None:
        super().__init__(server, slicer_app, ComparisonState)
        self._case = case

    def on_result(self, result: CaseResult | None) -> None:
        """Shows the figures of a case; none without something to compare with."""
        self.data.rows = [] if result is None or result.agreement is None else figure_rows(result)
        self.data.notices = [] if result is None else [notice.message for notice in result.case.notices]


def figure_rows(result: CaseResult) -> list[dict[str, str]]:
    """Rows with ``key``, ``label``, ``value``, ``reason``, all text, in the catalogue's order."""
    assert result.agreement is not None
    figures = result.agreement.patient
    rows = []
    for metric in METRICS.values():
        value, reason = figures.values.get(metric.key), figures.reasons.get(metric.key, "")
        if value is None and not reason:
            continue
        shown = "no value" if value is None else f"{value:.{metric.decimals}f} {metric.unit}".strip()
        rows.append(
            {
                "key": metric.key,
                "label": metric.label,
                "value": shown,
                "reason": reason,
                "region": metric.region,
            }
        )
    return rows
