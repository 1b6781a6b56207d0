"""``synthesize``: a scan in; synthetic CECT, chambers, figures and a report out."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import SimpleITK as sitk

from ..core.case import CaseInputs, CaseResult, CaseSettings, part_of, process_case, timed
from ..core.case_folder import older_files, write_case
from ..core.errors import InputRefused, Notice
from ..core.formats.label_file import read_labels, read_mask
from ..core.formats.output_folder import output_folder
from ..core.formats.volume_file import container_of
from ..core.labels_on_scan import labels_on_scan
from ..core.scan import Scan, read_scan
from .progress import Progress
from .result_folder import refuse_unless_writable
from .summary import show

Read = TypeVar("Read")


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Carry out the command; arguments as in `arguments.build_parser`."""
    refuse_unless_writable(options.output)
    result = process(options, progress)
    with output_folder(options.output, _outdated(options)) as folder:
        written = part_of(progress, 0.8, 1.0)
        metrics = write_case(result, folder, title_of(options.scan), written, not options.uncompressed)
    progress.close()
    show(metrics, options.output, options.json)


def _outdated(options: argparse.Namespace) -> set[str]:
    """What an older result left in the output folder; what was read from there is the user's choice, and stays."""
    given = (options.scan, options.cect, options.reference, options.heart_mask, options.chambers)
    read = {path.resolve() for path in given if path is not None}
    return {name for name in older_files(options.output) if (options.output / name).resolve() not in read}


def process(options: argparse.Namespace, progress: Progress) -> CaseResult:
    """Read the files that the options name and process them."""
    if options.reference_on == "cect" and options.cect is None:
        raise InputRefused("no_cect", "--reference-on cect needs the CECT.", "Give it with --cect FILE.")
    seconds: dict[str, float] = {}
    progress(0.0, "reading")
    with timed(seconds, "reading"):
        inputs = read_inputs(options)
    settings = CaseSettings(options.model, options.threshold, options.device)
    result = process_case(inputs, settings, part_of(progress, 0.1, 0.8))
    result.seconds.update(seconds)
    return result


def read_inputs(options: argparse.Namespace) -> CaseInputs:
    """Every image that the options name.

    Raises:
        InputRefused: A file is missing, damaged, or not what it should be; the message names the option.
    """
    scan = read_scan(options.scan, options.series)
    on_cect = options.reference_on == "cect"
    cect = _given("--cect", options.cect, lambda path: _other_scan(read_scan(path, contrast=True), scan))
    notices = [] if cect is None else _of_cect(cect)

    def on_scan(what: str, labels: sitk.Image) -> sitk.Image:
        placed, told = labels_on_scan(what, labels, scan.image)
        notices.extend(told)
        return placed

    return CaseInputs(
        scan=scan,
        cect=None if cect is None else cect.image,
        reference=_given(
            "--reference", options.reference,
            lambda path: read_labels(path) if on_cect else on_scan("reference", read_labels(path)),
        ),
        reference_on_cect=on_cect,
        heart_mask=_given("--heart-mask", options.heart_mask, lambda path: on_scan("heart mask", read_mask(path))),
        chambers=_given(
            "--chambers", options.chambers, lambda path: on_scan("chambers", read_labels(path, may_be_empty=True))
        ),
        notices=tuple(notices),
    )  # fmt: skip


def title_of(scan: Path) -> str:
    """A heading for the report: the file's own name, but "DICOM scan" for DICOM and zips, whose names often are patients'.

    Raises:
        InputRefused: ``unreadable`` when the file cannot be opened.
    """
    return "DICOM scan" if scan.is_dir() or container_of(scan) in ("DICOM", "zip") else scan.name


def named(option: str, path: Path, read: Callable[[Path], Read]) -> Read:
    """What ``read`` makes of the file; a refusal says which option's file it is about."""
    try:
        return read(path)
    except InputRefused as refusal:
        raise InputRefused(refusal.code, f"{option} {path}: {refusal.message}", refusal.remedy) from refusal


def _given(option: str, path: Path | None, read: Callable[[Path], Read]) -> Read | None:
    return None if path is None else named(option, path, read)


def _other_scan(cect: Scan, scan: Scan) -> Scan:
    """The CECT, unless it is the scan itself: every figure of their agreement would flatter."""
    if cect.sha256 == scan.sha256:
        raise InputRefused(
            "same_scan", "It is the same scan as the CT without contrast.", "Give the CECT of the patient."
        )
    return cect


def _of_cect(cect: Scan) -> list[Notice]:
    """What is to be known of reading it; that it holds contrast agent is as it should be."""
    return [
        Notice(f"cect_{notice.code}", f"Real CECT: {notice.message}")
        for notice in cect.notices
        if notice.code != "contrast_in_header"
    ]
