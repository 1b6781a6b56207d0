"""kill -9 at random moments of a reading: nothing that was acknowledged is lost, and reading resumes where it stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from SyntheticCECTLib.study.records import Condition
from SyntheticCECTLib.study.store.stored_mask import store_mask
from Testing.study.small_study import numbered, small_study

ROOT = Path(__file__).resolve().parents[3]
KILLS = int(os.environ.get("STUDY_KILLS", "40"))
"""200 take about five times as long; STUDY_KILLS=200 asks for them."""


def sha_of(number: int) -> str:
    return store_mask(numbered(number)).sha256


def deaths(folder: Path, tokens: list[str]) -> list[dict[str, Any]]:
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "Testing.study.store.scripted_reader",
            str(folder),
            ",".join(tokens),
            str(KILLS),
            "3",
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'SyntheticCECT'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="readers are started with fork, which this system lacks")
def test_every_acknowledged_read_is_there_and_the_reader_resumes_at_the_right_case(tmp_path: Path) -> None:
    key = small_study(
        tmp_path / "study", cases=20, repeats=20, readers=("Anna", "Ben", "Cleo", "Dan", "Eve", "Fay"),
        conditions=(Condition.UNAIDED, Condition.OVERLAY),
    )  # fmt: skip
    order = {name: [entry.label for entry in key.entries if entry.reader == name] for name in key.tokens}
    acknowledged: dict[str, dict[str, str]] = {name: {} for name in key.tokens}
    in_flight, read_in_a_life = 0, Counter()
    results = deaths(tmp_path / "study", list(key.tokens.values()))
    for life in results:
        reader, said = life["reader"], [line.split() for line in life["said"]]
        known = acknowledged[reader]
        known |= {label: sha_of(int(number)) for what, label, number in said if what == "read"}
        stored = {label: sha for label, _, sha in life["stored"]}
        assert len(stored) == len(life["stored"]), "no read was stored twice"
        assert known.items() <= stored.items(), "every acknowledged read is there as it was given"
        late = stored.keys() - known.keys()
        assert len(late) <= 1, "at most the read that was being committed came without an acknowledgement"
        in_flight += len(late)
        known |= {label: stored[label] for label in late}
        unread = [label for label in order[reader] if label not in stored]
        assert life["resumes_at"] == (unread[0] if unread else None)
        if said and said[-1][0] == "draft" and said[-1][1] == life["resumes_at"]:
            stroke = int(said[-1][2])
            assert life["board"] in (sha_of(stroke), sha_of(stroke + 1)), "at most the stroke in hand is lost"
        read_in_a_life[sum(what == "read" for what, _, _ in said)] += 1
    assert len(results) == KILLS
    assert sum(len(reads) for reads in acknowledged.values()) > KILLS / 4, "the readers got to read at all"
    print(f"{KILLS} kills, reads in a life {dict(read_in_a_life)}, {in_flight} committed unacknowledged")
