"""Where a command writes: asked before the work, filled after it, all at once or not at all."""

from __future__ import annotations

from pathlib import Path

from ..core.formats.output_folder import output_folder


class _Probe(Exception):
    pass


def refuse_unless_writable(path: Path) -> None:
    """Find out before minutes of work that a result cannot be written; leaves nothing behind.

    Raises:
        InputRefused: ``output_not_a_folder`` or ``output_not_writable``.
    """
    try:
        with output_folder(path):
            raise _Probe
    except _Probe:
        pass
