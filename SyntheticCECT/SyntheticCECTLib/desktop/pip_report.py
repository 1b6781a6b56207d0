"""What pip says, read line by line: how far a download is, whether packages are being written, and why it failed."""

from __future__ import annotations

import re
from collections import deque
from textwrap import shorten
from urllib.parse import unquote

from .run_report import LAUNCHER_SAYS, LINES_KEPT, SOONEST_S, Progress, RunFailure

LINES_SHOWN = 12
"""A conflict of versions takes pip so many lines to tell."""
MESSAGE_LENGTH = 120
DOWNLOADED = re.compile(r"Progress (\d+) of (\d+)")
"""With ``--progress-bar raw``: bytes that came, and bytes of the file, 0 where the server does not tell."""
ADDRESS = re.compile(r"https?://\S*/([^\s/#?]+)\S*")
WRITING, WRITTEN = "Installing collected packages", "Successfully installed"
REMEDIES = (
    (
        ("conflicting dependencies", "ResolutionImpossible"),
        "What Slicer ships leaves no version to install: update Slicer and its extensions, and try again.",
    ),
    (("No space left", "Errno 28"), "Free space on the disk, and try again."),
    (
        ("WinError 206", "too long"),
        "Install Slicer into a folder with a short path, such as C:\\Slicer, and try again.",
    ),
    (
        (
            "WinError 5]",
            "WinError 32]",
            "Errno 13",
            "Permission denied",
            "Access is denied",
            "Read-only file",
        ),
        "Restart Slicer and install before anything else: files that are in use cannot be replaced. Where Slicer lies in a "
        "folder of the system, start it once as administrator.",
    ),
)
OTHERWISE = "Check the network, a proxy (HTTPS_PROXY) or the wheel folder, and try again."


class PipReport:
    """Collects what pip writes, errors among it.

    Attributes:
        progress: How far it is; the fraction is that of the file being downloaded.
        writing: Whether packages are being written: ended now, pip would leave half of one.
    """

    def __init__(self) -> None:
        self.progress, self.writing = Progress(0.0, "starting pip"), False
        self._rest, self._lines = "", deque[str](maxlen=LINES_KEPT)
        self._began: tuple[float, int] | None = None

    def read(self, text: str, now_s: float) -> bool:
        """Takes in more text; returns whether the progress changed."""
        *lines, self._rest = (self._rest + text).split("\n")
        before = self.progress
        for line in lines:
            self._take(line.strip(), now_s)
        return self.progress != before

    def failure(self, exit_code: int, crashed: bool) -> RunFailure:
        """Why nothing was installed; arguments as for `run_report.RunReport.failure`."""
        said = [line for line in (*self._lines, self._rest.strip()) if line and LAUNCHER_SAYS not in line]
        how = "crashed" if crashed else "failed"
        tail = "\n".join(said[-LINES_SHOWN:]) or "It said nothing."
        remedy = next((text for signs, text in REMEDIES if any(sign in tail for sign in signs)), OTHERWISE)
        return RunFailure(f"pip {how} (code {exit_code}). Its last lines:\n{tail}", remedy)

    def _take(self, line: str, now_s: float) -> None:
        came = DOWNLOADED.fullmatch(line)
        if came is not None:
            self._download(int(came.group(1)), int(came.group(2)), now_s)
        elif line:
            self._lines.append(line)
            self._began = None
            self.writing = line.startswith(WRITING) or (self.writing and not line.startswith(WRITTEN))
            self.progress = Progress(0.0, _short(line))

    def _download(self, came: int, whole: int, now_s: float) -> None:
        if not whole:
            return
        if self._began is None:
            self._began = now_s, came
        passed_s, since = now_s - self._began[0], came - self._began[1]
        left_s = (whole - came) * passed_s / since if passed_s >= SOONEST_S and since else None
        self.progress = Progress(min(came / whole, 1.0), self.progress.message, left_s)


def _short(line: str) -> str:
    """With the name of a file instead of its address."""
    named = ADDRESS.sub(lambda found: unquote(found.group(1)), line)
    return shorten(named, MESSAGE_LENGTH, placeholder=" …")
