"""The threshold that the hand moves: contours, volumes and chart follow it."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

from trame_server import Server
from trame_server.utils.asynchronous import create_task
from trame_slicer.app.logic import BaseLogic
from trame_slicer.core import SlicerApp

from ...core.case import segment_case
from ...core.case_folder import CURVE_REACH_HU
from .case_on_screen import CaseOnScreen
from .threshold_chart import threshold_chart
from .threshold_ui import ThresholdState, ThresholdUI
from .volume_rows import volume_rows

SURFACES_AFTER_S = 0.4


class ThresholdLogic(BaseLogic[ThresholdState]):
    """Chambers at a threshold.

    Args:
        server: trame's.
        slicer_app: trame-slicer's.
        case: The case on the screen.
        on_settled: Called with the case, segmented and compared again, once the hand is off the slider.
    """

    def __init__(
        self, server: Server, slicer_app: SlicerApp, case: CaseOnScreen, on_settled: Callable[[Any], None]
    ) -> None:
        super().__init__(server, slicer_app, ThresholdState)
        self._case, self._on_settled = case, on_settled
        self._wanted = self._shown = 0.0
        self._following: asyncio.Task | None = None
        self.bind_changes({self.name.value: self._on_value})

    def set_ui(self, ui: ThresholdUI) -> None:
        """Connects the buttons."""
        ui.reset_clicked.connect(self.reset)

    def on_case(self) -> None:
        """A case was put on the screen, or taken off."""
        data, live, result = self.data, self._case.live, self._case.result
        data.ready, data.by_hand = live is not None, result is not None and result.by_hand
        if live is None or result is None:
            return
        model, own = result.case.synthesis.default_threshold_hu, result.threshold_hu
        data.model_hu = model
        data.low, data.high = min(model - CURVE_REACH_HU, own), max(model + CURVE_REACH_HU, own)
        data.chart = threshold_chart(live.curve(), live.histogram(), data.low, data.high)
        data.rows = volume_rows(result.case.synthesis, result.volumes, math.nan if result.by_hand else own)
        self._wanted = self._shown = data.value = own

    def reset(self) -> None:
        """Back to the model's own threshold."""
        if not self.data.by_hand:
            self.data.value = self.data.model_hu

    def step(self, hu: float) -> None:
        """A little up or down, within the slider's range."""
        data = self.data
        if data.ready and not data.by_hand:
            data.value = min(max(data.value + hu, data.low), data.high)

    def _on_value(self, value: float) -> None:
        self._wanted = float(value)
        if self._case.live is not None and self._wanted != self._shown and self._following is None:
            self._following = create_task(self._follow())

    async def _follow(self) -> None:
        """Shows the newest value, and skips those that the hand has left behind already."""
        try:
            while self._wanted != self._shown and self._case.live is not None:
                while self._wanted != self._shown:
                    with self.state:
                        self._show(self._wanted)
                    await asyncio.sleep(0.005)
                await asyncio.sleep(SURFACES_AFTER_S)
        finally:
            self._following = None
        await self._settle()

    def _show(self, value: float) -> None:
        live, result = self._case.live, self._case.result
        if live is None or result is None:
            return
        started = time.perf_counter()
        volumes = live.at(value)
        self._shown = value
        self.data.rows = volume_rows(result.case.synthesis, volumes, value)
        self.data.milliseconds = round(1000 * (time.perf_counter() - started), 1)

    async def _settle(self) -> None:
        """Surfaces, and agreement with a reference, where there is one."""
        live, result, value = self._case.live, self._case.result, self._shown
        if live is None or result is None:
            return
        with self.state:
            live.finish()
        settled = await asyncio.to_thread(segment_case, result.case, value)
        if self._case.result is result and self._shown == value:
            self._case.result = settled
            with self.state:
                self._on_settled(settled)
