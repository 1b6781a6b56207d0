"""``study``: observer studies from their set-up to their report."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..core.case import part_of
from ..core.errors import InputRefused
from ..core.formats.output_folder import output_folder
from ..core.version import RESEARCH_USE
from .progress import Progress
from .result_folder import refuse_unless_writable
from .summary import print_json


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Carry out the action; arguments as in `study_arguments.add_study`.

    Raises:
        InputRefused: Also ``no_study_packages`` where the database's packages are not installed.
    """
    missing = [name for name in ("sqlalchemy", "alembic") if find_spec(name) is None]
    if missing:
        raise InputRefused(
            "no_study_packages",
            f"Observer studies need {' and '.join(missing)}, not installed here.",
            "Install what is missing: pip install 'synthetic-cect[study]'.",
        )
    content, lines = ACTIONS[options.action](options, progress)
    progress.close()
    if options.json:
        print_json(content)
    else:
        print("\n".join([*lines, RESEARCH_USE]), flush=True)


_Shown = tuple[dict[str, Any], list[str]]


def _sample_size(options: argparse.Namespace, progress: Progress) -> _Shown:
    from .study_sample_size import sample_size

    return sample_size(options)


def _create(options: argparse.Namespace, progress: Progress) -> _Shown:
    from ..study.design.case_source import case_of_folder, cases_of_table
    from ..study.design.creation import create_study
    from ..study.design.plan import PER_PATIENT, PER_STUDY, SliceChoice, StudyPlan
    from ..study.records import Condition

    if not (math.isfinite(options.washout_days) and options.washout_days >= 0):
        raise InputRefused(
            "bad_study_plan", f"A wash-out of {options.washout_days} days is impossible.", "Change it."
        )
    slices = SliceChoice()
    if options.slices_per_patient:
        slices = SliceChoice(PER_PATIENT, options.slices_per_patient)
    elif options.slices_per_study:
        slices = SliceChoice(PER_STUDY, options.slices_per_study)
    conditions = tuple(Condition(word) for word in options.conditions or ["unaided"])
    plan = StudyPlan(
        name=options.name, readers=tuple(options.readers), conditions=conditions, slices=slices,
        sessions=options.sessions or len(conditions), washout_days=options.washout_days, repeats=options.repeats,
        seed=options.seed, instructions=options.instructions,
    )  # fmt: skip
    cases = []
    for path in options.cases:
        cases += cases_of_table(path) if path.suffix.lower() == ".csv" else [case_of_folder(path)]
    key = create_study(options.output, plan, cases, options.database, progress)
    content = {
        "study_id": key.study_id, "folder": str(options.output), "cases": len(key.cases),
        "reads": len(key.entries), "tokens": key.tokens,
    }  # fmt: skip
    lines = [
        f"{'Study':<26} {options.output}",
        f"{'Cases, presentations':<26} {len(key.cases)}, {len(key.entries)}",
        *(f"{f'Token of {name}':<26} {token}" for name, token in key.tokens.items()),
        f"Keep {options.output / 'coordinator'} away from the readers: it holds the key and the truth.",
    ]
    return content, lines


def _status(options: argparse.Namespace, progress: Progress) -> _Shown:
    study = _study(options)
    store = study.open_store()
    try:
        readers = []
        for reader in store.readers():
            tasks = store.tasks(reader)
            given = [task for task in tasks if task.versions]
            readers.append({
                "reader": reader.name, "done": len(given), "of": len(tasks),
                "corrections": sum(task.versions - 1 for task in given),
                "last_read_at": max((str(task.last_given_at) for task in given), default=None),
            })  # fmt: skip
    finally:
        store.close()
    content = {"study_id": study.settings.id, "name": study.settings.name, "readers": readers}
    lines = [f"{study.settings.name}"] + [
        f"{one['reader']:<26} {one['done']} of {one['of']}, last {one['last_read_at'] or 'never'}"
        for one in readers
    ]
    return content, lines


