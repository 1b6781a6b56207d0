"""Writes the result of one patient as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from ..errors import Notice
from ..version import VERSION
from .report_figures import ReportImages
from .report_html import research_use
from .report_numbers import ThresholdCurve, charts, notice_list, volume_tiles
from .report_pictures import difference_maps, overlap_figure, row_of_four, whole_field
from .report_style import STYLE
from .report_tables import metric_table, provenance_table

# The page may show its own pictures and style and nothing else: no script runs, nothing is fetched.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_report(
    path: str | Path,
    *,
    title: str,
    native_ct: sitk.Image,
    synthetic_cect: sitk.Image,
    heart_mask: sitk.Image,
    chambers: sitk.Image,
    cect: sitk.Image | None = None,
    reference: sitk.Image | None = None,
    volume_curve: ThresholdCurve = (),
    metrics: Mapping[str, Any],
    notices: Sequence[Notice] = (),
    provenance: Mapping[str, Any],
) -> None:
    """Write ``report.html``: numbers, notices, pictures, charts, table, provenance.

    All images lie on one grid. They are shown in axial LPS; another axis order is turned to it first.

    Args:
        path: The file to write; an existing one is replaced.
        title: Heading of the page, such as the name of the scan.
        native_ct: HU.
        synthetic_cect: HU; each of its pictures carries the word SYNTHETIC in its pixels.
        heart_mask: Nonzero inside; may be empty.
        chambers: Estimated labels, LA = 1, LV = 2; may be empty.
        cect: Real CECT in HU, already resliced onto the grid, or ``None``.
        reference: Manual chambers, labels as above, or ``None``.
        volume_curve: (threshold in HU, LA in mL, LV in mL) in order of the threshold; ``None`` leaves a gap.
        metrics: As in metrics.json: ``volumes_ml`` ({"la": {"ml", "reason"}, "lv": ...} or plain numbers),
            ``threshold_hu``, ``heart_volume_ml``, ``agreement`` (`Agreement.as_dict`). A key may be missing.
        notices: What the reader should know, in plain words.
        provenance: Software, model, settings, input hash, ``seconds`` per stage; nested ones are unfolded.

    Raises:
        ValueError: The images do not share one grid.
        OSError: The file cannot be written.
    """
    images = ReportImages(native_ct, synthetic_cect, heart_mask, chambers, cect, reference)
    body = "".join(
        (
            volume_tiles(metrics),
            notice_list(notices),
            whole_field(images),
            row_of_four(images),
            overlap_figure(images),
            charts(volume_curve, metrics),
            difference_maps(images),
            metric_table(metrics),
            provenance_table(provenance),
        )
    )
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)} · synthetic CECT report</title><style>{STYLE}</style></head><body>"
        f'<header>{research_use()}<h1>{escape(title)}</h1><p class="sub">Synthetic contrast-enhanced CT and '
        f"left heart chambers · SyntheticCECT {escape(VERSION)}</p></header><main>{body}</main>"
        f"<footer>{research_use(small=True)}</footer></body></html>\n"
    )
    Path(path).write_text(page, encoding="utf-8")
