"""Patients side by side."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from SyntheticCECTLib.core.errors import InputRefused
from training.worker_pool import in_processes


def touch(path: Path) -> str:
    if path.name == "0":
        raise ValueError("the first one fails")
    time.sleep(0.2)
    path.touch()
    return path.name


@pytest.mark.parametrize("workers", [1, 2])
def test_everyone_comes_once(tmp_path: Path, workers: int) -> None:
    assert sorted(in_processes(workers, touch, [tmp_path / name for name in "123"])) == ["1", "2", "3"]


@pytest.mark.parametrize("workers", [1, 2])
def test_after_an_error_no_further_patient_is_begun(tmp_path: Path, workers: int) -> None:
    with pytest.raises(ValueError, match="the first one fails"):
        list(in_processes(workers, touch, [tmp_path / str(n) for n in range(60)]))
    assert len(list(tmp_path.iterdir())) < 30


def vanish(status: int) -> None:
    os._exit(status)


def test_process_that_the_system_ends_is_told_with_what_to_do() -> None:
    with pytest.raises(
        InputRefused, match="ended one of 2 processes, most likely for want of memory"
    ) as refusal:
        list(in_processes(2, vanish, [1, 2]))
    assert "--workers" in refusal.value.remedy


def refuse(name: str) -> str:
    raise InputRefused("too_dark", f"'{name}' is dark.", "Open the window.")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_refusal_comes_out_of_a_worker_whole(workers: int) -> None:
    with pytest.raises(InputRefused, match="'night' is dark") as refusal:
        list(in_processes(workers, refuse, ["night"]))
    assert (refusal.value.code, refusal.value.remedy) == ("too_dark", "Open the window.")
