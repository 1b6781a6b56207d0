"""One page with the paper's tables and figures: its column beside ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from SyntheticCECTLib.core.case import segment_case
from SyntheticCECTLib.core.case_folder import read_case
from SyntheticCECTLib.core.metrics.metric_catalogue import METRICS, PAPER
from SyntheticCECTLib.core.reporting.report_figures import CECT_WINDOW, NATIVE_WINDOW, ReportImages
from SyntheticCECTLib.core.reporting.report_html import CHAMBER_LEGEND, research_use, section, shot_grid
from SyntheticCECTLib.core.reporting.report_style import STYLE

from .cohort_results import SIDES, PatientResult
from .cohort_statistics import SIDE_NAMES
from .volume_charts import bland_altman_chart, scatter

COLOURS = {"la": "var(--la)", "lv": "var(--lv)", "union": "var(--both)"}
PICTURED = 3


def report_page(
    results: Sequence[PatientResult], found: Mapping[str, Any], observers: Mapping[str, Any] | None, data: str
) -> str:
    """The whole page as HTML.

    Args:
        results: Patients.
        found: From `cohort_statistics`.
        observers: From `observer_study`, or None.
        data: What the patients are, in one sentence, such as that they are simulated.
    """
    cases = _pictured(results)
    body = [
        research_use(),
        section("What was measured", data),
        _table(found),
        _volumes(results, found),
        _observers(observers),
        _figure_2(cases),
        _figure_4(cases),
        _patients(results),
    ]
    title = "The paper's tables and figures"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style></head><body><header><h1>{title}</h1>"
        f'<p class="sub">{found["patients"]} patients, model {escape(", ".join(found["models"]))}</p></header>'
        f"<main>{''.join(body)}</main></body></html>\n"
    )


def _table(found: Mapping[str, Any]) -> str:
    slices = found["paper_slices"]
    rows = [
        _row(
            "Dice, pooled slices with LA and LV",
            "as the paper's 78 slices",
            _shown(slices, 3, ""),
            "0.88 ± 0.03",
            slices,
        )
    ]
    for key, metric in METRICS.items():
        values = found["metrics"][key]
        note = f"{metric.region}{f'; data range {metric.data_range_hu:g} HU' if metric.data_range_hu else ''}"
        rows.append(
            _row(metric.label, note, _shown(values, metric.decimals, metric.unit), metric.paper, values)
        )
    for side in SIDES:
        rho = found["volumes"][side]["pearson"]
        shown = (
            f"{rho['rho']:.3f} ({_p(rho['p'])}; 95 % CI {rho['rho_ci'][0]:.2f} to {rho['rho_ci'][1]:.2f})"
            if rho
            else "no value"
        )
        paper = "0.97 (p < 0.01)" if side == "union" else ""
        rows.append(
            _row(f"Pearson rho of volumes, {SIDE_NAMES[side]}", "mL", shown, paper, found["volumes"][side])
        )
        icc = found["volumes"][side]["icc"]
        shown = (
            f"{icc['icc']:.3f} (95 % CI {icc['icc_ci'][0]:.2f} to {icc['icc_ci'][1]:.2f})"
            if icc
            else "no value"
        )
        rows.append(_row(f"ICC(2,1) of volumes, {SIDE_NAMES[side]}", "mL", shown, "", found["volumes"][side]))
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Figure", "Here, mean ± SD", "n", "Paper"))
    return section(
        "Against the paper",
        f"The paper's column: {PAPER}. Its patients are real; image figures also depend on grid and range.",
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>',
    )


def _row(label: str, note: str, shown: str, paper: str, values: Mapping[str, Any] | None) -> str:
    n = values["n"] if values else 0
    return (
        f'<tr><th scope="row">{escape(label)}<small>{escape(note)}</small></th><td class="value">{escape(shown)}</td>'
        f"<td>{n}</td><td>{escape(paper)}</td></tr>"
    )


def _shown(values: Mapping[str, Any] | None, decimals: int, unit: str) -> str:
    if not values:
        return "no value"
    sd = "" if values["sd"] is None else f" ± {values['sd']:.{decimals}f}"
    return f"{values['mean']:.{decimals}f}{sd} {unit}".strip()


def _rho(rho: float) -> str:
    return f"{rho:.2f}" if rho == rho else "no value"


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _volumes(results: Sequence[PatientResult], found: Mapping[str, Any]) -> str:
    charts = []
    for side in ("union", "la", "lv"):
        pairs = [(one.case_id, *volumes) for one in results if (volumes := one.volumes_ml(side))]
        limits, name = found["volumes"][side]["bland_altman"], SIDE_NAMES[side]
        if pairs:
            charts.append(f"<div><h3>{name}</h3>{scatter(pairs, name, COLOURS[side])}</div>")
        if limits:
            low, high = limits["lower"], limits["upper"]
            words = (
                f"bias {limits['bias']:.1f} mL (95 % CI {limits['bias_ci'][0]:.1f} to {limits['bias_ci'][1]:.1f}); limits "
                f"{low:.1f} ({limits['lower_ci'][0]:.1f} to {limits['lower_ci'][1]:.1f}) and {high:.1f} "
                f"({limits['upper_ci'][0]:.1f} to {limits['upper_ci'][1]:.1f}) mL"
            )
            chart = bland_altman_chart(pairs, limits, name, COLOURS[side])
            charts.append(
                f"<div><h3>{name}: Bland-Altman</h3>{chart}<p class='lead'>{escape(words)}</p></div>"
            )
    lead = "Figure 3 of the paper. Bands are 95 % confidence intervals of bias and limits; point at a dot for its patient."
    return section("Volumes", lead, f'<div class="charts">{"".join(charts)}</div>')


def _observers(observers: Mapping[str, Any] | None) -> str:
    if observers is None:
        return ""

    def cell(who: str, key: str, decimals: int, unit: str) -> str:
        return _shown(observers[who][key], decimals, unit)

    rows = [
        _row(
            "Dice, network", "", cell("network", "dice", 3, ""), "0.89 ± 0.03", observers["network"]["dice"]
        ),
        _row(
            "Dice, SIMULATED readers",
            "on the CT without contrast",
            cell("human", "dice", 3, ""),
            "0.85 ± 0.05 (human)",
            observers["human"]["dice"],
        ),
        _row(
            "dV% per slice, network",
            "",
            cell("network", "dv_percent", 1, "%"),
            "7 %",
            observers["network"]["dv_percent"],
        ),
        _row(
            "dV% per slice, SIMULATED readers",
            "",
            cell("human", "dv_percent", 1, "%"),
            "",
            observers["human"]["dv_percent"],
        ),
        _row(
            "Intra-observer rho, SIMULATED",
            "area",
            _rho(observers["intra_observer_rho"]),
            "0.99 (human)",
            {"n": observers["slices"]},
        ),
        _row(
            "Inter-observer rho, SIMULATED",
            "area",
            _rho(observers["inter_observer_rho"]),
            "0.85 (human)",
            {"n": observers["slices"]},
        ),
    ]
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Figure", "Here, mean ± SD", "n", "Paper"))
    return section(
        "Network against observers (simulated)",
        "No human was asked: a model of a reader strays from the true outline as people do. These numbers describe that "
        "model, not radiologists, and prove nothing about them.",
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>',
    )


def _pictured(results: Sequence[PatientResult]) -> list[tuple[str, ReportImages]]:
    """Images of the patients with the best, the median and the worst Dice, so that nobody picks."""
    ranked = sorted(
        (one for one in results if one.folder and one.agreement.get("dice") is not None),
        key=lambda one: -one.agreement["dice"],
    )
    places = sorted({0, len(ranked) // 2, len(ranked) - 1}) if ranked else []
    return [_images(ranked[place]) for place in places[:PICTURED]]


def _images(one: PatientResult) -> tuple[str, ReportImages]:
    assert one.folder is not None
    result = segment_case(read_case(one.folder))
    synthesis, case = result.case.synthesis, result.case
    images = ReportImages(
        synthesis.native_ct,
        synthesis.synthetic_cect,
        synthesis.heart_mask,
        result.labels,
        case.cect,
        case.reference,
    )
    return f"{one.case_id} (Dice {one.agreement['dice']:.3f})", images


def _figure_2(cases: Sequence[tuple[str, ReportImages]]) -> str:
    heads = [
        ("Truth on the real CECT", str(CECT_WINDOW)),
        ("Estimate on the synthetic CECT", str(CECT_WINDOW)),
        ("Overlap", "green both, yellow missed, pink extra"),
    ]
    parts = [
        f"<h3>{escape(name)}</h3>{shot_grid(heads, [images.overlap_row(k) for k in images.reference_slices(3)])}"
        for name, images in cases
    ]
    lead = "Figure 2 of the paper, for the patients with the best, the median and the worst Dice."
    return (
        section("Truth, estimate, overlap", lead, f'<p class="legend">{CHAMBER_LEGEND}</p>', *parts)
        if parts
        else ""
    )


def _figure_4(cases: Sequence[tuple[str, ReportImages]]) -> str:
    heads = [
        ("Native CT", str(NATIVE_WINDOW)),
        ("Real CECT", str(CECT_WINDOW)),
        ("Synthetic CECT", str(CECT_WINDOW)),
        ("CT + estimated chambers", str(NATIVE_WINDOW)),
    ]
    parts = [
        f"<h3>{escape(name)}</h3>{shot_grid(heads, [images.row_of_four(k) for k in images.reference_slices(2)])}"
        for name, images in cases
        if images.cect is not None
    ]
    lead = "Figure 4 of the paper: non-contrast, real CECT, synthetic CECT, and the CT fused with the estimated chambers."
    return section("Rows of four", lead, research_use(small=True), *parts) if parts else ""


def _patients(results: Sequence[PatientResult]) -> str:
    keys = ("dice", "dice_both_chambers", "dv_percent", "nmi", "psnr_db", "mae_hu")
    head = "".join(
        f'<th scope="col">{escape(name)}</th>'
        for name in ("Patient", *(METRICS[key].label for key in keys), "Warnings")
    )
    rows = ""
    for one in results:
        cells = ""
        for key in keys:
            value = one.agreement.get(key)
            cells += f'<td class="value">{"" if value is None else f"{value:.{METRICS[key].decimals}f}"}</td>'
        rows += f'<tr><th scope="row">{escape(one.case_id)}</th>{cells}<td>{escape(" ".join(one.warnings))}</td></tr>'
    return section(
        "Every patient",
        "The same numbers, and those of each slice, are in per_patient.csv and per_slice.csv.",
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>',
    )
