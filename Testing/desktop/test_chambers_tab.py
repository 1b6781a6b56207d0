"""Chambers: the threshold, the numbers, and what stands there where there is no number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from Testing.desktop.desktop_case import OpenPanel
from Testing.small_case import LA_ML, LV_ML, case_result


def voxels(panel: OpenPanel) -> dict[int, int]:
    """How many voxels of the scene's segmentation each chamber has."""
    import SimpleITK as sitk

    from SyntheticCECTLib.mrml.label_node import chambers_of

    labels = sitk.GetArrayFromImage(chambers_of(panel.nodes.chambers, panel.nodes.native))
    return {label: int(np.count_nonzero(labels == label)) for label in (1, 2)}


def edit(panel: OpenPanel) -> None:
    """As in the Segment Editor: one of its six slices is taken off the left ventricle."""
    import SimpleITK as sitk

    from SyntheticCECTLib.mrml.label_node import chambers_of
    from SyntheticCECTLib.mrml.segmentation_node import update_chambers

    labels = chambers_of(panel.nodes.chambers, panel.nodes.native)
    array = sitk.GetArrayFromImage(labels)
    array[3][array[3] == 2] = 0
    edited = sitk.GetImageFromArray(array)
    edited.CopyInformation(labels)
    update_chambers(panel.nodes.chambers, edited)


def rest(panel: OpenPanel) -> None:
    """Until the slider counts as let go."""
    panel.wait(lambda: not panel.panel.chambers._settle.active, 20)


def test_without_a_result_nothing_can_be_moved(panel: OpenPanel) -> None:
    assert not panel.ui.thresholdSlider.enabled and panel.volumes() == []
    assert "Apply" in panel.ui.chambersMessageLabel.text


def test_slider_starts_at_the_models_threshold(done: OpenPanel) -> None:
    assert done.ui.thresholdSlider.value == 300.0 == done.parameters.thresholdHu
    assert [row[:2] for row in done.volumes()] == [
        ["Left atrium", f"{LA_ML:.1f}"],
        ["Left ventricle", f"{LV_ML:.1f}"],
    ]


def test_contours_and_numbers_follow_the_slider(done: OpenPanel) -> None:
    before = voxels(done)
    done.ui.thresholdSlider.value = 370.0
    assert before[1] > 0
    rows = done.volumes()
    assert rows[0][1] == "no value" and "lower it" in rows[0][4]
    assert rows[1][1] == f"{LV_ML:.1f}"
    assert done.parameters.thresholdHu == 370.0
    done.ui.resetThresholdButton.click()
    assert done.ui.thresholdSlider.value == 300.0 and voxels(done) == before


def test_surfaces_and_tables_follow_when_the_slider_rests(done: OpenPanel) -> None:
    from SyntheticCECTLib.mrml.provenance import provenance_of
    from SyntheticCECTLib.mrml.tables import columns_of

    segmentation = done.nodes.chambers.GetSegmentation()
    done.ui.thresholdSlider.value = 350.0
    assert not segmentation.ContainsRepresentation("Closed surface")
    done.wait(lambda: segmentation.ContainsRepresentation("Closed surface"), 20)
    assert columns_of(done.nodes.tables["volumes"])["value"][-1] == "350"
    assert provenance_of(done.nodes.chambers)["threshold_hu"] == "350"


def test_implausible_volume_says_why(done: OpenPanel) -> None:
    done.ui.thresholdSlider.value = -200.0
    assert all(row[1] == "no value" and "raise the threshold" in row[4] for row in done.volumes())


def test_height_and_weight_give_volumes_per_square_metre(done: OpenPanel) -> None:
    assert [row[2] for row in done.volumes()] == ["", ""]
    done.ui.heightSpin.value = 180.0
    done.ui.weightSpin.value = 80.0
    assert [row[2] for row in done.volumes()] == [
        f"{LA_ML / 2:.1f}",
        f"{LV_ML / 2:.1f}",
    ]  # sqrt(180 x 80 / 3600) = 2
    assert done.parameters.heightCm == 180.0


def test_interval_is_shown_at_the_models_threshold_only(done: OpenPanel) -> None:
    from dataclasses import replace

    session = done.panel.desk.session
    case = session.case()
    session._case = replace(case, synthesis=replace(case.synthesis, volume_factors={"lv": (0.5, 2.0)}))
    done.panel.chambers.show()
    assert [row[3] for row in done.volumes()] == ["", f"{LV_ML / 2:.0f} to {LV_ML * 2:.0f}"]
    done.ui.thresholdSlider.value = 310.0
    assert [row[3] for row in done.volumes()] == ["", ""]
    assert "300 HU only" in done.ui.chambersMessageLabel.text


