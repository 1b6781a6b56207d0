"""``threshold``: a result folder segmented again at another threshold."""

from __future__ import annotations

import argparse

from ..core.case import part_of, segment_case
from ..core.case_folder import SCENE_FILES, older_files, read_case, write_case
from ..core.formats.output_folder import output_folder
from .progress import Progress
from .result_folder import refuse_unless_writable
from .summary import show


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Carry out the command; arguments as in `arguments.build_parser`."""
    target = options.output or options.folder
    progress(0.0, "reading")
    case = read_case(options.folder)
    refuse_unless_writable(target)
    result = segment_case(case, options.threshold, part_of(progress, 0.2, 0.4))
    outdated = older_files(target)
    # A scene names the files of its folder, so at another threshold it still shows this scan.
    kept = outdated & SCENE_FILES if target.resolve() == options.folder.resolve() else set[str]()
    with output_folder(target, outdated - kept) as folder:
        title = f"Synthetic CECT at {options.threshold:g} HU"
        metrics = write_case(result, folder, title, part_of(progress, 0.4, 1.0), also=kept)
    progress.close()
    show(metrics, target, options.json)
