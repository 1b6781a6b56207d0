"""What the loop is told of our networks; each trains for a few steps on blobs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.left_heart_network import LeftHeart
from SyntheticCECTLib.core.networks.model_package import load_model
from training import chest_volumes, leftheart_task, train_command
from training.batches import Batches
from training.block_augmentation import AIR
from training.heart_slices import chamber_threshold
from training.heart_task import HeartTask, overlap_loss
from training.leftheart_task import LeftHeartSettings, LeftHeartTask, slice_overlap_loss
from training.loop import fit
from training.package import rewrite_card, write_package
from training.run_settings import RunSettings, make_settings
from training.santini_task import SantiniSettings, SantiniTask

WIDTHS = {"santini2018": [4, 4, 4, 4, 4, 4, 4, 4, 8], "heart_finder": [4, 4, 4, 4]}
SHORT = {
    "model_id": "tiny",
    "epochs": 2,
    "epoch_steps": 4,
    "batch": 4,
    "accelerator": "cpu",
    "average_decay": 0.5,
}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two patients of blobs; LA alone on some slices."""
    folder, paths = tmp_path_factory.mktemp("cohort"), []
    for n in range(2):
        labels = np.zeros((48, 64, 64), np.uint8)
        labels[10:40, 10:54, 10:54], labels[15:35, 16:30, 20:46], labels[15:30, 34:50, 20:46] = 1, 2, 3
        image = (np.where(labels > 0, 40, -800) + np.random.default_rng(n).normal(0, 5, labels.shape)).astype(
            np.int16
        )
        cect = np.where(labels > 1, 380, image).astype(np.int16)
        paths.append(folder / f"{n}.npz")
        np.savez(paths[-1], thorax_native=image, thorax_labels=labels, heart_native=image, heart_cect=cect,
                 heart_labels=labels, heart_structures=0 * labels)  # fmt: skip
    return paths


def santini(cohort: list[Path], **changes: object) -> SantiniTask:
    recipe = SHORT | {"model": "santini2018", "widths": WIDTHS["santini2018"], "part": 2} | changes
    return SantiniTask(make_settings(SantiniSettings, recipe), cohort[:1], cohort[1:])


def test_paper_trains_on_slices_with_both_chambers_only(cohort: list[Path]) -> None:
    assert len(santini(cohort)) == 30 and len(santini(cohort, slices="both_chambers")) == 15


@pytest.mark.parametrize("augmentation", ["full", "rotation"])
def test_santini_learns_in_the_loop_and_knows_its_threshold(
    cohort: list[Path], tmp_path: Path, augmentation: str
) -> None:
    task = santini(cohort, augmentation=augmentation)
    fitted = fit(task, task._settings, tmp_path)
    assert fitted.facts["vth_hu"] == 380 and fitted.curve[-1]["loss"] < fitted.curve[0]["loss"]
    picture = next(iter(task.pictures(fitted.network).values()))
    assert picture.shape == (64, 256, 3) and picture.dtype == np.uint8


def test_rotation_alone_leaves_the_slices_hu_alone(cohort: list[Path]) -> None:
    task = santini(cohort, augmentation="rotation")
    native, cect, chambers, heart = task.make_batch(torch.arange(6), torch.Generator().manual_seed(0))
    inside = (heart[:, :, 16:48, 16:48] > 0).all()
    assert inside and native[:, :, 20:44, 20:44].mean() == pytest.approx(0.04, abs=0.003)
    assert cect.shape == chambers.shape == native.shape


def test_heart_finder_learns_in_the_loop(
    cohort: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chest_volumes, "BLOCK_KJI", (16, 32, 32))
    recipe = SHORT | {"model": "heart_finder", "widths": WIDTHS["heart_finder"], "batch": 2, "part": 1}
    settings = make_settings(RunSettings, recipe)
    fitted = fit(HeartTask(settings, cohort[:1], cohort[1:]), settings, tmp_path)
    assert set(fitted.curve[0]) >= {"loss", "soft_dice_loss", "cross_entropy", "validation_dice_la"}


