"""One patient from images to figures: synthesize and register once, then segment, measure and compare at any threshold."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import SimpleITK as sitk

from . import chambers
from .agreement import Agreement, compare
from .alignment.registration import Registration, register, reslice
from .errors import InputRefused, Notice
from .input_gate import inspect_scan
from .labels_on_scan import labels_on_scan
from .pipeline import Settings, Synthesis, synthesize
from .scan import Scan
from .stages import OnProgress

REGISTRATION_IMPLAUSIBLE, REFERENCE_NOT_USED = "registration_implausible", "reference_not_used"


@dataclass(frozen=True)
class CaseInputs:
    """What there is of one patient.

    Attributes:
        scan: CT without contrast agent.
        cect: Real CECT in HU on its own grid, not registered; or ``None``.
        reference: Manual chambers, LA = 1, LV = 2, in the patient coordinates of the scan they were drawn on; or ``None``.
        reference_on_cect: Whether that scan is the CECT; then they move along with it.
        heart_mask: Mask on the CT's grid, nonzero inside, that replaces the heart finder; or ``None``.
        chambers: What a person drew or corrected on the CT's grid, LA = 1, LV = 2, in place of the threshold's; or ``None``.
        notices: What the user should know of the files beside the scan.
    """

    scan: Scan
    cect: sitk.Image | None = None
    reference: sitk.Image | None = None
    reference_on_cect: bool = False
    heart_mask: sitk.Image | None = None
    chambers: sitk.Image | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class CaseSettings:
    """How to process it.

    Attributes:
        model: Id or folder of a model package; ``None`` for the bundled one.
        threshold_hu: Chambers are at least this bright; ``None`` for the model's own threshold.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
    """

    model: str | None = None
    threshold_hu: float | None = None
    device: str = "auto"


@dataclass(frozen=True)
class PreparedCase:
    """What does not depend on the threshold; all images on the CT's own grid.

    Attributes:
        synthesis: Images and provenance of the synthesis.
        description: The scan in one line without identity.
        input_sha256: Hash of the scan's file or files.
        registration: Of the CECT; ``None`` without one.
        cect: The registered CECT in HU; ``None`` without one, or when its registration is implausible.
        reference: Manual chambers, or ``None``.
        notices: What the user should know.
        seconds: Per stage.
    """

    synthesis: Synthesis
    description: str
    input_sha256: str
    registration: Registration | None = None
    cect: sitk.Image | None = None
    reference: sitk.Image | None = None
    notices: tuple[Notice, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class CaseResult:
    """A prepared case, segmented at one threshold.

    Attributes:
        case: Images and provenance.
        threshold_hu: The threshold.
        labels: LA = 1, LV = 2 on the CT's grid.
        volumes: For ``la`` and ``lv``: ``{"ml": float or None, "reason": str or None}``.
        agreement: With the reference and the CECT, or ``None``.
        no_agreement: Why there is no agreement, or ``None``.
        seconds: Per stage, those of the prepared case included.
        by_hand: Whether a person has changed the labels, so that they are not the threshold's.
    """

    case: PreparedCase
    threshold_hu: float
    labels: sitk.Image
    volumes: dict[str, dict[str, float | str | None]]
    agreement: Agreement | None
    no_agreement: str | None
    seconds: dict[str, float]
    by_hand: bool = False

    @property
    def intervals_ml(self) -> dict[str, tuple[float, float]]:
        """95 % interval in mL of each volume that has a value; only at the threshold that it was calibrated at, unchanged."""
        synthesis = self.case.synthesis
        if self.by_hand or self.threshold_hu != synthesis.default_threshold_hu:
            return {}
        return {
            key: (float(ml) * lower, float(ml) * upper)
            for key, (lower, upper) in synthesis.volume_factors.items()
            if (ml := self.volumes[key]["ml"]) is not None
        }


def process_case(
    inputs: CaseInputs, settings: CaseSettings, on_progress: OnProgress | None = None
) -> CaseResult:
    """Everything for one patient: `prepare_case`, then `segment_case`.

    Args:
        inputs: Images.
        settings: Model, threshold, device.
        on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.

    Raises:
        InputRefused: The scan, the model or the device cannot be used.
    """
    case = prepare_case(inputs, settings, part_of(on_progress, 0.0, 0.9))
    labels = inputs.chambers
    return segment_case(
        case, settings.threshold_hu, part_of(on_progress, 0.9, 1.0), labels, by_hand=labels is not None
    )


def prepare_case(
    inputs: CaseInputs, settings: CaseSettings, on_progress: OnProgress | None = None
) -> PreparedCase:
    """What does not depend on the threshold; arguments and errors as for `process_case`."""
    native_ct = inputs.scan.image
    notices = [*inputs.scan.notices, *inputs.notices, *inspect_scan(native_ct)]
    until = 0.7 if inputs.cect is not None else 1.0
    synthesis = synthesize(
        native_ct,
        settings.model,
        Settings(device=settings.device, heart_mask=inputs.heart_mask),
        part_of(on_progress, 0.0, until),
    )
    seconds = dict(synthesis.seconds)
    notices += synthesis.notices

    registration, cect = None, None
    if inputs.cect is not None:
        with timed(seconds, "registration"):
            try:
                registration = register(
                    inputs.cect, native_ct, part_of(on_progress, until, 1.0), heart_mask=synthesis.heart_mask
                )
            except InputRefused as refusal:
                notices.append(
                    Notice(refusal.code, f"{refusal.message} The CECT is not compared. {refusal.remedy}")
                )
            else:
                if registration.plausible:
                    cect = _as_stored(reslice(inputs.cect, native_ct, registration), synthesis.synthetic_cect)
                else:
                    notices.append(_implausible(registration))
    reference = inputs.reference
    if reference is not None and inputs.reference_on_cect:
        reference, told = _moved_with_cect(reference, native_ct, registration)
        notices += told
    return PreparedCase(
        synthesis,
        inputs.scan.description,
        inputs.scan.sha256,
        registration,
        cect,
        reference,
        tuple(notices),
        seconds,
    )


def segment_case(
    case: PreparedCase,
    threshold_hu: float | None = None,
    on_progress: OnProgress | None = None,
    labels: sitk.Image | None = None,
    by_hand: bool = False,
) -> CaseResult:
    """Segment, measure and compare at a threshold.

    Args:
        case: From `prepare_case`, or read from a result folder.
        threshold_hu: ``None`` for the model's own threshold.
        on_progress: As for `process_case`.
        labels: The chambers, LA = 1, LV = 2, where they are known already.
        by_hand: Whether a person has changed those.
    """
    report = part_of(on_progress, 0.0, 1.0)
    synthesis = case.synthesis
    threshold_hu = synthesis.default_threshold_hu if threshold_hu is None else threshold_hu
    seconds = dict(case.seconds)
    report(0.0, "segmenting the chambers")
    with timed(seconds, "chambers"):
        labels = chambers.segment(synthesis, threshold_hu) if labels is None else labels
        volumes = chambers.measure(labels, synthesis.heart_mask)
    agreement, no_agreement = None, None
    if case.reference is None and case.cect is None:
        no_agreement = _nothing_to_compare_with(case)
    else:
        report(0.3, "comparing with the reference")
        with timed(seconds, "agreement"):
            agreement = compare(
                labels, case.reference, synthesis.synthetic_cect, case.cect, synthesis.heart_mask
            )
    report(1.0, "measured")
    return CaseResult(case, threshold_hu, labels, volumes, agreement, no_agreement, seconds, by_hand)


def volume_curve(
    case: PreparedCase, thresholds_hu: list[float]
) -> list[tuple[float, float | None, float | None]]:
    """(threshold in HU, LA in mL, LV in mL) for each threshold; ``None`` where a volume is implausible."""
    curve = []
    live, heart_mask = chambers.LiveChambers(case.synthesis), case.synthesis.heart_mask
    for threshold_hu in thresholds_hu:
        volumes = chambers.measure(live.at(threshold_hu), heart_mask)
        curve.append((threshold_hu, volumes["la"]["ml"], volumes["lv"]["ml"]))
    return curve


def part_of(on_progress: OnProgress | None, start: float, end: float) -> OnProgress:
    """Progress of one part of a longer work: its 0 to 1 becomes ``start`` to ``end``."""

    def report(fraction: float, message: str) -> None:
        if on_progress is not None:
            on_progress(start + (end - start) * fraction, message)

    return report


@contextmanager
def timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Store how long the block took, in seconds, under the stage's name."""
    started = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - started


