"""``synthetic-cect compare`` as a user runs it, on small files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import SimpleITK as sitk

from SyntheticCECTLib.cli.__main__ import main
from SyntheticCECTLib.core.case_folder import write_case
from Testing.small_case import blocks, case_result, image_of, labels, synthesis


def test_compare_of_a_segmentation_with_itself_is_perfect(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sitk.WriteImage(labels(), str(tmp_path / "labels.nrrd"))
    arguments = ["compare", str(tmp_path / "labels.nrrd"), str(tmp_path / "labels.nrrd")]
    assert main([*arguments, "--json", "-o", str(tmp_path / "out")]) == 0
    metrics = json.loads(capsys.readouterr().out)
    assert metrics["agreement"]["dice"] == 1.0 and metrics["agreement"]["dv_percent"] == 0.0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"metrics.json", "metrics.csv"}
    assert main(arguments) == 0
    assert "Dice, LA" in capsys.readouterr().out


def test_compare_measures_the_synthetic_against_the_real_cect(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real, made = blocks(LA=340, LV=400), blocks(LA=340, LV=400)
    made[4, 12, 25] += 10
    for name, image in (
        ("labels", labels()), ("heart", synthesis().heart_mask), ("real", image_of(real)), ("made", image_of(made)),
    ):  # fmt: skip
        sitk.WriteImage(image, str(tmp_path / f"{name}.nrrd"))
    path = {name: str(tmp_path / f"{name}.nrrd") for name in ("labels", "heart", "real", "made")}
    arguments = [
        "compare",
        path["labels"],
        path["labels"],
        "--cect",
        path["real"],
        "--synthetic",
        path["made"],
    ]
    assert main([*arguments, "--heart-mask", path["heart"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agreement"]["mae_hu"] == pytest.approx(10 / (8 * 24 * 30))


def test_compare_refuses_a_cect_on_another_grid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sitk.WriteImage(labels(), str(tmp_path / "labels.nrrd"))
    moved = image_of(blocks())
    moved.SetOrigin((0.0, 0.0, 0.0))
    sitk.WriteImage(moved, str(tmp_path / "moved.nrrd"))
    reference = str(tmp_path / "labels.nrrd")
    assert main(["compare", reference, reference, "--cect", str(tmp_path / "moved.nrrd")]) == 2
    assert "moved.nrrd" in capsys.readouterr().err


def test_compare_takes_a_synthetic_cect_that_synthesize_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_case(case_result(), tmp_path)
    synthetic, chambers = str(tmp_path / "synthetic_cect.nrrd"), str(tmp_path / "chambers.seg.nrrd")
    arguments = ["compare", chambers, chambers, "--cect", str(tmp_path / "cect_registered.nrrd")]
    heart = ["--heart-mask", str(tmp_path / "heart_mask.nrrd")]
    assert main([*arguments, "--synthetic", synthetic, *heart]) == 0
    assert main(["synthesize", synthetic, "-o", str(tmp_path / "out")]) == 2
    assert "computed, not acquired" in capsys.readouterr().err


def test_compare_counts_what_lies_beyond_a_reference_that_was_cropped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A DICOM SEG spans the slices with segments only; the prediction's voxels beyond are its errors all the same."""
    truth, found = labels(), sitk.GetArrayFromImage(labels())
    found[9:11, 10:20, 22:38] = 2  # two slices too many
    cropped = image_of(blocks(LA=340, LV=400))[:, :, 3:9]
    for name, image in (
        ("whole", truth), ("cropped", truth[:, :, 3:9]), ("found", image_of(found)), ("cect", cropped),
        ("heart", synthesis().heart_mask),
    ):  # fmt: skip
        sitk.WriteImage(image, str(tmp_path / f"{name}.nrrd"))
    path = {file.stem: str(file) for file in tmp_path.iterdir()}
    told = {}
    for name in ("whole", "cropped"):
        assert main(["compare", path["found"], path[name], "--json"]) == 0
        told[name] = json.loads(capsys.readouterr().out)["agreement"]
        assert told[name]["predicted_ml"]["lv"] == pytest.approx(8 * 10 * 16 * 0.02)
    keys = [
        key for key in told["whole"] if key.startswith(("dice", "dv_", "hd95")) and key != "dice_per_slice"
    ]
    assert {key: told["cropped"][key] for key in keys} == {key: told["whole"][key] for key in keys}
    images = ["--cect", path["cect"], "--synthetic", path["cect"], "--heart-mask", path["heart"]]
    assert main(["compare", path["found"], path["cropped"], *images, "--json"]) == 0
    agreement = json.loads(capsys.readouterr().out)["agreement"]
    assert agreement["mae_hu"] == 0.0 and agreement["cect_covers_heart_percent"] == 100.0


def test_compare_says_which_of_its_files_it_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sitk.WriteImage(labels(), str(tmp_path / "truth.nrrd"))
    sitk.WriteImage(labels() * 0, str(tmp_path / "nothing.nrrd"))
    good, empty = str(tmp_path / "truth.nrrd"), str(tmp_path / "nothing.nrrd")
    for arguments, name in (([empty, good], "PRED"), ([good, empty], "REF")):
        assert main(["compare", *arguments]) == 2
        assert f"{name} {empty}" in capsys.readouterr().err
    assert main(["compare", good, good, "--heart-mask", empty]) == 2
    assert f"--heart-mask {empty}" in capsys.readouterr().err