def test_overlap_loss_is_one_minus_the_dice_of_sure_masks() -> None:
    masks = torch.zeros(1, 2, 4, 20, 20)
    masks[:, :, :, :10] = 1
    logits = torch.full(masks.shape, -50.0)
    logits[:, 0, :, :10] = 50.0  # the first is found exactly, of the second half too little
    logits[:, 1, :, :5] = 50.0
    dice = (2 * 400 + 50) / (400 + 800 + 50)
    assert float(overlap_loss(logits, masks)) == pytest.approx((0 + 1 - dice) / 2, abs=1e-5)


def test_slice_overlap_counts_small_slices_like_large_ones_and_leaves_others_out() -> None:
    masks = torch.zeros(1, 1, 4, 20, 20)
    masks[:, :, 1, :10], masks[:, :, 2, :1] = (
        1,
        1,
    )  # 200 pixels, found; 20 pixels, missed; two slices without a chamber
    logits = torch.full(masks.shape, -50.0)
    logits[:, :, 1, :10] = 50.0
    logits[:, :, 3, :10] = 50.0
    missed = 1 - 10 / (20 + 10)
    assert float(slice_overlap_loss(logits, masks)) == pytest.approx((0 + missed) / 2, abs=1e-5)


def test_slice_overlap_is_a_part_of_the_loss_where_the_recipe_weighs_it(cohort: list[Path]) -> None:
    recipe = SHORT | {"model": "leftheart", "widths": [4, 4, 4, 4]}
    found = {}
    for weight in (0.0, 0.5):
        settings = make_settings(LeftHeartSettings, recipe | {"slice_overlap": weight})
        task = LeftHeartTask(settings, cohort[:1], cohort[1:])
        batch = task.make_batch(torch.tensor([0]), torch.Generator().manual_seed(0))
        found[weight] = {name: part.item() for name, part in task.losses(task.network, batch).items()}
    assert "slice_dice_loss" not in found[0.0]
    added = found[0.5]["loss"] - found[0.0]["loss"]
    assert added == pytest.approx(0.5 * found[0.5]["slice_dice_loss"], rel=1e-4) and added > 0.1


def test_every_item_comes_once_in_each_turn_and_shares_of_processes_join_to_the_whole(
    cohort: list[Path],
) -> None:
    class Numbers(SantiniTask):
        def make_batch(self, chosen: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, ...]:
            return (chosen,)

    recipe = SHORT | {"model": "santini2018", "widths": WIDTHS["santini2018"], "part": 2, "batch": 6}
    task = Numbers(make_settings(SantiniSettings, recipe), cohort[:1], cohort[1:])
    whole = [batch[0] for batch in Batches(task, task._settings).between(0, 10)]
    assert sorted(torch.cat(whole[:5]).tolist()) == list(range(30)) == sorted(torch.cat(whole[5:]).tolist())
    assert not torch.equal(torch.cat(whole[:5]), torch.cat(whole[5:]))
    shares = [
        [batch[0] for batch in Batches(task, task._settings, rank, 3).between(0, 10)] for rank in range(3)
    ]
    assert all(torch.equal(torch.cat(parts), all_) for *parts, all_ in zip(*shares, whole, strict=True))


def test_batch_that_processes_cannot_share_is_refused(cohort: list[Path]) -> None:
    task = santini(cohort)
    with pytest.raises(ValueError, match="cannot share equally"):
        Batches(task, task._settings, 0, 3)


def test_threshold_is_the_mean_of_the_masks_minima() -> None:
    cect = torch.tensor([[[310, 500, 0]], [[700, 290, 0]], [[5, 5, 5]]], dtype=torch.int16)
    labels = torch.tensor([[[2, 3, 1]], [[3, 2, 1]], [[1, 1, 1]]], dtype=torch.uint8)
    assert chamber_threshold({"cect": cect, "labels": labels}) == 300


def test_threshold_leaves_out_what_the_cect_did_not_cover() -> None:
    cect = torch.tensor([[[310, 500, -1024]], [[-1024, -1024, 0]]], dtype=torch.int16)
    labels = torch.tensor([[[2, 3, 3]], [[3, 2, 1]]], dtype=torch.uint8)
    assert chamber_threshold({"cect": cect, "labels": labels}) == 310


