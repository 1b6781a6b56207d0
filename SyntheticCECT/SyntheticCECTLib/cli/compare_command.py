"""``compare``: agreement of two segmentations, and of a synthetic CECT with a real one."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from ..core.agreement import compare
from ..core.case_metrics import table_csv
from ..core.errors import InputRefused
from ..core.formats.label_file import read_labels, read_mask
from ..core.formats.output_folder import output_folder
from ..core.scan import read_scan
from ..core.version import VERSION
from .progress import Progress
from .result_folder import refuse_unless_writable
from .summary import agreement_lines, print_json


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Carry out the command; arguments as in `arguments.build_parser`."""
    if options.output is not None:
        refuse_unless_writable(options.output)
    progress(0.0, "reading")
    reference = read_labels(options.reference)
    agreement = compare(
        read_labels(options.predicted, reference),
        reference,
        _scan_on(options.synthetic, reference, synthetic=True),
        _scan_on(options.cect, reference),
        read_mask(options.heart_mask, reference) if options.heart_mask else None,
    )
    progress(0.9, "writing")
    metrics: dict[str, Any] = {"version": VERSION, "agreement": agreement.as_dict()}
    if options.output is not None:
        with output_folder(options.output) as folder:
            text = json.dumps(metrics, indent=2, allow_nan=False) + "\n"
            (folder / "metrics.json").write_text(text, encoding="utf-8")
            (folder / "metrics.csv").write_text(table_csv(agreement.rows()), encoding="utf-8")
    progress.close()
    if options.json:
        print_json(metrics)
    else:
        print("\n".join(agreement_lines(metrics)), flush=True)


def _scan_on(path: Path | None, reference: sitk.Image, synthetic: bool = False) -> sitk.Image | None:
    """A CT that lies on the reference's grid.

    Raises:
        InputRefused: ``other_grid``; resampling it silently would change the figures.
    """
    if path is None:
        return None
    image = read_scan(path, synthetic=synthetic).image
    moved = sitk.Resample(image, reference, sitk.Transform(), sitk.sitkLinear, -1024.0)
    same = image.GetSize() == moved.GetSize() and all(
        abs(a - b) < 0.01
        for corner in ((0, 0, 0), tuple(size - 1 for size in image.GetSize()))
        for a, b in zip(
            image.TransformIndexToPhysicalPoint(corner),
            moved.TransformIndexToPhysicalPoint(corner),
            strict=True,
        )
    )
    if not same:
        raise InputRefused(
            "other_grid",
            f"'{path}' has {image.GetSize()} voxels, the reference {reference.GetSize()}, or lies elsewhere.",
            "Resample it onto the reference's grid first, or use synthesize --cect, which registers it.",
        )
    return image
