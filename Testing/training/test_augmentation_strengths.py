"""Each kind of augmentation can be chosen by itself; CT, CECT and masks move together under each."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from SyntheticCECTLib.core.errors import InputRefused
from training import leftheart_task
from training.augmentation_strengths import FULL, AugmentationStrengths
from training.leftheart_task import LeftHeartSettings, LeftHeartTask
from training.run_settings import add_settings_arguments, given_settings, make_settings
from training.santini_task import SantiniSettings, SantiniTask
from training.task import Batch
from training.train_command import KINDS

RECIPES = {
    "santini2018": {"model": "santini2018", "model_id": "x", "widths": [4] * 9},
    "leftheart": {"model": "leftheart", "model_id": "x", "widths": [4] * 4},
}
NAMES = [field.name for field in fields(AugmentationStrengths)]
OFF = dict.fromkeys(NAMES, 0.0) | {"short_scans": 0.0}
MOVES, DISTURBANCES = ("rotation_deg", "shift", "scale", "elastic"), ("hu", "noise", "blur")
Made = Callable[..., Batch]


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A heart whose LA is brighter than its LV in the CECT, neither in the middle."""
    path = tmp_path_factory.mktemp("cohort") / "patient.npz"
    labels = np.zeros((32, 64, 64), np.uint8)
    labels[6:26, 10:50, 8:50], labels[10:22, 16:30, 14:44], labels[10:22, 32:44, 20:46] = 1, 2, 3
    native = np.array([-800, 40, 40, 40], np.int16)[labels]
    cect = np.array([-800, 40, 400, 300], np.int16)[labels]
    np.savez(path, thorax_native=native, thorax_labels=labels, heart_native=native, heart_cect=cect,
             heart_labels=labels, heart_structures=0 * labels)  # fmt: skip
    return path


