"""Entry point: reads the arguments, runs one command, and turns what went wrong into a line and an exit status."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from .failure import explain
from .progress import make_progress
from .surroundings import quiet_libraries, termination_as_exception


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``synthetic-cect``.

    Args:
        argv: Arguments without the program's name; default: those of this process.

    Returns:
        0 done, 1 failure, 2 refused input, 130 interrupted, 143 terminated.
    """
    try:
        # Here, so that Ctrl-C while Python still gathers its modules is no traceback either.
        from .arguments import build_parser

        options = build_parser().parse_args(argv)
    except KeyboardInterrupt as error:
        return _end(error)
    try:
        with (
            make_progress(options.progress) as progress,
            termination_as_exception(),
            quiet_libraries(options.debug),
        ):
            # Only now, so that --help and a mistyped option answer at once: a command brings numpy and SimpleITK along.
            command = importlib.import_module(f".{options.command}_command", __package__)
            command.run(options, progress)
            return 0
    except BaseException as error:
        if options.debug and isinstance(error, Exception):
            raise
        return _end(error)


def _end(error: BaseException) -> int:
    """Says why, and gives the exit status."""
    status, line = explain(error)
    if line:
        print(f"synthetic-cect: {line}", file=sys.stderr, flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
