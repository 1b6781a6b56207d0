"""The options of ``synthetic-cect study``."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..core.version import RESEARCH_USE
from .parser import add_command, count, seed

CONDITIONS = ("unaided", "overlay", "rate", "correct")


def add_study(commands: argparse._SubParsersAction) -> None:
    """Adds ``study`` with its own commands; ``action`` in the result names which."""
    study = commands.add_parser(
        "study",
        help="observer studies: set up, import masks, follow, analyse",
        description="Observer studies: readers read cases blinded, and their agreement is analysed.",
        epilog=RESEARCH_USE,
    )
    actions = study.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_sample_size(actions)
    _add_create(actions)
    _add_status(actions)
    _add_hand_out(actions)
    _add_collect(actions)
    _add_import(actions)
    _add_analyse(actions)
    _add_export(actions)
    _add_upgrade(actions)
    _add_demo(actions)


def _add_sample_size(actions: argparse._SubParsersAction) -> None:
    action = add_command(actions, "sample-size", "how many cases and hidden repeats a study needs")
    action.add_argument(
        "--limits", type=float, metavar="ML", help="wanted: Bland-Altman limits known to plus or minus this"
    )
    action.add_argument("--sd", type=float, metavar="ML", help="expected SD of the differences, for --limits")
    action.add_argument(
        "--icc-width", type=float, metavar="W", help="wanted: width of the ICC's interval, end to end"
    )
    action.add_argument("--icc", type=float, metavar="R", help="expected ICC, for --icc-width")
    action.add_argument(
        "--within-percent", type=float, metavar="P",
        help="wanted: the SD of a reader's repeats known to plus or minus so many percent",
    )  # fmt: skip
    action.add_argument("--readers", type=count, default=2, metavar="N", help="default: %(default)s")


def _add_create(actions: argparse._SubParsersAction) -> None:
    action = add_command(
        actions, "create", "set up a study: blinded images, a random order for each reader, the key"
    )
    action.add_argument(
        "cases", nargs="+", type=Path, metavar="CASE",
        help="folders that synthesize or phantom wrote, or a .csv table of files "
        "(case_id, native_ct, synthetic_cect, truth, network)",
    )  # fmt: skip
    action.add_argument("-o", "--output", type=Path, required=True, metavar="STUDY", help="a new folder")
    action.add_argument("--name", default="Observer study", metavar="TEXT", help="default: %(default)s")
    action.add_argument(
        "--reader",
        action="append",
        required=True,
        metavar="NAME",
        dest="readers",
        help="once for each reader",
    )
    action.add_argument(
        "--condition", action="append", choices=CONDITIONS, dest="conditions",
        help="once for each: draw on the CT alone, draw with the synthetic CECT, rate or correct the network's "
        "chambers (default: unaided)",
    )  # fmt: skip
    amount = action.add_mutually_exclusive_group()
    amount.add_argument(
        "--slices-per-patient", type=count, metavar="N", help="so many random slices of each (default: all)"
    )
    amount.add_argument(
        "--slices-per-study", type=count, metavar="N", help="so many random slices of all together"
    )
    action.add_argument(
        "--sessions", type=count, metavar="N", help="sittings (default: one for each condition)"
    )
    action.add_argument(
        "--washout-days",
        type=float,
        default=0.0,
        metavar="DAYS",
        help="between two sessions (default: %(default)g)",
    )
    action.add_argument(
        "--repeats", type=seed, default=0, metavar="N", help="cases that each reader gets twice, unknowingly"
    )
    action.add_argument(
        "--seed", type=seed, default=1, metavar="N", help="of all random choices (default: 1)"
    )
    action.add_argument("--instructions", default="", metavar="TEXT", help="what readers shall know")
    _add_database(action)


def _add_status(actions: argparse._SubParsersAction) -> None:
    action = add_command(actions, "status", "how far each reader is")
    _add_study_folder(action)


def _add_hand_out(actions: argparse._SubParsersAction) -> None:
    action = add_command(
        actions, "hand-out", "a folder for one reader: his own tasks, and nothing of the other readers"
    )
    _add_study_folder(action)
    action.add_argument("--reader", required=True, metavar="NAME", help="whose it is; his token opens it")
    action.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="a new folder")


def _add_collect(actions: argparse._SubParsersAction) -> None:
    action = add_command(actions, "collect", "bring the reads of handed-out folders back; as often as wished")
    _add_study_folder(action)
    action.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="what study hand-out wrote")


def _add_import(actions: argparse._SubParsersAction) -> None:
    action = add_command(actions, "import", "take in masks that readers drew in other programs")
    _add_study_folder(action)
    action.add_argument(
        "masks",
        type=Path,
        metavar="DIR",
        help="folder of .seg.nrrd, NRRD, NIfTI, MetaImage or DICOM SEG files",
    )
    action.add_argument(
        "--pattern", default="{reader}_{case}_{condition}", metavar="TEXT",
        help="how the files are named, from {reader}, {case}, {label}, {condition}, {session}, {repeat} and * "
        "(default: %(default)s)",
    )  # fmt: skip
    _add_key(action)


def _add_analyse(actions: argparse._SubParsersAction) -> None:
    action = add_command(actions, "analyse", "statistics and a report of all reads")
    _add_study_folder(action)
    action.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the report"
    )
    _add_key(action)


def _add_export(actions: argparse._SubParsersAction) -> None:
    action = add_command(actions, "export", "all reads as files: masks, and their figures as CSV and JSON")
    _add_study_folder(action)
    action.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the files"
    )
    _add_key(action)


def _add_upgrade(actions: argparse._SubParsersAction) -> None:
    action = add_command(actions, "upgrade", "bring the database of an older study up to date; copy it first")
    _add_study_folder(action)


def _add_demo(actions: argparse._SubParsersAction) -> None:
    action = add_command(
        actions, "demo", "a whole study of virtual patients, read by simulated readers and analysed"
    )
    action.add_argument(
        "-o", "--output", type=Path, default=Path("study-demo"), metavar="DIR", help="default: %(default)s"
    )
    action.add_argument("--cases", type=count, default=20, metavar="N", help="virtual patients (default: 20)")
    action.add_argument("--readers", type=count, default=3, metavar="N", help="default: %(default)s")
    action.add_argument("--repeats", type=seed, default=5, metavar="N", help="cases read twice (default: 5)")
    action.add_argument("--seed", type=seed, default=1, metavar="N", help="default: %(default)s")


def _add_study_folder(action: argparse.ArgumentParser) -> None:
    action.add_argument("study", type=Path, metavar="STUDY", help="what study create wrote")
    _add_database(action)


def _add_database(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--database", metavar="URL",
        help="PostgreSQL, as postgresql://user@host/database; its password belongs into PGPASSWORD or ~/.pgpass "
        "(default: a SQLite file in the study)",
    )  # fmt: skip


def _add_key(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--key", type=Path, metavar="DIR", help="the coordinator's folder, where it is not in the study"
    )
