"""STAPLE finds the truth and the readers' performance from their masks alone."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.metrics import overlap
from SyntheticCECTLib.core.metrics.no_value import NoValue
from SyntheticCECTLib.study.statistics.consensus import staple

TRUTH = np.zeros((4, 40, 40), np.uint8)
TRUTH[:, 5:20, 8:30] = 1
TRUTH[:, 22:36, 8:30] = 2


def image(labels: np.ndarray) -> sitk.Image:
    made = sitk.GetImageFromArray(labels)
    made.SetSpacing((1.0, 1.0, 3.0))
    return made


def a_reader(seed: int, misses: float, adds: float) -> np.ndarray:
    """The truth with a share of its voxels missed, and a share of the others added, at random."""
    random, drawn = np.random.default_rng(seed), TRUTH.copy()
    drawn[(TRUTH > 0) & (random.random(TRUTH.shape) < misses)] = 0
    near = np.zeros(TRUTH.shape, bool)
    near[:, 2:20, 5:33] = True
    drawn[near & (TRUTH == 0) & (random.random(TRUTH.shape) < adds)] = 1
    return drawn


@pytest.fixture
def readers() -> dict[str, sitk.Image]:
    rates = {"good": (0.02, 0.02), "timid": (0.25, 0.01), "bold": (0.02, 0.3), "fair": (0.1, 0.1)}
    return {name: image(a_reader(n, *rate)) for n, (name, rate) in enumerate(rates.items())}


def test_the_consensus_is_closer_to_the_truth_than_any_reader(readers: dict[str, sitk.Image]) -> None:
    found = sitk.GetArrayFromImage(staple(readers).chambers)
    best = max(overlap.dice(sitk.GetArrayViewFromImage(r) == 1, TRUTH == 1) for r in readers.values())
    assert overlap.dice(found == 1, TRUTH == 1) > best
    assert overlap.dice(found == 2, TRUTH == 2) > 0.98


def test_each_reader_s_performance_is_found(readers: dict[str, sitk.Image]) -> None:
    performance = staple(readers).performance
    assert performance["good"]["la"].sensitivity == pytest.approx(0.98, abs=0.02)
    assert performance["timid"]["la"].sensitivity == pytest.approx(0.75, abs=0.04)
    assert performance["bold"]["la"].sensitivity == pytest.approx(0.98, abs=0.02)
    assert performance["bold"]["la"].specificity < performance["good"]["la"].specificity


def test_the_consensus_lies_on_the_readers_grid(readers: dict[str, sitk.Image]) -> None:
    assert staple(readers).chambers.GetSpacing() == (1.0, 1.0, 3.0)


def test_readers_who_agree_are_the_consensus() -> None:
    found = staple({name: image(TRUTH) for name in "abc"})
    assert (sitk.GetArrayViewFromImage(found.chambers) == TRUTH).all()


def test_a_chamber_that_nobody_drew_is_in_nobody_s_performance() -> None:
    only_la = np.where(TRUTH == 1, TRUTH, 0).astype(np.uint8)
    found = staple({name: image(only_la) for name in "abc"})
    assert all(set(of_one) == {"la"} for of_one in found.performance.values())


def test_two_readers_have_no_consensus(readers: dict[str, sitk.Image]) -> None:
    with pytest.raises(NoValue, match=r"not enough readers \(n = 2, needs 3\)"):
        staple(dict(list(readers.items())[:2]))


def test_empty_masks_have_no_consensus() -> None:
    with pytest.raises(NoValue, match="nobody drew"):
        staple({name: image(np.zeros_like(TRUTH)) for name in "abc"})


def test_masks_of_different_size_are_refused(readers: dict[str, sitk.Image]) -> None:
    with pytest.raises(ValueError, match="size"):
        staple(readers | {"other": image(TRUTH[:, :30])})
