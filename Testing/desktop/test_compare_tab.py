"""Compare: with a real CECT and a reference, and over several cases."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from Testing.desktop.desktop_case import OpenPanel
from Testing.small_case import LA_ML, LV_ML


@pytest.fixture
def compared(panel: OpenPanel) -> OpenPanel:
    """A virtual patient, compared with its truth."""
    panel.run(panel.ui.virtualPatientButton)
    panel.run(panel.ui.compareButton)
    assert panel.nodes is not None, panel.ui.compareMessageLabel.text
    return panel


def figures(panel: OpenPanel) -> dict[str, str]:
    return {row[0]: row[1] for row in panel.table(panel.ui.metricsTable)}


def choose_chart(panel: OpenPanel, index: int) -> None:
    """As a person does, which is the only time that the box says so."""
    panel.ui.casesChartCombo.currentIndex = index
    panel.ui.casesChartCombo.activated.emit(index)


def test_compare_waits_for_something_to_compare_with(done: OpenPanel) -> None:
    assert not done.ui.compareButton.enabled and not done.ui.differenceButton.enabled
    assert all(value == "no value" for value in figures(done).values())


def test_compare_sends_cect_and_reference_and_shows_the_figures(compared: OpenPanel) -> None:
    seen = compared.command.seen
    assert seen[seen.index("--cect") + 1].endswith("cect.nrrd")
    assert seen[seen.index("--reference-on") + 1] == "ct"
    assert figures(compared)["Dice, mean of slices"] == "1.000"
    assert figures(compared)["Volume error dV%, LA+LV"] == "0.0"


def test_reference_drawn_on_an_absent_cect_is_refused(panel: OpenPanel) -> None:
    panel.run(panel.ui.virtualPatientButton)
    panel.ui.realCectSelector.setCurrentNode(None)
    panel.ui.referenceOnCectCheck.checked = True
    panel.run(panel.ui.compareButton)
    assert "none is chosen" in panel.ui.compareMessageLabel.text and panel.nodes is None


def test_cancel_of_a_comparison_leaves_the_scene(panel: OpenPanel) -> None:
    panel.run(panel.ui.virtualPatientButton)
    before = panel.node_ids()
    panel.command.mode("slow")
    panel.ui.compareButton.click()
    panel.wait(lambda: panel.command.pids())
    panel.ui.compareCancelButton.click()
    assert "Cancelled" in panel.ui.compareMessageLabel.text and panel.node_ids() == before


def test_second_run_is_refused_while_one_is_on_its_way(panel: OpenPanel) -> None:
    panel.run(panel.ui.virtualPatientButton)
    panel.command.mode("slow")
    panel.ui.applyButton.click()
    panel.panel.compare._compare()
    assert "Another run" in panel.ui.compareMessageLabel.text
    panel.ui.cancelButton.click()


def test_compare_measures_the_chambers_that_were_corrected(compared: OpenPanel) -> None:
    from Testing.desktop.test_chambers_tab import edit, voxels

    edit(compared)
    corrected = voxels(compared)
    compared.run(compared.ui.compareButton)
    assert compared.application.of("ask") == [] and voxels(compared) == corrected
    given = compared.command.seen
    handed_over = Path(given[given.index("--chambers") + 1])
    assert handed_over.name == "chambers.nrrd" and not handed_over.exists()
    assert float(figures(compared)["Dice, mean of slices"]) < 1.0
    assert "corrected by hand" in compared.ui.compareMessageLabel.text
    assert "edited by hand" in compared.ui.chambersMessageLabel.text
    assert compared.volumes()[1][1] == f"{LV_ML * 5 / 6:.1f}"
    compared.ui.addCaseButton.click()
    assert compared.table(compared.ui.casesTable)[0][1] == f"{LA_ML + LV_ML * 5 / 6:.1f}"


def test_figures_say_at_which_threshold_they_were_measured_and_compare_keeps_a_moved_one(
    compared: OpenPanel,
) -> None:
    label = compared.ui.compareMessageLabel
    compared.ui.thresholdSlider.value = 340.0
    assert "chambers at 300 HU" in label.text and "those at 340 HU" in label.text
    compared.ui.thresholdSlider.value = 300.0
    assert label.text == ""

    compared.ui.thresholdSlider.value = 340.0
    compared.nodes.chambers.SetAttribute("SyntheticCECT.model_id", compared.parameters.model)
    metrics = compared.command.folder / "compared" / "metrics.json"
    metrics.write_text(json.dumps(json.loads(metrics.read_text()) | {"threshold_hu": 340.0}))
    compared.run(compared.ui.compareButton)
    seen = compared.command.seen
    assert seen[seen.index("--threshold") + 1] == "340"
    assert compared.ui.thresholdSlider.value == 340.0 and "HU" not in label.text

    compared.nodes.chambers.SetAttribute("SyntheticCECT.model_id", "another")
    compared.run(compared.ui.compareButton)
    assert "--threshold" not in compared.command.seen, "another model's threshold says nothing about this one"


def test_difference_map_is_synthetic_minus_real(compared: OpenPanel) -> None:
    compared.ui.differenceButton.click()
    (node,) = [
        one
        for one in (compared.scene.GetNodeByID(one) for one in compared.node_ids())
        if "minus real CECT" in (one.GetName() or "") and one.IsA("vtkMRMLVolumeNode")
    ]
    assert not compared.slicer.util.arrayFromVolume(node).any(), "both are the same in the small case"


def test_table_is_copied_and_exported_as_csv(compared: OpenPanel, tmp_path: Path) -> None:
    compared.application.file = str(tmp_path / "agreement.csv")
    compared.ui.copyButton.click()
    compared.ui.exportButton.click()
    text = (tmp_path / "agreement.csv").read_text()
    assert compared.application.of("copy") == [text] and text.startswith("figure,value,unit")
    assert "dice" in text


def test_export_into_nowhere_is_a_message(compared: OpenPanel) -> None:
    compared.application.file = "/nowhere/agreement.csv"
    compared.ui.exportButton.click()
    assert "/nowhere/" in compared.ui.compareMessageLabel.text


def test_report_outlives_the_run(compared: OpenPanel) -> None:
    compared.ui.reportButton.click()
    (page,) = compared.application.of("open_page")
    assert "<html" in page.read_text(encoding="utf-8")


def test_case_is_added_once(compared: OpenPanel) -> None:
    compared.ui.addCaseButton.click()
    compared.ui.addCaseButton.click()
    total = f"{LA_ML + LV_ML:.1f}"
    assert compared.table(compared.ui.casesTable) == [["Virtual patient 1 CT", total, total, "0.0", "1.000"]]
    assert not compared.ui.plotCasesButton.enabled
    compared.ui.clearCasesButton.click()
    assert compared.table(compared.ui.casesTable) == []


def test_case_is_added_as_the_scene_shows_it(compared: OpenPanel) -> None:
    compared.ui.thresholdSlider.value = 370.0
    compared.ui.addCaseButton.click()
    assert compared.table(compared.ui.casesTable)[0][1:3] == [f"{LV_ML:.1f}", f"{LA_ML + LV_ML:.1f}"]


def test_case_without_reference_is_not_added(done: OpenPanel) -> None:
    done.ui.addCaseButton.click()
    assert done.table(done.ui.casesTable) == []
    assert "was not compared with reference chambers" in done.ui.compareMessageLabel.text


def test_folder_of_results_becomes_bland_altman_and_correlation(done: OpenPanel, tmp_path: Path) -> None:
    for number in range(5):
        folder = tmp_path / f"case{number}"
        folder.mkdir()
        predicted = {"union": 100.0 + 10 * number}
        agreement: dict[str, Any] = {
            "predicted_ml": predicted,
            "reference_ml": {"union": 98.0 + 11 * number},
            "dice": 0.9,
        }
        (folder / "metrics.json").write_text(json.dumps({"agreement": agreement}))
    shutil.copytree(done.command.folder / "plain", tmp_path / "plain")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "metrics.json").write_text("{")
    done.application.folder = str(tmp_path)
    done.ui.addFolderButton.click()
    assert len(done.table(done.ui.casesTable)) == 5
    text = done.ui.compareMessageLabel.text
    assert (
        "5 cases added" in text and "'plain' was not compared" in text and "'damaged' cannot be read" in text
    )
    done.ui.plotCasesButton.click()
    choose_chart(done, 1)
    choose_chart(done, 0)
    titles = [chart.GetTitle().partition(":")[0] for chart in done.application.of("show_chart")]
    assert titles == ["Bland-Altman, 5 cases", "Correlation, 5 cases", "Bland-Altman, 5 cases"]
    before = len(done.node_ids())
    done.ui.plotCasesButton.click()
    assert len(done.node_ids()) == before


def test_missing_correlation_says_why(panel: OpenPanel) -> None:
    from SyntheticCECTLib.desktop.case_collection import ComparedCase

    panel.panel.compare._put([ComparedCase(f"{n}", 100.0 + n, 98.0 + 2 * n, None) for n in range(3)])
    choose_chart(panel, 1)
    assert "Plot agreement" in panel.ui.compareMessageLabel.text
    panel.ui.plotCasesButton.click()
    assert "3 pairs" in panel.ui.compareMessageLabel.text and panel.application.of("show_chart") == []
    choose_chart(panel, 0)
    assert panel.ui.compareMessageLabel.text == "" and len(panel.application.of("show_chart")) == 1


def test_saved_scene_brings_the_list_of_cases_back(done: OpenPanel, tmp_path: Path) -> None:
    from SyntheticCECTLib.desktop.case_collection import ComparedCase
    from SyntheticCECTLib.mrml.scene_file import load_scene, save_scene

    def names() -> list[str]:
        return [row[0] for row in done.table(done.ui.casesTable)]

    tab = done.panel.compare
    tab._put([ComparedCase('Müller; "2"', 100.0, 98.0, None), ComparedCase("b", 110.0, 111.0, 0.9)])
    path = save_scene(done.scene, tmp_path / "cases.mrb")
    done.scene.Clear(False)
    done.slicer.app.processEvents()
    assert names() == ['Müller; "2"', "b"], "cases of many scenes come together"
    done.ui.clearCasesButton.click()
    assert names() == []
    load_scene(done.scene, path)
    done.slicer.app.processEvents()
    assert done.table(done.ui.casesTable) == [
        ['Müller; "2"', "100.0", "98.0", "2.0", "no value"],
        ["b", "110.0", "111.0", "0.9", "0.900"],
    ]
    tab._put([ComparedCase("c", 120.0, 119.0, 0.8), ComparedCase("b", 112.0, 111.0, 0.95)])
    assert names() == ['Müller; "2"', "b", "c"] and done.table(done.ui.casesTable)[1][4] == "0.950"
    done.ui.plotCasesButton.click()
    assert len(done.application.of("show_chart")) == 1


def test_undo_leaves_the_list_of_cases(done: OpenPanel) -> None:
    from SyntheticCECTLib.desktop.case_collection import ComparedCase

    done.scene.SetUndoFlag(True)
    try:
        done.panel.compare._put([ComparedCase(f"{n}", 100.0 + n, 98.0 + 2 * n, None) for n in range(3)])
        done.ui.plotCasesButton.click()
        done.scene.Undo()
        done.slicer.app.processEvents()
        done.panel.compare.show()
        assert len(done.table(done.ui.casesTable)) == 3
    finally:
        done.scene.SetUndoFlag(False)
        done.scene.ClearUndoStack()
        done.scene.ClearRedoStack()


@pytest.mark.parametrize("text", ["{", "[1]", '[{"case_id": "a"}]', "3"])
def test_damaged_list_of_cases_is_none(text: str) -> None:
    from SyntheticCECTLib.desktop.case_collection import cases_from

    assert cases_from(text) == []
