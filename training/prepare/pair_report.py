"""The pair check as one page: who is suspect and why, with checkerboards and overlays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from SyntheticCECTLib.core.reporting.picture import HEART_COLOUR, LA_COLOUR, LV_COLOUR, Picture
from SyntheticCECTLib.core.reporting.report_figures import CECT_WINDOW, NATIVE_WINDOW, Shot
from SyntheticCECTLib.core.reporting.report_html import CHAMBER_LEGEND, section, shot_grid
from SyntheticCECTLib.core.reporting.report_style import STYLE
from SyntheticCECTLib.phantom.training_sample import TrainingSample

from ..cohort import load_sample
from .cohort_preparation import PATIENTS, VIRTUAL_NATIVE, Record
from .pair_images import VIRTUAL

REPORT = "pair_check.html"
PIXELS, FIELD = 300, 16
MOST_PICTURED = 60
_FIGURES = (
    ("rest_shift_mm", "rest shift, mm"), ("silhouette_dice", "outline Dice"), ("native_blood_hu", "CT, HU"),
    ("cect_blood_hu", "CECT, HU"), ("la_ml", "LA, mL"), ("lv_ml", "LV, mL"), ("chambers_outside_heart", "outside heart"),
    ("uncovered_heart", "not in CECT"),
)  # fmt: skip


def write_pair_report(records: Sequence[Record], folder: Path) -> Path:
    """Writes ``pair_check.html``, suspects first; returns its path."""
    suspects = [record for record in records if record["refused"] or record["doubts"]]
    sound = [record for record in records if record not in suspects]
    counts = {
        name: sum(record["split"] == name for record in records) for name in ("train", "validation", "test")
    }
    lead = (
        f"{len(records)} pairs: {len(sound)} sound, {len(suspects)} suspect. Split by patient: "
        + ", ".join(f"{count} {name}" for name, count in counts.items())
        + ". Suspect pairs are trained on only when asked for."
    )
    if virtual := sum(bool(record.get(VIRTUAL_NATIVE)) for record in records):
        lead += f" {virtual} of the CTs are {VIRTUAL}."
    if unused := sum(bool(record["unused"]) for record in records):
        lead += f" In the folders of {unused} patients lie files that were not used."
    pictured = [record for record in [*suspects, *sound] if not record["refused"]][:MOST_PICTURED]
    body = section("Pairs", lead, _table([*suspects, *sound])) + "".join(
        _pictures(r, folder) for r in pictured
    )
    if len(pictured) < len(records):
        body += section(
            "Not shown", f"Pictures of {len(records) - len(pictured)} further pairs are left out here."
        )
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>Pair check</title><style>{STYLE}</style></head>'
        f"<body><header><h1>Pair check</h1></header><main>{body}</main></body></html>\n"
    )
    unfinished = folder / f".{REPORT}.{os.getpid()}"
    unfinished.write_text(page, encoding="utf-8")
    unfinished.replace(folder / REPORT)
    return folder / REPORT


def checkerboard(one: np.ndarray, other: np.ndarray, field: int = FIELD) -> np.ndarray:
    """Fields of two pictures (J, I) by turns: borders that run on across fields lie alike in both."""
    j, i = np.indices(one.shape)
    return np.where((j // field + i // field) % 2 == 0, one, other)


def unused_in_words(record: Record) -> str:
    """Which files of the patient's folder were not used, and whether a heart mask may be among them; empty if all were."""
    if not record["unused"]:
        return ""
    heart = (
        ""
        if record["files"]["heart_mask"]
        else " None is called heart_mask: the heart finder finds the heart."
    )
    return f"Not used, since the name says nothing: {', '.join(record['unused'])}.{heart}"


def _table(records: Sequence[Record]) -> str:
    heads = ["Case", "Split", *(name for _, name in _FIGURES), "Doubts"]
    rows = "".join(f"<tr>{_row(record)}</tr>" for record in records)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(record: Record) -> str:
    figures = record["figures"] or {}
    values = "".join(f'<td class="value">{_number(figures.get(key))}</td>' for key, _ in _FIGURES)
    made = f"<br>{VIRTUAL}" if record.get(VIRTUAL_NATIVE) else ""
    return (
        f'<th scope="row">{escape(record["case_id"])}{made}</th><td>{record["split"] or "left out"}</td>{values}'
        f"<td>{_doubts(record)}</td>"
    )


def _doubts(record: Record) -> str:
    if record["refused"]:
        said = [f"Cannot be used: {record['refused']['message']}"]
    else:
        said = [doubt["message"] for doubt in record["doubts"]] or ["none"]
    return "<br>".join(escape(one) for one in [*said, unused_in_words(record)] if one)


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"


def _pictures(record: Record, folder: Path) -> str:
    sample = load_sample(folder / PATIENTS / f"{record['case_id']}.npz")
    drawn = np.flatnonzero((sample.heart_labels >= 2).any((1, 2)))
    if not len(drawn):
        drawn = np.arange(len(sample.heart_labels))
    rows = [_slice(sample, int(k)) for k in (drawn[len(drawn) // 4], drawn[3 * len(drawn) // 4])]
    ct = "virtual CT" if record.get(VIRTUAL_NATIVE) else "CT"
    heads = [(f"CECT and {ct} by turns", "borders must run on"), (f"Heart on the {ct}", str(NATIVE_WINDOW)),
             ("Chambers on the CECT", str(CECT_WINDOW)), (f"Chambers on the {ct}", str(NATIVE_WINDOW))]  # fmt: skip
    doubts = "".join(f"<li>{escape(doubt['message'])}</li>" for doubt in record["doubts"])
    notices = f'<ul class="notices">{doubts}</ul>' if doubts else ""
    lead = f"{record['split'] or 'left out'}; {record['native']}; CECT: {record['cect']}"
    return section(
        record["case_id"], lead, notices, f'<p class="legend">{CHAMBER_LEGEND}</p>', shot_grid(heads, rows)
    )


def _slice(sample: TrainingSample, k: int) -> list[Shot]:
    native, cect, labels = sample.heart_native[k], sample.heart_cect[k], sample.heart_labels[k]
    board = checkerboard(NATIVE_WINDOW.grey(native), NATIVE_WINDOW.grey(cect))
    pictures = [
        ("checkerboard of CT and CECT", _picture(board)),
        ("heart mask on the CT", _picture(NATIVE_WINDOW.grey(native)).outline(labels >= 1, HEART_COLOUR)),
        ("chambers on the CECT", _outlined(CECT_WINDOW.grey(cect), labels)),
        ("chambers on the CT", _outlined(NATIVE_WINDOW.grey(native), labels)),
    ]
    return [Shot(picture.data_uri(), f"{what}, slice {k}", picture.size) for what, picture in pictures]


def _outlined(grey: np.ndarray, labels: np.ndarray) -> Picture:
    return _picture(grey).outline(labels == 2, LA_COLOUR).outline(labels == 3, LV_COLOUR)


def _picture(pixels: np.ndarray) -> Picture:
    return Picture(pixels, (1.5, 1.5), PIXELS)