def test_interval_of_the_model_is_not_that_of_edited_chambers(done: OpenPanel) -> None:
    from dataclasses import replace

    session = done.panel.desk.session
    case = session.case()
    session._case = replace(case, synthesis=replace(case.synthesis, volume_factors={"lv": (0.5, 2.0)}))
    done.ui.measureButton.click()
    done.ui.heightSpin.value = 180.0
    assert [row[3] for row in done.volumes()] == ["", ""]
    assert "edited by hand" in done.ui.chambersMessageLabel.text


def test_edit_hands_the_chambers_to_the_segment_editor(done: OpenPanel) -> None:
    done.ui.editButton.click()
    assert done.application.of("edit_segmentation") == [(done.nodes.chambers, done.nodes.synthetic_cect)]


def test_edited_chambers_are_measured_as_they_are(done: OpenPanel) -> None:
    edit(done)
    done.ui.measureButton.click()
    assert done.volumes()[1][1] == f"{LV_ML * 5 / 6:.1f}"
    assert "edited by hand" in done.ui.chambersMessageLabel.text


def test_chambers_that_another_module_changed_are_measured_on_the_way_back(done: OpenPanel) -> None:
    from SyntheticCECTLib.mrml.provenance import provenance_of

    done.ui.thresholdSlider.value = 345.0
    for volume_ml in (LV_ML, LV_ML * 5 / 6):
        before = done.ui.chambersMessageLabel.text
        done.widget.exit()
        if volume_ml != LV_ML:
            edit(done)
        done.widget.enter()
        assert done.volumes()[1][1] == f"{volume_ml:.1f}"
        corrected = done.ui.chambersMessageLabel.text == "Measured as edited by hand."
        assert corrected is (volume_ml != LV_ML) is ("edited" in provenance_of(done.nodes.chambers))
        assert corrected or done.ui.chambersMessageLabel.text == before
    done.nodes.chambers.GetSegmentation().RemoveAllSegments()
    done.widget.enter()
    assert done.volumes() == [] and "has no drawn left atrium" in done.ui.chambersMessageLabel.text


def test_table_in_the_scene_follows_edited_chambers(done: OpenPanel) -> None:
    from SyntheticCECTLib.mrml.tables import columns_of

    edit(done)
    done.ui.measureButton.click()
    rest(done)
    assert f"{LV_ML * 5 / 6:.1f}" in columns_of(done.nodes.tables["volumes"])["value"]


def test_result_that_came_while_the_question_was_open_is_left_alone(done: OpenPanel) -> None:
    from SyntheticCECTLib.mrml.provenance import provenance_of

    edit(done)
    ask = done.application.ask

    def another_result(text: str) -> bool:
        session = done.panel.desk.session
        result = replace(case_result(), by_hand=True)
        session.take(result, done.nodes.native, replace_earlier=True)
        return ask(text)

    done.application.ask = another_result
    done.ui.thresholdSlider.value = 370.0
    assert len(done.application.of("ask")) == 1
    assert done.ui.thresholdSlider.value == 300.0 == done.parameters.thresholdHu
    assert voxels(done)[1] > 0 and provenance_of(done.nodes.chambers)["edited"] == "by hand"


@pytest.mark.parametrize("touch", ["slider", "reset"])
def test_corrected_chambers_are_not_replaced_without_a_question(done: OpenPanel, touch: str) -> None:
    edit(done)
    corrected = voxels(done)
    done.application.answer = False

    def move() -> None:
        if touch == "reset":
            done.ui.resetThresholdButton.click()
        else:
            done.ui.thresholdSlider.value = 310.0
            done.ui.thresholdSlider.value = 320.0

    move()
    (question,) = done.application.of("ask")
    assert done.nodes.chambers.GetName() in question and "Continue?" in question
    assert voxels(done) == corrected and done.ui.thresholdSlider.value == 300.0 == done.parameters.thresholdHu
    rest(done)
    done.application.answer = True
    move()
    assert len(done.application.of("ask")) == 2 and voxels(done) != corrected
    rest(done)
    move()
    assert len(done.application.of("ask")) == 2, "the threshold's own chambers are nobody's corrections"


def test_other_figures_do_not_let_the_slider_replace_corrections(done: OpenPanel) -> None:
    edit(done)
    done.application.answer = False
    done.ui.heightSpin.value = 180.0
    done.ui.thresholdSlider.value = 310.0
    assert len(done.application.of("ask")) == 1 and done.ui.thresholdSlider.value == 300.0


