"""Chambers in the scene that follow a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .node_types import SegmentationNode
from .segment_surfaces import make_surfaces
from .segmentation_node import update_chambers

if TYPE_CHECKING:
    from ..core.case import CaseResult, OnProgress, PreparedCase
    from ..core.pipeline import Synthesis

Volumes = dict[str, dict[str, "float | str | None"]]
Curve = tuple[np.ndarray, np.ndarray, np.ndarray]


class LiveChambersNode:
    """One synthesis and the segmentation node that shows its chambers.

    Args:
        synthesis: What to threshold; from a `CaseResult`, or `result_nodes.prepared_case_of` after a reload.
        segmentation_node: From `segmentation_node.add_chambers`, of the same scan.
    """

    def __init__(self, synthesis: Synthesis, segmentation_node: SegmentationNode) -> None:
        from ..core.chambers import LiveChambers

        self.segmentation_node = segmentation_node
        # Outside the heart there are no chambers: everything below works on the heart's box alone.
        self._synthesis = around_heart(synthesis)
        self._chambers = LiveChambers(self._synthesis)
        self._last: CaseResult | None = None

    def at(self, threshold_hu: float, surfaces: bool = False) -> Volumes:
        """Shows the chambers at a threshold.

        Args:
            threshold_hu: Voxels at least this bright count.
            surfaces: Whether closed surfaces follow too; else they are gone until `finish`.

        Returns:
            ``{"la": {"ml", "reason"}, "lv": ...}``, as `core.chambers.measure` gives it.

        Raises:
            InputRefused: As for `update_chambers`.
        """
        from ..core.case import CaseResult
        from ..core.chambers import measure

        labels = self._chambers.at(threshold_hu)
        update_chambers(self.segmentation_node, labels, surfaces)
        volumes = measure(labels, self._synthesis.heart_mask)
        self._last = CaseResult(self._case(), threshold_hu, labels, volumes, None, None, {})
        return volumes

    @property
    def intervals_ml(self) -> dict[str, tuple[float, float]]:
        """95 % intervals in mL of the volumes last shown, by ``la`` and ``lv``; empty where the model has none there."""
        return self._last.intervals_ml if self._last else {}

    def finish(self) -> None:
        """Closed surfaces again: call it when the slider is let go."""
        make_surfaces(self.segmentation_node)

    def curve(
        self, thresholds_hu: Sequence[float] | None = None, on_progress: OnProgress | None = None
    ) -> Curve:
        """Volume against threshold.

        Args:
            thresholds_hu: ``None`` for the range of the report: 200 HU to either side of the model's threshold.
            on_progress: Called before each threshold; raise from it to cancel.

        Returns:
            Thresholds in HU, LA in mL, LV in mL, each (N,); NaN where a volume is implausible.
        """
        from ..core.case import part_of
        from ..core.case_folder import CURVE_REACH_HU, CURVE_STEP_HU
        from ..core.chambers import measure

        if thresholds_hu is None:
            middle = self._synthesis.default_threshold_hu
            steps = np.arange(-CURVE_REACH_HU, CURVE_REACH_HU + 1, CURVE_STEP_HU)
            thresholds_hu = [float(middle + step) for step in steps]
        report, heart_mask, points_ml = part_of(on_progress, 0.0, 1.0), self._synthesis.heart_mask, []
        for number, threshold_hu in enumerate(thresholds_hu):
            report(number / len(thresholds_hu), "measuring at other thresholds")
            volumes = measure(self._chambers.at(threshold_hu), heart_mask)
            points_ml.append((volumes["la"]["ml"], volumes["lv"]["ml"]))
        la_ml, lv_ml = np.array(points_ml, dtype=float).reshape(-1, 2).T
        return np.array(thresholds_hu, dtype=float), la_ml, lv_ml

    def histogram(self, bins: int = 128) -> tuple[np.ndarray, np.ndarray]:
        """Counts (bins,) and bin edges (bins + 1,) in HU of the synthetic CECT inside the heart."""
        import SimpleITK as sitk

        values = sitk.GetArrayViewFromImage(self._synthesis.synthetic_cect)
        inside = values[sitk.GetArrayViewFromImage(self._synthesis.heart_mask) != 0]
        return np.histogram(inside, bins)

    def _case(self) -> PreparedCase:
        from ..core.case import PreparedCase

        return PreparedCase(self._synthesis, description="", input_sha256="")


def around_heart(synthesis: Synthesis) -> Synthesis:
    """The same synthesis, its images cut to the box around the heart, the expected error left out; all of it without a heart."""
    import SimpleITK as sitk

    from ..core.bounding_box import bounding_box

    box = bounding_box(sitk.GetArrayViewFromImage(synthesis.heart_mask))
    if box is None:
        return synthesis
    region = box[::-1]
    prior = synthesis.chamber_prior
    return replace(
        synthesis,
        native_ct=synthesis.native_ct[region],
        synthetic_cect=synthesis.synthetic_cect[region],
        enhancement_hu=synthesis.enhancement_hu[region],
        heart_mask=synthesis.heart_mask[region],
        chamber_prior=None if prior is None else prior[region],
        expected_error_hu=None,
    )
