"""Two hundred damaged files: each is refused in one clear line, or read correctly. Nothing else ever happens."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.formats.label_file import read_labels
from SyntheticCECTLib.core.scan import read_scan
from Testing.core.damage import damaged
from Testing.core.small_scans import chest, image_of, pack_jpeg, write_series

FILES = {
    "raw.nrrd": 33, "packed.nrrd": 33, "raw.nii": 34, "packed.nii.gz": 33, "packed.mha": 11, "series": 45, "jpeg": 11,
}  # fmt: skip


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("originals")
    image = image_of(chest())
    for name in ("raw.nrrd", "packed.nrrd", "raw.nii", "packed.nii.gz", "packed.mha"):
        sitk.WriteImage(image, str(folder / name), useCompression=name.startswith("packed"))
    write_series(folder / "series", chest())
    for path in write_series(folder / "jpeg", chest()):
        pack_jpeg(path)
    return folder


def damage_of(original: Path, folder: Path, seed: int) -> tuple[Path, str]:
    """Writes a damaged copy: of a file, or of one slice in the middle of a series."""
    if original.is_file():
        data, kind = damaged(original.read_bytes(), seed)
        (folder / original.name).write_bytes(data)
        return folder / original.name, kind
    kind = ""
    for index, path in enumerate(sorted(original.iterdir())):
        data = path.read_bytes()
        if index == 5:
            data, kind = damaged(data, seed)
        (folder / path.name).write_bytes(data)
    return folder, kind


def test_the_undamaged_files_are_read(originals: Path) -> None:
    for name in FILES:
        assert np.array_equal(sitk.GetArrayFromImage(read_scan(originals / name).image), chest()), name


@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_refused_in_one_line_or_read_correctly(
    originals: Path,
    tmp_path: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    refused = 0
    for seed in range(FILES[name]):
        folder = tmp_path / f"{seed}"
        folder.mkdir()
        path, kind = damage_of(originals / name, folder, seed)
        try:
            scan = read_scan(path)
        except InputRefused as refusal:
            refused += 1
            assert refusal.code and refusal.message and "\n" not in str(refusal), (seed, kind)
            assert len(str(refusal)) < 600, (seed, kind)
            continue
        array = sitk.GetArrayViewFromImage(scan.image)
        assert np.isfinite(array).all() and array.min() >= -1024, (seed, kind)
        assert array.size == chest().size or name == "series", (seed, kind)
        if name.startswith("packed") and kind not in ("digit", "flip header", "word"):
            assert np.array_equal(array, chest()), (seed, kind)  # checksums let nothing else through
    assert refused >= FILES[name] // 3
    assert list((tmp_path / "temporary").iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_damaged_label_files_are_refused_or_read(originals: Path, tmp_path: Path) -> None:
    labels = sitk.Cast(image_of(np.clip(chest() // 20, 0, 2)), sitk.sitkUInt8)
    sitk.WriteImage(labels, str(tmp_path / "labels.nrrd"), useCompression=True)
    whole = (tmp_path / "labels.nrrd").read_bytes()
    for seed in range(40):
        data, kind = damaged(whole, seed)
        (tmp_path / "labels.nrrd").write_bytes(data)
        try:
            found = read_labels(tmp_path / "labels.nrrd")
        except InputRefused as refusal:
            assert "\n" not in str(refusal), (seed, kind)
        else:
            assert set(np.unique(sitk.GetArrayViewFromImage(found))) <= {0, 1, 2}
