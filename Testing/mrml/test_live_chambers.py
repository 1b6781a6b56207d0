"""Chambers that follow the threshold show and count what the core segments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core import chambers
from SyntheticCECTLib.core.case import CaseResult, volume_curve
from SyntheticCECTLib.mrml.label_node import chambers_of
from SyntheticCECTLib.mrml.live_chambers import LiveChambersNode
from SyntheticCECTLib.mrml.segmentation_node import add_chambers
from Testing.small_case import LA_ML, LV_ML, image_of, synthesis


@pytest.fixture
def live(scene: Any, a_case: CaseResult, a_native_node: Any) -> LiveChambersNode:
    node = add_chambers(scene, a_case.labels, a_native_node, "chambers")
    return LiveChambersNode(a_case.case.synthesis, node)


@pytest.mark.parametrize("threshold_hu", [50.0, 340.0, 360.0, 900.0])
def test_scene_and_volumes_are_those_of_the_core(
    live: LiveChambersNode, a_case: CaseResult, a_native_node: Any, threshold_hu: float
) -> None:
    made = a_case.case.synthesis
    expected = chambers.segment(made, threshold_hu)
    assert live.at(threshold_hu) == chambers.measure(expected, made.heart_mask)
    if threshold_hu < 900:
        shown = chambers_of(live.segmentation_node, a_native_node)
        assert (sitk.GetArrayFromImage(shown) == sitk.GetArrayFromImage(expected)).all()


def test_implausible_chambers_say_why_instead_of_a_number(live: LiveChambersNode) -> None:
    volumes = live.at(900.0)
    assert volumes["la"]["ml"] is None and "lower it" in str(volumes["la"]["reason"])


def test_intervals_belong_to_the_threshold_they_were_calibrated_at(
    scene: Any, a_case: CaseResult, a_native_node: Any
) -> None:
    made = synthesis(volume_factors={"la": (0.8, 1.3), "lv": (0.9, 1.2)})
    live = LiveChambersNode(made, add_chambers(scene, a_case.labels, a_native_node, "chambers"))
    assert live.intervals_ml == {}
    live.at(300.0)
    assert live.intervals_ml["lv"] == pytest.approx((LV_ML * 0.9, LV_ML * 1.2))
    live.at(310.0)
    assert live.intervals_ml == {}


def test_surfaces_come_back_when_the_slider_is_let_go(live: LiveChambersNode) -> None:
    live.at(300.0)
    segmentation = live.segmentation_node.GetSegmentation()
    assert not segmentation.ContainsRepresentation("Closed surface")
    live.finish()
    assert segmentation.GetSegment("lv").GetRepresentation("Closed surface").GetNumberOfPoints() > 0


def test_curve_is_that_of_the_report_with_gaps_as_nan(live: LiveChambersNode, a_case: CaseResult) -> None:
    thresholds, la, lv = live.curve()
    expected = volume_curve(a_case.case, [float(hu) for hu in thresholds])
    assert thresholds.tolist() == list(range(100, 501, 25))
    assert [None if np.isnan(ml) else ml for ml in la] == [ml for _, ml, _ in expected]
    assert la[thresholds == 325].item() == pytest.approx(LA_ML)
    assert np.isnan(la[thresholds == 350]).all() and lv[thresholds == 350].item() == pytest.approx(LV_ML)


def test_histogram_counts_the_heart_alone(live: LiveChambersNode) -> None:
    counts, edges = live.histogram(bins=36)
    # 8 x 24 x 30 voxels of heart, of which 960 at 400 HU and 576 at 340 HU; the rest at 40 HU.
    assert counts.sum() == 5760 and (edges[0], edges[-1]) == (40.0, 400.0)
    assert (counts[0], counts[30], counts[35]) == (5760 - 1536, 576, 960)


def test_a_heart_that_is_absent_gives_reasons(scene: Any, a_case: CaseResult, a_native_node: Any) -> None:
    nothing = image_of(np.zeros((12, 40, 48), np.uint8))
    node = add_chambers(scene, a_case.labels, a_native_node, "chambers")
    volumes = LiveChambersNode(synthesis(heart_mask=nothing, chamber_prior=None), node).at(300.0)
    assert volumes["la"]["ml"] is None and volumes["lv"]["ml"] is None
