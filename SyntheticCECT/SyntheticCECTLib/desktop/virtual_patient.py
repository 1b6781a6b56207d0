"""A virtual patient in the scene: CT, real CECT and true chambers, whose volumes are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..mrml.scene_change import all_or_nothing
from ..mrml.segmentation_node import add_chambers
from ..mrml.volume_node import add_volume

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


def add_patient(scene: Any, folder: Path, seed: int) -> VirtualPatientNodes:
    """Adds what the command ``phantom`` wrote, all of it or nothing.

    Raises:
        InputRefused: A file is missing or damaged.
    """
    from ..core.formats.label_file import read_labels
    from ..core.scan import read_scan

    name = f"Virtual patient {seed}"
    with all_or_nothing(scene):
        native_ct = read_scan(folder / NATIVE_CT).image
        native = add_volume(scene, native_ct, f"{name} CT")
        cect = add_volume(scene, read_scan(folder / CECT).image, f"{name} CECT")
        truth = add_chambers(
            scene, read_labels(folder / LABELS, native_ct), native, f"{name} true chambers", 0.0
        )
        truth.GetDisplayNode().SetVisibility(False)
    return VirtualPatientNodes(native, cect, truth)
