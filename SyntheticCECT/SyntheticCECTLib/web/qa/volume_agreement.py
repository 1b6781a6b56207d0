"""Volumes of all results against their references: Bland-Altman, where a folder holds several."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...core.case_folder import REFERENCE
from ...core.common_grid import voxel_ml
from ...core.errors import InputRefused
from ...core.formats.label_file import read_labels
from ...core.formats.segment_header import CHAMBERS
from ...core.metrics.statistics import BlandAltman, bland_altman
from ...core.reporting.charts import Chart, Line, Point
from .work_list import Entry, WorkList

FEWEST = 3
"""Below, an SD of differences says nothing."""

Pairs = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class VolumeAgreement:
    """What the panel shows.

    Attributes:
        cases: How many results have a reference.
        svg: Difference against mean, a dot for each case and chamber.
        rows: For each chamber ``key``, ``name``, ``color``, ``bias`` and ``limits`` as text, or ``reason``.
    """

    cases: int
    svg: str
    rows: list[dict[str, str]]


def volume_agreement(work: WorkList) -> VolumeAgreement | None:
    """The model's volumes, at the threshold that each was made with, against the references' in mL.

    Edited chambers do not count: the question is what the model does. A result without a value is left out.

    Returns:
        ``None`` unless at least `FEWEST` results have a reference.
    """
    pairs: Pairs = {chamber.key: [] for chamber in CHAMBERS}
    cases = 0
    for entry in work.entries:
        known = reference_ml(work.folder / entry.name / REFERENCE)
        cases += known is not None
        if known is not None:
            _add(pairs, entry, known)
    if cases < FEWEST:
        return None
    found = {
        key: bland_altman(*np.array(both).T) if len(both) >= FEWEST else None for key, both in pairs.items()
    }
    return VolumeAgreement(cases, _chart(pairs, found), [_row(key, pairs, found) for key in pairs])


def reference_ml(file: Path) -> dict[str, float] | None:
    """Volumes of LA and LV in a reference; ``None`` where there is none that can be read."""
    try:
        labels = read_labels(file)
    except (InputRefused, OSError):
        return None
    values, ml = sitk.GetArrayViewFromImage(labels), voxel_ml(labels)
    return {chamber.key: float(np.count_nonzero(values == chamber.label) * ml) for chamber in CHAMBERS}


def _add(pairs: Pairs, entry: Entry, known: dict[str, float]) -> None:
    for key, both in pairs.items():
        ml = entry.volumes_ml.get(key)
        if ml is not None and known[key] > 0:
            both.append((ml, known[key]))


def _chart(pairs: Pairs, found: dict[str, BlandAltman | None]) -> str:
    lines, reach = [], [1.0]
    ends = _ends([(ml + known) / 2 for both in pairs.values() for ml, known in both])
    for key, both in pairs.items():
        points = [((ml + known) / 2, ml - known) for ml, known in both]
        # A gap after each point lifts the pen: dots without a curve.
        gapped: list[Point] = [place for x, y in points for place in ((x, y), (x, None))]
        lines.append(Line(key.upper(), _color(key), gapped, dots=True))
        reach += [abs(y) for _, y in points]
        agreement = found[key]
        if agreement is not None:
            for name, y in (("bias", agreement.bias), ("lower", agreement.lower), ("upper", agreement.upper)):
                lines.append(Line(f"{key.upper()} {name}", _color(key), [(ends[0], y), (ends[1], y)]))
                reach.append(abs(y))
    most = 1.15 * max(reach)
    chart = Chart(
        "Bland-Altman of volumes", "mean of both (mL)", "ours − reference (mL)", lines, y_range=(-most, most)
    )
    return chart.svg().partition("<p class")[0]  # the rows below are the legend


def _ends(values: list[float]) -> tuple[float, float]:
    return (min(values), max(values)) if values else (0.0, 1.0)


def _row(key: str, pairs: Pairs, found: dict[str, BlandAltman | None]) -> dict[str, str]:
    name = next(chamber.name for chamber in CHAMBERS if chamber.key == key).capitalize()
    row = {"key": key, "name": name, "color": _color(key), "bias": "no value", "limits": "", "reason": ""}
    agreement = found[key]
    if agreement is None:
        return row | {
            "reason": f"{len(pairs[key])} results with a volume and a reference; {FEWEST} are needed"
        }
    low, high = agreement.bias_ci
    return row | {
        "bias": f"{agreement.bias:+.1f} mL ({low:+.1f} to {high:+.1f})",
        "limits": f"95 % of differences: {agreement.lower:+.1f} to {agreement.upper:+.1f} mL, n = {agreement.n}",
    }


def _color(key: str) -> str:
    color = next(chamber.color for chamber in CHAMBERS if chamber.key == key)
    return "rgb({:.0f},{:.0f},{:.0f})".format(*(255 * part for part in color))
