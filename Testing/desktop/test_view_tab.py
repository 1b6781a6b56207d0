"""View: presets, opacity, windows; and the note in every view that shows synthetic pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from Testing.desktop.desktop_case import OpenPanel

NOTE = "SYNTHETIC, research use"


def composites(panel: OpenPanel) -> dict[str, Any]:
    from SyntheticCECTLib.mrml.node_types import nodes_of

    return {node.GetLayoutName(): node for node in nodes_of(panel.scene, "vtkMRMLSliceCompositeNode")}


def choose(panel: OpenPanel, combo: Any, title: str) -> None:
    """As a person does: the list's own signal comes too."""
    index = [combo.itemText(n) for n in range(combo.count)].index(title)
    combo.currentIndex = index
    combo.activated.emit(index)


def notes(panel: OpenPanel) -> dict[str, list[str]]:
    """Texts in each view."""
    from SyntheticCECTLib.desktop.view_annotation import slicer_views

    panel.slicer.app.processEvents()
    found = {}
    for node, view in slicer_views(panel.slicer.app.layoutManager()):
        props = view.renderWindow().GetRenderers().GetFirstRenderer().GetViewProps()
        actors = [props.GetItemAsObject(n) for n in range(props.GetNumberOfItems())]
        found[node.GetLayoutName()] = [
            one.GetInput() for one in actors if one.IsA("vtkTextActor") and one.GetInput() == NOTE
        ]
    return found


def test_result_is_fused_with_the_ct(done: OpenPanel) -> None:
    for composite in composites(done).values():
        assert composite.GetBackgroundVolumeID() == done.nodes.native.GetID()
        assert composite.GetForegroundVolumeID() == done.nodes.synthetic_cect.GetID()
        assert composite.GetForegroundOpacity() == 0.5 and composite.GetLinkedControl()


def test_opacity_follows_its_slider(done: OpenPanel) -> None:
    done.ui.opacitySlider.value = 0.25
    assert {one.GetForegroundOpacity() for one in composites(done).values()} == {0.25}


def test_note_stands_in_every_view_that_shows_synthetic_pixels(done: OpenPanel) -> None:
    shown = notes(done)
    assert all(shown[name] == [NOTE] for name in ("Red", "Yellow", "Green"))
    assert all(shown[name] == [] for name in shown if name not in ("Red", "Yellow", "Green"))
    done.ui.opacitySlider.value = 0.0
    assert all(texts == [] for texts in notes(done).values())
    done.ui.opacitySlider.value = 1.0
    assert notes(done)["Red"] == [NOTE]


def test_note_comes_however_the_volume_got_into_the_view(done: OpenPanel) -> None:
    done.ui.opacitySlider.value = 0.0
    assert notes(done)["Green"] == []
    composites(done)["Green"].SetBackgroundVolumeID(done.nodes.enhancement.GetID())
    assert notes(done)["Green"] == [NOTE] and notes(done)["Red"] == []


def test_note_leaves_a_view_whose_renderers_changed_places(done: OpenPanel) -> None:
    """As a slice view's do when it becomes a light box: its own are taken out and come back behind the overlay's."""
    from vtkmodules.vtkRenderingCore import vtkRenderer

    from SyntheticCECTLib.desktop.view_annotation import slicer_views

    assert notes(done)["Red"] == [NOTE]
    views = {node.GetLayoutName(): view for node, view in slicer_views(done.slicer.app.layoutManager())}
    window = views["Red"].renderWindow()
    first, overlay = window.GetRenderers().GetFirstRenderer(), vtkRenderer()
    window.RemoveRenderer(first)
    window.AddRenderer(overlay)
    window.AddRenderer(first)
    done.ui.opacitySlider.value = 0.0
    done.slicer.app.processEvents()
    props = first.GetViewProps()
    texts = [props.GetItemAsObject(n) for n in range(props.GetNumberOfItems())]
    assert [one for one in texts if one.IsA("vtkTextActor") and one.GetInput() == NOTE] == []
    window.RemoveRenderer(overlay)


def test_panel_closes_after_slicers_window(done: OpenPanel) -> None:
    """When Slicer ends, the views are deleted first; what stands behind their notes must be taken away all the same."""
    if hasattr(done.slicer.app, "commandOptions"):
        pytest.skip("Slicer's own window stays")
    assert notes(done)["Red"] == [NOTE]
    folder, views = done.panel._folder, done.slicer.app.layoutManager().views.values()
    for view in views:
        view.deleted = True
    try:
        done.widget.cleanup()
    finally:
        for view in views:
            view.deleted = False
    assert not folder.exists()


def test_note_goes_with_the_scene(done: OpenPanel) -> None:
    done.scene.Clear(False)
    done.slicer.app.processEvents()
    assert all(texts == [] for texts in notes(done).values())


def test_side_by_side_shows_ct_left_and_synthetic_right(done: OpenPanel) -> None:
    before = done.application.page_layout
    choose(done, done.ui.viewPresetCombo, "Side by side")
    views = composites(done)
    assert views["Red"].GetBackgroundVolumeID() == done.nodes.native.GetID()
    assert views["Yellow"].GetBackgroundVolumeID() == done.nodes.synthetic_cect.GetID()
    assert done.application.page_layout != before
    assert notes(done)["Red"] == [] and notes(done)["Yellow"] == [NOTE]
    choose(done, done.ui.viewPresetCombo, "Fusion")
    assert done.application.page_layout == before


