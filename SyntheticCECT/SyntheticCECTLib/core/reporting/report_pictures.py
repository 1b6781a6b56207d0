"""The picture sections of a report page."""

from __future__ import annotations

from .report_figures import CECT_WINDOW, DIFFERENCE_HU, NATIVE_WINDOW, ReportImages
from .report_html import CHAMBER_LEGEND, figure, research_use, section, shot_grid


def whole_field(images: ReportImages) -> str:
    """Three views of the whole scan, to see whether the heart was found in the right place."""
    figures = "".join(figure(shot) for shot in images.whole_field())
    legend = f'<p class="legend"><span><i class="ring"></i>heart mask</span>{CHAMBER_LEGEND}</p>'
    return section(
        "Was the heart found in the right place?",
        f"The native CT over its whole field ({NATIVE_WINDOW}) with heart mask and estimated chambers. "
        "If the yellow line does not follow the heart, no figure on this page means anything.",
        legend,
        f'<div class="shots three field">{figures}</div>',
    )


def row_of_four(images: ReportImages) -> str:
    """Native CT, real CECT where given, synthetic CECT and fusion, head to foot."""
    heads = [("Native CT", str(NATIVE_WINDOW))]
    if images.cect is not None:
        heads.append(("Real CECT", str(CECT_WINDOW)))
    heads += [("Synthetic CECT", str(CECT_WINDOW)), ("Fusion: CT + chambers", str(NATIVE_WINDOW))]
    rows = [images.row_of_four(k) for k in images.heart_slices()]
    return section(
        "From native CT to chambers",
        "Axial slices over the heart, from head to foot. The patient's right is at the picture's left. "
        "The synthetic CECT is computed from the native CT alone: no contrast agent made it bright.",
        research_use(small=True),
        f'<p class="legend">{CHAMBER_LEGEND}</p>',
        shot_grid(heads, rows),
    )


def overlap_figure(images: ReportImages) -> str:
    """The paper's figure 2; nothing without a reference that has chambers."""
    rows = [images.overlap_row(k) for k in images.reference_slices()]
    if not rows:
        return ""
    base, window = ("native CT", NATIVE_WINDOW) if images.cect is None else ("real CECT", CECT_WINDOW)
    heads = [
        (f"Reference on the {base}", str(window)),
        ("Estimate on the synthetic CECT", str(CECT_WINDOW)),
        ("Overlap on the native CT", "Dice of LA + LV on this slice"),
    ]
    legend = "".join(
        f'<span><i style="background:var(--{name})"></i>{text}</span>'
        for name, text in (
            ("both", "both agree"),
            ("missed", "in the reference only"),
            ("extra", "in the estimate only"),
        )
    )
    return section(
        "Estimate against reference",
        "As in figure 2 of the paper, on slices spread over those on which the reference has chambers.",
        f'<p class="legend">{CHAMBER_LEGEND}{legend}</p>',
        shot_grid(heads, rows),
    )


def difference_maps(images: ReportImages) -> str:
    """Synthetic minus real CECT; nothing without a real one."""
    if images.cect is None:
        return ""
    shots = "".join(figure(images.difference(k)) for k in images.heart_slices())
    limit = f"{DIFFERENCE_HU:g} HU"
    return section(
        "Synthetic minus real CECT",
        "Inside the heart mask. Blue: the synthetic CECT is darker than the real one; red: brighter. "
        "Differences beyond the scale keep its end colour.",
        f'<p class="legend"><span>−{limit}</span><span class="ramp" role="img" '
        f'aria-label="Colour scale: minus {limit} blue, zero white, plus {limit} red"></span>'
        f"<span>+{limit}</span></p>",
        f'<div class="shots four">{shots}</div>',
    )
