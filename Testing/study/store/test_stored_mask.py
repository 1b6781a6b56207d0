"""A mask comes out of the database as it went in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.study.store.stored_mask import restore_mask, store_mask
from Testing.study.small_study import labels, numbered


def oblique() -> sitk.Image:
    image = sitk.Cast(labels(), sitk.sitkUInt8)
    turn = sitk.Euler3DTransform()
    turn.SetRotation(0.2, -0.4, 1.1)
    image.SetDirection(turn.GetMatrix())
    image.SetOrigin((12.3456789012345, -1 / 3, 1e-7))
    return image


@pytest.mark.parametrize("mask", [labels(), oblique()], ids=["axial", "oblique"])
def test_mask_and_grid_come_back_exactly(mask: sitk.Image) -> None:
    back = restore_mask(store_mask(mask))
    assert (sitk.GetArrayFromImage(back) == sitk.GetArrayFromImage(mask)).all()
    assert back.GetOrigin() == mask.GetOrigin()
    assert np.allclose(back.GetSpacing(), mask.GetSpacing(), atol=1e-12)
    assert np.allclose(back.GetDirection(), mask.GetDirection(), atol=1e-12)


def test_bytes_are_a_nrrd_file_for_any_program(tmp_path: Path) -> None:
    (tmp_path / "mask.nrrd").write_bytes(store_mask(oblique()).nrrd)
    read = sitk.ReadImage(str(tmp_path / "mask.nrrd"))
    assert (sitk.GetArrayFromImage(read) == sitk.GetArrayFromImage(labels())).all()
    assert np.allclose(read.GetOrigin(), oblique().GetOrigin())
    assert np.allclose(read.GetDirection(), oblique().GetDirection())


def test_hash_tells_voxels_and_grids_apart() -> None:
    moved = labels()
    moved.SetOrigin((0.0, 0.0, 0.0))
    hashes = {store_mask(mask).sha256 for mask in (labels(), moved, labels(la=3), numbered(1), labels())}
    assert len(hashes) == 4


def test_other_labels_are_dropped() -> None:
    mask = labels() * 3
    assert not sitk.GetArrayFromImage(restore_mask(store_mask(mask))).any()


@pytest.mark.parametrize(
    "change", [lambda n: n[:-9], lambda n: n.replace(b"40.0", b"41.0"), lambda n: b"\x00"]
)
def test_damaged_mask_is_refused(change: object) -> None:
    stored = store_mask(labels())
    damaged = replace(stored, nrrd=change(stored.nrrd))  # type: ignore[operator]
    with pytest.raises(InputRefused, match="not what was stored"):
        restore_mask(damaged)
