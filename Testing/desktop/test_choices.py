"""Devices, memory, slices, PyTorch's build, DICOM series: what is known before Apply."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.desktop.batch_queue import scans_in
from SyntheticCECTLib.desktop.checkerboard import checkerboard
from SyntheticCECTLib.desktop.device_list import devices, read_gpus, speed_note
from SyntheticCECTLib.desktop.memory import free_memory, memory_need
from SyntheticCECTLib.desktop.scan_size import scan_voxels
from SyntheticCECTLib.desktop.series_folder import series_folders
from SyntheticCECTLib.desktop.slice_range import SliceRange
from SyntheticCECTLib.desktop.torch_build import TorchBuild, read_version, torch_build
from Testing.small_case import SHAPE_KJI, image_of, prepared_case, synthesis

GPUS = "0, NVIDIA RTX A4000, 15000\n1, NVIDIA T4, 2048\n"
WITH_CUDA, FOR_CPU = TorchBuild("2.10.0+cu128", "12.8"), TorchBuild("2.10.0+cpu", None)


def test_each_graphics_card_is_listed_with_its_free_memory() -> None:
    titles = [one.title for one in devices(read_gpus(GPUS), WITH_CUDA, mac=False)]
    assert titles == [
        "Automatic (NVIDIA RTX A4000 (14.6 GiB free))", "NVIDIA RTX A4000 (14.6 GiB free)", "NVIDIA T4 (2.0 GiB free)",
        "Processor (CPU)",
    ]  # fmt: skip


def test_pytorch_without_cuda_is_noticed() -> None:
    gpus = read_gpus(GPUS)
    assert [one.key for one in devices(gpus, FOR_CPU, mac=False)] == ["auto", "cpu"]
    assert "cannot use the NVIDIA RTX A4000" in speed_note("auto", gpus, FOR_CPU, 60)


def test_slow_runs_are_called_slow() -> None:
    assert "This is slow" in speed_note("cpu", [], FOR_CPU, 2000)
    assert "slow" not in speed_note("cpu", [], FOR_CPU, 60) and "60 slices" in speed_note(
        "cpu", [], FOR_CPU, 60
    )


def test_answers_of_the_driver_that_are_no_cards_are_left_out() -> None:
    assert read_gpus("NVIDIA-SMI has failed\n0, x, [N/A]\n") == []


def test_pytorchs_build_is_read_without_importing_it() -> None:
    text = "from typing import Optional\n__version__ = '2.10.0+cu128'\ncuda: Optional[str] = '12.8'\nhip = None\n"
    assert read_version(text) == WITH_CUDA
    assert read_version("__version__ = '2.10.0+cpu'\ncuda: Optional[str] = None\n") == FOR_CPU
    assert read_version("") is None
    build = torch_build()
    assert build is None or build.version[0].isdigit()


def test_memory_grows_with_the_scan_and_is_compared_with_what_is_free() -> None:
    small, large = memory_need(10**6, 2**34), memory_need(10**9, 2**34)
    assert small.enough and not large.enough and large.needed > small.needed
    assert "not enough" in large.text() and memory_need(10**9, None).enough
    free = free_memory()
    assert free is None or 2**20 < free < 2**50


def test_a_real_cect_and_another_run_need_memory_too() -> None:
    alone = memory_need(10**8, None)
    compared = memory_need(10**8, None, cect_voxels=10**8)
    assert compared.needed > alone.needed
    beside = memory_need(10**8, alone.needed, beside=1)
    assert (
        memory_need(10**8, alone.needed).enough and not beside.enough and "for the other run" in beside.text()
    )


def test_size_of_a_scan_is_read_from_its_headers(tmp_path: Path) -> None:
    import SimpleITK as sitk

    voxels = int(np.prod(SHAPE_KJI))
    sitk.WriteImage(image_of(np.zeros(SHAPE_KJI, np.int16)), str(tmp_path / "scan.nrrd"))
    slices = tmp_path / "slices"
    slices.mkdir()
    for number in range(3):
        image = sitk.Image(SHAPE_KJI[2], SHAPE_KJI[1], 1, sitk.sitkInt16)
        sitk.WriteImage(image, str(slices / f"{number}.dcm"))
    (tmp_path / "empty.nrrd").write_bytes(b"")
    (tmp_path / "nothing").mkdir()
    assert scan_voxels(tmp_path / "scan.nrrd") == voxels
    assert scan_voxels(slices) == 3 * SHAPE_KJI[1] * SHAPE_KJI[2]
    for name in ("empty.nrrd", "nothing", "absent.nrrd"):
        assert scan_voxels(tmp_path / name) is None


def test_slices_go_out_and_come_back_on_the_whole_scan() -> None:
    import SimpleITK as sitk

    whole, part = prepared_case(), SliceRange(3, 8)
    cut = synthesis()
    assert cut.chamber_prior is not None
    small = prepared_case(
        synthesis=synthesis(
            native_ct=part.cut(cut.native_ct), synthetic_cect=part.cut(cut.synthetic_cect),
            enhancement_hu=part.cut(cut.enhancement_hu), heart_mask=part.cut(cut.heart_mask),
            chamber_prior=part.cut(cut.chamber_prior),
        ),
        cect=None, reference=None,
    )  # fmt: skip
    back = part.spread(small, whole.synthesis.native_ct).synthesis
    array = sitk.GetArrayFromImage(back.synthetic_cect)
    assert (
        array.shape == SHAPE_KJI and back.synthetic_cect.GetOrigin() == whole.synthesis.native_ct.GetOrigin()
    )
    expected = sitk.GetArrayFromImage(whole.synthesis.synthetic_cect)
    native = sitk.GetArrayFromImage(whole.synthesis.native_ct)
    assert np.array_equal(array[3:9], expected[3:9]) and np.array_equal(array[:3], native[:3])
    assert not sitk.GetArrayFromImage(back.heart_mask)[9:].any()


@pytest.mark.parametrize(("first", "last"), [(5, 3), (12, 0), (0, 12), (-1, 3)])
def test_impossible_slices_are_refused_with_their_numbers(first: int, last: int) -> None:
    with pytest.raises(InputRefused, match=r"volume of 12 slices"):
        SliceRange(first, last).bounds(12)


def test_checkerboard_takes_half_of_each() -> None:
    import SimpleITK as sitk

    zeros, ones = image_of(np.zeros(SHAPE_KJI, np.int16)), image_of(np.ones(SHAPE_KJI, np.int16))
    board = sitk.GetArrayFromImage(checkerboard(zeros, ones, square_mm=8.0))
    assert board[0, 0, 0] == 0 and board[0, 0, 4] == 1 and board[0, 4, 4] == 0
    assert board.mean() == pytest.approx(0.5)


def test_scans_of_a_folder_have_names_of_their_own(tmp_path: Path) -> None:
    for name in ("a.nii.gz", "a.nrrd", "b/1", "empty/", "c.txt"):
        if name.endswith("/"):
            (tmp_path / name).mkdir()
        else:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(b"")
    assert sorted(scans_in(tmp_path)) == ["a", "a_2", "b"]
    assert scans_in(tmp_path / "nowhere") == {}


def test_series_become_folders_without_identifiers(tmp_path: Path) -> None:
    (tmp_path / "IM1").write_bytes(b"one")
    folders = series_folders({"1.2.840": [str(tmp_path / "IM1")]}, tmp_path / "out")
    ((name, folder),) = folders.items()
    assert "840" not in name and [path.read_bytes() for path in folder.iterdir()] == [b"one"]


def test_series_of_another_disk_are_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Path) -> None:
        raise OSError("not across disks")

    monkeypatch.setattr("os.link", refuse)
    (tmp_path / "IM1").write_bytes(b"one")
    (folder,) = series_folders({"1.2.840": [str(tmp_path / "IM1")]}, tmp_path / "out").values()
    (file,) = folder.iterdir()
    assert file.is_symlink() and file.read_bytes() == b"one"
    monkeypatch.setattr("os.symlink", refuse)
    (folder,) = series_folders({"1.2.840": [str(tmp_path / "IM1")]}, tmp_path / "copied").values()
    (file,) = folder.iterdir()
    assert not file.is_symlink() and file.read_bytes() == b"one"


def test_series_with_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        series_folders({"1.2.840": [str(tmp_path / "IM1")]}, tmp_path / "out")
