"""Bland-Altman of a folder of results, against differences that are known."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from SyntheticCECTLib.core.case_folder import METRICS_JSON, REFERENCE
from SyntheticCECTLib.web.qa.volume_agreement import FEWEST, volume_agreement
from SyntheticCECTLib.web.qa.work_list import WorkList
from Testing.small_case import LA_ML, LV_ML
from Testing.web.conftest import Visitor, write_results
from Testing.web.room_process import RoomProcess

TOO_MUCH_ML = (2.0, 6.0, 1.0, 7.0)
NAMES = ("a", "b", "c", "d")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Four results whose left ventricles are too large by known volumes, and whose atria are right."""
    folder = tmp_path / "results"
    write_results(folder, NAMES)
    for name, more_ml in zip(NAMES, TOO_MUCH_ML, strict=True):
        file = folder / name / METRICS_JSON
        metrics = json.loads(file.read_text())
        metrics["volumes_ml"] = {"la": LA_ML, "lv": LV_ML + more_ml}
        file.write_text(json.dumps(metrics))
    return folder


def test_bias_and_limits_are_those_of_the_differences(results: Path) -> None:
    found = volume_agreement(WorkList(results))
    assert found is not None and found.cases == 4
    rows = {row["key"]: row for row in found.rows}
    bias, sd = np.mean(TOO_MUCH_ML), np.std(TOO_MUCH_ML, ddof=1)
    assert rows["lv"]["bias"].startswith(f"{bias:+.1f} mL")
    assert f"{bias - 1.96 * sd:+.1f} to {bias + 1.96 * sd:+.1f} mL, n = 4" in rows["lv"]["limits"]
    assert rows["la"]["bias"].startswith("+0.0 mL")
    assert found.svg.count("<circle") == 8


def test_result_without_volume_is_left_out_and_said(results: Path) -> None:
    for name in NAMES[:2]:
        file = results / name / METRICS_JSON
        metrics = json.loads(file.read_text())
        metrics["volumes_ml"]["lv"] = None
        file.write_text(json.dumps(metrics))
    found = volume_agreement(WorkList(results))
    assert found is not None
    rows = {row["key"]: row for row in found.rows}
    assert rows["lv"]["bias"] == "no value" and rows["lv"]["reason"].startswith("2 results")
    assert rows["la"]["limits"].endswith("n = 4")


def test_too_few_references_give_nothing(results: Path) -> None:
    for name in NAMES[FEWEST - 1 :]:
        (results / name / REFERENCE).unlink()
    assert volume_agreement(WorkList(results)) is None
    (results / NAMES[0] / REFERENCE).write_bytes(b"damaged")
    shutil.copy(results / NAMES[1] / REFERENCE, results / NAMES[2] / REFERENCE)
    assert volume_agreement(WorkList(results)) is None


def test_folder_shows_its_agreement_in_the_room(
    results: Path, open_room: Callable[..., RoomProcess], visitor: Visitor
) -> None:
    page = visitor.page
    page.goto(open_room(results).address)
    panel = page.locator("[data-panel=volume-agreement]")
    panel.locator("svg circle").first.wait_for()
    assert panel.locator("svg circle").count() == 2 * len(NAMES)
    shown = re.match(r"\+(\d+\.\d) mL", page.inner_text("[data-bias=lv]"))
    assert shown and float(shown[1]) == pytest.approx(np.mean(TOO_MUCH_ML), abs=0.05)
    assert visitor.complaints == []
    panel.screenshot(path=results.parent / "agreement.png")