@pytest.fixture(params=RECIPES)
def made(request: pytest.FixtureRequest, patient: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Makes a batch of one network's task, for a seed and some settings."""
    monkeypatch.setattr(leftheart_task, "BLOCK_KJI", (32, 64, 64))
    name, kind = request.param, KINDS[request.param]
    items = torch.arange(4, 10) if name == "santini2018" else torch.zeros(2, dtype=torch.long)

    def batch(seed: int = 0, **settings: Any) -> Batch:
        known = {field.name for field in fields(kind.settings)}
        recipe = RECIPES[name] | {key: value for key, value in settings.items() if key in known}
        task = kind.task(make_settings(kind.settings, recipe), [patient], [patient])
        return task.make_batch(items, torch.Generator().manual_seed(seed))

    return batch


def chambers_of(batch: Batch) -> torch.Tensor:
    return batch[2] if batch[2].shape[1] == 1 else batch[2][:, 1:2] + batch[2][:, 2:3]


def heart_of(batch: Batch) -> torch.Tensor:
    return batch[3] if batch[2].shape[1] == 1 else batch[2][:, :1]


def assert_together(batch: Batch) -> None:
    """What the masks say lies where CT and CECT show it."""
    native, cect = batch[:2]
    assert ((cect > 0.17) == (chambers_of(batch) > 0.5)).float().mean() > 0.98
    for image in (native, cect):
        assert ((image > -0.38) == (heart_of(batch) > 0.5)).float().mean() > 0.98
    if batch[2].shape[1] == 5:
        la, lv = (cect[batch[2][:, n : n + 1] > 0.99].median() for n in (1, 2))
        assert float(la) == pytest.approx(0.4, abs=0.01) and float(lv) == pytest.approx(0.3, abs=0.01)


def test_with_everything_off_items_are_as_they_were(made: Made, patient: Path) -> None:
    batch = made(**OFF)
    with np.load(patient) as arrays:
        native, cect = (torch.from_numpy(arrays[name]) / 1000 for name in ("heart_native", "heart_cect"))
    for found, wanted in zip(batch, (native, cect), strict=False):
        wanted = wanted[6:26][4:10, None] if found.ndim == 4 else wanted.expand(2, 1, -1, -1, -1)
        assert torch.allclose(found, wanted, atol=1e-4)
    assert_together(batch)


@pytest.mark.parametrize("part", MOVES)
def test_every_move_alone_moves_ct_cect_and_masks_together(made: Made, part: str) -> None:
    still = made(**OFF)
    batches = [made(seed, **OFF | {part: getattr(FULL, part)}) for seed in range(3)]
    for batch in batches:
        assert (chambers_of(batch) != chambers_of(still)).any(), "it moved"
        assert_together(batch)
    assert not torch.equal(batches[0][1], batches[1][1])


@pytest.mark.parametrize("part", DISTURBANCES)
def test_every_disturbance_alone_changes_the_ct_alone(made: Made, part: str) -> None:
    still = made(**OFF)
    batches = [made(seed, **OFF | {part: 1.0}) for seed in range(1, 5)]
    assert any(not torch.equal(batch[0], still[0]) for batch in batches)
    for batch in batches:
        assert all(torch.equal(one, other) for one, other in zip(batch[1:], still[1:], strict=True))
        assert (batch[0] - still[0]).abs().mean() < 0.06, "a disturbance, not another image"


@pytest.mark.parametrize("part", (*MOVES, *DISTURBANCES))
def test_what_is_switched_off_is_the_only_thing_that_is_missing(made: Made, part: str) -> None:
    """The seed draws the rest as before: what does not depend on the part is the same to the bit."""
    seeds = range(1, 5)
    whole = [made(seed) for seed in seeds]
    without = [made(seed, **{part: 0.0}) for seed in seeds]
    half = [made(seed, **{part: getattr(FULL, part) / 2}) for seed in seeds]
    changed = 1 if part in MOVES else 0
    for other in (without, half):
        pairs = list(zip(whole, other, strict=True))
        assert any(not torch.equal(one[changed], two[changed]) for one, two in pairs)
        if part in DISTURBANCES:
            assert all(torch.equal(a, b) for one, two in pairs for a, b in zip(one[1:], two[1:], strict=True))


def test_rotation_stays_within_its_degrees_and_keeps_areas(made: Made) -> None:
    still = chambers_of(made(**OFF)).sum()
    turned = [chambers_of(made(seed, **OFF | {"rotation_deg": 10.0})) for seed in range(4)]
    assert all(float(chambers.sum() / still) == pytest.approx(1, abs=0.02) for chambers in turned)


def test_mirrored_item_is_the_same_item_seen_in_a_mirror(made: Made) -> None:
    plain, mirrored = made(mirror=0.0), made(mirror=1.0)
    assert all(torch.equal(one.flip(-1), two) for one, two in zip(plain, mirrored, strict=True))
    assert_together(made(**OFF | {"mirror": 1.0}))


def test_share_of_items_is_mirrored_and_the_rest_left_alone(made: Made) -> None:
    flips = []
    for seed in range(6):
        plain, some = made(seed), made(seed, mirror=0.5)
        for n in range(len(plain[0])):
            same = [torch.equal(one[n], two[n]) for one, two in zip(plain, some, strict=True)]
            turned = [torch.equal(one[n].flip(-1), two[n]) for one, two in zip(plain, some, strict=True)]
            assert all(same) or all(turned)
            flips.append(not all(same))
    assert 0.2 < np.mean(flips) < 0.8


def test_rotation_of_the_paper_knows_its_degrees_and_the_mirror(patient: Path) -> None:
    def batch(**settings: Any) -> Batch:
        recipe = RECIPES["santini2018"] | {"augmentation": "rotation"} | settings
        task = SantiniTask(make_settings(SantiniSettings, recipe), [patient], [patient])
        return task.make_batch(torch.arange(4, 16), torch.Generator().manual_seed(1))

    still, plain, mirrored = batch(rotation_deg=0), batch(), batch(mirror=1)
    assert still[1][0, 0, 20, 20] == pytest.approx(0.4, abs=1e-4)
    assert not torch.equal(still[2], plain[2])
    assert all(torch.equal(one.flip(-1), two) for one, two in zip(plain, mirrored, strict=True))
    for one in (still, plain, mirrored):
        assert_together(one)
    with pytest.raises(InputRefused, match="where noise, blur would have no effect"):
        batch(noise=0.5, blur=0.1)
    batch(noise=0)


def test_short_scans_are_as_often_as_wanted(patient: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftheart_task, "BLOCK_KJI", (32, 16, 16))

    def cut(share: float) -> list[bool]:
        settings = make_settings(LeftHeartSettings, RECIPES["leftheart"] | OFF | {"short_scans": share})
        task = LeftHeartTask(settings, [patient], [patient])
        batch = task.make_batch(torch.zeros(30, dtype=torch.long), torch.Generator().manual_seed(0))
        return [bool((native < -1).any()) for native in batch[0]]

    assert not any(cut(0.0)) and sum(cut(0.3)) < sum(cut(1.0)) > 20


def test_what_recipes_without_these_settings_drew_they_still_draw(made: Made) -> None:
    """Weights that are committed come from these random numbers; a change of the stream changes the sums by far more."""
    batch = made(7)
    known = {4: (-0.472228, -0.416319, 4402.0), 5: (-0.660645, -0.612685, 17045.77)}[batch[0].ndim]
    sums = (float(batch[0].mean()), float(batch[1].mean()), float(chambers_of(batch).sum()))
    assert sums == pytest.approx(known, rel=1e-4)


@pytest.mark.parametrize("kind", [AugmentationStrengths, SantiniSettings, LeftHeartSettings])
def test_strengths_out_of_range_are_refused_all_at_once(kind: Callable[..., object]) -> None:
    names = {} if kind is AugmentationStrengths else {"model": "m", "model_id": "x", "widths": (4,)}
    with pytest.raises(InputRefused) as refusal:
        kind(**names, shift=-0.1, mirror=1.5, rotation_deg=200.0, hu=float("nan"))
    said = str(refusal.value)
    assert all(word in said for word in ("shift is -0.1", "mirror is 1.5", "from 0 to 180", "hu is nan"))
    if kind is LeftHeartSettings:
        with pytest.raises(InputRefused, match=r"short_scans is 2.*sharp_blocks is -1.*slice_overlap is -2"):
            kind(**names, short_scans=2.0, sharp_blocks=-1.0, slice_overlap=-2.0)


def test_command_line_knows_the_settings_of_every_network() -> None:
    parser = argparse.ArgumentParser()
    add_settings_arguments(parser, *(kind.settings for kind in KINDS.values()))
    words = ["--rotation-deg", "15", "--mirror", "0.1", "--short-scans", "0", "--noise", "0.5"]
    given = given_settings(parser.parse_args(words))
    settings = make_settings(LeftHeartSettings, RECIPES["leftheart"] | given)
    assert (settings.rotation_deg, settings.mirror, settings.short_scans, settings.noise) == (15, 0.1, 0, 0.5)
    assert replace(settings, rotation_deg=25, mirror=0, short_scans=0.3, noise=1) == make_settings(
        LeftHeartSettings, RECIPES["leftheart"]
    )
    assert "situs inversus" in parser.format_help() and "--steepness" in parser.format_help()
