"""Makes a study: blinded images, tasks for each reader, and the key."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...core.errors import InputRefused
from ...core.formats.output_folder import output_folder
from ...core.version import VERSION
from ..records import Condition
from ..store.database import Database, public_url, sqlite_url
from ..store.migration import upgrade
from ..store.read_store import ReadStore, hash_token
from ..store.rows import NewReader, NewTask
from ..study_folder import COORDINATOR, DATABASE, ReaderSettings, write_settings
from .blinded_images import ImageDesk
from .blinding import KeyEntry, blind, new_token
from .case_source import StudyCase
from .plan import StudyPlan, check_plan
from .reading_order import PlannedRead, reading_order, smallest_gap
from .slice_choice import choose_slices
from .study_key import StudyKey, write_key


def create_study(
    folder: str | Path,
    plan: StudyPlan,
    cases: Sequence[StudyCase],
    database: str | None = None,
    on_progress: Callable[[float, str], None] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> StudyKey:
    """Make a study folder, all of it or nothing.

    Args:
        folder: A new folder.
        plan: What is wanted.
        cases: What is read.
        database: Address of a PostgreSQL database; None for a SQLite file in the folder.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.
        provenance: More to be told about the study in its report, such as that its cases are simulated.

    Returns:
        The key, as it was also written into the coordinator's folder.

    Raises:
        InputRefused: The plan, a case or the folder cannot be used.
    """
    report = on_progress or (lambda fraction, message: None)
    check_plan(plan, [case.case_id for case in cases])
    if Path(folder).exists() and any(Path(folder).iterdir()):
        raise InputRefused("study_exists", f"'{folder}' is not empty.", "Name a new folder for the study.")
    study_id = str(uuid.uuid4())
    with output_folder(folder) as work:
        key, readers = _lay_out(work, plan, cases, study_id, report, provenance or {})
        settings = ReaderSettings(
            id=study_id, name=plan.name, instructions=plan.instructions, rating_scale=plan.rating_scale,
            idle_limit_s=plan.idle_limit_s, washout_days=plan.washout_days,
            database=None if database is None else public_url(database),
        )  # fmt: skip
        write_settings(work, settings)
        report(0.95, "filling the database")
        opened = Database(database or sqlite_url(work / DATABASE))
        try:
            upgrade(opened)
            ReadStore(opened, study_id).add_study(readers)
        finally:
            opened.close()
    (Path(folder) / COORDINATOR).chmod(0o700)
    report(1.0, "study created")
    return key


def _lay_out(
    work: Path, plan: StudyPlan, cases: Sequence[StudyCase], study_id: str,
    report: Callable[[float, str], None], told: Mapping[str, Any],
) -> tuple[StudyKey, list[NewReader]]:  # fmt: skip
    desk = ImageDesk(work, plan)
    for number, case in enumerate(cases):
        report(0.9 * number / len(cases), f"blinding case {number + 1} of {len(cases)}")
        desk.take(case)
    slices = choose_slices(desk.candidates, plan.slices, plan.seed)
    order = reading_order(plan, sorted(slices))
    names = desk.names
    entries = blind(order, slices, desk.image_of, names)
    tokens = {reader: new_token() for reader in plan.readers}
    desk.finish(set(slices))
    provenance = {
        "version": VERSION,
        "seed": plan.seed,
        "network": sorted(desk.models),
        "smallest_repeat_gap": smallest_gap(order),
        **told,
    }
    key = StudyKey(
        study_id,
        plan,
        tokens,
        {case_id: desk.files[case_id] for case_id in sorted(slices)},
        entries,
        provenance,
    )
    write_key(work / COORDINATOR, key)
    return key, [_reader(name, tokens[name], entries, order, desk) for name in plan.readers]


def _reader(
    name: str, token: str, entries: list[KeyEntry], order: list[PlannedRead], desk: ImageDesk
) -> NewReader:
    tasks = [
        NewTask(
            entry.position, entry.session, entry.label, entry.image,
            desk.second_of(planned) if entry.condition is Condition.OVERLAY else None,
            desk.mask_of(planned) if entry.condition in (Condition.RATE, Condition.CORRECT) else None,
            entry.condition is not Condition.RATE, entry.slices,
        )
        for entry, planned in zip(entries, order, strict=True)
        if entry.reader == name
    ]  # fmt: skip
    return NewReader(name, hash_token(token), tasks)
