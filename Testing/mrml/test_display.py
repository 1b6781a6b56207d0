"""What views show, in which window and colour, and which of them must say SYNTHETIC."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.reporting.report_figures import CECT_WINDOW, NATIVE_WINDOW
from SyntheticCECTLib.mrml.display import (
    WINDOWS,
    apply_window,
    color_enhancement,
    enhancement_colors,
    show_overlay,
    synthetic_views,
)
from SyntheticCECTLib.mrml.result_nodes import ResultNodes
from SyntheticCECTLib.mrml.volume_rendering import render_volume, rendering_of
from Testing.mrml.view_node import a_view_node


def a_view(scene: Any, name: str) -> Any:
    a_view_node(scene, "vtkMRMLSliceNode", name)
    return a_view_node(scene, "vtkMRMLSliceCompositeNode", name)


@pytest.fixture
def red(scene: Any) -> Any:
    return a_view(scene, "Red")


@pytest.fixture
def yellow(scene: Any) -> Any:
    return a_view(scene, "Yellow")


@pytest.fixture
def a_3d_view(scene: Any) -> Any:
    return a_view_node(scene, "vtkMRMLViewNode", "1")


def test_windows_are_those_of_the_report() -> None:
    for preset, window in (("cardiac_cta", CECT_WINDOW), ("mediastinum", NATIVE_WINDOW)):
        assert (WINDOWS[preset].window_hu, WINDOWS[preset].level_hu) == (window.width, window.level)


def test_a_window_is_set_and_stays(a_native_node: Any) -> None:
    apply_window(a_native_node, "non_contrast")
    display = a_native_node.GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == (200.0, 40.0) and not display.GetAutoWindowLevel()


def test_an_unknown_window_is_refused_with_those_there_are(a_native_node: Any) -> None:
    with pytest.raises(InputRefused, match="mediastinum"):
        apply_window(a_native_node, "brain")


def test_overlay_lays_the_synthetic_over_the_scan_in_every_view(
    a_result: ResultNodes, red: Any, yellow: Any
) -> None:
    show_overlay([red, yellow], a_result.native, a_result.synthetic_cect, 0.6)
    for composite in (red, yellow):
        assert composite.GetBackgroundVolumeID() == a_result.native.GetID()
        assert composite.GetForegroundVolumeID() == a_result.synthetic_cect.GetID()
        assert composite.GetForegroundOpacity() == pytest.approx(0.6)
    show_overlay([red], a_result.native, None, 3.0)
    assert not red.GetForegroundVolumeID() and red.GetForegroundOpacity() == 1.0


def test_views_with_synthetic_pixels_are_named(
    scene: Any, a_result: ResultNodes, red: Any, yellow: Any
) -> None:
    assert synthetic_views(scene) == []
    show_overlay([red], a_result.native, a_result.synthetic_cect, 0.3)
    show_overlay([yellow], a_result.native, a_result.registered_cect, 1.0)
    assert synthetic_views(scene) == [red]
    show_overlay([yellow], a_result.enhancement, None, 0.0)
    assert synthetic_views(scene) == [red, yellow]


def test_an_overlay_that_is_fully_transparent_shows_nothing_synthetic(
    scene: Any, a_result: ResultNodes, red: Any
) -> None:
    show_overlay([red], a_result.native, a_result.synthetic_cect, 0.0)
    assert synthetic_views(scene) == []


def test_an_additional_layer_counts(scene: Any, a_result: ResultNodes, red: Any) -> None:
    if not hasattr(red, "GetNumberOfAdditionalLayers"):
        pytest.skip("this Slicer's views have no additional layers")
    show_overlay([red], a_result.native, None, 0.0)
    red.SetNthLayerVolumeID(3, a_result.synthetic_cect.GetID())
    red.SetNthLayerOpacity(3, 0.5)
    assert synthetic_views(scene) == [red]


def test_a_slice_that_is_shown_in_3d_marks_the_3d_view_too(
    scene: Any, a_result: ResultNodes, red: Any, a_3d_view: Any
) -> None:
    show_overlay([red], a_result.synthetic_cect, None, 0.0)
    assert synthetic_views(scene) == [red]
    scene.GetSingletonNode("Red", "vtkMRMLSliceNode").SetSliceVisible(True)
    marked = synthetic_views(scene)  # the scene may hold 3D views of other tests as well
    assert marked[0] == red and a_3d_view in marked


def test_volume_rendering_marks_the_views_it_is_in(scene: Any, a_result: ResultNodes, a_3d_view: Any) -> None:
    other = a_view_node(scene, "vtkMRMLViewNode", "other 3D")
    display = render_volume(scene, a_result.synthetic_cect, [a_3d_view])
    assert synthetic_views(scene) == [a_3d_view] and other not in synthetic_views(scene)
    display.SetVisibility(False)
    assert synthetic_views(scene) == []


def test_volume_rendering_leaves_out_what_is_darker_than_contrast(scene: Any, a_result: ResultNodes) -> None:
    display = render_volume(scene, a_result.synthetic_cect)
    opacity = display.GetVolumePropertyNode().GetScalarOpacity()
    assert (opacity.GetValue(-1000), opacity.GetValue(60)) == (0.0, 0.0)
    assert opacity.GetValue(300) > 0.1 and display.GetVisibility()


def test_a_second_rendering_is_the_first_one_shown_again(scene: Any, a_result: ResultNodes) -> None:
    first = render_volume(scene, a_result.synthetic_cect)
    first.SetVisibility(False)
    assert render_volume(scene, a_result.synthetic_cect) is first and first.GetVisibility()
    assert rendering_of(a_result.native) is None


def test_a_slicer_without_volume_rendering_says_so(a_result: ResultNodes) -> None:
    class WithoutRendering:
        def CreateNodeByClass(self, name: str) -> None:
            return None

    with pytest.raises(InputRefused, match="Volume Rendering") as refusal:
        render_volume(WithoutRendering(), a_result.synthetic_cect)
    assert refusal.value.code == "no_volume_rendering"


def test_enhancement_is_coloured_and_clear_where_nothing_was_added(a_result: ResultNodes) -> None:
    color_enhancement(a_result.enhancement, upper_hu=300.0)
    display = a_result.enhancement.GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel(), display.GetLowerThreshold()) == (300.0, 150.0, 1.0)
    assert display.GetApplyThreshold() and display.GetColorNode().GetNumberOfColors() == 256


def test_colours_are_made_once_and_grow_brighter(scene: Any) -> None:
    colors = enhancement_colors(scene)
    assert enhancement_colors(scene) is colors
    table = colors.GetLookupTable()
    brightness = [sum(table.GetTableValue(index)[:3]) for index in range(256)]
    assert all(one < other for one, other in pairwise(brightness))
