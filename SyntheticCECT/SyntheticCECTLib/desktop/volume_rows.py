"""Volumes as rows of the panel's table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..core.case import PreparedCase

HEADINGS = ("Chamber", "mL", "mL/m²", "95 % interval", "Remark")
TITLES = {"la": "Left atrium", "lv": "Left ventricle"}
Intervals = Mapping[str, tuple[float, float]]


def volume_rows(
    volumes: Mapping[str, Mapping[str, Any]], surface_m2: float | None, intervals_ml: Intervals
) -> list[tuple[str, ...]]:
    """One row for each chamber, columns `HEADINGS`; without a trustworthy value the reason instead.

    Args:
        volumes: ``{"la": {"ml", "reason"}, "lv": ...}``.
        surface_m2: Body surface, or ``None``.
        intervals_ml: Ends of the 95 % interval of those that have one.
    """
    rows = []
    for key, volume in volumes.items():
        ml = volume["ml"]
        if ml is None:
            rows.append((TITLES[key], "no value", "", "", str(volume["reason"])))
            continue
        indexed = f"{ml / surface_m2:.1f}" if surface_m2 else ""
        ends = intervals_ml.get(key)
        rows.append(
            (TITLES[key], f"{ml:.1f}", indexed, f"{ends[0]:.0f} to {ends[1]:.0f}" if ends else "", "")
        )
    return rows


def intervals_of(case: PreparedCase, threshold_hu: float, volumes: dict[str, dict[str, Any]]) -> Intervals:
    """The 95 % intervals in mL, as `CaseResult.intervals_ml` gives them."""
    from ..core.case import CaseResult

    return CaseResult(case, threshold_hu, case.synthesis.heart_mask, volumes, None, None, {}).intervals_ml


def fill_table(table: Any, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Puts text into a QTableWidget; cells that exist are kept, so that a slider can call it often."""
    import qt

    if table.columnCount != len(headings):
        table.setColumnCount(len(headings))
        table.setHorizontalHeaderLabels(list(headings))
        table.horizontalHeader().setStretchLastSection(True)
        table.verticalHeader().setVisible(False)
    grown = table.rowCount != len(rows)
    if grown:
        table.setRowCount(len(rows))
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            item = table.item(row, column)
            if item is None:
                table.setItem(row, column, qt.QTableWidgetItem(text))
            elif item.text() != text:
                item.setText(text)
            else:
                continue
            table.item(row, column).setToolTip(text)
    if grown:
        table.resizeColumnsToContents()
