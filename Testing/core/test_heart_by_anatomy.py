"""Where the network finds no heart, the anatomy around it tells roughly where it is; and says nothing where there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch

from SyntheticCECTLib.core import heart_finder
from SyntheticCECTLib.core.heart_by_anatomy import find_heart_by_anatomy
from SyntheticCECTLib.core.heart_finder import HeartMap
from SyntheticCECTLib.core.metrics.overlap import dice
from SyntheticCECTLib.core.networks import model_package
from SyntheticCECTLib.core.networks.heart_network import HeartFinder
from SyntheticCECTLib.core.networks.model_package import save_model
from SyntheticCECTLib.core.networks.network import Santini2018
from SyntheticCECTLib.core.orientation import to_axial
from SyntheticCECTLib.core.pipeline import HEART_BY_ANATOMY, SIDES_BY_ANATOMY, Settings, synthesize
from SyntheticCECTLib.core.scan import read_scan
from SyntheticCECTLib.phantom.training_sample import draw_training_sample
from Testing.core.small_scans import DATA

LIDC = DATA / "lidc_0001_cta" / "reference"


def upright(array_kji: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(array_kji)
    image.SetSpacing((3.0, 3.0, 3.0))
    image.SetOrigin((-190.5, -120.0, 50.0))
    return image


@pytest.fixture(scope="module", params=[3, 8])
def chest(request: pytest.FixtureRequest) -> tuple[sitk.Image, np.ndarray]:
    """A virtual patient of realistic tissue (whole field of view) with labels: 1 heart, 2 LA, 3 LV."""
    sample = draw_training_sample(request.param, variety=1.0)
    return upright(sample.thorax_native.astype(np.float32)), sample.thorax_labels


def found_in(image: sitk.Image, truth: np.ndarray) -> tuple[HeartMap, np.ndarray]:
    """The find, and its heart on the image's own grid, which it shares."""
    found = find_heart_by_anatomy(image)
    assert found is not None and found.heart.shape == truth.shape
    return found, found.heart >= 0.5


def test_the_heart_of_a_virtual_patient_is_found(chest: tuple[sitk.Image, np.ndarray]) -> None:
    image, truth = chest
    _, heart = found_in(image, truth)
    assert dice(heart, truth > 0) >= 0.65


def test_atrium_and_ventricle_lie_on_their_sides(chest: tuple[sitk.Image, np.ndarray]) -> None:
    image, truth = chest
    found, heart = found_in(image, truth)
    assert (found.la[heart & (truth == 2)] > 0).mean() > 0.8
    assert (found.lv[heart & (truth == 3)] > 0).mean() > 0.8
    assert not ((found.la > 0) & (found.lv > 0)).any()


def test_a_field_around_the_heart_is_enough(chest: tuple[sitk.Image, np.ndarray]) -> None:
    image, truth = chest
    k, j, i = (int(n) for n in np.argwhere(truth > 0).mean(axis=0))
    part = slice(max(k - 25, 0), k + 25), slice(max(j - 35, 0), j + 35), slice(max(i - 35, 0), i + 35)
    array = sitk.GetArrayFromImage(image)[part]
    rows, columns = np.ogrid[: array.shape[1], : array.shape[2]]
    array[:, (rows - 35) ** 2 + (columns - 35) ** 2 > 35**2] = -1024
    _, heart = found_in(upright(array), truth[part])
    assert dice(heart, truth[part] > 0) >= 0.6


def test_the_chest_above_the_heart_has_none(chest: tuple[sitk.Image, np.ndarray]) -> None:
    image, truth = chest
    above = int(np.flatnonzero((truth > 0).any(axis=(1, 2)))[-1]) + 2
    assert find_heart_by_anatomy(image[:, :, above:]) is None


@pytest.mark.parametrize("hu", [-1000.0, 40.0], ids=["air", "water"])
def test_a_block_of_one_thing_has_no_heart(hu: float) -> None:
    assert find_heart_by_anatomy(upright(np.full((30, 40, 40), hu, np.float32))) is None


