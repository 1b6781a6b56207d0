"""Every control of the panel, in the parameter node: a saved scene restores it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper

from .case_collection import require_cases
from .saved_parameters import mend

LOWEST_HU, HIGHEST_HU = -200.0, 1200.0


class ViewPreset(Enum):
    """How the result lies over the CT. Stored by name."""

    FUSION = "Fusion"
    SIDE_BY_SIDE = "Side by side"
    CHECKERBOARD = "Checkerboard"
    ENHANCEMENT = "Enhancement in colour"

    def label(self) -> str:
        """What the combo box shows."""
        return self.value


class WindowChoice(Enum):
    """A grey window; the values are keys of `mrml.display.WINDOWS`."""

    CARDIAC_CTA = "cardiac_cta"
    MEDIASTINUM = "mediastinum"
    NON_CONTRAST = "non_contrast"

    def label(self) -> str:
        """What the combo box shows."""
        from ..mrml.display import WINDOWS

        window = WINDOWS[self.value]
        return f"{window.name} ({window.window_hu:.0f} / {window.level_hu:.0f})"


@parameterNodeWrapper
class _Fields:
    """What a person chose.

    Attributes:
        nativeCt: CT without contrast agent.
        model: Id of a model package.
        device: ``auto``, ``cpu``, ``mps`` or ``cuda:N``.
        heartSegmentation: With a heart that replaces the heart finder, or ``None``.
        heartSegmentId: Which segment of it.
        firstSlice, lastSlice: Slices to use, counted from 0; a last slice of 0 is the end of the volume.
        replaceEarlier: Whether an older result of the same CT is removed.
        viewPreset, overlayOpacity, linkedViews, windowPreset, volumeRendering: What the views show.
        thresholdHu: Chambers are at least this bright.
        heightCm, weightKg: Of the patient; 0 where not known.
        realCect, referenceSegmentation, referenceOnCect: What to compare with.
        comparedCases: Those of the list of several cases, as `case_collection.cases_text` writes them.
        batchInput, batchOutput: Folders.
        qaComment: What is being typed.
    """

    nativeCt: vtkMRMLScalarVolumeNode
    model: str = ""
    device: str = "auto"
    heartSegmentation: vtkMRMLSegmentationNode
    heartSegmentId: str = ""
    firstSlice: Annotated[int, WithinRange(0, 100000)] = 0
    lastSlice: Annotated[int, WithinRange(0, 100000)] = 0
    replaceEarlier: bool = True
    viewPreset: ViewPreset = ViewPreset.FUSION
    overlayOpacity: Annotated[float, WithinRange(0.0, 1.0)] = 0.5
    linkedViews: bool = True
    windowPreset: WindowChoice = WindowChoice.CARDIAC_CTA
    volumeRendering: bool = False
    thresholdHu: Annotated[float, WithinRange(LOWEST_HU, HIGHEST_HU)] = 300.0
    heightCm: Annotated[float, WithinRange(0.0, 250.0)] = 0.0
    weightKg: Annotated[float, WithinRange(0.0, 400.0)] = 0.0
    realCect: vtkMRMLScalarVolumeNode
    referenceSegmentation: vtkMRMLSegmentationNode
    referenceOnCect: bool = False
    comparedCases: str = ""
    batchInput: str = ""
    batchOutput: str = ""
    qaComment: str = ""


class SyntheticCECTParameters(_Fields):
    """What a person chose, also where a scene brought values that cannot be read.

    Attributes:
        unreadable: What was replaced by its default when this was made, a sentence each.
    """

    def __init__(self, parameterNode: Any) -> None:
        self.unreadable = mend(parameterNode, _Fields.allParameters, {"comparedCases": require_cases})
        super().__init__(parameterNode)