def _implausible(registration: Registration) -> Notice:
    reasons = "; ".join(registration.reasons) or "no reason given"
    return Notice(
        REGISTRATION_IMPLAUSIBLE,
        f"The CECT could not be registered plausibly ({reasons}), so it is not compared. "
        "Check that it shows the same patient, and register it by hand if so.",
    )


def _as_stored(cect: sitk.Image, synthetic_cect: sitk.Image) -> sitk.Image:
    """In whole HU where the synthetic CECT is: half the file, and what is compared now is what is read back later."""
    whole = synthetic_cect.GetPixelID() == sitk.sitkInt16
    return sitk.Cast(sitk.Round(cect), sitk.sitkInt16) if whole else cect


def _moved_with_cect(
    reference: sitk.Image, native_ct: sitk.Image, registration: Registration | None
) -> tuple[sitk.Image | None, list[Notice]]:
    if registration is None or not registration.plausible:
        return None, [Notice(REFERENCE_NOT_USED, "The reference was drawn on a CECT that is not registered.")]
    try:
        return labels_on_scan("reference", reference, native_ct, registration.cect_to_native)
    except InputRefused as refusal:
        return None, [Notice(REFERENCE_NOT_USED, f"The reference is not compared: {refusal.message}")]


def _nothing_to_compare_with(case: PreparedCase) -> str:
    given = {notice.code: notice.message for notice in case.notices}
    for code in (
        REFERENCE_NOT_USED,
        REGISTRATION_IMPLAUSIBLE,
        "registration_no_overlap",
        "registration_flat",
    ):
        if code in given:
            return given[code]
    return "no reference chambers and no real CECT were given"
