"""Lets several readers give reads at the same time, each in a process of his own, and prints what each was told.

Run as a program: it imports everything once and then forks.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from SyntheticCECTLib.study.store.rows import Answer
from SyntheticCECTLib.study.store.stored_mask import StoredMask
from SyntheticCECTLib.study.study_folder import StudyFolder


def write_reads(folder: Path, url: str | None, token: str, writer: int, count: int, report: Path) -> None:
    """Give so many reads, tasks in turn, each with a mask and a comment of the writer's own."""
    store = StudyFolder(folder, url).open_store()
    tasks = store.tasks(store.reader_of(token))
    told = []
    for number in range(count):
        task, sign = tasks[number % len(tasks)], f"writer {writer} read {number}"
        if number % 5 == 0:
            store.save_draft(task, float(number), StoredMask(sign.encode(), sign))
        receipt = store.give(task, Answer(StoredMask(sign.encode() * 20, sign), float(number), comment=sign))
        told.append([receipt.read_id, receipt.label, receipt.version, sign])
    store.close()
    report.write_text(json.dumps(told), encoding="utf-8")


def main(folder: Path, url: str | None, tokens: list[str], count: int) -> None:
    reports = [folder / f"told-{writer}.json" for writer in range(len(tokens))]
    children = []
    for writer, token in enumerate(tokens):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                write_reads(folder, url, token, writer, count, reports[writer])
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    statuses = [os.waitpid(child, 0)[1] for child in children]
    told = [json.loads(report.read_text()) if report.exists() else None for report in reports]
    print(json.dumps({"statuses": statuses, "told": told}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] or None, sys.argv[3].split(","), int(sys.argv[4]))
