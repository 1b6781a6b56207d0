"""Every command and option of ``synthetic-cect``, with the help that people read."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..core.version import RESEARCH_USE, VERSION
from .parser import OneLineParser, add_command, hounsfield, seed
from .study_arguments import add_study
from .view_command import add_view

SCAN_HELP = "CT without contrast agent: NRRD, NIfTI, MetaImage, DICOM file, or a folder or zip of DICOM files"
LABELS_HELP = (
    "label image (1 = left atrium, 2 = left ventricle, others ignored), a .seg.nrrd of Slicer or a DICOM SEG"
)


def build_parser() -> argparse.ArgumentParser:
    """The parser of ``synthetic-cect``; ``command`` in its result names the module that runs it."""
    parser = OneLineParser(
        prog="synthetic-cect",
        description="Synthetic arterial contrast, left atrium and left ventricle from a non-contrast cardiac or chest CT.",
        epilog=f"{RESEARCH_USE} Exit status: 0 done, 2 refused input, 1 failure.",
    )
    parser.add_argument("--version", action="version", version=f"synthetic-cect {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_synthesize(commands)
    _add_threshold(commands)
    _add_compare(commands)
    _add_export(commands)
    _add_phantom(commands)
    _add_models(commands)
    add_study(commands)
    add_view(commands)
    return parser


def _add_demo(commands: argparse._SubParsersAction) -> None:
    command = add_command(commands, "demo", "everything at once, on a virtual patient or on a scan of yours")
    command.add_argument(
        "scan", nargs="?", type=Path, metavar="SCAN", help=f"{SCAN_HELP}; default: a virtual patient"
    )
    command.add_argument(
        "-o", "--output", type=Path, default=Path("demo-output"), metavar="DIR", help="default: %(default)s"
    )
    command.add_argument(
        "--seed", type=seed, default=1, metavar="N", help="which virtual patient (default: %(default)s)"
    )
    _add_computing(command)


def _add_synthesize(commands: argparse._SubParsersAction) -> None:
    command = add_command(
        commands, "synthesize", "a scan in; synthetic CECT, chambers, volumes and a report out"
    )
    command.add_argument("scan", type=Path, metavar="SCAN", help=SCAN_HELP)
    command.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the result"
    )
    command.add_argument(
        "--series", metavar="TEXT", help="which DICOM series: its number, UID or description"
    )
    command.add_argument(
        "--cect", type=Path, metavar="FILE", help="real CECT of the same patient: registered and compared"
    )
    command.add_argument(
        "--reference", type=Path, metavar="LABELS", help=f"manual chambers to compare with: {LABELS_HELP}"
    )
    command.add_argument(
        "--reference-on", choices=("ct", "cect"), default="ct",
        help="the scan the reference was drawn on; cect: it is moved along with the CECT (default: %(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--heart-mask", type=Path, metavar="FILE", help="heart mask to use instead of finding the heart"
    )
    command.add_argument(
        "--chambers", type=Path, metavar="LABELS",
        help=f"chambers that you drew or corrected, in place of the threshold's: {LABELS_HELP}",
    )  # fmt: skip
    _add_uncompressed(command)
    _add_threshold_option(command, required=False)
    _add_computing(command)


def _add_threshold(commands: argparse._SubParsersAction) -> None:
    command = add_command(commands, "threshold", "segment a result folder again at another threshold")
    command.add_argument("folder", type=Path, metavar="DIR", help="what synthesize wrote")
    _add_threshold_option(command, required=True)
    command.add_argument("-o", "--output", type=Path, metavar="DIR", help="default: the same folder")


def _add_compare(commands: argparse._SubParsersAction) -> None:
    command = add_command(
        commands, "compare", "agreement of two segmentations, and of a synthetic with a real CECT"
    )
    command.add_argument("predicted", type=Path, metavar="PRED", help=LABELS_HELP)
    command.add_argument(
        "reference", type=Path, metavar="REF", help="the truth; PRED is compared on its grid"
    )
    command.add_argument("--cect", type=Path, metavar="FILE", help="real CECT, already registered")
    command.add_argument("--synthetic", type=Path, metavar="FILE", help="synthetic CECT")
    command.add_argument("--heart-mask", type=Path, metavar="FILE", help="where the CECTs are compared")
    command.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="write metrics.json and metrics.csv there"
    )


def _add_export(commands: argparse._SubParsersAction) -> None:
    command = add_command(
        commands, "export", "a result folder as DICOM: CT series and segmentation, marked as synthetic"
    )
    command.add_argument("folder", type=Path, metavar="DIR", help="what synthesize wrote")
    command.add_argument(
        "--dicom", type=Path, required=True, metavar="OUT", help="folder for the DICOM files"
    )
    command.add_argument(
        "--source", type=Path, metavar="FOLDER",
        help="DICOM files that the result was made from: the export joins that study (default: a research patient)",
    )  # fmt: skip


def _add_phantom(commands: argparse._SubParsersAction) -> None:
    command = add_command(commands, "phantom", "make a virtual patient whose truth is known")
    command.add_argument(
        "--seed", type=seed, required=True, metavar="N", help="the same number, the same patient"
    )
    command.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the patient"
    )
    _add_uncompressed(command)


def _add_models(commands: argparse._SubParsersAction) -> None:
    add_command(
        commands, "models", "the models that are here, what they were trained on, and how well they do"
    )


def _add_computing(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--model", metavar="ID", help="a model's id or folder (default: the bundled one; see models)"
    )
    command.add_argument(
        "--device", default="auto", metavar="auto|cpu|cuda|mps", help="what computes (default: %(default)s)"
    )


def _add_threshold_option(command: argparse.ArgumentParser, required: bool) -> None:
    default = "" if required else " (default: the model's own)"
    command.add_argument(
        "--threshold", type=hounsfield, required=required, metavar="HU",
        help=f"chambers are what is at least this bright in the synthetic CECT{default}",
    )  # fmt: skip


def _add_uncompressed(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--uncompressed", action="store_true", help="larger image files, written and read sooner"
    )