class Saying(torch.nn.Module):
    """A network with one answer to everything."""

    def __init__(self, answer: torch.Tensor) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.answer


@pytest.mark.parametrize("name", ["santini2018", "leftheart"])
def test_contrast_is_not_learned_where_the_cect_did_not_reach(cohort: list[Path], name: str) -> None:
    """A network that is right wherever there is a CECT has no error, however much of the heart it misses."""
    cect = torch.full((1, 1, 16, 16), 0.3)
    heart, chambers = torch.ones_like(cect), torch.ones_like(cect)
    native, cut = torch.zeros_like(cect), cect.clone()
    cut[..., 8:] = AIR
    if name == "santini2018":
        task = santini(cohort, beta=0.0)
        whole, part = (
            task.losses(Saying(cect), (native, image, chambers, heart))["loss"] for image in (cect, cut)
        )
    else:
        recipe = SHORT | {"model": "leftheart", "widths": [4, 4, 4, 4], "part": 1}
        task = LeftHeartTask(make_settings(LeftHeartSettings, recipe), cohort[:1], cohort[1:])
        masks, told = heart[:, None].repeat(1, 5, 1, 1, 1), torch.ones(1, 5, 1, 1, 1, dtype=torch.bool)
        answer = torch.cat([cect[:, None], torch.zeros(1, 6, 1, 16, 16)], 1)
        whole, part = (
            task.losses(Saying(answer), (native[:, None], image[:, None], masks, told))["contrast"]
            for image in (cect, cut)
        )
    assert whole == pytest.approx(0, abs=1e-5) and part == pytest.approx(0, abs=1e-5)


def test_leftheart_learns_in_the_loop_and_makes_a_package(
    cohort: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftheart_task, "BLOCK_KJI", (16, 48, 48))
    recipe = SHORT | {"model": "leftheart", "widths": [4, 4, 4, 4], "batch": 2, "part": 1, "epochs": 4}
    settings = make_settings(LeftHeartSettings, recipe)
    split = {"seed": 7, "train": 1, "validation": 1, "test": 0, "test_set_sha256": "0" * 64}
    origin = train_command.Origin(cohort[:1], cohort[1:], "1 patient of blobs", "blobs only", split)
    package = train_command.train(settings, origin, tmp_path / "run", tmp_path / "models")
    assert package is not None
    card = json.loads((package / "card.json").read_text())
    assert card["training_data"] == "1 patient of blobs" and card["limits"][0] == "blobs only"
    assert card["split"] == split and card["recipe"]["mirror"] == 0
    assert card["threshold_hu"] == 380 and card["recipe"]["validation_patients"] == 1
    curve = card["results"]["curve"]
    for figure in ("contrast", "likelihood", "soft_dice_loss", "mae_hu"):
        assert curve[-1][figure] < curve[0][figure]
    assert {"dice_la", "dv_percent"} <= set(curve[0])
    # Measured with these weights: a finished run that is started again keeps it.
    measured = {
        "volume_interval": {"la": [-1, 1]},
        "results": card["results"] | {"whole path": {"dV %": "3"}},
    }
    rewrite_card(package, card | measured)
    train_command.train(settings, origin, tmp_path / "run", tmp_path / "models")
    again = json.loads((package / "card.json").read_text())
    assert again == card | measured
    other = {**load_model(package).network().state_dict()}
    other["last.2.bias"] = other["last.2.bias"] + 1
    changed = LeftHeart((4, 4, 4, 4))
    changed.load_state_dict(other)
    write_package(tmp_path / "models", changed, card["recipe"], {
        "data": "", "data_limit": "", "validated_on": "", "curve": [], "vth_hu": 380,
    })  # fmt: skip
    assert "volume_interval" not in json.loads((package / "card.json").read_text()), "of other weights"
    task = LeftHeartTask(settings, cohort[:1], cohort[1:])
    with torch.inference_mode():
        (picture,) = task.pictures(task.network.eval()).values()
    assert picture.shape == (64, 256, 3) and picture.dtype == np.uint8


