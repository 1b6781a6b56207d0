"""Batch and QA: the queue, resume, failures, verdicts."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

from SyntheticCECTLib.desktop.quality_check import QualityCheck, Verdict
from Testing.desktop.desktop_case import OpenPanel


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Three scans: two files and a folder of DICOM files; one of the files is bad."""
    folder = tmp_path / "scans"
    (folder / "c_dicom").mkdir(parents=True)
    for name in ("a.nrrd", "b_bad.nii.gz", "c_dicom/1.dcm", "notes.txt", ".hidden.nrrd"):
        (folder / name).write_bytes(b"")
    return folder


@pytest.fixture
def batch(panel: OpenPanel, scans: Path, tmp_path: Path) -> OpenPanel:
    """The panel with folders chosen."""
    choose(panel, scans=scans, results=tmp_path / "results")
    panel.command.mode("bad scan")
    return panel


def choose(panel: OpenPanel, **folders: Path | str) -> None:
    """Types paths into the fields, and pauses."""
    for name, folder in folders.items():
        field = {"scans": panel.ui.batchInputEdit, "results": panel.ui.batchOutputEdit}[name]
        field.currentPath = str(folder)
    panel.panel.batch._settle()


def states(panel: OpenPanel) -> dict[str, str]:
    return {row[0]: row[1] for row in panel.table(panel.ui.batchTable)}


def run_all(panel: OpenPanel) -> None:
    panel.ui.batchStartButton.click()
    panel.wait(lambda: not panel.panel.batch.queue.running)


def test_every_scan_of_the_folder_waits(batch: OpenPanel) -> None:
    assert states(batch) == {"a": "waiting", "b_bad": "waiting", "c_dicom": "waiting"}
    assert batch.parameters.batchInput.endswith("scans")


def test_queue_goes_on_after_a_failure_and_says_why(batch: OpenPanel) -> None:
    run_all(batch)
    assert states(batch) == {"a": "done", "b_bad": "failed", "c_dicom": "done"}
    rows = {row[0]: row[3] for row in batch.table(batch.ui.batchTable)}
    assert rows["b_bad"] == "Not a CT. Give a CT."
    assert "2 done, 1 failed" in batch.ui.batchMessageLabel.text


def test_finished_cases_are_not_computed_again(batch: OpenPanel, tmp_path: Path) -> None:
    shutil.copytree(batch.command.folder / "plain", tmp_path / "results" / "a")
    shutil.copytree(batch.command.folder / "plain", tmp_path / "results" / "c_dicom")
    before = (tmp_path / "results" / "a" / "metrics.json").stat().st_mtime_ns
    run_all(batch)
    assert (tmp_path / "results" / "a" / "metrics.json").stat().st_mtime_ns == before
    assert batch.command.seen[1].endswith("b_bad.nii.gz")


def test_stop_and_resume(batch: OpenPanel) -> None:
    batch.command.mode("slow")
    batch.ui.batchStartButton.click()
    batch.wait(lambda: batch.command.pids())
    batch.ui.batchStopButton.click()
    assert set(states(batch).values()) == {"waiting"} and not batch.ui.batchStopButton.enabled
    batch.command.mode("bad scan")
    run_all(batch)
    assert states(batch)["a"] == "done"


def test_queue_goes_on_when_the_scene_is_closed_and_can_be_stopped(batch: OpenPanel, tmp_path: Path) -> None:
    batch.command.mode("slow")
    batch.ui.batchStartButton.click()
    batch.wait(lambda: batch.command.pids())
    batch.scene.Clear(False)
    batch.slicer.app.processEvents()
    assert states(batch)["a"] == "running" and batch.ui.batchStopButton.enabled
    assert batch.parameters.batchOutput == str(tmp_path / "results")
    batch.ui.batchStopButton.click()
    assert set(states(batch).values()) == {"waiting"}


def test_case_that_left_with_its_scene_is_no_longer_judged(batch: OpenPanel) -> None:
    run_all(batch)
    batch.ui.nextCaseButton.click()
    assert batch.ui.passButton.enabled
    batch.scene.Clear(False)
    batch.slicer.app.processEvents()
    assert not batch.ui.passButton.enabled