@pytest.fixture
def blind_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Untrained networks in the place of the bundled ones; the finder finds nothing."""
    torch.manual_seed(0)
    finder, widths = HeartFinder((4, 4, 4, 4)).eval(), [4] * 9
    with torch.no_grad():
        finder.last[2].bias -= 50  # pyright: ignore[reportOperatorIssue]
    card = dict(
        working_grid={}, hu_scaling={}, training_data="none", intended_use="tests", licence="Apache-2.0"
    )
    for name, network, widths_of in (
        ("santini2018", Santini2018(widths).eval(), widths), ("heart_finder", finder, [4, 4, 4, 4]),
    ):  # fmt: skip
        architecture = {"name": name, "arguments": {"widths": widths_of}}
        save_model(tmp_path, name, network, card | dict(architecture=architecture, threshold_hu=150.0))
    monkeypatch.setattr(model_package, "models_folder", lambda: tmp_path)


def test_a_result_from_the_anatomy_says_so(chest: tuple[sitk.Image, np.ndarray], blind_models: None) -> None:
    image, truth = chest
    synthesis = synthesize(image, "santini2018", Settings("cpu"))
    warnings = {notice.code: notice.message for notice in synthesis.notices}
    assert warnings[HEART_BY_ANATOMY].startswith("The network found 0 mL, which is no heart.")
    assert dice(sitk.GetArrayFromImage(synthesis.heart_mask) > 0, truth > 0) >= 0.65
    assert synthesis.volume_factors == {} and synthesis.chamber_prior is not None
    assert set(np.unique(sitk.GetArrayFromImage(synthesis.chamber_prior))) == {0, 1, 2}


def test_a_find_as_large_as_the_chest_is_not_believed(
    chest: tuple[sitk.Image, np.ndarray], blind_models: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_heart_by_anatomy(chest[0])
    assert found is not None
    flooded = replace(found, heart=np.ones_like(found.heart))
    monkeypatch.setattr(heart_finder, "find_heart", lambda *rest: flooded)
    codes = {notice.code for notice in synthesize(chest[0], "santini2018", Settings("cpu")).notices}
    assert HEART_BY_ANATOMY in codes


@pytest.mark.parametrize("failure", ["nothing", "elsewhere", "everything"])
def test_atrium_and_ventricle_of_a_given_heart_stay_apart_where_the_network_does_not_find_it(
    chest: tuple[sitk.Image, np.ndarray],
    blind_models: None,
    monkeypatch: pytest.MonkeyPatch,
    failure: str,
) -> None:
    image, truth = chest
    found = find_heart_by_anatomy(image)
    assert found is not None
    nothing = np.zeros_like(found.heart)
    heart = {
        "nothing": nothing, "elsewhere": np.roll(found.heart, 60, axis=2), "everything": nothing + 1,
    }[failure]  # fmt: skip
    monkeypatch.setattr(
        heart_finder, "find_heart", lambda *rest: HeartMap(found.grid, heart, nothing, nothing)
    )
    mask = sitk.GetImageFromArray((truth > 0).astype(np.uint8))
    mask.CopyInformation(image)
    synthesis = synthesize(image, "santini2018", Settings("cpu", mask))
    assert synthesis.chamber_prior is not None
    side = sitk.GetArrayFromImage(synthesis.chamber_prior)
    assert (side[truth == 2] == 1).mean() > 0.8 and (side[truth == 3] == 2).mean() > 0.8
    (said,) = [one.message for one in synthesis.notices if one.code == SIDES_BY_ANATOMY]
    assert "heart mask" in said and "'leftheart'" in said


def test_a_plausible_find_and_a_given_mask_are_kept(
    chest: tuple[sitk.Image, np.ndarray], blind_models: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, truth = chest
    mask = sitk.GetImageFromArray((truth > 0).astype(np.uint8))
    mask.CopyInformation(image)
    blind = synthesize(image, "santini2018", Settings("cpu", mask))
    found = find_heart_by_anatomy(image)
    monkeypatch.setattr(heart_finder, "find_heart", lambda *rest: found)
    given = synthesize(image, "santini2018", Settings("cpu", mask))
    kept = synthesize(image, "santini2018", Settings("cpu"))
    assert HEART_BY_ANATOMY not in {notice.code for one in (blind, given, kept) for notice in one.notices}
    assert SIDES_BY_ANATOMY not in {notice.code for one in (given, kept) for notice in one.notices}


@pytest.mark.skipif(not LIDC.is_dir(), reason="needs the real scans in ../shared/data")
def test_the_heart_of_a_real_anatomy_is_found() -> None:
    image = to_axial(sitk.Cast(read_scan(LIDC / "virtual_native.nrrd").image, sitk.sitkFloat32))
    found = find_heart_by_anatomy(image)
    assert found is not None
    reference = to_axial(sitk.ReadImage(str(LIDC / "heart_mask.nrrd")))
    heart = sitk.Resample(
        found.grid.image(found.heart), reference, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32
    )
    assert dice(sitk.GetArrayViewFromImage(heart) >= 0.5, sitk.GetArrayViewFromImage(reference) > 0) >= 0.75


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the real scans in ../shared/data")
@pytest.mark.parametrize(
    "name", ["lungdx_a0001_native_dicom", "lungdx_a0002_native_thick/ct.nrrd", "cptac_c3n00249_late/ct.nrrd"]
)
def test_the_heart_of_a_real_chest_is_where_the_network_finds_it(name: str) -> None:
    image = to_axial(sitk.Cast(read_scan(DATA / name).image, sitk.sitkFloat32))
    found = find_heart_by_anatomy(image)
    network = model_package.load_model("heart_finder").network()
    seen = heart_finder.find_heart(image, network, torch.device("cpu"))
    assert found is not None
    again = sitk.Resample(
        seen.grid.image(seen.heart), found.grid.image(found.heart), sitk.Transform(), sitk.sitkLinear
    )
    assert dice(found.heart >= 0.5, sitk.GetArrayViewFromImage(again) >= 0.5) >= 0.6