def _hand_out(options: argparse.Namespace, progress: Progress) -> _Shown:
    from ..study.hand_out import hand_out

    given = hand_out(_study(options), options.reader, options.output, progress)
    content = {
        "folder": str(options.output), "reader": options.reader, "tasks": len(given.reader.tasks),
        "reads": len(given.reads),
    }  # fmt: skip
    lines = [
        f"{'Folder':<26} {options.output}",
        f"{'Reader, tasks, reads':<26} {options.reader}, {len(given.reader.tasks)}, {len(given.reads)}",
        "He shall read in one place only: collect refuses two different answers to the same task.",
    ]
    return content, lines


def _collect(options: argparse.Namespace, progress: Progress) -> _Shown:
    from ..study.hand_out import collect

    found = collect(_study(options), options.folders, progress)
    folders = [
        {"folder": str(one.folder), "reader": one.reader, "new": one.new, "reads": one.of} for one in found
    ]
    lines = [f"{one.reader:<26} {one.new} new of {one.of} reads, {one.folder}" for one in found]
    return {"new": sum(one.new for one in found), "folders": folders}, lines


def _import(options: argparse.Namespace, progress: Progress) -> _Shown:
    from ..study.mask_import import import_masks

    done = import_masks(_study(options), options.masks, options.pattern, options.key, progress)
    files = [
        {
            "file": one.file, "reader": one.entry.reader, "case_id": one.entry.case_id,
            "condition": one.entry.condition.value, "version": one.receipt.version if one.receipt else None,
        }
        for one in done
    ]  # fmt: skip
    new = sum(one.receipt is not None for one in done)
    lines = [f"{'Imported':<26} {new}", f"{'There already':<26} {len(done) - new}"]
    return {"imported": new, "there_already": len(done) - new, "files": files}, lines


def _analyse(options: argparse.Namespace, progress: Progress) -> _Shown:
    from .study_analysis import analyse

    refuse_unless_writable(options.output)
    return analyse(_study(options), options.output, options.key, progress)


def _export(options: argparse.Namespace, progress: Progress) -> _Shown:
    from ..study.read_export import READS_CSV, export_reads

    refuse_unless_writable(options.output)
    with output_folder(options.output) as folder:
        found = export_reads(_study(options), folder, options.key, progress)
    content = {"folder": str(options.output), "reads": len(found.records), "fingerprint": found.fingerprint}
    lines = [f"{'Reads':<26} {len(found.records)}", f"{'Table':<26} {options.output / READS_CSV}"]
    return content, lines


def _upgrade(options: argparse.Namespace, progress: Progress) -> _Shown:
    from ..study.store.migration import upgrade

    database = _study(options).open_database()
    try:
        before, after = upgrade(database)
    finally:
        database.close()
    return {"before": before, "after": after}, [f"{'Database version':<26} {before} -> {after}"]


def _demo(options: argparse.Namespace, progress: Progress) -> _Shown:
    from .study_analysis import analyse
    from .study_demo import STUDY, draw_and_read

    refuse_unless_writable(options.output)
    study = draw_and_read(options, part_of(progress, 0.0, 0.9))
    content, lines = analyse(study, options.output, None, part_of(progress, 0.9, 1.0))
    return content | {"study": str(options.output / STUDY)}, [
        *lines,
        f"{'Study':<26} {options.output / STUDY}",
    ]


def _study(options: argparse.Namespace) -> Any:
    from ..study.study_folder import StudyFolder

    return StudyFolder(Path(options.study), options.database)


ACTIONS: dict[str, Callable[[argparse.Namespace, Progress], _Shown]] = {
    "sample-size": _sample_size, "create": _create, "status": _status, "hand-out": _hand_out, "collect": _collect,
    "import": _import, "analyse": _analyse, "export": _export, "upgrade": _upgrade, "demo": _demo,
}  # fmt: skip
