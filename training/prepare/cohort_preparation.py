"""Prepares a whole list of patients: by several workers, resumable, checked, split."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.version import VERSION

from ..cohort import load_sample
from ..dask_workers import on_scheduler
from ..worker_pool import in_processes
from .pair import prepare_pair
from .pair_check import SAME_PICTURE, fingerprint, judge_pair, measure_pair
from .pair_images import VIRTUAL
from .patient_files import SPLITS, PatientFiles
from .split import PAPER, check_shares, draw_split, same_patients

PATIENTS, SPLIT, VIRTUAL_NATIVE = "patients", "split.json", "virtual_native"
Record = dict[str, Any]


def prepare_cohort(
    patients: Sequence[PatientFiles],
    folder: Path,
    seed: int = 2018,
    shares: Sequence[float] = PAPER,
    workers: int = 1,
    scheduler: str | None = None,
    keep_suspects: bool = False,
    prepare: Callable[[Path, PatientFiles], str] | None = None,
) -> list[Record]:
    """Prepares those that are not there yet, checks all, splits the sound ones.

    Those that were refused are tried again at each start: a remedy, such as a permission, a package or more memory, does
    not show in their files.

    Args:
        patients: From `read_patients`.
        folder: Gets ``patients/CASE.npz`` with the fields of `TrainingSample`, ``patients/CASE.json`` with
            provenance, figures and doubts, and ``split.json``.
        seed: Of the split.
        shares: Of train, validation, test.
        workers: Processes; with a scheduler, its workers count instead.
        scheduler: Address of a Dask scheduler, such as ``tcp://host:8786``; its workers see these files at these paths.
        keep_suspects: Whether suspect pairs are trained on too.
        prepare: What prepares one patient, where it is not `prepare_one`; picklable.

    Returns:
        One record for each patient, ``case_id`` first, in the order of the list.

    Raises:
        InputRefused: The shares make no split, or the scheduler cannot be used.
    """
    check_shares(shares)  # before the hours of work, not after
    home = (folder / PATIENTS).resolve()
    home.mkdir(parents=True, exist_ok=True)
    missing = [one for one in patients if not _is_done(home, one)]
    work = partial(on_scheduler, scheduler) if scheduler else partial(in_processes, workers)
    with tqdm(total=len(patients), initial=len(patients) - len(missing), desc="pairs", unit="patient") as bar:
        for case_id in work(partial(prepare or prepare_one, home), missing):
            bar.set_postfix_str(case_id)
            bar.update()
    records = [json.loads((home / f"{one.case_id}.json").read_text(encoding="utf-8")) for one in patients]
    for record, one in zip(records, patients, strict=True):
        record["unused"] = one.unused  # of now: it changes nothing that was prepared before
    _find_twins(records, home)
    usable = [
        record
        for record in records
        if record["doubts"] is not None and (keep_suspects or not record["doubts"])
    ]
    groups = same_patients({r["case_id"]: r["patient_id"] for r in records}, _alike(records))
    fixed = {r["case_id"]: r["files"]["split"] for r in usable}
    split = draw_split({r["case_id"]: groups[r["case_id"]] for r in usable}, seed, shares, fixed)
    for record in records:
        record["split"] = next((name for name, cases in split.items() if record["case_id"] in cases), None)
    about = {"seed": seed, "shares": list(shares), "keep_suspects": keep_suspects, **split,
             "left_out": [r["case_id"] for r in records if r["split"] is None],
             VIRTUAL_NATIVE: [r["case_id"] for r in records if r.get(VIRTUAL_NATIVE)]}  # fmt: skip
    _write(folder / SPLIT, json.dumps(about, indent=1) + "\n")
    return records


def prepare_one(home: Path, files: PatientFiles) -> str:
    """Prepares one patient into the folder; what cannot be used is recorded with its reason."""
    return record_one(home, files, files)


def record_one(home: Path, listed: PatientFiles, files: PatientFiles) -> str:
    """Prepares one patient from ``files``, and records him as the list has him."""
    record: Record = {
        "case_id": listed.case_id,
        "patient_id": listed.patient_id or listed.case_id,
        "key": _key(listed),
    }
    try:
        pair = prepare_pair(files)
    except InputRefused as refusal:
        record |= {"files": listed.as_dict(), "figures": None, "doubts": None,
                   "refused": {"code": refusal.code, "message": str(refusal)}}  # fmt: skip
    else:
        figures = measure_pair(pair.sample, pair.provenance)
        doubts = [doubt.as_dict() for doubt in judge_pair(figures, pair.provenance)]
        record |= {
            **pair.provenance,
            "files": listed.as_dict(),
            "figures": figures,
            "doubts": doubts,
            "refused": None,
        }
        unfinished = home / f".{listed.case_id}.{os.getpid()}.npz"
        try:
            np.savez_compressed(unfinished, **asdict(pair.sample))
            unfinished.replace(home / f"{listed.case_id}.npz")
        finally:  # a full disk leaves nothing half
            unfinished.unlink(missing_ok=True)
    # The record comes last: a patient without one is prepared again.
    _write(home / f"{listed.case_id}.json", json.dumps(record, indent=1, allow_nan=False) + "\n")
    return listed.case_id


def split_paths(folder: Path) -> dict[str, list[Path]]:
    """Files of each split of a prepared cohort.

    Raises:
        InputRefused: ``not_prepared``.
    """
    split = _read_split(folder)
    return {name: [folder / PATIENTS / f"{case}.npz" for case in split[name]] for name in SPLITS}


def pairs_in_words(folder: Path, split: str) -> str:
    """How many pairs a split of a prepared cohort has, and how many of their CTs are virtual.

    Raises:
        InputRefused: ``not_prepared``.
    """
    read = _read_split(folder)
    virtual = len(set(read[split]) & set(read[VIRTUAL_NATIVE]))
    words = f"{len(read[split])} pairs of scans"
    return f"{words} ({virtual} of the CTs without contrast are {VIRTUAL})" if virtual else words


def split_facts(folder: Path) -> dict[str, Any]:
    """What a model's card says of the split that it was trained with; it names nobody.

    Returns:
        ``seed``; the number of pairs in ``train``, ``validation`` and ``test``; ``test_set_sha256``, a hash of the test
        pairs' scans, the same for the same test set wherever and in whatever order it is prepared.

    Raises:
        InputRefused: ``not_prepared``.
    """
    split = _read_split(folder)
    scans = []
    try:
        for case in split["test"]:
            record = json.loads((folder / PATIENTS / f"{case}.json").read_text(encoding="utf-8"))
            scans.append(f"{record['native_sha256']} {record['cect_sha256']}")
    except (OSError, ValueError, KeyError) as error:
        raise _not_prepared(folder, error) from None
    digest = hashlib.sha256("\n".join(sorted(scans)).encode()).hexdigest()
    counts = {name: len(split[name]) for name in SPLITS}
    return {"seed": split["seed"], **counts, "test_set_sha256": digest}


def _read_split(folder: Path) -> dict[str, Any]:
    """The seed, the cases of each split, and those whose CT is virtual; in folders of older versions none is."""
    try:
        split = json.loads((folder / SPLIT).read_text(encoding="utf-8"))
        return {name: split[name] for name in ("seed", *SPLITS)} | {
            VIRTUAL_NATIVE: split.get(VIRTUAL_NATIVE, [])
        }
    except (OSError, ValueError, KeyError) as error:
        raise _not_prepared(folder, error) from None


def _not_prepared(folder: Path, error: Exception) -> InputRefused:
    return InputRefused(
        "not_prepared",
        f"'{folder}' holds no prepared pairs ({error}).",
        "Run 'python -m training prepare' first.",
    )


def _is_done(home: Path, files: PatientFiles) -> bool:
    try:
        record = json.loads((home / f"{files.case_id}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return (
        record.get("key") == _key(files)
        and not record["refused"]
        and (home / f"{files.case_id}.npz").exists()
    )


def _key(files: PatientFiles) -> str:
    """Changes when the files do, by name, size and time, or the program does."""
    parts = [VERSION, json.dumps(files.as_dict(), sort_keys=True)]
    for name in (files.native, files.cect, files.labels, files.heart_mask):
        path = Path(name) if name else None
        if path is not None and path.exists():
            entries = (
                [entry for entry in sorted(path.rglob("*")) if entry.exists()] if path.is_dir() else [path]
            )
            parts += [f"{entry}:{entry.stat().st_size}:{entry.stat().st_mtime_ns}" for entry in entries]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _find_twins(records: list[Record], home: Path) -> None:
    """Adds to each record which others show the same scan or the same heart."""
    prints = {
        r["case_id"]: fingerprint(load_sample(home / f"{r['case_id']}.npz"))
        for r in records
        if not r["refused"]
    }
    for record in records:
        record["twins"] = []
    by_id = {record["case_id"]: record for record in records}
    for one, other in itertools.combinations(prints, 2):
        first, second = by_id[one], by_id[other]
        same_file = {first["native_sha256"], first["cect_sha256"]} & {
            second["native_sha256"],
            second["cect_sha256"],
        }
        alike = float(prints[one] @ prints[other])
        if not (same_file or alike >= SAME_PICTURE):
            continue
        first["twins"].append(other)
        second["twins"].append(one)
        if first["patient_id"] == second["patient_id"]:
            continue
        how = "the same file" if same_file else f"the same heart (correlation {alike:.3f})"
        fixed = {first["files"]["split"], second["files"]["split"]} - {""}
        apart = ", in another split" if len(fixed) == 2 else ""
        for record, twin in ((first, other), (second, one)):
            record["doubts"].append({"code": "duplicate", "message": f"It shows {how} as '{twin}'{apart}."})


def _alike(records: Iterable[Record]) -> list[tuple[str, str]]:
    return [(record["case_id"], twin) for record in records for twin in record["twins"]]


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
