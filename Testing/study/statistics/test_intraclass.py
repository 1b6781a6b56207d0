"""Intraclass correlations against Shrout & Fleiss, other packages and pingouin."""

from __future__ import annotations

import numpy as np
import pytest

from SyntheticCECTLib.study.statistics.intraclass import icc_2_1, icc_3_1
from Testing.study.statistics.published_examples import JUDGES


def rounded(*numbers: float | None) -> list[float]:
    assert None not in numbers
    return [round(number, 2) for number in numbers if number is not None]


def test_icc_2_1_and_3_1_are_those_of_shrout_and_fleiss() -> None:
    # Psychol Bull 86:420 (1979), table 4.
    assert rounded(icc_2_1(JUDGES).value, icc_3_1(JUDGES).value) == [0.29, 0.71]


def test_intervals_are_those_that_psych_publishes_for_the_same_data() -> None:
    two, three = icc_2_1(JUDGES), icc_3_1(JUDGES)
    assert rounded(two.low, two.high) == [0.02, 0.76]
    assert rounded(three.low, three.high) == [0.34, 0.95]
    assert three.n == 6 and three.p == pytest.approx(0.00013, abs=5e-6)


@pytest.mark.parametrize("seed", range(4))
def test_both_are_pingouins_to_a_millionth(seed: int) -> None:
    pingouin = pytest.importorskip("pingouin", reason="pingouin is the oracle of this test")
    pandas = pytest.importorskip("pandas", reason="pingouin takes a data frame")
    random = np.random.default_rng(seed)
    n, k = 10 + 3 * seed, 2 + seed
    table = random.normal(100, 20, (n, 1)) + random.normal(0, 5, (1, k)) + random.normal(0, 6, (n, k))
    case, reader = np.indices(table.shape)
    frame = pandas.DataFrame({"case": case.ravel(), "reader": reader.ravel(), "ml": table.ravel()})
    oracle = pingouin.intraclass_corr(frame, targets="case", raters="reader", ratings="ml").set_index("Type")
    for found, key in ((icc_2_1(table), "ICC(A,1)"), (icc_3_1(table), "ICC(C,1)")):
        assert found.value == pytest.approx(float(oracle["ICC"][key]), abs=1e-6)
        # pingouin rounds its intervals to two digits.
        low, high = oracle["CI95"][key]
        assert (found.low, found.high) == pytest.approx((low, high), abs=0.0051)
    assert icc_3_1(table).p == pytest.approx(float(oracle["pval"]["ICC(C,1)"]), rel=1e-6, abs=1e-12)


def test_a_constant_bias_lowers_agreement_and_leaves_consistency() -> None:
    first = np.arange(40.0, 100.0, 5.0)
    table = np.stack([first, first + 20], axis=1)
    assert icc_3_1(table).value == 1.0
    agreement = icc_2_1(table).value
    assert agreement is not None and agreement < 0.75
