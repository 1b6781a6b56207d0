"""The tab *Chambers*: threshold with live contours, volumes, and the way to the Segment Editor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt

from ..core.errors import InputRefused
from ..mrml.provenance import BY_HAND, provenance_of, threshold_entry, threshold_of, write_provenance
from ..mrml.result_nodes import ResultNodes
from .body_surface import body_surface_m2
from .corrections import may_replace
from .desk import Desk
from .dicom_button import DicomButton
from .histogram_picture import histogram_pixels, write_png
from .parameters import HIGHEST_HU, LOWEST_HU
from .view_tab import NO_RESULT
from .volume_rows import HEADINGS, fill_table, intervals_of, volume_rows

SETTLED_MS = 350
"""So long after the last move of the slider the surfaces and the tables follow."""


class ChambersTab:
    """Follows the threshold.

    Args:
        desk: What all tabs share.
        picture: File for the histogram.
    """

    def __init__(self, desk: Desk, picture: Path) -> None:
        self._desk, self._picture = desk, picture
        self._following = self._edited = False
        self._may_move: bool | None = None  # asked where a move begins, and true of it until it rests
        self._volumes: dict[str, dict[str, Any]] = {}
        self._histogram: Any = None
        self.dicom = DicomButton(desk)
        ui = self._ui = desk.ui
        self._settle = qt.QTimer()
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLED_MS)
        self._settle.connect("timeout()", self.finish)
        ui.thresholdSlider.connect("valueChanged(double)", self._moved)
        ui.resetThresholdButton.connect("clicked(bool)", self._reset)
        ui.heightSpin.connect("valueChanged(double)", self._body_changed)
        ui.weightSpin.connect("valueChanged(double)", self._body_changed)
        ui.curveButton.connect("clicked(bool)", self._plot)
        ui.editButton.connect("clicked(bool)", self._edit)
        ui.measureButton.connect("clicked(bool)", self._measure)

    def show(self) -> None:
        """Another result, or none."""
        nodes = self._desk.session.nodes
        controls = (
            self._ui.thresholdSlider, self._ui.resetThresholdButton, self._ui.curveButton,
            self._ui.editButton, self._ui.measureButton,
        )  # fmt: skip
        for control in controls:
            control.enabled = nodes is not None
        self.dicom.show()
        self._histogram = self._may_move = None
        if nodes is None:
            self._volumes = {}
            fill_table(self._ui.volumesTable, HEADINGS, [])
            self._ui.histogramLabel.setPixmap(qt.QPixmap())
            self._ui.chambersMessageLabel.text = NO_RESULT
            return
        facts = provenance_of(nodes.chambers)
        try:
            self._follow(self._threshold_hu(nodes))
        except InputRefused as refusal:
            self._refuse(refusal)
            return
        self._measure_now(edited="edited" in facts)

    def look_again(self) -> None:
        """Chambers that another module has changed are measured as they are now."""
        session = self._desk.session
        if session.nodes is None:
            return
        from ..core.chambers import measure
        from ..mrml.label_node import drawn_chambers_of

        try:
            labels = drawn_chambers_of(session.nodes.chambers, session.nodes.native)
            now = measure(labels, session.case().synthesis.heart_mask)
        except InputRefused as refusal:
            self._refuse(refusal)
            return
        if volume_rows(now, None, {}) != volume_rows(self._volumes, None, {}):
            self._measure()

    def close(self) -> None:
        """Stops waiting for the slider."""
        self._settle.stop()

    def finish(self) -> None:
        """What is slow and waits until the slider rests: surfaces, tables, the mark in the chart."""
        nodes = self._desk.session.nodes
        may_move, self._may_move = self._may_move, None
        if nodes is None or may_move is False or not self._volumes:
            return
        from ..core.case_metrics import heart_volume_ml
        from ..mrml.plots import mark_threshold
        from ..mrml.tables import update_volumes_table

        session, threshold_hu = self._desk.session, float(self._ui.thresholdSlider.value)
        session.live().finish()
        heart_ml = heart_volume_ml(session.case().synthesis.heart_mask)
        for node in (nodes.chambers, nodes.tables.get("volumes")):
            if node is not None:
                write_provenance(node, threshold_entry(threshold_hu))
        if "volumes" in nodes.tables:
            update_volumes_table(
                nodes.tables["volumes"], self._volumes, threshold_hu, heart_ml, self._surface_m2()
            )
        if "curve" in nodes.charts:
            mark_threshold(nodes.charts["curve"], threshold_hu)

    def _moved(self, threshold_hu: float) -> None:
        nodes = self._desk.session.nodes
        if self._following or not self._desk.settled or nodes is None:
            return
        try:
            may_move = self._ask_once()
            if self._desk.session.nodes != nodes:  # another result came while the question was open
                return
            if may_move:
                self._volumes = self._desk.session.live().at(threshold_hu)
            else:
                self._follow(self._threshold_hu(nodes))
        except InputRefused as refusal:
            self._ui.chambersMessageLabel.text = str(refusal)
            return
        self._may_move = may_move
        self._settle.start()
        if not may_move:
            return
        nodes.chambers.RemoveAttribute("SyntheticCECT.edited")
        write_provenance(nodes.chambers, threshold_entry(threshold_hu))
        self._edited = False
        self._show_volumes()

    def _ask_once(self) -> bool:
        """Whether the chambers follow the slider."""
        if self._may_move is not None:
            return self._may_move
        self._following = True  # a slider that moves behind the question asks no other one
        try:
            return may_replace(self._desk, self._desk.session.native)
        finally:
            self._following = False

    def _reset(self, *_: Any) -> None:
        if self._desk.session.nodes is None:
            return
        try:
            threshold_hu = self._default_hu()
        except InputRefused as refusal:
            self._refuse(refusal)
            return
        if self._ui.thresholdSlider.value == threshold_hu:
            self._moved(threshold_hu)  # edited by hand, perhaps: the slider itself would not move
        else:
            self._ui.thresholdSlider.value = threshold_hu

    def _threshold_hu(self, nodes: ResultNodes) -> float:
        """Of the chambers in the scene."""
        threshold_hu = threshold_of(nodes.chambers)
        return self._default_hu() if threshold_hu is None else threshold_hu

    def _default_hu(self) -> float:
        return float(self._desk.session.case().synthesis.default_threshold_hu)

    def _refuse(self, refusal: InputRefused) -> None:
        """There is no number, and why."""
        self._volumes = {}
        fill_table(self._ui.volumesTable, HEADINGS, [])
        self._ui.chambersMessageLabel.text = str(refusal)

    def _measure(self, *_: Any) -> None:
        self._measure_now(edited=True)
        if self._volumes:
            assert self._desk.session.nodes is not None
            write_provenance(self._desk.session.nodes.chambers, BY_HAND)
            self._settle.start()

    def _measure_now(self, edited: bool) -> None:
        """The segments as they are in the scene."""
        from ..core.chambers import measure
        from ..mrml.label_node import chambers_of

        nodes = self._desk.session.nodes
        assert nodes is not None
        try:
            case = self._desk.session.case()
            labels = chambers_of(nodes.chambers, nodes.native)
        except InputRefused as refusal:
            self._refuse(refusal)
            return
        self._volumes, self._edited = measure(labels, case.synthesis.heart_mask), edited
        self._show_volumes()

    def _show_volumes(self) -> None:
        case, threshold_hu = self._desk.session.case(), float(self._ui.thresholdSlider.value)
        intervals = {} if self._edited else intervals_of(case, threshold_hu, self._volumes)
        fill_table(self._ui.volumesTable, HEADINGS, volume_rows(self._volumes, self._surface_m2(), intervals))
        self._ui.chambersMessageLabel.text = self._remark(threshold_hu, bool(intervals))
        self._draw_histogram(threshold_hu)

    def _remark(self, threshold_hu: float, has_interval: bool) -> str:
        synthesis = self._desk.session.case().synthesis
        if self._edited:
            return "Measured as edited by hand."
        if has_interval:
            return "The interval was calibrated on virtual patients."
        if not synthesis.volume_factors:
            return "No interval is known for this result."
        return f"The interval holds at {synthesis.default_threshold_hu:g} HU only."

    def _draw_histogram(self, threshold_hu: float) -> None:
        if self._histogram is None:
            self._histogram = self._desk.session.live().histogram()
        counts, edges_hu = self._histogram
        write_png(histogram_pixels(counts, edges_hu, threshold_hu), self._picture)
        # Not by the file's name: of two files of one name, one size and one second, QPixmap shows the first.
        self._ui.histogramLabel.setPixmap(qt.QPixmap.fromImage(qt.QImage(str(self._picture))))

    def _body_changed(self, _: float) -> None:
        if self._volumes:
            self._show_volumes()
            self._settle.start()

    def _surface_m2(self) -> float | None:
        return body_surface_m2(float(self._ui.heightSpin.value), float(self._ui.weightSpin.value))

    def _plot(self, *_: Any) -> None:
        nodes = self._desk.session.nodes
        if nodes is not None and "curve" in nodes.charts:
            self._desk.application.show_chart(nodes.charts["curve"])

    def _edit(self, *_: Any) -> None:
        nodes = self._desk.session.nodes
        if nodes is not None:
            self._desk.application.edit_segmentation(nodes.chambers, nodes.synthetic_cect)

    def _follow(self, threshold_hu: float) -> None:
        """Moves the slider without segmenting again."""
        self._following = True
        self._desk.parameters.thresholdHu = min(max(threshold_hu, LOWEST_HU), HIGHEST_HU)
        self._ui.thresholdSlider.value = threshold_hu
        self._following = False