def test_folders_are_looked_into_when_the_typing_pauses(
    batch: OpenPanel, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from SyntheticCECTLib.desktop import batch_tab

    looked: list[Path] = []
    monkeypatch.setattr(batch_tab, "scans_in", lambda folder: looked.append(folder) or {})
    for length in range(1, len(str(scans))):
        batch.ui.batchInputEdit.currentPath = str(scans)[:length]
    assert looked == [] and len(states(batch)) == 3
    batch.wait(lambda: looked, 20)
    assert looked == [Path(str(scans)[:-1])] == [Path(batch.parameters.batchInput)]
    assert "is not a folder" in batch.ui.batchMessageLabel.text


def test_what_was_just_typed_is_what_starts(batch: OpenPanel, tmp_path: Path) -> None:
    batch.ui.batchOutputEdit.currentPath = str(tmp_path / "others")
    run_all(batch)
    assert (tmp_path / "others" / "a" / "metrics.json").is_file() and not (tmp_path / "results").exists()


def test_folders_cannot_be_changed_while_the_queue_runs(batch: OpenPanel) -> None:
    fields = batch.ui.batchInputEdit, batch.ui.batchOutputEdit
    batch.command.mode("slow")
    batch.ui.batchStartButton.click()
    assert not any(field.enabled for field in fields)
    batch.ui.batchStopButton.click()
    assert all(field.enabled for field in fields)


def test_failures_are_known_after_a_restart(batch: OpenPanel, tmp_path: Path) -> None:
    run_all(batch)
    choose(batch, results="")
    assert states(batch) == {}
    choose(batch, results=tmp_path / "results")
    assert states(batch)["b_bad"] == "failed"


def test_folder_that_was_emptied_is_not_written_into(batch: OpenPanel) -> None:
    choose(batch, results="")
    assert batch.parameters.batchOutput == ""
    batch.ui.batchStartButton.click()
    assert "no folder for the results" in batch.ui.batchMessageLabel.text and batch.panel.batch.queue is None


def test_folder_that_may_not_be_read_is_a_message(
    batch: OpenPanel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(f"'{folder}' is not yours")

    monkeypatch.setattr(Path, "iterdir", refuse)
    choose(batch, scans=tmp_path)
    assert "is not yours" in batch.ui.batchMessageLabel.text and states(batch) == {}
    batch.ui.batchStartButton.click()
    assert "Choose another one." in batch.ui.batchMessageLabel.text


def test_results_that_cannot_be_written_leave_no_case_running(batch: OpenPanel, tmp_path: Path) -> None:
    (tmp_path / "a file").write_bytes(b"")
    batch.ui.batchOutputEdit.currentPath = str(tmp_path / "a file" / "results")
    batch.ui.batchStartButton.click()
    assert "cannot be written" in batch.ui.batchMessageLabel.text
    assert set(states(batch).values()) == {"waiting"} and batch.ui.batchStartButton.enabled


def test_verdicts_are_kept_beside_the_results(batch: OpenPanel, tmp_path: Path) -> None:
    run_all(batch)
    assert not batch.ui.passButton.enabled
    batch.ui.nextCaseButton.click()
    assert batch.parameters.nativeCt.GetName() == "a" and batch.nodes is not None
    batch.ui.qaCommentEdit.text = "vein counted as atrium"
    batch.ui.fixButton.click()
    batch.ui.nextCaseButton.click()
    assert batch.parameters.nativeCt.GetName() == "c_dicom"
    assert batch.ui.qaCommentEdit.text == ""
    batch.ui.passButton.click()
    with (tmp_path / "results" / "quality.csv").open(newline="") as file:
        kept = [(row["case_id"], row["verdict"], row["comment"]) for row in csv.DictReader(file)]
    assert kept == [("a", "fix", "vein counted as atrium"), ("c_dicom", "pass", "")]
    batch.ui.nextCaseButton.click()
    assert "Every finished case is decided" in batch.ui.qaMessageLabel.text


def test_looking_at_the_next_case_removes_the_one_before(batch: OpenPanel) -> None:
    run_all(batch)
    batch.ui.nextCaseButton.click()
    before = len(batch.node_ids())
    batch.ui.passButton.click()
    batch.ui.nextCaseButton.click()
    assert len(batch.node_ids()) == before


def test_case_leaves_with_its_result_when_another_ct_is_chosen(batch: OpenPanel) -> None:
    from SyntheticCECTLib.mrml.volume_node import add_volume
    from Testing.small_case import blocks, image_of

    run_all(batch)
    before = batch.node_ids()
    batch.ui.nextCaseButton.click()
    one_case = len(batch.node_ids() - before)
    batch.ui.passButton.click()
    other = add_volume(batch.scene, image_of(blocks()), "other")
    batch.ui.nativeCtSelector.setCurrentNode(other)
    own = len(batch.node_ids() - before) - one_case
    batch.ui.nextCaseButton.click()
    assert batch.parameters.nativeCt.GetName() == "c_dicom"
    assert len(batch.node_ids() - before) == one_case + own and batch.scene.IsNodePresent(other)


def test_case_of_which_a_person_made_a_second_result_stays_whole(batch: OpenPanel) -> None:
    from SyntheticCECTLib.mrml.result_nodes import results_of
    from Testing.desktop.test_chambers_tab import edit

    run_all(batch)
    batch.ui.nextCaseButton.click()
    native = batch.nodes.native
    batch.ui.replaceEarlierCheck.checked = False
    batch.run(batch.ui.applyButton)
    edit(batch)
    both = list(results_of(batch.scene, native))
    batch.ui.passButton.click()
    batch.ui.nextCaseButton.click()
    assert batch.parameters.nativeCt.GetName() == "c_dicom" and batch.application.of("ask") == []
    assert len(both) == 2 and list(results_of(batch.scene, native)) == both


def test_next_case_asks_before_it_takes_corrections_away(batch: OpenPanel) -> None:
    from Testing.desktop.test_chambers_tab import edit

    run_all(batch)
    batch.ui.nextCaseButton.click()
    edit(batch)
    chambers, batch.application.answer = batch.nodes.chambers, False
    batch.ui.passButton.click()
    batch.ui.nextCaseButton.click()
    assert len(batch.application.of("ask")) == 1 and batch.scene.IsNodePresent(chambers)
    assert "'a' stays open" in batch.ui.qaMessageLabel.text
    batch.application.answer = True
    batch.ui.nextCaseButton.click()
    assert not batch.scene.IsNodePresent(chambers) and batch.parameters.nativeCt.GetName() == "c_dicom"


def test_corrections_that_are_in_the_folder_are_not_asked_about(batch: OpenPanel, tmp_path: Path) -> None:
    from SyntheticCECTLib.core.folder_chambers import keep_edited
    from Testing.small_case import labels

    run_all(batch)
    corrected = labels()
    corrected[:, :, :5] = 0
    keep_edited(tmp_path / "results" / "a", corrected)
    batch.ui.nextCaseButton.click()
    assert batch.panel.desk.session.corrected(batch.nodes.native) is not None
    batch.ui.passButton.click()
    batch.ui.nextCaseButton.click()
    assert batch.application.of("ask") == [] and batch.parameters.nativeCt.GetName() == "c_dicom"


def test_scene_that_is_closed_while_a_case_is_being_added_stays_empty(batch: OpenPanel) -> None:
    run_all(batch)
    case, messages = batch.panel.batch._opened_case, []
    show = case.show

    def close_midway(case_id: str, folder: Path, report: Any) -> None:
        def step(fraction: float, message: str) -> None:
            messages.append(message)
            if message == "adding the chambers" and messages.count(message) == 1:
                batch.scene.Clear(False)
            report(fraction, message)

        show(case_id, folder, step)

    case.show = close_midway
    batch.ui.nextCaseButton.click()
    batch.slicer.app.processEvents()
    assert "adding the chambers" in messages and "removed from the scene" in batch.ui.qaMessageLabel.text
    assert batch.nodes is None and batch.parameters.nativeCt is None
    for kind in ("vtkMRMLVolumeNode", "vtkMRMLSegmentationNode", "vtkMRMLTableNode"):
        assert batch.scene.GetNumberOfNodesByClass(kind) == 0, kind


def test_verdict_is_not_given_to_a_case_of_the_same_name_in_another_folder(
    batch: OpenPanel, tmp_path: Path
) -> None:
    run_all(batch)
    batch.ui.nextCaseButton.click()
    shutil.copytree(tmp_path / "results", tmp_path / "others")
    choose(batch, results=tmp_path / "others")
    assert not batch.ui.passButton.enabled
    batch.panel.batch._decide(Verdict.PASS)
    assert not (tmp_path / "others" / "quality.csv").exists()
    choose(batch, results=tmp_path / "results")
    assert batch.ui.passButton.enabled
    choose(batch, results=tmp_path / "others")
    batch.ui.nextCaseButton.click()
    batch.ui.passButton.click()
    assert (tmp_path / "others" / "quality.csv").is_file()


@pytest.mark.parametrize(("encoding", "separator"), [("utf-8-sig", ","), ("utf-8-sig", ";"), ("utf-8", ";")])
def test_verdicts_that_a_spreadsheet_has_saved_stay(tmp_path: Path, encoding: str, separator: str) -> None:
    table = tmp_path / "quality.csv"
    QualityCheck(tmp_path).decide("a", Verdict.PASS, "größer")
    QualityCheck(tmp_path).decide("b", Verdict.FIX, "")
    table.write_text(table.read_text("utf-8").replace(",", separator), encoding)
    check = QualityCheck(tmp_path)
    check.decide("c", Verdict.FAIL, "")
    kept = QualityCheck(tmp_path).decisions
    assert [(one.case_id, one.verdict) for one in kept.values()] == [
        ("a", "pass"),
        ("b", "fix"),
        ("c", "fail"),
    ]
    assert kept["a"].comment == "größer"


@pytest.mark.parametrize(
    "text", ["case_id,verdict,comment,decided_at\na,pass,größer,\n", "name,verdict\na,pass\n"]
)
def test_verdicts_that_cannot_be_read_are_a_message_and_are_not_written_over(
    batch: OpenPanel, tmp_path: Path, text: str
) -> None:
    (tmp_path / "others").mkdir()
    table = tmp_path / "others" / "quality.csv"
    table.write_bytes(text.encode("cp1252"))
    choose(batch, results=tmp_path / "others")
    assert "CSV UTF-8" in batch.ui.batchMessageLabel.text and batch.panel.batch.queue is None
    batch.ui.batchStartButton.click()
    assert "CSV UTF-8" in batch.ui.batchMessageLabel.text and table.read_bytes() == text.encode("cp1252")


def test_selected_case_is_shown(batch: OpenPanel) -> None:
    run_all(batch)
    batch.ui.batchTable.selectRow(2)
    batch.ui.openCaseButton.click()
    assert batch.ui.qaMessageLabel.text == "Looking at c_dicom."


def test_case_is_shown_as_its_folder_holds_it(batch: OpenPanel, tmp_path: Path) -> None:
    from SyntheticCECTLib.core.case import segment_case
    from SyntheticCECTLib.core.case_folder import CHAMBERS, read_case, write_case
    from SyntheticCECTLib.core.formats.label_file import write_chambers

    def look() -> list[str]:
        batch.ui.batchTable.selectRow(0)
        batch.ui.openCaseButton.click()
        return [row[1] for row in batch.volumes()]

    run_all(batch)
    folder = tmp_path / "results" / "a"
    result = segment_case(read_case(folder), 380.0)
    write_case(result, folder)
    assert look()[0] == "no value" and batch.ui.thresholdSlider.value == 380.0
    assert "edited by hand" not in batch.ui.chambersMessageLabel.text
    corrected = result.labels[:]
    corrected[:, :, 8:] = 0
    write_chambers(folder / CHAMBERS, corrected)
    whole_ml = result.volumes["lv"]["ml"]
    assert whole_ml is not None and float(look()[1].split()[0]) < float(whole_ml)
    assert "edited by hand" in batch.ui.chambersMessageLabel.text


def test_damaged_result_is_a_message(batch: OpenPanel, tmp_path: Path) -> None:
    run_all(batch)
    (tmp_path / "results" / "a" / "enhancement.nrrd").unlink()
    batch.ui.batchTable.selectRow(0)
    batch.ui.openCaseButton.click()
    assert "enhancement.nrrd" in batch.ui.qaMessageLabel.text and batch.nodes is None


def test_selected_dicom_series_join_the_queue_without_identity(batch: OpenPanel, scans: Path) -> None:
    batch.ui.addDicomButton.click()
    assert "Select series in the DICOM module" in batch.ui.batchMessageLabel.text
    batch.application.series = {"1.2.3.patient": [str(scans / "c_dicom" / "1.dcm")]}
    batch.ui.addDicomButton.click()
    (name,) = [one for one in states(batch) if one.startswith("series_")]
    assert "1.2.3" not in name


def test_case_that_is_being_written_when_the_panel_closes_is_written_to_its_end(
    batch: OpenPanel, tmp_path: Path
) -> None:
    batch.command.mode("writes")
    batch.ui.batchStartButton.click()
    batch.wait(lambda: "Writing" in batch.table(batch.ui.batchTable)[0][3])
    batch.widget.cleanup()
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["a"]
    assert (tmp_path / "results" / "a" / "metrics.json").is_file()


def test_case_that_is_stopped_while_it_is_written_leaves_no_half(batch: OpenPanel, tmp_path: Path) -> None:
    from SyntheticCECTLib.desktop.background_run import BackgroundRun

    batch.command.mode("writes until stopped")
    batch.ui.batchStartButton.click()
    batch.wait(lambda: "Writing" in batch.table(batch.ui.batchTable)[0][3])
    batch.ui.batchStopButton.click()
    assert set(states(batch).values()) == {"waiting"}
    batch.wait(lambda: not BackgroundRun._alive, 20)
    assert list((tmp_path / "results").iterdir()) == []


def test_queue_is_not_started_by_a_panel_that_closed_while_headers_were_read(
    batch: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from SyntheticCECTLib.desktop import batch_tab

    tab = batch.panel.batch
    monkeypatch.setattr(batch_tab, "scan_voxels", lambda _: batch.panel and batch.widget.cleanup())
    batch.ui.batchStartButton.click()
    assert batch.panel is None and not tab.queue.running


def test_dicom_files_are_gone_when_the_panel_closes(batch: OpenPanel, scans: Path) -> None:
    def left() -> list[Path]:
        return sorted(batch.command.folder.rglob("*.dcm"))

    batch.application.series = {"1.2.3": [str(scans / "c_dicom" / "1.dcm")]}
    batch.ui.addDicomButton.click()
    assert len(left()) == 1
    batch.command.mode("slow")
    batch.ui.batchStartButton.click()
    batch.wait(lambda: batch.command.pids())
    running = batch.panel.batch.queue
    batch.ui.addDicomButton.click()
    assert not running.running and set(states(batch).values()) == {"waiting"}
    batch.panel.batch.close()
    assert left() == [] and (scans / "c_dicom" / "1.dcm").is_file()


def test_queue_stops_before_dicom_files_change(
    batch: OpenPanel, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from SyntheticCECTLib.desktop import batch_tab

    ran: list[bool] = []
    batch.application.series = {"1.2.3": [str(scans / "c_dicom" / "1.dcm")]}
    batch.command.mode("slow")
    batch.ui.batchStartButton.click()
    queue = batch.panel.batch.queue
    assert queue.running
    monkeypatch.setattr(batch_tab, "series_folders", lambda *_: ran.append(queue.running) or {})
    batch.ui.addDicomButton.click()
    assert ran == [False]


def test_dicom_file_that_is_gone_is_a_message(batch: OpenPanel, tmp_path: Path) -> None:
    batch.application.series = {"1.2.3": [str(tmp_path / "gone.dcm")]}
    batch.ui.addDicomButton.click()
    assert "gone.dcm" in batch.ui.batchMessageLabel.text and "Import" in batch.ui.batchMessageLabel.text
    assert len(states(batch)) == 3


def test_verdict_buttons_have_shortcuts(panel: OpenPanel) -> None:
    for name, keys in (("passButton", "Alt+1"), ("fixButton", "Alt+2"), ("failButton", "Alt+3")):
        assert getattr(panel.ui, name).shortcut.toString() == keys
