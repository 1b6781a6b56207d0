"""The steps from one model to the next."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.model_package import load_model
from SyntheticCECTLib.core.pipeline import Synthesis
from training import ablation
from training.ablation import PAPER, RESTRICTED, segmented, table, unrestricted, variant


def test_table_has_the_mean_of_each_figure_that_has_a_value() -> None:
    rows = [
        {PAPER: {"dice": 0.8, "dv_percent": 10.0, "seconds": 1.0}, RESTRICTED: {"dice": 0.9, "dv_percent": None, "seconds": 2.0}},
        {PAPER: {"dice": 0.9, "dv_percent": 6.0, "seconds": 1.0}, RESTRICTED: {"dice": 1.0, "dv_percent": 2.0, "seconds": 2.0}},
    ]  # fmt: skip
    assert table(rows) == [
        f"{PAPER}: dice 0.850   dv_percent 8.000   seconds 1.000",
        f"{RESTRICTED}: dice 0.950   dv_percent 2.000   seconds 2.000",
    ]


def test_variant_is_the_same_network_with_another_card(tmp_path: Path) -> None:
    usual, other = load_model("leftheart"), load_model(variant(tmp_path, {"views": []}))
    assert other.sha256 == usual.sha256 and other.settings_sha256 != usual.settings_sha256
    assert other.card == usual.card | {"views": []}
    assert variant(tmp_path, {}) != variant(tmp_path, {}), "several lie side by side"


def test_steps_that_would_be_the_same_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = load_model("leftheart")
    card = {key: value for key, value in package.card.items() if key != "views"}
    monkeypatch.setattr(ablation, "load_model", lambda name: dataclasses.replace(package, card=card))
    with pytest.raises(InputRefused, match="no views"):
        ablation.run(argparse.Namespace(patients=1))


def test_plain_threshold_finds_what_the_chambers_leave_out() -> None:
    ones, prior = sitk.Image(8, 8, 8, sitk.sitkUInt8) + 1, sitk.Image(8, 8, 8, sitk.sitkUInt8)
    prior[:4, :, :] = ones[:4, :, :]
    bright = sitk.Cast(ones, sitk.sitkFloat32) * 400
    for image in (ones, prior, bright):
        image.SetSpacing((2, 2, 2))
    synthesis = Synthesis(bright, bright, bright, ones, prior, "leftheart", "", 300.0, {}, [])
    whole, restricted = (sitk.GetArrayFromImage(segmented(s)) for s in (unrestricted(synthesis), synthesis))
    assert whole.sum() == 512 and restricted.sum() == 256
