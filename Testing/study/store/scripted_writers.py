"""Lets several readers give reads at the same time, each in a process of his own, and prints what each was told.

Run as a program: it imports everything once and then forks.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.study.store.rows import SIGNED_IN_ELSEWHERE, Answer
from SyntheticCECTLib.study.store.stored_mask import StoredMask
from SyntheticCECTLib.study.study_folder import StudyFolder


def write_reads(folder: Path, url: str | None, token: str, writer: int, count: int, report: Path) -> None:
    """Give so many reads, tasks in turn, each with a mask and a comment of the writer's own.

    Another one who writes for the same reader comes first now and then: the seat is taken back, the task looked at again.
    """
    store = StudyFolder(folder, url).open_store()
    reader, told = store.reader_of(token), []
    store.take_seat(reader)
    tasks = store.tasks(reader)
    for number in range(count):
        task, sign = tasks[number % len(tasks)], f"writer {writer} read {number}"
        answer = Answer(StoredMask(sign.encode() * 20, sign), float(number), comment=sign)
        while True:
            try:
                if number % 5 == 0:
                    store.save_draft(task, float(number), StoredMask(sign.encode(), sign))
                receipt = store.give(task, answer)
                break
            except InputRefused as refusal:
                if refusal.code not in ("answered_elsewhere", SIGNED_IN_ELSEWHERE):
                    raise
                store.take_seat(reader)
                task = store.tasks(reader)[number % len(tasks)]
        tasks[number % len(tasks)] = replace(task, versions=receipt.version)
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
