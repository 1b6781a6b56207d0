"""``python -m training``: prepares pairs, trains models, evaluates them and repeats the paper's study."""

from __future__ import annotations

import argparse
import sys

from SyntheticCECTLib.core.errors import InputRefused

from . import ablation, ablation_training, calibrate, evaluate, export_command, robustness, train_command
from .paper_report import evaluate_pairs, paper_command, report_command
from .prepare import prepare_command

COMMANDS = {
    "prepare": (prepare_command, "registers pairs of scans, checks them and caches them for training"),
    "train": (train_command, "trains one model, going on where a killed run was, and writes its package"),
    "calibrate": (calibrate, "learns the 95 % interval of a model's volumes and writes it on its card"),
    "evaluate": (evaluate, "runs unseen virtual patients through the whole path"),
    "evaluate-pairs": (evaluate_pairs, "runs the test pairs of a prepared folder through the whole path"),
    "robustness": (robustness, "scans the test patients under worse conditions and says what that costs"),
    "ablation": (ablation, "what each step from santini2018 to leftheart gains and costs"),
    "ablation-training": (
        ablation_training,
        "trains leftheart briefly without one of its parts after another, and says what that costs",
    ),
    "export": (export_command, "a model for other programs: ONNX, in the shape of a MONAI bundle"),
    "report": (report_command, "the paper's tables and figures from result folders"),
    "paper": (
        paper_command,
        "the paper's whole study on virtual patients: cohort, training, evaluation, report",
    ),
}


INTERRUPTED = 130


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Tells each default that says something and is not told already."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        told = action.default in (None, False) or "default" in (action.help or "")
        return action.help if told else super()._get_help_string(action)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training", description=(__doc__ or "").replace("``", ""))
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (module, purpose) in COMMANDS.items():
        words = purpose.replace("%", "%%")
        module.add_arguments(
            commands.add_parser(name, help=words, description=f"{words}.", formatter_class=_Help)
        )
    options = parser.parse_args()
    try:
        COMMANDS[options.command][0].run(options)
    except InputRefused as refusal:
        sys.exit(f"{parser.prog} {options.command}: {refusal}")
    except OSError as error:  # a full disk, a folder that may not be written
        where = f"'{error.filename}': " if error.filename else ""
        sys.exit(f"{parser.prog} {options.command}: {where}{error.strerror or error}.")
    except KeyboardInterrupt:
        print(f"{parser.prog} {options.command}: interrupted.", file=sys.stderr)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
