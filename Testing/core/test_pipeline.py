import json
import shutil
from collections.abc import Iterator
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch

from SyntheticCECTLib.core import heart_finder, pipeline
from SyntheticCECTLib.core.errors import Cancelled, InputRefused
from SyntheticCECTLib.core.heart_finder import SPACING_MM, HeartMap
from SyntheticCECTLib.core.networks import model_package
from SyntheticCECTLib.core.networks.contrast_model import Contrast, ContrastModel
from SyntheticCECTLib.core.networks.heart_network import HeartFinder
from SyntheticCECTLib.core.networks.left_heart_network import LeftHeart
from SyntheticCECTLib.core.networks.model_package import save_model
from SyntheticCECTLib.core.networks.network import Santini2018
from SyntheticCECTLib.core.orientation import to_axial
from SyntheticCECTLib.core.pipeline import Settings, Synthesis, synthesize
from SyntheticCECTLib.core.solid_part import one_part
from SyntheticCECTLib.core.working_grid import grid_over

CARD = dict(working_grid={}, hu_scaling={}, training_data="none", intended_use="tests", licence="Apache-2.0")


@pytest.fixture(scope="module", autouse=True)
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Packages of untrained networks in the place of the bundled ones."""
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    widths = [4] * 9
    architecture = {"name": "santini2018", "arguments": {"widths": widths}}
    contrast, finder = Santini2018(widths).eval(), HeartFinder((4, 4, 4, 4)).eval()
    with torch.no_grad():
        contrast.last.weight *= 100  # enough to see
        finder.last[2].bias -= 50  # pyright: ignore[reportOperatorIssue]  # finds no heart
    save_model(folder, "santini2018", contrast, CARD | dict(architecture=architecture, threshold_hu=150.0))
    left_heart = LeftHeart([2, 3, 4, 5]).eval()
    with torch.no_grad():
        left_heart.last[-1].weight *= 20  # pyright: ignore[reportCallIssue, reportOperatorIssue]
        # heart nearly everywhere, either chamber in much of it
        left_heart.output_bias.copy_(torch.tensor([0.0, 0.0, 5.0, 1.0, 1.0, 0.0, 0.0])[:, None])
    architecture = {"name": "leftheart", "arguments": {"widths": [2, 3, 4, 5]}}
    save_model(folder, "leftheart", left_heart, CARD | dict(architecture=architecture, threshold_hu=150.0))
    architecture = {"name": "heart_finder", "arguments": {"widths": [4, 4, 4, 4]}}
    save_model(folder, "heart_finder", finder, CARD | dict(architecture=architecture))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_package, "models_folder", lambda: folder)
        yield folder


@pytest.fixture(scope="module")
def scan() -> tuple[sitk.Image, sitk.Image]:
    """A CT of noise with a heart mask, turned a little against the patient."""
    rng = np.random.default_rng(0)
    array = rng.normal(40, 25, (26, 60, 64)).round().astype(np.float32)
    array[:, :8] = -1000
    k, j, i = np.indices(array.shape)
    mask = (((k - 13) / 9) ** 2 + ((j - 32) / 16) ** 2 + ((i - 30) / 18) ** 2 < 1).astype(np.uint8)
    images = sitk.GetImageFromArray(array), sitk.GetImageFromArray(mask)
    turn = np.deg2rad(4.0)
    for image in images:
        image.SetSpacing((2.6, 2.6, 5.0))
        image.SetOrigin((-70.1, -82.3, 411.7))
        image.SetDirection((np.cos(turn), -np.sin(turn), 0, np.sin(turn), np.cos(turn), 0, 0, 0, 1))
    return images


@pytest.fixture(scope="module")
def synthesis(scan: tuple[sitk.Image, sitk.Image]) -> Synthesis:
    return synthesize(scan[0], None, Settings("cpu", scan[1]))


def test_result_lies_on_the_scans_own_grid_and_adds_only_inside_the_heart(
    synthesis: Synthesis, scan: tuple[sitk.Image, sitk.Image]
) -> None:
    for image in (
        synthesis.synthetic_cect,
        synthesis.enhancement_hu,
        synthesis.heart_mask,
        synthesis.chamber_prior,
    ):
        assert image is not None and image.IsSameImageGeometryAs(scan[0])
    native, synthetic = sitk.GetArrayFromImage(scan[0]), sitk.GetArrayFromImage(synthesis.synthetic_cect)
    outside = sitk.GetArrayFromImage(scan[1]) == 0
    assert (synthetic[outside] == native[outside]).all()
    assert (synthetic - native == sitk.GetArrayFromImage(synthesis.enhancement_hu)).all()
    assert (synthetic[~outside] != native[~outside]).mean() > 0.9
    assert set(synthesis.seconds) == {"models", "heart", "gate", "network", "resampling"}


def reoriented(image: sitk.Image, order: tuple[int, ...], flips: tuple[bool, ...]) -> sitk.Image:
    return sitk.Flip(sitk.PermuteAxes(image, order), flips)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_result_is_identical_for_all_48_axis_orientations(
    order: tuple[int, ...], scan: tuple[sitk.Image, sitk.Image], synthesis: Synthesis
) -> None:
    for flips in product((False, True), repeat=3):
        native, mask = (reoriented(image, order, flips) for image in scan)
        turned = synthesize(native, None, Settings("cpu", mask))
        expected = reoriented(synthesis.synthetic_cect, order, flips)
        assert turned.synthetic_cect.IsSameImageGeometryAs(native)
        difference = sitk.GetArrayFromImage(turned.synthetic_cect) - sitk.GetArrayFromImage(expected)
        assert np.abs(difference).max() <= 1
        assert turned.chamber_prior is not None and synthesis.chamber_prior is not None
        prior = sitk.GetArrayFromImage(reoriented(synthesis.chamber_prior, order, flips))
        assert (sitk.GetArrayFromImage(turned.chamber_prior) == prior).mean() > 0.999


@pytest.mark.parametrize("model", ["santini2018", "leftheart"])
def test_a_heart_that_was_found_gives_one_result_in_any_orientation(
    model: str, scan: tuple[sitk.Image, sitk.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(axial: sitk.Image, *rest: object) -> HeartMap:
        """The mask as a find of the network, on the grid that the scan leads to."""
        grid = grid_over(axial, SPACING_MM, 1)
        mask = sitk.Cast(to_axial(scan[1]), sitk.sitkFloat32)
        heart = sitk.GetArrayFromImage(
            sitk.Resample(mask, grid.image(grid.sample(axial)), sitk.Transform(), sitk.sitkLinear, 0.0)
        )
        rows = np.arange(heart.shape[1])[None, :, None]
        return HeartMap(grid, heart, heart * (rows > 26), heart * (rows <= 26))

    monkeypatch.setattr(heart_finder, "find_heart", found)
    first = synthesize(scan[0], model, Settings("cpu"))
    assert first.chamber_prior is not None and (first.expected_error_hu is None) == (model == "santini2018")
    for order, flips in (
        ((0, 1, 2), (True, False, True)), ((2, 0, 1), (False, True, False)), ((1, 0, 2), (True, True, True)),
    ):  # fmt: skip
        turned = synthesize(reoriented(scan[0], order, flips), model, Settings("cpu"))
        for name in ("synthetic_cect", "heart_mask", "chamber_prior", "expected_error_hu"):
            one, other = getattr(first, name), getattr(turned, name)
            if one is None:
                continue
            expected = sitk.GetArrayFromImage(reoriented(one, order, flips)).astype(float)
            difference = np.abs(sitk.GetArrayFromImage(other) - expected)
            assert np.ptp(expected) > 0 and (difference > 1e-3 * np.abs(expected) + 1.0).sum() == 0, name
            assert (difference > 0.5).mean() < 0.001, name


def test_scan_without_a_heart_is_refused(scan: tuple[sitk.Image, sitk.Image]) -> None:
    with pytest.raises(InputRefused, match="heart mask is empty"):
        synthesize(scan[0], None, Settings("cpu", scan[1] * 0))
    with pytest.raises(InputRefused, match="No heart was found"):
        synthesize(scan[0], None, Settings("cpu"))


def test_model_that_does_not_synthesize_is_refused(scan: tuple[sitk.Image, sitk.Image]) -> None:
    with pytest.raises(InputRefused, match="does not synthesize"):
        synthesize(scan[0], pipeline.HEART_MODEL, Settings("cpu", scan[1]))


@pytest.mark.parametrize("grid", [{"spacing_mm": [1.0, 1.0, 3.0]}, {"size": [256, 256]}])
def test_model_of_another_working_grid_is_refused(
    grid: dict[str, object], scan: tuple[sitk.Image, sitk.Image], models: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(models / "leftheart", tmp_path / "other")
    card = json.loads((other / "card.json").read_text())
    (other / "card.json").write_text(json.dumps(card | {"working_grid": grid}))
    with pytest.raises(InputRefused, match="working grid") as refusal:
        synthesize(scan[0], str(other), Settings("cpu", scan[1]))
    assert refusal.value.code == "model_other_grid"


def test_malformed_intervals_are_refused_before_the_heart_is_looked_for(
    scan: tuple[sitk.Image, sitk.Image], models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = shutil.copytree(models / "leftheart", tmp_path / "other")
    card = json.loads((other / "card.json").read_text())
    (other / "card.json").write_text(json.dumps(card | {"volume_interval": {"la": [-2, "wide"]}}))
    monkeypatch.setattr(heart_finder, "find_heart", lambda *rest: pytest.fail("it looks for the heart"))
    with pytest.raises(InputRefused, match="wide") as refusal:
        synthesize(scan[0], str(other), Settings("cpu", scan[1]))
    assert refusal.value.code == "model_card_invalid"


def test_progress_rises_to_one_and_can_cancel(scan: tuple[sitk.Image, sitk.Image]) -> None:
    seen: list[float] = []
    synthesize(scan[0], None, Settings("cpu", scan[1]), lambda fraction, message: seen.append(fraction))
    assert seen == sorted(seen) and seen[-1] == 1

    def cancel(fraction: float, message: str) -> None:
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        synthesize(scan[0], None, Settings("cpu", scan[1]), cancel)


def test_only_the_largest_find_is_the_heart_and_it_is_solid() -> None:
    probability = np.zeros((20, 30, 30), np.float32)
    probability[4:16, 5:20, 5:20] = 0.9
    probability[9, 10:12, 10:12] = 0.1
    probability[2:4, 25:28, 25:28] = 0.95
    heart = one_part(probability) >= 0.5
    assert heart[4:16, 5:20, 5:20].all() and heart.sum() == 12 * 15 * 15
    assert not one_part(probability * 0).any()


def test_voxels_brighter_than_a_file_of_short_numbers_holds_stay_what_they_are(
    scan: tuple[sitk.Image, sitk.Image],
) -> None:
    native = sitk.Image(scan[0])
    native[2, 20, 1] = 40_000.0
    made = synthesize(native, None, Settings("cpu", scan[1]))
    assert made.synthetic_cect[2, 20, 1] == 40_000


def test_a_scan_that_holds_contrast_already_has_no_calibrated_interval(
    scan: tuple[sitk.Image, sitk.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "volume_factors", lambda *rest: {"la": (0.9, 1.1)})
    monkeypatch.setattr(pipeline, "MOST_CUT", 1.0)  # an untrained network sees chambers everywhere
    assert synthesize(scan[0], None, Settings("cpu", scan[1])).volume_factors
    bright = synthesize(scan[0] + 150.0, None, Settings("cpu", scan[1]))
    assert "contrast_present" in [notice.code for notice in bright.notices]
    assert bright.volume_factors == {}


def test_a_heart_mask_keeps_the_interval_unless_it_cuts_the_chambers(
    scan: tuple[sitk.Image, sitk.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(model: ContrastModel, slices: np.ndarray, *rest: object) -> Contrast:
        """Chambers amid the block: the atrium in 20 x 20, the ventricle in 20 x 24 pixels of the same slices."""
        la, lv = np.zeros_like(slices), np.zeros_like(slices)
        la[10:20, 40:60, 50:70], lv[10:20, 60:80, 50:74] = 0.9, 0.9
        heart = np.full_like(slices, 0.9)
        return Contrast(slices + 200, None, {"heart": heart, "left atrium": la, "left ventricle": lv})

    monkeypatch.setattr(ContrastModel, "run", run)
    monkeypatch.setattr(pipeline, "volume_factors", lambda *rest: {"la": (0.9, 1.1)})
    whole = sitk.GetArrayFromImage(scan[1]) * 0
    whole[2:24, 10:54, 8:54] = 1

    def made(mask: np.ndarray) -> Synthesis:
        image = sitk.GetImageFromArray(mask)
        image.CopyInformation(scan[0])
        return synthesize(scan[0], None, Settings("cpu", image))

    assert made(whole).volume_factors, "a drawn mask that holds the chambers is as good as a found one"
    cut = whole.copy()
    cut[:, 31:36] = 0
    notices = {notice.code: notice.message for notice in made(cut).notices}
    assert made(cut).volume_factors == {} and "% of the left ventricle" in notices[pipeline.CHAMBERS_CUT]
