"""The whole analysis of a small study: nothing missing, nothing that is not a number."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from SyntheticCECTLib.study.records import CaseTruth, Condition, NetworkFigures, ReadRecord
from SyntheticCECTLib.study.simulated_readers import (
    KnownErrors,
    draw_readers,
    normal_cases,
    simulated_records,
)
from SyntheticCECTLib.study.statistics.analysis import StudyAnalysis, analyse
from SyntheticCECTLib.study.statistics.by_reader import ALL_READERS

UNAIDED, OVERLAY, RATE = Condition.UNAIDED.value, Condition.OVERLAY.value, Condition.RATE.value


def study() -> tuple[list[ReadRecord], list[CaseTruth]]:
    """12 cases, 3 readers, two drawing conditions and one rating, a network 0.03 better than the readers."""
    random = np.random.default_rng(0)
    cases = [
        replace(case, network=NetworkFigures(0.90, 6.0, case.la_ml * 1.05, case.lv_ml * 0.99))
        for case in normal_cases(12, 100.0, 20.0, seed=1)
    ]
    readers = draw_readers(3, KnownErrors(), seed=1)
    records: list[ReadRecord] = []
    for condition in (UNAIDED, OVERLAY):
        records += simulated_records(cases, readers, 5, condition, first_id=len(records) + 1)
    records = [
        replace(r, dice=(0.87 if r.condition == UNAIDED else 0.91) + random.normal(0, 0.01)) for r in records
    ]
    records += [
        replace(
            r, condition=RATE, la_ml=None, lv_ml=None, dice=None, dv_percent=None, seconds=None,
            rating=int(3 + round(random.normal(0, 0.4)) + index % 12 // 6),
        )
        for index, r in enumerate(records[:51])
    ]  # fmt: skip
    return records, cases


@pytest.fixture(scope="module")
def analysis() -> StudyAnalysis:
    return analyse(*study())


def test_every_number_is_one_or_has_its_reason(analysis: StudyAnalysis) -> None:
    assert len(analysis.rows) > 150
    for row in analysis.rows:
        numbers = [row.estimate.value, row.estimate.low, row.estimate.high, row.estimate.p]
        assert all(number is None or math.isfinite(number) for number in numbers), row
        assert (row.estimate.value is None) == bool(row.estimate.reason), row
    json.dumps([row.as_dict() for row in analysis.rows], allow_nan=False)


def test_an_interval_holds_its_estimate(analysis: StudyAnalysis) -> None:
    for row in analysis.rows:
        low, value, high = row.estimate.low, row.estimate.value, row.estimate.high
        if low is not None and high is not None and value is not None:
            assert low - 1e-9 <= value <= high + 1e-9, row


def test_every_section_of_the_issue_is_there(analysis: StudyAnalysis) -> None:
    sections = {row.section for row in analysis.rows}
    assert sections == {"accuracy", "truth", "intra", "inter", "comparison", "time", "rating"}
    assert analysis.reads.conditions == (UNAIDED, OVERLAY, RATE)


def test_rows_are_unique(analysis: StudyAnalysis) -> None:
    keys = [(r.section, r.statistic, r.measure, r.who, r.condition) for r in analysis.rows]
    assert len(keys) == len(set(keys))


def test_the_network_is_compared_with_every_reader_and_all_of_them(analysis: StudyAnalysis) -> None:
    found = analysis.find("comparison", "mean", "dice", f"network - {ALL_READERS}", UNAIDED)
    assert found.value == pytest.approx(0.03, abs=0.005) and found.covers(found.value or 0)
    for reader in ("reader-1", "reader-2", "reader-3"):
        assert analysis.find("comparison", "wilcoxon", "dice", f"network - {reader}", UNAIDED).p is not None


def test_conditions_are_compared_with_the_first(analysis: StudyAnalysis) -> None:
    gain = analysis.find("comparison", "mean", "dice", ALL_READERS, f"{OVERLAY} - {UNAIDED}")
    assert gain.value == pytest.approx(0.04, abs=0.005)
    ratio = analysis.find("time", "time_ratio", "seconds", ALL_READERS, f"{OVERLAY} / {UNAIDED}")
    assert ratio.value == pytest.approx(0.6, abs=0.1)


def test_a_reader_who_has_not_read_the_other_condition_yet_makes_no_difference() -> None:
    records, truths = study()
    dull, *others = sorted({record.reader for record in records})
    so_far = [
        replace(r, dice=0.5 if r.reader == dull else 0.9)
        for r in records
        if r.condition == UNAIDED or (r.condition == OVERLAY and r.reader in others)
    ]
    gain = analyse(so_far, truths).find("comparison", "mean", "dice", ALL_READERS, f"{OVERLAY} - {UNAIDED}")
    assert gain.value == pytest.approx(0.0)


def test_bias_of_the_network_is_that_of_its_volumes(analysis: StudyAnalysis) -> None:
    truths = study()[1]
    expected = np.mean([0.05 * t.la_ml - 0.01 * t.lv_ml for t in truths])
    assert analysis.find("truth", "bias", "volume_ml", "network", UNAIDED).value == pytest.approx(expected)


def test_the_human_mean_and_sd_are_over_readers_and_cases(analysis: StudyAnalysis) -> None:
    values = np.array([r.dice for r in study()[0] if r.condition == UNAIDED and r.repeat == 0], float)
    assert analysis.find("accuracy", "mean", "dice", ALL_READERS, UNAIDED).value == pytest.approx(
        np.mean(values)
    )
    sd = analysis.find("accuracy", "sd", "dice", ALL_READERS, UNAIDED).value
    assert sd == pytest.approx(np.std(values, ddof=1))


def test_two_reads_give_reasons_throughout() -> None:
    records, truths = study()
    found = analyse(records[:2], truths)
    assert found.rows
    assert all(row.estimate.reason for row in found.rows if row.section != "accuracy")
    assert found.find("intra", "sd", "volume_ml", ALL_READERS, UNAIDED).reason.startswith("not enough")


def test_no_reads_are_no_rows() -> None:
    assert analyse([], []).rows == ()


def test_without_truth_readers_are_still_compared_with_each_other() -> None:
    found = analyse(study()[0], [])
    assert found.find("inter", "sd", "volume_ml", ALL_READERS, UNAIDED).value is not None
    assert not [row for row in found.rows if row.section == "truth"]


def test_the_same_seed_gives_the_same_analysis() -> None:
    assert analyse(*study()).rows == analyse(*study()).rows
