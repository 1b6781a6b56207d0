"""Figures as table nodes: with units, and with the reason where there is no value."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .node_types import Scene, TableNode
from .scene_change import all_or_nothing

if TYPE_CHECKING:
    from ..core.agreement import Agreement
    from ..core.alignment.registration import Registration

Columns = Mapping[str, Sequence["float | str | None"]]
NO_VALUE = "no value"
METRIC_TITLES = ("figure", "value", "unit", "computed over", "data range (HU)", "paper", "reason", "key")
QUALITIES = {
    "mutual_information_before": ("mutual information before", "nats", 3),
    "mutual_information_after": ("mutual information after", "nats", 3),
    "normalized_mutual_information": ("normalized mutual information", "", 3),
    "body_dice": ("Dice of the body", "", 3),
    "lung_dice": ("Dice of the lungs", "", 3),
    "translation_mm": ("shift", "mm", 1),
    "rotation_deg": ("turn", "degrees", 1),
    "overlap": ("share of the body that both show", "", 2),
}
"""Label, unit and decimals of each measure of `core.alignment.registration_quality.measure`."""
TOO_LITTLE_LUNG = "too little lung is seen"
CHAMBER_NAMES = {"la": "left atrium", "lv": "left ventricle"}


def add_volumes_table(
    scene: Scene,
    volumes: Mapping[str, Mapping[str, Any]],
    threshold_hu: float,
    name: str,
    heart_ml: float | None = None,
    body_surface_m2: float | None = None,
    intervals_ml: Mapping[str, tuple[float, float]] | None = None,
) -> TableNode:
    """Adds a table of LA, LV, heart and threshold.

    Args:
        scene: Where to.
        volumes: ``{"la": {"ml", "reason"}, "lv": ...}``, as `core.chambers.measure` gives it.
        threshold_hu: That the chambers were cut at.
        name: The node's name.
        heart_ml: Volume of the heart mask.
        body_surface_m2: Adds the volumes per square metre.
        intervals_ml: Adds 95 % intervals by ``la`` and ``lv``, as `CaseResult.intervals_ml` gives them.
    """
    node = _add(scene, name)
    update_volumes_table(node, volumes, threshold_hu, heart_ml, body_surface_m2, intervals_ml)
    return node


def update_volumes_table(
    table_node: TableNode,
    volumes: Mapping[str, Mapping[str, Any]],
    threshold_hu: float,
    heart_ml: float | None = None,
    body_surface_m2: float | None = None,
    intervals_ml: Mapping[str, tuple[float, float]] | None = None,
) -> None:
    """Puts new volumes into a table of `add_volumes_table`; arguments as there."""
    rows = [
        (CHAMBER_NAMES[key], volume["ml"], "mL", str(volume["reason"] or ""))
        for key, volume in volumes.items()
    ]
    if heart_ml is not None:
        rows.append(("heart", heart_ml, "mL", ""))
    columns: dict[str, Sequence[float | str | None]] = {
        "what": [what for what, *_ in rows] + ["threshold"],
        "value": [_shown(value, 1) for _, value, *_ in rows] + [f"{threshold_hu:g}"],
        "unit": [unit for _, _, unit, _ in rows] + ["HU"],
    }
    if intervals_ml:
        ends = {CHAMBER_NAMES[key]: f"{low:.0f} to {high:.0f}" for key, (low, high) in intervals_ml.items()}
        columns["95 % interval"] = [*(ends.get(what, "") for what, *_ in rows), ""]
    if body_surface_m2:
        indexed = [None if value is None else value / body_surface_m2 for _, value, *_ in rows]
        columns["mL per m² body surface"] = [_shown(value, 1) for value in indexed] + [""]
    columns["reason"] = [reason for *_, reason in rows] + [""]
    update_table(table_node, columns)


def add_metrics_table(
    scene: Scene,
    agreement: Agreement | None,
    name: str,
    why_none: str = "",
    registration: Registration | None = None,
) -> TableNode:
    """Adds a table with one row for each figure of agreement: value, unit, what it is computed over, the paper's.

    Args:
        scene: Where to.
        agreement: Of `CaseResult`; or ``None``.
        name: The node's name.
        why_none: Why there is no agreement; it then stands in every row.
        registration: Of the real CECT; adds a row with the verdict, and one for each measure of its quality.
    """
    from ..core.metrics.metric_catalogue import METRICS

    metrics = list(METRICS.values())
    figures = agreement.patient.values if agreement else {}
    reasons = agreement.patient.reasons if agreement else dict.fromkeys(METRICS, why_none or "not compared")
    rows = [
        (
            metric.label,
            _shown(figures.get(metric.key), metric.decimals),
            metric.unit,
            metric.region,
            f"{metric.data_range_hu:g}" if metric.data_range_hu else "",
            metric.paper,
            reasons.get(metric.key, ""),
            metric.key,
        )
        for metric in metrics
    ]
    if registration is not None:
        rows += _registration_rows(registration)
    node = _add(scene, name)
    update_table(
        node,
        {title: list(column) for title, column in zip(METRIC_TITLES, zip(*rows, strict=True), strict=True)},
    )
    return node


def add_table(scene: Scene, columns: Columns, name: str) -> TableNode:
    """Adds a table; columns as for `update_table`."""
    with all_or_nothing(scene):
        node = _add(scene, name)
        update_table(node, columns)
    return node


def update_table(table_node: TableNode, columns: Columns) -> None:
    """Replaces what a table holds.

    Args:
        table_node: What to fill.
        columns: Values by heading, all of one length. A column of numbers becomes a float column, ``None`` in it NaN;
            one with words becomes a string column, ``None`` in it empty. Scenes keep the types.

    Raises:
        ValueError: Columns differ in length.
    """
    lengths = {heading: len(values) for heading, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"the columns have different lengths: {lengths}.")
    modifying = table_node.StartModify()
    try:
        table_node.RemoveAllColumns()
        for heading, values in columns.items():
            array = _array(heading, values)
            table_node.AddColumn(array)
            table_node.SetColumnType(heading, array.GetDataType())
    finally:
        table_node.EndModify(modifying)


def columns_of(table_node: TableNode) -> dict[str, list[float | str]]:
    """What a table holds, by heading."""
    table = table_node.GetTable()
    columns: dict[str, list[float | str]] = {}
    for index in range(table.GetNumberOfColumns()):
        array = table.GetColumn(index)
        columns[array.GetName()] = [array.GetValue(row) for row in range(array.GetNumberOfValues())]
    return columns


def table_csv(table_node: TableNode) -> str:
    """The table as CSV text, for the clipboard or a file; what has no value is empty."""
    columns, text = columns_of(table_node), io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow(["" if isinstance(value, float) and math.isnan(value) else value for value in row])
    return text.getvalue()


def _registration_rows(registration: Registration) -> list[tuple[str, ...]]:
    """Columns `METRIC_TITLES`."""
    verdict = "plausible" if registration.plausible else "not plausible"
    rows = [
        ("Registration of the CECT", verdict, "", "", "", "", " ".join(registration.reasons), "registration")
    ]
    for key, value in registration.quality.items():
        label, unit, decimals = QUALITIES[key]
        reason = TOO_LITTLE_LUNG if value is None else ""
        shown = _shown(value, decimals)
        rows.append(
            (f"Registration: {label}", shown, unit, "both scans", "", "", reason, f"registration.{key}")
        )
    return rows


def _add(scene: Scene, name: str) -> TableNode:
    node = scene.AddNewNodeByClass("vtkMRMLTableNode", name)
    node.SetUseColumnTitleAsColumnHeader(True)
    node.SetLocked(True)  # a measured value is not to be typed over
    return node


def _array(heading: str, values: Sequence[float | str | None]) -> Any:
    from vtkmodules.vtkCommonCore import vtkDoubleArray, vtkStringArray

    words = any(isinstance(value, str) for value in values)
    array: Any = vtkStringArray() if words else vtkDoubleArray()
    array.SetName(heading)
    for value in values:
        if words:
            array.InsertNextValue("" if value is None else str(value))
        else:
            array.InsertNextValue(math.nan if value is None else float(value))
    return array


def _shown(value: float | None, decimals: int) -> str:
    return NO_VALUE if value is None else f"{value:.{decimals}f}"
