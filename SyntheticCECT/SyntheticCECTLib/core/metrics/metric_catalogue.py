"""What each figure of agreement is called, measured in, computed over, and what the paper found."""

from __future__ import annotations

from dataclasses import dataclass

PAPER = "Santini et al. 2018 (arXiv 1807.01779): 20 test patients, 78 axial slices of 128 x 128 pixels"

_SLICES = "axial slices on which the reference has chambers"
_HEART = "heart mask"


@dataclass(frozen=True)
class Metric:
    """One figure and what must be known to read it.

    Attributes:
        key: Name in metrics.json and metrics.csv.
        label: Name for people.
        meaning: One sentence for people.
        unit: Unit; empty for a ratio.
        region: The voxels it is computed over.
        data_range_hu: The data range in its formula, where it has one.
        decimals: Digits worth printing.
        paper: The paper's mean and SD, where it gives one.
    """

    key: str
    label: str
    meaning: str
    unit: str
    region: str
    data_range_hu: float | None = None
    decimals: int = 3
    paper: str = ""


METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric("dice", "Dice, mean of slices", "Overlap of LA+LV with the reference on each axial slice.",
               "", _SLICES, paper="0.88 ± 0.03"),
        Metric("dice_sd", "Dice, SD of slices", "Spread of that overlap between slices.", "", _SLICES),
        Metric("dice_both_chambers", "Dice, slices with LA and LV",
               "The same average over the slices the paper selects: those with both chambers.",
               "", "axial slices on which the reference has both LA and LV", paper="0.88 ± 0.03"),
        Metric("dice_volume", "Dice, whole volume",
               "Overlap of LA+LV as one body, slices without reference included.", "", "whole scan"),
        Metric("dice_la", "Dice, LA", "Overlap of the left atrium as one body.", "", "whole scan"),
        Metric("dice_lv", "Dice, LV", "Overlap of the left ventricle as one body.", "", "whole scan"),
        Metric("dv_percent", "Volume error dV%, LA+LV", "Unsigned volume error against the reference.",
               "%", "whole scan", decimals=1, paper="9.1 ± 6.2"),
        Metric("dv_percent_la", "Volume error dV%, LA", "Unsigned volume error of the left atrium.",
               "%", "whole scan", decimals=1),
        Metric("dv_percent_lv", "Volume error dV%, LV", "Unsigned volume error of the left ventricle.",
               "%", "whole scan", decimals=1),
        Metric("hd95_mm", "Surface distance HD95, LA+LV", "95 % of each surface is this close to the other.",
               "mm", "whole scan", decimals=1),
        Metric("hd95_mm_la", "Surface distance HD95, LA", "The same for the left atrium.",
               "mm", "whole scan", decimals=1),
        Metric("hd95_mm_lv", "Surface distance HD95, LV", "The same for the left ventricle.",
               "mm", "whole scan", decimals=1),
        Metric("nmi", "NMI [0, 1], 256 bins",
               "Shared information of synthetic and real CECT, 2I/(H+H). It depends on the grid.",
               "", _HEART, paper="0.93 ± 0.03 (definition not stated)"),
        Metric("nmi_skimage", "NMI [1, 2], 256 bins",
               "The same information as scikit-image reports it, (H+H)/H(X,Y).",
               "", _HEART),
        Metric("psnr_db", "PSNR, range 4096 HU", "Peak signal-to-noise ratio over the 12-bit CT range.",
               "dB", _HEART, 4096.0, 2, "48.30 ± 2.03 (range not stated)"),
        Metric("psnr_db_range_2000", "PSNR, range 2000 HU", "The same with a narrower, stricter range.",
               "dB", _HEART, 2000.0, 2),
        Metric("mae_hu", "Mean absolute error", "Average difference between synthetic and real CECT.",
               "HU", _HEART, decimals=1),
        Metric("ssim", "SSIM, range 4096 HU", "Structural similarity, 7 x 7 pixel window on axial slices.",
               "", _HEART, 4096.0),
    )
}  # fmt: skip

CHAMBER_KEYS = tuple(key for key in METRICS if key.startswith(("dice", "dv_", "hd95")))
IMAGE_KEYS = tuple(key for key in METRICS if key not in CHAMBER_KEYS)
