"""The result folder: what is in it, and that it can be read back."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.case import segment_case
from SyntheticCECTLib.core.case_folder import older_files, read_case, write_case
from SyntheticCECTLib.core.errors import InputRefused, Notice
from Testing.small_case import LA_ML, LV_ML, case_result

ALWAYS_THERE = {
    "synthetic_cect.nrrd", "enhancement.nrrd", "heart_mask.nrrd", "chambers.seg.nrrd", "metrics.json", "metrics.csv",
    "report.html",
}  # fmt: skip


def test_result_folder_holds_every_promised_file(tmp_path: Path) -> None:
    write_case(case_result(cect=None, reference=None), tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == ALWAYS_THERE | {"chamber_split.nrrd"}


def test_metrics_hold_every_promised_key(tmp_path: Path) -> None:
    write_case(case_result(), tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["volumes_ml"] == pytest.approx({"la": LA_ML, "lv": LV_ML}, rel=0.02)
    assert metrics["heart_volume_ml"] == pytest.approx(8 * 24 * 30 * 0.02)
    assert metrics["threshold_hu"] == 300.0
    assert metrics["warnings"] == [{"code": "thick_slices", "message": "The slices are 5 mm thick."}]
    assert metrics["model"] == {"id": "blocks", "sha256": "ab" * 32, "settings_sha256": "ef" * 32}
    assert metrics["input_sha256"] == "cd" * 32
    assert metrics["version"]
    assert {"network", "chambers", "agreement"} <= set(metrics["seconds"])
    agreement = metrics["agreement"]
    assert agreement["dice"] == pytest.approx(1.0, abs=0.02)
    assert {"dice_la", "dice_lv", "dice_per_slice", "dv_percent", "nmi", "psnr_db", "mae_hu"} <= set(
        agreement
    )
    assert agreement["mae_hu"] == 0.0
    assert agreement["psnr_db"] is None and agreement["reasons"]["psnr_db"]


def test_what_has_no_value_is_null_with_its_reason(tmp_path: Path) -> None:
    write_case(case_result(threshold_hu=2000.0, cect=None, reference=None), tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["volumes_ml"] == {"la": None, "lv": None}
    assert metrics["reasons"]["volumes_ml.la"] and metrics["reasons"]["volumes_ml.lv"]
    assert metrics["agreement"] is None and "no reference" in metrics["reasons"]["agreement"]


def test_metrics_csv_tells_the_same_as_metrics_json(tmp_path: Path) -> None:
    metrics = write_case(case_result(), tmp_path)
    with (tmp_path / "metrics.csv").open(newline="") as file:
        patient = {row["metric"]: row for row in csv.DictReader(file) if row["level"] == "patient"}
    assert float(patient["volume_la"]["value"]) == metrics["volumes_ml"]["la"]
    assert patient["volume_la"]["unit"] == "mL"
    assert float(patient["dice"]["value"]) == metrics["agreement"]["dice"]


def test_synthetic_file_says_in_its_header_that_it_is_synthetic_and_who_made_it(tmp_path: Path) -> None:
    write_case(case_result(), tmp_path)
    for name in ("synthetic_cect.nrrd", "enhancement.nrrd"):
        image = sitk.ReadImage(str(tmp_path / name))
        assert "SYNTHETIC" in image.GetMetaData("SyntheticCECT_note")
        assert image.GetMetaData("SyntheticCECT_model_sha256") == "ab" * 32
        assert image.GetMetaData("SyntheticCECT_model_settings_sha256") == "ef" * 32


def test_case_read_back_gives_the_same_chambers_and_figures(tmp_path: Path) -> None:
    written = case_result()
    write_case(written, tmp_path)
    again = segment_case(read_case(tmp_path))
    assert np.array_equal(sitk.GetArrayFromImage(again.labels), sitk.GetArrayFromImage(written.labels))
    assert again.volumes == written.volumes
    assert again.agreement is not None and written.agreement is not None
    assert again.agreement.as_dict() == written.agreement.as_dict()
    assert again.case.notices == written.case.notices
    assert again.case.synthesis.model_settings_sha256 == "ef" * 32


def test_leftover_of_an_older_run_is_not_taken_for_this_one(tmp_path: Path) -> None:
    write_case(case_result(), tmp_path)
    leftovers = {
        name: (tmp_path / name).read_bytes() for name in ("reference.seg.nrrd", "cect_registered.nrrd")
    }
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    write_case(case_result(cect=None, reference=None), fresh)
    for name, content in leftovers.items():
        (fresh / name).write_bytes(content)
    case = read_case(fresh)
    assert case.reference is None and case.cect is None


@pytest.mark.parametrize(
    "missing", ["metrics.json", "synthetic_cect.nrrd", "heart_mask.nrrd", "chamber_split.nrrd"]
)
def test_folder_that_lacks_a_file_is_refused(tmp_path: Path, missing: str) -> None:
    write_case(case_result(), tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(InputRefused):
        read_case(tmp_path)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"model": 3, "registration": null, "files": 1}', "\x00"]
)
def test_damaged_metrics_are_refused(tmp_path: Path, content: str) -> None:
    write_case(case_result(), tmp_path)
    (tmp_path / "metrics.json").write_text(content)
    with pytest.raises(InputRefused, match=r"metrics\.json"):
        read_case(tmp_path)


def test_files_of_an_older_result_are_known_and_those_of_others_are_not(tmp_path: Path) -> None:
    assert older_files(tmp_path) == older_files(tmp_path / "absent") == set()
    (tmp_path / "reference.seg.nrrd").write_text("drawn by hand, before any result")
    assert older_files(tmp_path) == set()
    write_case(case_result(), tmp_path)
    assert {"reference.seg.nrrd", "cect_registered.nrrd"} <= older_files(tmp_path)
    (tmp_path / "metrics.json").write_text(json.dumps({"files": ["../precious", "reference.seg.nrrd"]}))
    assert older_files(tmp_path) == {"reference.seg.nrrd"}


def test_why_there_is_no_interval_is_not_laid_on_the_model(tmp_path: Path) -> None:
    notices = (Notice("contrast_present", "The heart measures 110 HU."),)
    metrics = write_case(case_result(notices=notices), tmp_path)
    assert "contrast_present" in metrics["reasons"]["volume_intervals_ml"]
