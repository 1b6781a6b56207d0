"""The commands run as a user would, on small files; the slow synthesis is replaced by a known result."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.cli import demo_command, phantom_command, synthesize_command, threshold_command
from SyntheticCECTLib.cli.__main__ import main
from SyntheticCECTLib.core.case_folder import write_case
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import read_labels, same_labels
from SyntheticCECTLib.phantom.patient import VirtualPatient
from Testing.core.small_scans import chest, write_series
from Testing.small_case import LA_ML, LV_ML, blocks, case_result, image_of, labels, synthesis

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def scan_file(tmp_path: Path) -> Path:
    path = tmp_path / "scan.nrrd"
    sitk.WriteImage(image_of(blocks()), str(path))
    return path


@pytest.fixture
def known_result(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Processing any scan gives the blocks; what was asked for lies in the dictionary."""
    seen: dict[str, Any] = {}

    def process_case(inputs: Any, settings: Any, on_progress: Any) -> Any:
        seen["inputs"], seen["settings"] = inputs, settings
        if "error" in seen:
            raise seen["error"]
        return case_result(settings.threshold_hu)

    monkeypatch.setattr(synthesize_command, "process_case", process_case)
    monkeypatch.setattr(demo_command, "process_case", process_case)
    return seen


def names_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_synthesize_writes_a_result_and_prints_the_volumes(
    scan_file: Path, known_result: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    out = scan_file.parent / "out"
    assert main(["synthesize", str(scan_file), "-o", str(out)]) == 0
    assert {"synthetic_cect.nrrd", "chambers.seg.nrrd", "metrics.json", "report.html"} <= names_in(out)
    shown = capsys.readouterr()
    assert "Left ventricle" in shown.out and f"{LV_ML:.1f} mL" in shown.out
    assert "Warning: The slices are 5 mm thick." in shown.out and "Research use only" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize("command", ["synthesize", "demo"])
@pytest.mark.parametrize(
    "name", ["DOE_JOHN.CT.HEART.3.12.IMA", "DOE^JOHN.dicom", "DOE.JOHN.0001", "DOE.zipped"]
)
def test_a_patients_name_in_the_name_of_a_dicom_file_is_not_the_reports_title(
    tmp_path: Path, known_result: dict[str, Any], name: str, command: str
) -> None:
    slices, scan, out = write_series(tmp_path / "series", chest()), tmp_path / name, tmp_path / "out"
    if name.endswith("zipped"):
        with zipfile.ZipFile(scan, "w") as archive:
            for path in slices:
                archive.write(path, path.name)
    else:
        scan = slices[0].rename(slices[0].with_name(name))
    assert main([command, str(scan), "-o", str(out)]) == 0
    page = (out / "report.html").read_text()
    assert "DICOM scan" in page and "DOE" not in page


def test_json_on_standard_output_is_what_metrics_json_holds(
    scan_file: Path, known_result: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    out = scan_file.parent / "out"
    assert main(["synthesize", str(scan_file), "-o", str(out), "--json", "--progress", "json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == json.loads((out / "metrics.json").read_text())
    steps = [json.loads(line)["progress"] for line in shown.err.splitlines()]
    assert steps[0] == 0.0 and steps[-1] == 1.0 and steps == sorted(steps)


def test_options_reach_the_processing(scan_file: Path, known_result: dict[str, Any]) -> None:
    folder = scan_file.parent
    sitk.WriteImage(labels(), str(folder / "labels.nrrd"))
    sitk.WriteImage(synthesis().heart_mask, str(folder / "heart.nrrd"))
    sitk.WriteImage(image_of(blocks(LA=340, LV=400)), str(folder / "cect.nrrd"))
    status = main([
        "synthesize", str(scan_file), "-o", str(folder / "out"), "--cect", str(folder / "cect.nrrd"),
        "--reference", str(folder / "labels.nrrd"), "--heart-mask", str(folder / "heart.nrrd"),
        "--chambers", str(folder / "labels.nrrd"),
        "--model", "mine", "--threshold", "350", "--device", "cpu",
    ])  # fmt: skip
    assert status == 0
    inputs, settings = known_result["inputs"], known_result["settings"]
    assert (settings.model, settings.threshold_hu, settings.device) == ("mine", 350.0, "cpu")
    assert sitk.GetArrayFromImage(inputs.cect).max() == 400
    assert set(np.unique(sitk.GetArrayFromImage(inputs.reference))) == {0, 1, 2}
    assert sitk.GetArrayFromImage(inputs.heart_mask).sum() == 8 * 24 * 30
    assert same_labels(inputs.chambers, labels())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputRefused("heart_absent", "No heart was found.", "Give a chest CT."), 2),
        (RuntimeError("something\nbroke"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_failure_is_one_line_and_leaves_nothing(
    scan_file: Path,
    known_result: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
) -> None:
    known_result["error"] = error
    assert main(["synthesize", str(scan_file), "-o", str(scan_file.parent / "deep" / "out")]) == status
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1 and shown.err.startswith("synthetic-cect: ")
    assert names_in(scan_file.parent) == {"scan.nrrd"}


def test_debug_shows_where_it_failed(scan_file: Path, known_result: dict[str, Any]) -> None:
    known_result["error"] = RuntimeError("broke")
    with pytest.raises(RuntimeError, match="broke"):
        main(["synthesize", str(scan_file), "-o", str(scan_file.parent / "out"), "--debug"])


def test_failure_while_writing_keeps_the_older_result(
    scan_file: Path, known_result: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = scan_file.parent / "out"
    assert main(["synthesize", str(scan_file), "-o", str(out)]) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def half_written(result: Any, folder: Path, *rest: Any) -> None:
        (folder / "metrics.json").write_text("{")
        raise OSError(28, "No space left on device", str(folder / "report.html"))

    monkeypatch.setattr(synthesize_command, "write_case", half_written)
    assert main(["synthesize", str(scan_file), "-o", str(out)]) == 1
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_output_that_is_a_file_is_refused_before_any_work(
    scan_file: Path, known_result: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synthesize", str(scan_file), "-o", str(scan_file)]) == 2
    assert "scan.nrrd" in capsys.readouterr().err
    assert "inputs" not in known_result


def test_missing_file_is_named_with_its_option(
    scan_file: Path, known_result: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["synthesize", str(scan_file), "-o", str(scan_file.parent / "out"), "--cect", "nowhere.nrrd"]
    assert main(arguments) == 2
    assert "--cect nowhere.nrrd" in capsys.readouterr().err


def test_reference_on_cect_without_cect_is_refused(scan_file: Path, known_result: dict[str, Any]) -> None:
    arguments = ["synthesize", str(scan_file), "-o", str(scan_file.parent / "out"), "--reference-on", "cect"]
    assert main(arguments) == 2


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_signal_ends_the_program_and_leaves_nothing(
    scan_file: Path, number: signal.Signals, status: int
) -> None:
    script = textwrap.dedent(f"""
        import signal, sys, time
        # A shell that runs the tests in the background hands its children SIGINT ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.path[:0] = [{str(ROOT / "SyntheticCECT")!r}, {str(ROOT)!r}]
        from SyntheticCECTLib.cli import synthesize_command
        from SyntheticCECTLib.cli.__main__ import main
        def half_written(result, folder, *rest):
            (folder / "metrics.json").write_text("{{")
            print("writing", flush=True)
            for _ in range(600):  # a signal that comes just before one long sleep would wait for its end
                time.sleep(0.1)
        synthesize_command.process_case = lambda *rest: type("Result", (), {{"seconds": {{}}}})
        synthesize_command.write_case = half_written
        sys.exit(main(["synthesize", {str(scan_file)!r}, "-o", {str(scan_file.parent / "out")!r}]))
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "writing\n"
    process.send_signal(number)
    _, error = process.communicate(timeout=30)
    assert process.returncode == status
    assert error.count("\n") == 1 and "nothing was written" in error
    assert names_in(scan_file.parent) == {"scan.nrrd"}


def test_threshold_segments_a_result_folder_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_case(case_result(), tmp_path)
    assert main(["threshold", str(tmp_path), "--threshold", "370", "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)
    assert metrics["threshold_hu"] == 370.0 and metrics["default_threshold_hu"] == 300.0
    assert metrics["volumes_ml"]["la"] is None
    assert metrics["volumes_ml"]["lv"] == pytest.approx(LV_ML, rel=0.02)
    assert set(np.unique(sitk.GetArrayFromImage(read_labels(tmp_path / "chambers.seg.nrrd")))) == {0, 2}


def test_threshold_can_write_elsewhere_and_leave_the_result_alone(tmp_path: Path) -> None:
    write_case(case_result(), tmp_path)
    before = (tmp_path / "metrics.json").read_bytes()
    assert main(["threshold", str(tmp_path), "--threshold", "370", "-o", str(tmp_path / "other")]) == 0
    assert (tmp_path / "metrics.json").read_bytes() == before
    assert json.loads((tmp_path / "other" / "metrics.json").read_text())["threshold_hu"] == 370.0


def test_threshold_of_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["threshold", str(tmp_path), "--threshold", "300"]) == 2
    assert "not a result folder" in capsys.readouterr().err


def test_export_writes_dicom_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    (tmp_path / "result").mkdir()
    write_case(case_result(), tmp_path / "result")
    out = tmp_path / "dicom"
    assert main(["export", str(tmp_path / "result"), "--dicom", str(out)]) == 0
    assert {"synthetic_cect/synthetic_0012.dcm", "synthetic_cect_chambers.dcm"} <= names_in(out)
    shown = capsys.readouterr()
    assert "12 slices" in shown.out and "no real patient" in shown.out and shown.err == ""
    assert main(["export", str(tmp_path / "result"), "--dicom", str(out)]) == 2
    assert "holds an export already" in capsys.readouterr().err
    assert main(["export", str(tmp_path / "result"), "--dicom", str(tmp_path / "again"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["same_study"] is False


def test_a_dicom_segmentation_is_a_reference_and_a_heart_mask(
    tmp_path: Path, scan_file: Path, known_result: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    (tmp_path / "result").mkdir()
    write_case(case_result(), tmp_path / "result")
    assert main(["export", str(tmp_path / "result"), "--dicom", str(tmp_path / "dicom")]) == 0
    seg = str(tmp_path / "dicom" / "synthetic_cect_chambers.dcm")
    arguments = ["synthesize", str(scan_file), "-o", str(tmp_path / "out")]
    assert main([*arguments, "--reference", seg, "--heart-mask", seg]) == 0
    drawn = sitk.GetArrayFromImage(labels())
    assert np.array_equal(sitk.GetArrayFromImage(known_result["inputs"].reference), drawn)
    assert np.array_equal(sitk.GetArrayFromImage(known_result["inputs"].heart_mask), drawn > 0)
    slice_ = str(tmp_path / "dicom" / "synthetic_cect" / "synthetic_0001.dcm")
    assert main([*arguments, "--reference", slice_]) == 2
    assert "--reference" in capsys.readouterr().err


def test_export_into_a_study_that_is_not_the_scans_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    (tmp_path / "result").mkdir()
    (tmp_path / "other").mkdir()
    write_case(case_result(), tmp_path / "result")
    arguments = ["export", str(tmp_path / "result"), "--dicom", str(tmp_path / "deep" / "dicom")]
    assert main([*arguments, "--source", str(tmp_path / "other")]) == 2
    assert "no DICOM images" in capsys.readouterr().err
    assert names_in(tmp_path) & {"deep", "dicom"} == set()


def a_small_patient(seed: int, *rest: Any, **more: Any) -> VirtualPatient:
    native, cect = blocks(), blocks(LA=340, LV=400)
    truth = {"seed": seed, "volumes_ml": {"la": 11.5, "lv": 19.2}}
    return VirtualPatient(
        image_of(native), image_of(cect), labels(), synthesis().heart_mask, sitk.Euler3DTransform(), truth
    )


def test_phantom_writes_a_patient_with_his_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(phantom_command, "make_patient", a_small_patient)
    assert main(["phantom", "--seed", "7", "-o", str(tmp_path / "patient")]) == 0
    files = {"native_ct.nrrd", "cect.nrrd", "labels.nrrd", "heart_mask.nrrd", "truth.json"}
    assert names_in(tmp_path / "patient") == files
    assert json.loads((tmp_path / "patient" / "truth.json").read_text())["seed"] == 7
    assert "11.5 mL" in capsys.readouterr().out


def test_demo_makes_a_patient_a_result_and_a_scene(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    known_result: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(phantom_command, "make_patient", a_small_patient)
    out = tmp_path / "demo"
    assert main(["demo", "-o", str(out)]) == 0
    assert {
        "scene.mrml",
        "report.html",
        "virtual_patient/native_ct.nrrd",
        "virtual_patient/truth.json",
    } <= names_in(out)
    assert known_result["inputs"].reference is not None and known_result["inputs"].cect is not None
    assert str(out / "report.html") in capsys.readouterr().out


def test_demo_on_a_scan_keeps_the_scan_for_the_scene(scan_file: Path, known_result: dict[str, Any]) -> None:
    out = scan_file.parent / "demo"
    assert main(["demo", str(scan_file), "-o", str(out)]) == 0
    assert {"scene.mrml", "report.html", "native_ct.nrrd"} <= names_in(out)
    assert known_result["inputs"].reference is None


def test_scene_of_a_demo_goes_when_another_scan_comes(scan_file: Path, known_result: dict[str, Any]) -> None:
    out = scan_file.parent / "demo"
    scene = {"scene.mrml", "native_ct.nrrd"}
    assert main(["demo", str(scan_file), "-o", str(out)]) == 0
    assert main(["threshold", str(out), "--threshold", "370"]) == 0
    assert scene <= names_in(out), "the same scan"
    assert main(["synthesize", str(out / "native_ct.nrrd"), "-o", str(out)]) == 0
    assert scene & names_in(out) == {"native_ct.nrrd"}, "it is the scan that was read"
    assert main(["demo", str(scan_file), "-o", str(out)]) == 0
    assert main(["synthesize", str(scan_file), "-o", str(out)]) == 0
    assert not scene & names_in(out)
    (out / "scene.mrml").write_text("mine")
    assert main(["synthesize", str(scan_file), "-o", str(out)]) == 0
    assert (out / "scene.mrml").read_text() == "mine", "no demo wrote it"


def test_models_lists_cards(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), list)
    assert main(["models"]) == 0
    told = capsys.readouterr().out
    for name in ("leftheart", "Trained on", "Recipe", "Software", "Intervals", "Threshold HU", "SHA-256"):
        assert name in told


def test_threshold_command_leaves_no_partial_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_case(case_result(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def broken(*rest: Any, **further: Any) -> None:
        raise RuntimeError("the disk went away")

    monkeypatch.setattr(threshold_command, "write_case", broken)
    assert main(["threshold", str(tmp_path), "--threshold", "370"]) == 1
    assert "the disk went away" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_of_a_study_given_as_cect_the_contrast_series_is_used_and_named(
    scan_file: Path, known_result: dict[str, Any]
) -> None:
    study = scan_file.parent / "study"
    write_series(study / "a", chest(), SeriesNumber=1, SeriesDescription="native 3mm")
    write_series(
        study / "b", chest(seed=1), SeriesNumber=2, SeriesDescription="CTA", ContrastBolusAgent="Iomeron"
    )
    arguments = ["synthesize", str(scan_file), "-o", str(scan_file.parent / "out")]
    assert main([*arguments, "--cect", str(study)]) == 0
    inputs = known_result["inputs"]
    assert np.array_equal(sitk.GetArrayFromImage(inputs.cect), chest(seed=1))
    assert [notice.code for notice in inputs.notices] == ["cect_other_series"]
    assert "Used series 2" in inputs.notices[0].message


def test_the_scan_itself_is_no_cect(
    scan_file: Path, known_result: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["synthesize", str(scan_file), "-o", str(scan_file.parent / "out")]
    assert main([*arguments, "--cect", str(scan_file)]) == 2
    assert "--cect" in (told := capsys.readouterr().err) and "same scan" in told


def test_reference_that_the_scan_does_not_cover_is_warned_of(
    scan_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Slices 3 to 8 hold the chambers; the scan ends after slice 7, or after slice 4."""
    folder, out = scan_file.parent, scan_file.parent / "out"
    sitk.WriteImage(labels(), str(folder / "labels.nrrd"))
    short = sitk.ReadImage(str(scan_file))[:, :, :8]
    sitk.WriteImage(short, str(folder / "short.nrrd"))
    monkeypatch.setattr(
        synthesize_command, "process_case", lambda inputs, *rest: case_result(notices=inputs.notices)
    )
    arguments = ["--reference", str(folder / "labels.nrrd"), "-o", str(out)]
    assert main(["synthesize", str(folder / "short.nrrd"), *arguments]) == 0
    told = f"{(LA_ML + LV_ML) / 6:.1f} mL (17 %) of the reference lie outside the scan"
    assert f"Warning: {told}" in capsys.readouterr().out
    (warning,) = json.loads((out / "metrics.json").read_text())["warnings"]
    assert warning["code"] == "reference_outside_scan" and warning["message"].startswith(told)
    assert told in (out / "report.html").read_text()
    sitk.WriteImage(short[:, :, :5], str(folder / "short.nrrd"))
    assert main(["synthesize", str(folder / "short.nrrd"), *arguments]) == 2
    assert "--reference" in (error := capsys.readouterr().err) and "(67 %)" in error


def test_nothing_of_an_older_scan_stays_in_a_result_folder(
    scan_file: Path, known_result: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = scan_file.parent / "out"
    arguments = ["synthesize", str(scan_file), "-o", str(out)]
    assert main(arguments) == 0
    (out / "notes.txt").write_text("mine")
    assert {"cect_registered.nrrd", "reference.seg.nrrd"} <= names_in(out)
    monkeypatch.setattr(
        synthesize_command, "process_case", lambda *rest: case_result(cect=None, reference=None)
    )
    assert main(arguments) == 0
    files = json.loads((out / "metrics.json").read_text())["files"]
    assert names_in(out) == {*files, "metrics.json", "metrics.csv", "notes.txt"}
