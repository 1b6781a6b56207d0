"""A reading room as a user starts it: a process of its own, found by the address that it prints."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 120
ENDS_WITHIN_S = 60


class RoomProcess:
    """A running server.

    Args:
        arguments: After ``python -m SyntheticCECTLib.web``.
        temporary: Where it makes its temporary files.
        environment: More variables.
    """

    def __init__(
        self, *arguments: str | Path, temporary: Path, environment: dict[str, str] | None = None
    ) -> None:
        variables = os.environ | {
            "PYTHONPATH": str(ROOT / "SyntheticCECT"), "TMPDIR": str(temporary), "OMP_NUM_THREADS": "1",
            "LP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        self.log = temporary / "room.log"
        self._log = self.log.open("w")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "SyntheticCECTLib.web", "--no-browser", *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=self._log, text=True, env=variables | (environment or {}),
        )  # fmt: skip
        self.address = self._read_address()

    def _read_address(self) -> str:
        assert self._process.stdout is not None
        timer = threading.Timer(STARTS_WITHIN_S, self._process.kill)
        timer.start()
        line = self._process.stdout.readline()
        timer.cancel()
        found = re.search(r"http://\S+", line)
        assert found, f"the server said {line!r} and: {self.log.read_text()}"
        return found[0]

    @property
    def token(self) -> str:
        return self.address.partition("token=")[2]

    @property
    def base(self) -> str:
        """The address without the token."""
        return self.address.partition("?")[0]

    def stop(self) -> int:
        """Ends it as a service manager would; returns the exit status."""
        return self._end(signal.SIGTERM)

    def hang_up(self) -> int:
        """Closes the terminal that it was started in."""
        return self._end(signal.SIGHUP)

    def kill(self) -> int:
        """Takes it away without warning."""
        return self._end(signal.SIGKILL)

    def _end(self, number: int) -> int:
        if self._process.poll() is None:
            self._process.send_signal(number)
        status = self._process.wait(ENDS_WITHIN_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()
        return status
