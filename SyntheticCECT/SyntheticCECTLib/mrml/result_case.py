"""A case out of the scene again, so that a saved scene can be thresholded, measured and compared like a new result."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..core.errors import InputRefused, Notice
from .label_node import chambers_of, mask_of
from .provenance import provenance_of
from .result_nodes import ResultNodes
from .segmentation_node import HEART_ID
from .volume_node import to_image

if TYPE_CHECKING:
    import SimpleITK as sitk

    from ..core.case import PreparedCase


def prepared_case_of(result: ResultNodes) -> PreparedCase:
    """The case that a result's nodes hold, with what a person changed in them since.

    Args:
        result: From `add_result` or `find_result`.

    Returns:
        As `core.case_folder.read_case` gives it, but without the registration: the scene keeps the registered CECT only.

    Raises:
        InputRefused: ``not_a_result`` where the nodes' provenance is gone, or a segment or volume of it is.
    """
    import SimpleITK as sitk

    from ..core.case import PreparedCase
    from ..core.pipeline import Synthesis

    facts = provenance_of(result.synthetic_cect)
    try:
        model_id, model_sha256 = facts["model_id"], facts["model_sha256"]
        threshold_hu = float(facts["default_threshold_hu"])
        factors = {
            key: (float(low), float(high)) for key, (low, high) in json.loads(facts["volume_factors"]).items()
        }
        notices = tuple(Notice(**entry) for entry in json.loads(facts.get("notices", "[]")))
    except (KeyError, ValueError, TypeError) as error:
        raise InputRefused(
            "not_a_result",
            f"'{result.synthetic_cect.GetName()}' does not say any more how it was made ({error}).",
            "Synthesize again.",
        ) from None
    native = to_image(result.native)

    def on_native(image: sitk.Image) -> sitk.Image:
        """Transforms leave rounding behind; the images of a case share one grid to the last bit."""
        if image.GetSize() != native.GetSize():
            raise InputRefused(
                "not_a_result",
                f"A volume of the result has size {image.GetSize()}, the CT {native.GetSize()}.",
                "Synthesize again.",
            )
        image.CopyInformation(native)
        return image

    synthesis = Synthesis(
        native_ct=native,
        synthetic_cect=on_native(to_image(result.synthetic_cect)),
        enhancement_hu=on_native(to_image(result.enhancement)),
        heart_mask=mask_of(result.heart, HEART_ID, result.native),
        chamber_prior=None
        if result.chamber_split is None
        else on_native(sitk.Cast(to_image(result.chamber_split), sitk.sitkUInt8)),
        model_id=model_id,
        model_sha256=model_sha256,
        model_settings_sha256=facts.get("model_settings_sha256", ""),
        default_threshold_hu=threshold_hu,
        seconds={},
        notices=[],
        expected_error_hu=None
        if result.expected_error is None
        else on_native(to_image(result.expected_error)),
        volume_factors=factors,
    )
    return PreparedCase(
        synthesis,
        facts.get("input", ""),
        facts.get("input_sha256", ""),
        cect=None if result.registered_cect is None else on_native(to_image(result.registered_cect)),
        reference=None if result.reference is None else chambers_of(result.reference, result.native),
        notices=notices,
    )
