"""``synthesize``: a scan in; synthetic CECT, chambers, figures and a report out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from ..core.case import CaseInputs, CaseResult, CaseSettings, part_of, process_case, timed
from ..core.case_folder import write_case
from ..core.errors import InputRefused
from ..core.formats.label_file import read_labels, read_mask
from ..core.formats.output_folder import output_folder
from ..core.formats.volume_file import container_of
from ..core.scan import read_scan
from .progress import Progress
from .result_folder import refuse_unless_writable
from .summary import show


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Carry out the command; arguments as in `arguments.build_parser`."""
    refuse_unless_writable(options.output)
    result = process(options, progress)
    with output_folder(options.output) as folder:
        written = part_of(progress, 0.8, 1.0)
        metrics = write_case(result, folder, title_of(options.scan), written, not options.uncompressed)
    progress.close()
    show(metrics, options.output, options.json)


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
    return CaseInputs(
        scan=scan,
        cect=_given("--cect", options.cect, lambda path: read_scan(path).image),
        reference=_given(
            "--reference", options.reference, lambda path: read_labels(path, None if on_cect else scan.image)
        ),
        reference_on_cect=on_cect,
        heart_mask=_given("--heart-mask", options.heart_mask, lambda path: read_mask(path, scan.image)),
        chambers=_given(
            "--chambers", options.chambers, lambda path: read_labels(path, scan.image, may_be_empty=True)
        ),
    )


def title_of(scan: Path) -> str:
    """A heading for the report: the file's own name, but "DICOM scan" for DICOM and zips, whose names often are patients'.

    Raises:
        InputRefused: ``unreadable`` when the file cannot be opened.
    """
    return "DICOM scan" if scan.is_dir() or container_of(scan) in ("DICOM", "zip") else scan.name


def _given(option: str, path: Path | None, read: Any) -> sitk.Image | None:
    """What ``read`` makes of the file; a refusal says which option's file it is about."""
    if path is None:
        return None
    try:
        return read(path)
    except InputRefused as refusal:
        raise InputRefused(refusal.code, f"{option} {path}: {refusal.message}", refusal.remedy) from refusal
