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
from ..core.formats.label_file import on_grid_of, read_labels, read_mask, with_room_for
from ..core.formats.output_folder import output_folder
from ..core.scan import read_scan
from ..core.version import VERSION
from .progress import Progress
from .result_folder import refuse_unless_writable
from .summary import agreement_lines, print_json
from .synthesize_command import named


def run(options: argparse.Namespace, progress: Progress) -> None:
    """Carry out the command; arguments as in `arguments.build_parser`."""
    if options.output is not None:
        refuse_unless_writable(options.output)
    progress(0.0, "reading")
    reference = named("REF", options.reference, read_labels)
    predicted = named("PRED", options.predicted, lambda path: _meeting(read_labels(path), reference))
    heart_mask = None
    if options.heart_mask is not None:
        heart_mask = named("--heart-mask", options.heart_mask, lambda path: read_mask(path, reference))
    synthetic = _scan_on(options.synthetic, reference, synthetic=True)
    cect = _scan_on(options.cect, reference)
    whole = with_room_for(reference, predicted)
    agreement = compare(
        on_grid_of(predicted, whole),
        on_grid_of(reference, whole),
        _grown(synthetic, whole),
        _grown(cect, whole),
        None if heart_mask is None else on_grid_of(heart_mask, whole),
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


def _meeting(labels: sitk.Image, reference: sitk.Image) -> sitk.Image:
    """The labels on their own grid; refused where none of them lies inside the reference's."""
    on_grid_of(labels, reference)
    return labels


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


def _grown(image: sitk.Image | None, whole: sitk.Image) -> sitk.Image | None:
    """A CT of the reference's grid with air where the grid was grown; there no image is compared."""
    if image is None or image.GetSize() == whole.GetSize():
        return image
    return sitk.Resample(image, whole, sitk.Transform(), sitk.sitkNearestNeighbor, -1024.0)
