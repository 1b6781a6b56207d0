"""``export``: a result folder as DICOM files for a PACS."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from ..core.dicom_export import SEGMENTATION, SERIES_FOLDER, export_dicom
from ..core.errors import InputRefused
from ..core.formats.output_folder import output_folder
from ..core.version import RESEARCH_USE
from .progress import Progress
from .result_folder import refuse_unless_writable
from .summary import print_json


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Carry out the command; arguments as in `arguments.build_parser`.

    Raises:
        InputRefused: ``already_exported``: slices of two exports in one folder would be mixed.
    """
    if (options.dicom / SERIES_FOLDER).exists():
        raise InputRefused(
            "already_exported", f"'{options.dicom}' holds an export already.", "Name another folder."
        )
    refuse_unless_writable(options.dicom)
    with output_folder(options.dicom) as folder:
        export = export_dicom(options.folder, folder, options.source, progress)
    progress.close()
    if options.json:
        print_json(asdict(export))
        return
    study = "the study of the source" if export.same_study else "a study of its own, of no real patient"
    lines = [
        f"{'Synthetic CECT':<26} {options.dicom / SERIES_FOLDER}, {export.slices} slices",
        f"{'Chambers':<26} {options.dicom / SEGMENTATION if export.segmentation else 'none to write'}",
        f"{'In':<26} {study}",
        RESEARCH_USE,
    ]
    print("\n".join(lines), flush=True)
