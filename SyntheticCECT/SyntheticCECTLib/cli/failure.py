"""Turns an exception into the one line that a user reads and the status that a script reads."""

from __future__ import annotations

from ..core.errors import Cancelled, InputRefused

DONE, FAILED, REFUSED, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143


class Terminated(BaseException):
    """SIGTERM arrived."""


def explain(error: BaseException) -> tuple[int, str]:
    """Exit status and message for an exception that ended a command.

    Returns:
        Status, and one line without line breaks; empty where nothing is to be said.
    """
    if isinstance(error, InputRefused):
        return REFUSED, one_line(str(error))
    if isinstance(error, KeyboardInterrupt | Cancelled):
        return INTERRUPTED, "interrupted; nothing was written."
    if isinstance(error, Terminated):
        return TERMINATED, "terminated; nothing was written."
    if isinstance(error, SystemExit):
        return (error.code if isinstance(error.code, int) else FAILED), ""
    if isinstance(error, BrokenPipeError):
        return FAILED, ""  # whoever read our output has gone: there is nobody to tell
    if isinstance(error, MemoryError):
        return FAILED, "not enough memory for this scan: close other programs, or crop the scan to the heart."
    if isinstance(error, OSError):
        return FAILED, one_line(_of_the_system(error))
    what = one_line(str(error)) or "no message"
    return (
        FAILED,
        f"unexpected {type(error).__name__}: {what} (run it again with --debug, and report what it prints)",
    )


def one_line(text: str, longest: int = 600) -> str:
    """``text`` without line breaks, control characters and runs of spaces, and not longer than a person reads."""
    visible = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(visible.split())
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def _of_the_system(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}." if error.filename else f"{reason}."
