"""What the rows of an analysis are called for people."""

from __future__ import annotations

from collections.abc import Mapping

from ..records import Condition

CONDITIONS: Mapping[str, str] = {
    Condition.UNAIDED.value: "drawn on the non-contrast CT, unaided",
    Condition.OVERLAY.value: "drawn with the synthetic overlay",
    Condition.RATE.value: "rated a proposed segmentation",
    Condition.CORRECT.value: "corrected a proposed segmentation",
}

MEASURES: Mapping[str, str] = {
    "volume_ml": "volume LA + LV", "la_ml": "volume LA", "lv_ml": "volume LV", "dice": "Dice LA + LV",
    "dice_la": "Dice LA", "dice_lv": "Dice LV", "dv_percent": "dV% LA + LV", "seconds": "reading time",
    "rating": "rating", "confidence": "confidence", "sensitivity_la": "sensitivity LA",
    "specificity_la": "specificity LA", "sensitivity_lv": "sensitivity LV", "specificity_lv": "specificity LV",
}  # fmt: skip

SECTIONS: Mapping[str, tuple[str, str]] = {
    "truth": (
        "Volumes against the truth",
        "Bias and 95 % limits of agreement of reader minus truth. The row of all readers treats readers and cases "
        "as samples of more: it says where any reader lies on any case.",
    ),
    "intra": (
        "Intra-observer variability",
        "From hidden repeats: the same reader, the same case, again. Two reads differ by less than the "
        "repeatability coefficient in 95 %.",
    ),
    "inter": (
        "Inter-observer variability",
        "Different readers, the same case. Two readers differ by less than the reproducibility coefficient in "
        "95 %; one reader lies within the limit of the mean of all.",
    ),
    "comparison": (
        "Network against readers, and conditions against each other",
        "Paired over cases. A positive difference in Dice and a negative one in dV% is in favour of the first.",
    ),
    "time": ("Reading time", "Geometric mean of the seconds per case, without idle time."),
    "rating": ("Ratings", "Agreement beyond chance on the ordinal scale, quadratic weights."),
}

STATISTICS: Mapping[str, str] = {
    "mean": "mean", "sd": "SD", "rho": "correlation ρ", "rho_pearson": "Pearson's ρ", "bias": "bias",
    "lower": "lower limit of agreement", "upper": "upper limit of agreement",
    "repeated_bias": "bias, with repeats", "repeated_sd": "SD, with repeats",
    "repeated_lower": "lower limit, with repeats", "repeated_upper": "upper limit, with repeats",
    "repeatability": "repeatability coefficient", "reproducibility": "reproducibility coefficient",
    "cv_percent": "coefficient of variation", "reader_sd": "SD of the readers' biases",
    "interaction_sd": "SD of reader × case", "icc_2_1": "ICC(2,1), absolute agreement",
    "limit_with_mean": "limit of agreement with the mean, ±", "wilcoxon": "median difference, Wilcoxon",
    "non_inferiority": "non-inferiority", "typical_seconds": "typical time", "time_ratio": "ratio of times",
    "weighted_kappa": "weighted kappa",
}  # fmt: skip

# "sd" and "rho" mean something else where readers are compared among themselves.
_SPECIAL: Mapping[tuple[str, str], str] = {
    ("intra", "sd"): "within-reader SD",
    ("inter", "sd"): "between-reader SD",
    ("truth", "sd"): "SD of the differences",
    ("inter", "rho"): "correlation ρ, ICC(3,1)",
    ("comparison", "mean"): "mean difference, bootstrap",
}


def statistic_name(section: str, statistic: str) -> str:
    """What a row's statistic is called."""
    return _SPECIAL.get((section, statistic)) or STATISTICS.get(statistic, statistic)


def condition_name(condition: str) -> str:
    """What a condition is called; combinations such as ``overlay - unaided`` as they are."""
    return CONDITIONS.get(condition, condition.replace(" - ", " − "))
