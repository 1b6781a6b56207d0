"""The table of worse conditions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from training.evaluate import test_protocol as protocol_of_seed
from training.robustness import AS_SCANNED, CONDITIONS, table


def test_table_tells_what_each_condition_costs_and_counts_refusals_out() -> None:
    rows = [
        {"seed": 1, "condition": AS_SCANNED, "dice": 0.9, "dv_percent": 4.0},
        {"seed": 2, "condition": AS_SCANNED, "dice": 0.8, "dv_percent": 6.0},
        {"seed": 1, "condition": "100 kVp", "dice": 0.8, "dv_percent": 9.0},
        {"seed": 2, "condition": "100 kVp", "dice": None, "dv_percent": None},
    ]  # fmt: skip
    lines = {line.split("  ")[0]: line for line in table(rows)}
    assert "0.850" in lines[AS_SCANNED] and "n = 2" in lines[AS_SCANNED] and "5.0" in lines[AS_SCANNED]
    assert "(loss +0.100)" in lines["100 kVp"] and "n = 1" in lines["100 kVp"], "what the same patient lost"
    assert "Dice nan (loss +nan)" in lines["5 mm slices"] and "n = 0" in lines["5 mm slices"]


@pytest.mark.parametrize("name", [name for name in CONDITIONS if name != AS_SCANNED])
def test_every_condition_changes_the_protocol(name: str) -> None:
    usual = protocol_of_seed(2)
    assert repr(replace(usual, **CONDITIONS[name])) != repr(usual)
