"""A virtual patient in the scene: CT, real CECT and true chambers, whose volumes are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import InputRefused
from ..core.formats.itk_name import itk_name
from ..mrml.scene_change import all_or_nothing
from ..mrml.segmentation_node import add_chambers
from ..mrml.volume_node import add_volume

if TYPE_CHECKING:
    import SimpleITK as sitk

# The names of `phantom.patient_folder`, which is not imported here: the files are what both agree on.
NATIVE_CT, CECT, LABELS = "native_ct.nrrd", "cect.nrrd", "labels.nrrd"


@dataclass(frozen=True)
class VirtualPatientNodes:
    """Nodes of one virtual patient.

    Attributes:
        native: CT without contrast agent.
        cect: CT with contrast agent, displaced as between two scans.
        truth: True chambers, outlined, hidden at first.
    """

    native: Any
    cect: Any
    truth: Any


def add_patient(
    scene: Any, folder: Path, seed: int, report: Callable[[float, str], None]
) -> VirtualPatientNodes:
    """Adds what the command ``phantom`` wrote, all of it or nothing.

    Args:
        scene: Where to.
        folder: With the files.
        seed: Which patient.
        report: Called between the pieces with a fraction from 0 to 1 and what is being done; raise from it to cancel.

    Raises:
        InputRefused: A file is missing or damaged.
    """
    from ..core.formats.label_file import read_labels

    name = f"Virtual patient {seed}"
    with all_or_nothing(scene) as change:
        report = change.telling(report)
        native_ct = _read(folder / NATIVE_CT)
        report(0.4, "reading the CECT")
        native = add_volume(scene, native_ct, f"{name} CT")
        cect = add_volume(scene, _read(folder / CECT), f"{name} CECT")
        report(0.8, "adding the true chambers")
        truth = add_chambers(
            scene,
            read_labels(folder / LABELS, native_ct),
            native,
            f"{name} true chambers",
            0.0,
            on_progress=report,
        )
        truth.GetDisplayNode().SetVisibility(False)
    return VirtualPatientNodes(native, cect, truth)


def _read(path: Path) -> sitk.Image:
    """An image that our own command wrote: the checks of a foreign scan would take longer than reading it."""
    import SimpleITK as sitk

    try:
        return sitk.ReadImage(itk_name(path))
    except RuntimeError:
        raise InputRefused(
            "bad_patient",
            f"'{path.name}' of the virtual patient cannot be read.",
            "Draw it again; is the disk full?",
        ) from None