def test_chambers_of_a_threshold_move_without_a_question(done: OpenPanel) -> None:
    for threshold_hu in (310.0, 345.0, 300.0):
        done.ui.thresholdSlider.value = threshold_hu
        assert done.panel.desk.session.corrected(done.nodes.native) is None
        rest(done)
    done.ui.measureButton.click()
    done.ui.resetThresholdButton.click()
    assert done.application.of("ask") == []


@pytest.mark.parametrize("answer", [False, True])
def test_apply_asks_before_it_replaces_corrected_chambers(done: OpenPanel, answer: bool) -> None:
    edit(done)
    corrected, before = voxels(done), done.nodes.chambers
    done.application.answer = answer
    done.run(done.ui.applyButton)
    assert len(done.application.of("ask")) == 1
    assert (done.nodes.chambers is before) is not answer and (voxels(done) == corrected) is not answer
    assert ("your corrections of the chambers stay" in done.ui.messageLabel.text) is not answer


def test_apply_beside_the_earlier_result_asks_nothing(done: OpenPanel) -> None:
    edit(done)
    before, done.parameters.replaceEarlier = done.nodes.chambers, False
    done.run(done.ui.applyButton)
    assert done.application.of("ask") == [] and done.scene.IsNodePresent(before)


def test_what_was_corrected_while_a_run_went_on_stays_beside_its_result(done: OpenPanel) -> None:
    before = done.nodes.chambers
    done.ui.applyButton.click()
    edit(done)
    corrected = voxels(done)
    done.wait(lambda: not done.panel.desk.runner.busy)
    assert done.nodes.chambers is not before and done.scene.IsNodePresent(before)
    assert voxels(done) != corrected


def test_corrections_are_known_in_a_scene_that_was_loaded(done: OpenPanel, tmp_path: Path) -> None:
    from SyntheticCECTLib.mrml.scene_file import load_scene, save_scene

    session = done.panel.desk.session

    def reload(name: str) -> None:
        path = save_scene(done.scene, tmp_path / name)
        done.scene.Clear(False)
        done.slicer.app.processEvents()
        load_scene(done.scene, path)
        done.wait(lambda: done.nodes is not None, 20)

    reload("as_computed.mrb")
    assert session.corrected(done.nodes.native) is None
    edit(done)
    reload("corrected.mrb")
    assert session.corrected(done.nodes.native) is not None


def test_plot_shows_the_curve(done: OpenPanel) -> None:
    done.ui.curveButton.click()
    assert done.application.of("show_chart") == [done.nodes.charts["curve"]]


def test_histogram_is_drawn(done: OpenPanel) -> None:
    assert done.ui.histogramLabel.pixmap.width() == 360


def test_histogram_follows_within_a_second(done: OpenPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    from SyntheticCECTLib.desktop import chambers_tab

    write_png = chambers_tab.write_png

    def write_alike(pixels: np.ndarray, path: Path) -> None:
        """Of one size and one time, as two pictures of a moving slider may be."""
        write_png(pixels, path)
        path.write_bytes(path.read_bytes().ljust(20000, b"\0"))
        os.utime(path, (10**9, 10**9))

    monkeypatch.setattr(chambers_tab, "write_png", write_alike)

    def shown() -> set[int]:
        image = done.ui.histogramLabel.pixmap.toImage()
        return {column for column in range(image.width()) if image.pixel(column, 0) & 0xFF < 60}

    done.ui.thresholdSlider.value = 320.0
    before = shown()
    done.ui.thresholdSlider.value = 380.0
    assert before and shown() and shown() != before


@pytest.mark.parametrize(("threshold_hu", "column"), [(0.0, 0), (100.0, 180)])
def test_histogram_marks_the_threshold(threshold_hu: float, column: int) -> None:
    from SyntheticCECTLib.desktop.histogram_picture import ABOVE, BELOW, MARK, histogram_pixels

    pixels = histogram_pixels(np.array([10, 10]), np.array([0.0, 100.0, 200.0]), threshold_hu)
    assert (pixels[:, column] == MARK).all()
    assert (pixels[-1, 355] == ABOVE).all() and (
        pixels[-1, 100] == (ABOVE if threshold_hu == 0 else BELOW)
    ).all()


def test_body_surface_is_mostellers() -> None:
    from SyntheticCECTLib.desktop.body_surface import body_surface_m2

    assert body_surface_m2(180.0, 80.0) == pytest.approx(2.0)
    assert body_surface_m2(0.0, 80.0) is None and body_surface_m2(180.0, 0.0) is None
