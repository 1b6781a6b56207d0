"""Volumes and chart as the threshold panel shows them."""

from __future__ import annotations

import math
import re

import numpy as np

from SyntheticCECTLib.web.viewing.threshold_chart import HEIGHT, WIDTH, threshold_chart
from SyntheticCECTLib.web.viewing.volume_rows import NO_VALUE, volume_rows
from Testing import small_case

VOLUMES = {"la": {"ml": 57.04, "reason": None}, "lv": {"ml": None, "reason": "too bright"}}


def test_volume_without_value_shows_its_reason() -> None:
    la, lv = volume_rows(small_case.synthesis(), VOLUMES, 300.0)
    assert (la["ml"], la["reason"]) == ("57.0 mL", "")
    assert (lv["ml"], lv["reason"]) == (NO_VALUE, "too bright")


def test_interval_is_shown_at_the_models_own_threshold_only() -> None:
    synthesis = small_case.synthesis(volume_factors={"la": (0.5, 2.0), "lv": (0.9, 1.1)})
    assert volume_rows(synthesis, VOLUMES, 300.0)[0]["interval"] == "95 %: 29 to 114 mL"
    assert volume_rows(synthesis, VOLUMES, 300.0)[1]["interval"] == ""
    assert volume_rows(synthesis, VOLUMES, 301.0)[0]["interval"] == ""
    assert volume_rows(synthesis, VOLUMES, math.nan)[0]["interval"] == ""


def test_chart_spans_the_sliders_range_and_leaves_gaps() -> None:
    thresholds = np.array([100.0, 200.0, 300.0])
    curve = thresholds, np.array([40.0, np.nan, 20.0]), np.array([80.0, 60.0, np.nan])
    chart = threshold_chart(curve, (np.array([1, 4]), np.array([100.0, 200.0, 300.0])), 100.0, 300.0)
    la, lv = re.findall(r'<path d="([^"]*)"', chart)
    assert (
        la == f"M0.0 {HEIGHT - 4 - (HEIGHT - 12) / 2:.1f} M{WIDTH:.1f} {HEIGHT - 4 - (HEIGHT - 12) / 4:.1f}"
    )
    assert lv.startswith("M0.0 8.0 L") and lv.count("L") == 1
    assert "nan" not in chart
