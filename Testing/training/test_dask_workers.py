"""Pairs prepared by a Dask scheduler's workers, started as the help says, are those prepared here."""

from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.phantom.patient import Protocol, make_patient
from training import dask_workers
from training.dask_workers import on_scheduler
from training.prepare.cohort_preparation import prepare_cohort
from training.prepare.patient_files import PatientFiles

pytest.importorskip("distributed", reason="dask[distributed] is not installed")

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT / "SyntheticCECT"), "OMP_NUM_THREADS": "1"}


class Dask:
    """A scheduler and its workers, started in a folder as a user does."""

    def __init__(self, home: Path, at: Path) -> None:
        self._home, self._at, self._card = home, at, home / "scheduler.json"
        self._running: list[subprocess.Popen[bytes]] = []
        self._start("scheduler", "--port", "0")
        until = time.monotonic() + 120
        while not self._card.exists() and time.monotonic() < until:
            time.sleep(0.05)
        self.address: str = json.loads(self._card.read_text())["address"]

    def add_worker(self) -> None:
        self._start("worker", "--nthreads", "1", "--local-directory", str(self._home))

    def end(self) -> None:
        for process in reversed(self._running):
            process.terminate()
            process.wait(60)

    def _start(self, what: str, *arguments: str) -> None:
        common = ("--host", "127.0.0.1", "--scheduler-file", str(self._card), "--no-dashboard")
        with (self._home / f"{what}.log").open("wb") as log:
            self._running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", what, *arguments, *common],
                    cwd=self._at, env=ENVIRONMENT, stdout=log, stderr=log,
                )
            )  # fmt: skip


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a scheduler with one worker, in the project's folder."""
    dask = Dask(tmp_path_factory.mktemp("dask"), ROOT)
    dask.add_worker()
    yield dask.address
    dask.end()


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[PatientFiles]:
    """Two tiny pairs of one virtual patient: as scanned, and with a second CECT that is brighter."""
    home = tmp_path_factory.mktemp("pairs")
    patient = make_patient(
        3, Protocol(matrix=96, slices=36, slice_mm=4.0, shift_mm=np.array([8.0, -5.0, 6.0]))
    )
    images = {"ct": patient.native_ct, "cect": patient.cect, "bright": patient.cect + 40,
              "labels": patient.labels, "heart": patient.heart_mask}  # fmt: skip
    for name, image in images.items():
        sitk.WriteImage(image, str(home / f"{name}.nrrd"))
    path = {name: str(home / f"{name}.nrrd") for name in images}
    return [
        PatientFiles(cect, path["ct"], path[cect], path["labels"], "native", path["heart"])
        for cect in ("cect", "bright")
    ]


def test_scheduler_prepares_what_this_process_does_byte_for_byte(
    scheduler: str, pairs: list[PatientFiles], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the workers are in another folder
    records = prepare_cohort(pairs, Path("there"), scheduler=scheduler)
    assert records == prepare_cohort(pairs, Path("here"))
    assert not any(record["refused"] for record in records)
    names = {path.name for path in Path("here/patients").iterdir()}
    assert names == {"cect.npz", "cect.json", "bright.npz", "bright.json"}
    for name in names:
        assert (Path("there/patients") / name).read_bytes() == (Path("here/patients") / name).read_bytes(), (
            name
        )


def test_address_that_nobody_answers_is_refused_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_workers, "ANSWER_S", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(InputRefused, match=f"No Dask scheduler answers at '{address}'") as refusal:
            list(on_scheduler(address, abs, [1]))
    assert refusal.value.code == "scheduler_silent" and time.monotonic() - began < 20
    client = sys.modules["distributed"].Client
    assert not [one for one in gc.get_objects() if type(one) is client], (
        "it would end amid the next one's start"
    )
    with pytest.raises(InputRefused, match="No Dask scheduler answers at 'host without port'"):
        list(on_scheduler("host without port", abs, [1]))


def test_scheduler_without_workers_and_without_this_program_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dask = Dask(tmp_path, at=tmp_path)  # where it does not find the program
    try:
        monkeypatch.setattr(dask_workers, "WORKERS_S", 0.5)
        with pytest.raises(InputRefused, match="has no workers") as refusal:
            list(on_scheduler(dask.address, abs, [1]))
        assert refusal.value.code == "no_workers" and "python -m dask worker" in refusal.value.remedy
        monkeypatch.setattr(dask_workers, "WORKERS_S", 60)
        dask.add_worker()
        with pytest.raises(InputRefused, match=r"lack this program .*training") as refusal:
            list(on_scheduler(dask.address, abs, [1]))
        assert refusal.value.code == "workers_differ"
    finally:
        dask.end()


def test_dask_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(InputRefused, match="not installed") as refusal:
        list(on_scheduler("tcp://127.0.0.1:1", abs, [1]))
    assert refusal.value.code == "no_dask"