def slice_views(panel: OpenPanel) -> dict[str, Any]:
    from SyntheticCECTLib.mrml.node_types import nodes_of

    return {node.GetLayoutName(): node for node in nodes_of(panel.scene, "vtkMRMLSliceNode")}


def test_side_by_side_shows_one_plane_twice_and_leaves_the_planes_as_they_were(done: OpenPanel) -> None:
    from SyntheticCECTLib.mrml.geometry import matrix_of

    def plane(view: Any) -> np.ndarray:
        return matrix_of(view.GetSliceToRAS())

    left, right = slice_views(done)["Red"], slice_views(done)["Yellow"]
    left.SetOrientationToAxial()
    right.SetOrientationToSagittal()
    right.SetSliceOffset(-12.0)
    left.SetSliceOffset(125.0)
    left.SetFieldOfView(120.0, 80.0, 1.0)
    right.SetFieldOfView(300.0, 400.0, 1.0)
    left.SetXYZOrigin(3.0, 4.0, 0.0)
    before = plane(right)
    choose(done, done.ui.viewPresetCombo, "Side by side")
    assert right.GetOrientation() == "Axial" and np.array_equal(plane(left), plane(right))
    assert right.GetXYZOrigin() == left.GetXYZOrigin()
    # Equally high, as wide as the view's own shape says; Slicer keeps the height when a view gets another shape.
    assert right.GetFieldOfView() == pytest.approx((60.0, 80.0, 1.0))
    left.SetSliceOffset(130.0)
    done.ui.showButton.click()
    assert right.GetSliceOffset() == 130.0
    choose(done, done.ui.viewPresetCombo, "Fusion")
    assert np.array_equal(plane(right), before)
    assert right.GetFieldOfView() == pytest.approx((300.0, 400.0, 1.0))
    assert left.GetSliceOffset() == 130.0 and left.GetOrientation() == "Axial"


def test_view_that_was_turned_while_side_by_side_stays_so(done: OpenPanel) -> None:
    right = slice_views(done)["Yellow"]
    right.SetOrientationToSagittal()
    choose(done, done.ui.viewPresetCombo, "Side by side")
    right.SetOrientationToCoronal()
    choose(done, done.ui.viewPresetCombo, "Fusion")
    assert right.GetOrientation() == "Coronal"


def test_enhancement_lies_in_colour_over_the_ct(done: OpenPanel) -> None:
    choose(done, done.ui.viewPresetCombo, "Enhancement in colour")
    assert composites(done)["Red"].GetForegroundVolumeID() == done.nodes.enhancement.GetID()


def test_checkerboard_mixes_both_and_is_marked_synthetic(done: OpenPanel) -> None:
    choose(done, done.ui.viewPresetCombo, "Checkerboard")
    board = done.scene.GetNodeByID(composites(done)["Red"].GetBackgroundVolumeID())
    assert "SYNTHETIC" in board.GetName() and notes(done)["Red"] == [NOTE]
    values, native, synthetic = (
        done.slicer.util.arrayFromVolume(node)
        for node in (board, done.nodes.native, done.nodes.synthetic_cect)
    )
    differs = native != synthetic
    from_native = (values == native)[differs]
    assert 0.2 < from_native.mean() < 0.8 and np.array_equal(values[~differs], native[~differs])


def test_window_preset_reaches_ct_and_synthesis(done: OpenPanel) -> None:
    from SyntheticCECTLib.mrml.display import WINDOWS

    done.ui.windowCombo.currentIndex = 1
    done.ui.windowCombo.activated.emit(1)
    for node in (done.nodes.native, done.nodes.synthetic_cect):
        assert node.GetDisplayNode().GetWindow() == WINDOWS["mediastinum"].window_hu


def test_volume_rendering_carries_the_note(done: OpenPanel) -> None:
    done.ui.renderingCheck.click()
    rendering = done.nodes.synthetic_cect.GetNthDisplayNode(1)
    assert rendering.GetVisibility() and any(
        notes(done)[one] for one in notes(done) if one not in ("Red", "Yellow", "Green")
    )
    done.ui.renderingCheck.click()
    assert not rendering.GetVisibility()


def test_3d_views_are_centred_on_a_result_and_on_its_first_volume_rendering(done: OpenPanel) -> None:
    assert len(done.application.of("center_3d_views")) == 1
    for _ in range(3):  # shown, hidden, and shown again, as a person turned it meanwhile
        done.ui.renderingCheck.click()
    assert len(done.application.of("center_3d_views")) == 2


def test_centring_reaches_slicers_own_3d_views(panel: OpenPanel) -> None:
    from SyntheticCECTLib.desktop.application import Application

    manager = panel.slicer.app.layoutManager()
    before = getattr(manager, "centered", None)
    Application().center_3d_views()
    if before is not None:  # Slicer itself does not count
        assert manager.centered == before + 1


def test_checkerboard_goes_with_its_result(done: OpenPanel) -> None:
    choose(done, done.ui.viewPresetCombo, "Checkerboard")
    choose(done, done.ui.viewPresetCombo, "Fusion")
    volumes = len([one for one in done.node_ids() if one.startswith("vtkMRMLScalarVolumeNode")])
    done.run(done.ui.applyButton)
    assert len([one for one in done.node_ids() if one.startswith("vtkMRMLScalarVolumeNode")]) == volumes - 1
