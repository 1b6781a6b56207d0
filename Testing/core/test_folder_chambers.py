"""A result folder shows the chambers that it holds: at its own threshold, and as a person corrected them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.case import CaseResult
from SyntheticCECTLib.core.case_folder import CHAMBERS, write_case
from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.folder_chambers import chambers_file, keep_edited, read_result
from SyntheticCECTLib.core.formats.label_file import write_chambers
from Testing.small_case import LA, LV_ML, case_result, image_of, labels, synthesis

FACTORS = {"la": (0.9, 1.1), "lv": (0.9, 1.1)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A result at the model's own threshold, which is calibrated there."""
    write_case(case_result(synthesis=synthesis(volume_factors=FACTORS)), tmp_path)
    return tmp_path


def corrected(voxels: int) -> sitk.Image:
    """The chambers without so many columns of the atrium."""
    array = sitk.GetArrayFromImage(labels())
    array[LA][:, :, :voxels] = 0
    return image_of(array)


def shows(result: CaseResult, wanted: sitk.Image) -> bool:
    return bool((sitk.GetArrayViewFromImage(result.labels) == sitk.GetArrayViewFromImage(wanted)).all())


def test_untouched_folder_is_read_as_it_was_made(folder: Path) -> None:
    result = read_result(folder)
    assert shows(result, labels()) and not result.by_hand and set(result.intervals_ml) == {"la", "lv"}


def test_chambers_are_those_of_the_folders_own_threshold(tmp_path: Path) -> None:
    metrics = write_case(case_result(380.0), tmp_path)
    result = read_result(tmp_path)
    assert result.threshold_hu == 380.0 and not result.by_hand
    assert {key: one["ml"] for key, one in result.volumes.items()} == metrics["volumes_ml"]
    assert metrics["volumes_ml"] == {"la": None, "lv": pytest.approx(LV_ML)}
    assert result.agreement is not None and result.agreement.as_dict() == metrics["agreement"]


def test_file_that_was_corrected_by_hand_is_shown_measured_and_marked(folder: Path) -> None:
    write_chambers(folder / CHAMBERS, corrected(3))
    result = read_result(folder)
    assert shows(result, corrected(3)) and result.by_hand
    assert result.volumes["la"]["ml"] == pytest.approx(0.75 * 6 * 8 * 12 * 0.02)
    assert result.intervals_ml == {}, "the interval is that of the threshold's chambers"
    assert result.agreement is not None
    assert result.agreement.patient.values["dice_la"] == pytest.approx(2 * 9 / (9 + 12))


def test_chambers_that_somebody_removed_are_none(folder: Path) -> None:
    write_chambers(folder / CHAMBERS, labels() * 0)
    result = read_result(folder)
    assert result.by_hand and result.volumes["la"]["ml"] is None


def test_newest_correction_counts(folder: Path) -> None:
    for number in range(1, 11):
        assert keep_edited(folder, corrected(number)).name == f"chambers_edited_{number}.seg.nrrd"
    assert chambers_file(folder).name == "chambers_edited_10.seg.nrrd"
    result = read_result(folder)
    assert shows(result, corrected(10)) and result.by_hand


def test_correction_that_changes_nothing_is_not_by_hand(folder: Path) -> None:
    keep_edited(folder, labels())
    assert not read_result(folder).by_hand


def test_correction_of_an_earlier_segmentation_does_not_count(folder: Path) -> None:
    keep_edited(folder, corrected(3))
    write_case(case_result(380.0), folder)
    result = read_result(folder)
    assert chambers_file(folder).name == CHAMBERS and not result.by_hand
    assert shows(result, case_result(380.0).labels)
    write_case(case_result(synthesis=synthesis(volume_factors=FACTORS)), folder)
    assert shows(read_result(folder), corrected(3)), "it corrects what is there again"


def test_correction_that_does_not_say_of_what_counts(folder: Path) -> None:
    write_chambers(folder / "chambers_edited_1.seg.nrrd", corrected(2))
    assert shows(read_result(folder), corrected(2))


def test_folder_without_its_chambers_is_refused(folder: Path) -> None:
    (folder / CHAMBERS).unlink()
    with pytest.raises(InputRefused, match=CHAMBERS):
        read_result(folder)


def test_interrupted_correction_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space"):
        keep_edited(folder, corrected(2))
    assert chambers_file(folder).name == CHAMBERS
    assert np.array_equal(
        sitk.GetArrayFromImage(read_result(folder).labels), sitk.GetArrayFromImage(labels())
    )
