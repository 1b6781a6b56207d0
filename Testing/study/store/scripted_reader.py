"""Lets a scripted reader read, kills him at random moments, and prints what he was told and what the study then holds.

Run as a program: it imports everything once and then forks, so that two hundred deaths take seconds.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

from SyntheticCECTLib.study.session import ReadingSession
from SyntheticCECTLib.study.store.stored_mask import store_mask
from Testing.study.small_study import numbered

LONGEST_LIFE = 2.0
"""In units of what a reader needs here and now to open the study and to answer the first case."""


def read_until_killed(folder: Path, token: str, say: int, first: int) -> None:
    """Draw every case in two strokes, and say so after each acknowledgement."""
    session, number = ReadingSession(folder, token), first
    while (task := session.current) is not None:
        for stroke in (number, number + 1):
            session.draft(numbered(stroke))
            os.write(say, f"draft {task.label} {stroke}\n".encode())
        session.submit(numbered(number + 1))
        os.write(say, f"read {task.label} {number + 1}\n".encode())
        number += 2
        session.next_unread()


def one_life(folder: Path, token: str, seconds: float, first: int) -> tuple[list[str], float]:
    """Start a reader and kill him after a while (or once he has finished).

    Returns:
        What he said, and when he answered the first case (0 where he did not).
    """
    ear, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            read_until_killed(folder, token, mouth, first)
        finally:
            os._exit(0)
    os.close(mouth)
    said, answered, deadline = b"", 0.0, time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if select.select([ear], [], [], left)[0]:
            heard = os.read(ear, 65536)
            said += heard
            answered = answered or (time.monotonic() if b"read" in said else 0.0)
            if not heard:
                break
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while heard := os.read(ear, 65536):
        said += heard
    os.close(ear)
    return said.decode().splitlines(), answered


def look(folder: Path, token: str) -> dict[str, Any]:
    """What the study holds of this reader after the kill."""
    session = ReadingSession(folder, token)
    store = session.study.open_store()
    stored = [
        [read.receipt.label, read.receipt.version, read.receipt.mask_sha256]
        for read in store.reads(every_version=True)
        if read.reader == session.reader
    ]
    task, board = session.current, session.mask() if session.current else None
    found = {
        "reader": session.reader, "stored": stored, "resumes_at": task.label if task else None,
        "board": store_mask(board).sha256 if board is not None else None,
    }  # fmt: skip
    store.close()
    session.close()
    return found


def main(folder: Path, tokens: list[str], kills: int, seed: int) -> None:
    chance, turn, usual_s = random.Random(seed), 0, 1.0
    for number in range(kills):
        began = time.monotonic()
        said, answered = one_life(
            folder, tokens[turn], chance.uniform(0.0, LONGEST_LIFE) * usual_s, 1 + 300 * number
        )
        # The machine may be busy with other things: the next deaths follow its present speed.
        usual_s = 0.7 * usual_s + 0.3 * (answered - began) if answered else min(1.1 * usual_s, 5.0)
        found = look(folder, tokens[turn])
        print(json.dumps(found | {"said": said}), flush=True)
        if found["resumes_at"] is None:
            turn = (turn + 1) % len(tokens)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split(","), int(sys.argv[3]), int(sys.argv[4]))
