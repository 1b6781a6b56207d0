"""Nodes as files for the command line, and its result back; a folder that is gone when it is no longer needed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import InputRefused
from ..core.formats.itk_name import itk_name
from .slice_range import SliceRange

if TYPE_CHECKING:
    import SimpleITK as sitk

    from ..core.case import OnProgress

RESULT, NATIVE_CT, CECT, HEART, REFERENCE, CHAMBERS = (
    "result", "native_ct.nrrd", "cect.nrrd", "heart_mask.nrrd", "reference.nrrd", "chambers.nrrd",
)  # fmt: skip


@dataclass(frozen=True)
class CaseChoice:
    """What a run is to work on.

    Attributes:
        native: CT node.
        heart, heart_segment: Segmentation node and segment with the heart; ``None`` to find it.
        slices: Which of them.
        model: Id; empty for the bundled one.
        device: As the command line takes it.
        cect: Node of a real CECT, or ``None``.
        reference: Segmentation node with chambers, or ``None``.
        reference_on_cect: Whether they were drawn on the CECT.
        threshold_hu: Chambers are at least this bright; ``None`` for the model's own threshold.
        as_corrected: Whether chambers that a person corrected in the earlier result take the place of the threshold's.
    """

    native: Any
    heart: Any = None
    heart_segment: str = ""
    slices: SliceRange = field(default_factory=SliceRange)
    model: str = ""
    device: str = "auto"
    cect: Any = None
    reference: Any = None
    reference_on_cect: bool = False
    threshold_hu: float | None = None
    as_corrected: bool = False


class CaseFiles:
    """A temporary folder with the inputs of one run, and later its result.

    Args:
        root: Where to make it; ``None`` for the system's place.

    Attributes:
        awaited: Whether somebody will still read the result, and remove the folder then.
    """

    def __init__(self, root: str | Path | None = None) -> None:
        self.awaited = False
        self.folder = Path(tempfile.mkdtemp(prefix="SyntheticCECT-", dir=root))

    @property
    def result(self) -> Path:
        """What the command line writes."""
        return self.folder / RESULT

    def write(
        self, choice: CaseChoice, report: OnProgress, chambers: sitk.Image | None = None
    ) -> list[str | Path]:
        """Writes the inputs.

        Args:
            choice: What to write.
            report: Called between reading and writing each of them; raise from it to cancel.
            chambers: What a person made of them, on the CT's grid, in place of the threshold's.

        Returns:
            Arguments of the command line.

        Raises:
            InputRefused: A node holds no voxels, lies under a warp, or has not the segments that are asked for;
                ``no_cect`` where the reference was drawn on a CECT that is not there.
        """
        from ..mrml.label_node import chambers_of, mask_of
        from ..mrml.volume_node import to_image

        if choice.reference is not None and choice.reference_on_cect and choice.cect is None:
            raise InputRefused(
                "no_cect",
                "The reference was drawn on a real CECT, but none is chosen.",
                "Choose the real CECT.",
            )
        slices = choice.slices

        def save(what: str, name: str, read: Callable[[], sitk.Image]) -> Path:
            report(0.0, f"reading {what}")
            image = read()
            report(0.0, f"handing over {what}")
            return self._save(image, name)

        scan = save("the CT", NATIVE_CT, lambda: slices.cut(to_image(choice.native)))
        arguments: list[str | Path] = [
            "synthesize", scan, "-o", self.result,
            "--device", choice.device, "--progress", "json", "--json", "--uncompressed",
        ]  # fmt: skip
        if choice.model:
            arguments += ["--model", choice.model]
        if choice.threshold_hu is not None:
            arguments += ["--threshold", f"{choice.threshold_hu:g}"]
        if choice.heart is not None:
            mask = save(
                "the heart mask",
                HEART,
                lambda: slices.cut(mask_of(choice.heart, choice.heart_segment, choice.native)),
            )
            arguments += ["--heart-mask", mask]
        if choice.cect is not None:
            arguments += ["--cect", save("the real CECT", CECT, lambda: to_image(choice.cect))]
        if choice.reference is not None:
            on_cect = choice.reference_on_cect

            def labels() -> sitk.Image:
                drawn = chambers_of(choice.reference, choice.cect if on_cect else choice.native)
                return drawn if on_cect else slices.cut(drawn)

            reference = save("the reference", REFERENCE, labels)
            arguments += ["--reference", reference, "--reference-on", "cect" if on_cect else "ct"]
        if chambers is not None:
            corrected = save("the corrected chambers", CHAMBERS, lambda: slices.cut(chambers))
            arguments += ["--chambers", corrected]
        return arguments

    def adopt(self, folder: Path) -> Path:
        """Takes a temporary folder in, so that it goes with this one."""
        return folder.rename(self.folder / folder.name)

    def remove(self) -> None:
        """Deletes the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _save(self, image: sitk.Image, name: str) -> Path:
        import SimpleITK as sitk

        path = self.folder / name
        sitk.WriteImage(image, itk_name(path))
        return path