@pytest.fixture(scope="module")
def without_chambers(cohort: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    with np.load(cohort[1]) as arrays:
        content = dict(arrays)
    content["heart_labels"] = np.minimum(content["heart_labels"], 1)
    path = tmp_path_factory.mktemp("without") / "chambers.npz"
    np.savez(path, **content)
    return path


def test_heart_without_chambers_is_judged_by_the_rest(cohort: list[Path], without_chambers: Path) -> None:
    recipe = SHORT | {"model": "leftheart", "widths": [4, 4, 4, 4]}
    settings = make_settings(LeftHeartSettings, recipe)
    task = LeftHeartTask(settings, cohort[:1], [cohort[1], without_chambers])
    alone = LeftHeartTask(settings, cohort[:1], cohort[1:])
    with torch.inference_mode():
        both, one = (each.validate(task.network.eval()) for each in (task, alone))
    assert all(value == value for value in both.values())
    assert both["dice_per_slice"] == one["dice_per_slice"] and both["dv_percent"] == one["dv_percent"]


@pytest.mark.parametrize("model", ["santini2018", "leftheart"])
def test_nobody_to_judge_by_is_said_before_training(
    model: str, cohort: list[Path], without_chambers: Path
) -> None:
    kind = train_command.KINDS[model]
    settings = make_settings(
        kind.settings, SHORT | {"model": model, "widths": WIDTHS.get(model, [4, 4, 4, 4])}
    )
    with pytest.raises(InputRefused, match="None of the patients to validate on has a chamber"):
        kind.task(settings, cohort[:1], [without_chambers])


def test_masks_of_a_heart_block_are_those_of_the_networks_structures(cohort: list[Path]) -> None:
    block = leftheart_task.load_blocks(cohort[:1])[0]
    block.structures[20, :4] = 1
    heart, la, lv, aorta, right = block.masks()
    assert (heart >= la + lv).all() and la.sum() == 20 * 14 * 26 and lv.sum() == 15 * 16 * 26
    assert aorta.sum() == 4 * 64 and right.sum() == 0
    task = LeftHeartTask(
        make_settings(LeftHeartSettings, SHORT | {"model": "leftheart", "widths": [4] * 4}), cohort, cohort
    )
    native, cect, masks, told = task.make_batch(torch.tensor([0, 1]), torch.Generator().manual_seed(0))
    assert native.shape == cect.shape == (2, 1, 40, 96, 96) and masks.shape == (2, 5, 40, 96, 96)
    assert told.all()


def test_leftheart_learns_nothing_about_structures_that_nobody_drew(
    cohort: list[Path], tmp_path: Path
) -> None:
    with np.load(cohort[0]) as arrays:
        content = {name: arrays[name] for name in arrays.files}
    nobodys, drawn = np.full_like(content["heart_structures"], 255), content["heart_structures"].copy()
    drawn[12:38, 12:20, 12:20] = 1
    for name, structures in (("pair", nobodys), ("drawn", drawn)):
        np.savez(tmp_path / f"{name}.npz", **content | {"heart_structures": structures})
    settings = make_settings(LeftHeartSettings, SHORT | {"model": "leftheart", "widths": [4] * 4})
    for path, learns in ((tmp_path / "pair.npz", False), (tmp_path / "drawn.npz", True)):
        task = LeftHeartTask(settings, [path], [path])
        batch = task.make_batch(torch.tensor([0]), torch.Generator().manual_seed(0))
        logits: list[torch.Tensor] = []

        def network(image: torch.Tensor, kept: list[torch.Tensor] = logits) -> torch.Tensor:
            kept.append(torch.zeros(1, 7, *image.shape[2:], requires_grad=True))
            return kept[-1]

        task.losses(network, batch)["loss"].backward()  # pyright: ignore[reportArgumentType]
        gradient = logits[0].grad
        assert gradient is not None and (gradient[:, 2:5] != 0).any()
        assert bool((gradient[:, 5:] != 0).any()) == learns
        assert ("dice_aorta" in task.validate(task.network.eval().requires_grad_(False))) == learns
