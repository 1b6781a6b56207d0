"""Histogram of the heart and volume against threshold, drawn as one picture whose width is the slider's."""

from __future__ import annotations

import numpy as np

from ...core.formats.segment_header import CHAMBERS
from ...mrml.live_chambers import Curve

WIDTH, HEIGHT = 300, 110


def threshold_chart(
    curve: Curve, histogram: tuple[np.ndarray, np.ndarray], low_hu: float, high_hu: float
) -> str:
    """An ``<svg>`` without a threshold mark, which the page moves by itself.

    Args:
        curve: Thresholds in HU, LA and LV in mL; NaN leaves a gap.
        histogram: Counts (N,) and edges (N + 1,) in HU of the heart's voxels.
        low_hu: Left edge.
        high_hu: Right edge.
    """
    thresholds, *volumes = curve
    most = float(np.nanmax(np.concatenate(volumes))) if np.isfinite(np.concatenate(volumes)).any() else 1.0

    def x(hu: float) -> float:
        return WIDTH * (hu - low_hu) / (high_hu - low_hu)

    lines = [_bars(*histogram, low_hu, high_hu)]
    for chamber, values in zip(CHAMBERS, volumes, strict=True):
        color = "rgb({:.0f},{:.0f},{:.0f})".format(*(255 * part for part in chamber.color))
        path, pen = [], "M"
        for hu, ml in zip(thresholds, values, strict=True):
            if np.isnan(ml):
                pen = "M"
                continue
            path.append(f"{pen}{x(float(hu)):.1f} {HEIGHT - 4 - (HEIGHT - 12) * float(ml) / most:.1f}")
            pen = "L"
        lines.append(f'<path d="{" ".join(path)}" fill="none" stroke="{color}" stroke-width="2"/>')
    label = f"Volume against threshold, up to {most:.0f} mL, over the histogram of the heart"
    scale = f'<text x="4" y="12" class="scale">{most:.0f} mL</text>'
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{label}">'
        f"{''.join(lines)}{scale}</svg>"
    )


def _bars(counts: np.ndarray, edges: np.ndarray, low_hu: float, high_hu: float) -> str:
    middles = (edges[:-1] + edges[1:]) / 2
    inside = (middles >= low_hu) & (middles <= high_hu)
    top = float(counts[inside].max()) if inside.any() and counts[inside].max() > 0 else 1.0
    points = " ".join(
        f"{WIDTH * (hu - low_hu) / (high_hu - low_hu):.1f},{HEIGHT - (HEIGHT - 8) * count / top:.1f}"
        for hu, count in zip(middles[inside], counts[inside], strict=True)
    )
    return f'<polygon class="bars" points="0,{HEIGHT} {points} {WIDTH},{HEIGHT}"/>'
