"""The tab *Compare*: real CECT and reference chambers against the synthesis, and several cases together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import InputRefused
from ..mrml.case_charts import BLAND_ALTMAN, CORRELATION, chart_of_cases, put_case_charts
from ..mrml.provenance import provenance_of, threshold_of
from ..mrml.result_nodes import find_result
from ..mrml.tables import columns_of, table_csv
from .case_collection import HEADINGS, ComparedCase, cases_from, cases_in, cases_text, compared_case, joined
from .desk import Desk
from .run_display import RunDisplay
from .run_report import Progress
from .start_check import CASE, StartCheck
from .synthesize_tab import SynthesizeTab
from .view_presets import show_difference
from .volume_rows import fill_table

if TYPE_CHECKING:
    from ..core.alignment.registration import Registration
    from ..core.case import CaseResult

METRIC_HEADINGS = ("Figure", "Value", "Unit", "Computed over", "Paper", "Remark")
METRIC_COLUMNS = ("figure", "value", "unit", "computed over", "paper", "reason")


class CompareTab:
    """Compares the session's case.

    Args:
        desk: What all tabs share.
        check: Asked before a run.
        synthesize: Has chosen the CT, and how it is worked on.
        opened: Called when a run brought a result.
    """

    def __init__(
        self, desk: Desk, check: StartCheck, synthesize: SynthesizeTab, opened: Callable[[], None]
    ) -> None:
        self._desk, self._check, self._synthesize, self._opened = desk, check, synthesize, opened
        ui = self._ui = desk.ui
        self.display = RunDisplay(
            ui.compareButton,
            ui.compareCancelButton,
            ui.compareProgressBar,
            ui.compareMessageLabel,
            ui.compareMessageLabel,
        )
        self._behind = False
        self._cases: list[ComparedCase] = []
        self._reasons: dict[str, str] = {}
        for button, act in (
            (ui.compareButton, self._compare), (ui.compareCancelButton, self._cancel),
            (ui.differenceButton, self._difference), (ui.copyButton, self._copy), (ui.exportButton, self._export),
            (ui.reportButton, self._report), (ui.addCaseButton, self._add_case), (ui.addFolderButton, self._add_folder),
            (ui.clearCasesButton, self._clear), (ui.plotCasesButton, self._plot),
        ):  # fmt: skip
            button.connect("clicked(bool)", act)
        ui.casesChartCombo.connect("activated(int)", self._show_chart)
        ui.thresholdSlider.connect("valueChanged(double)", self._threshold_moved)
        for selector in (ui.realCectSelector, ui.referenceSelector, ui.nativeCtSelector):
            selector.connect("currentNodeChanged(vtkMRMLNode*)", self._chosen)

    def show(self) -> None:
        """Another result, or none."""
        nodes = self._desk.session.nodes
        table = nodes.tables.get("metrics") if nodes else None
        rows: list[tuple[str, ...]] = []
        if table is not None:
            columns = columns_of(table)
            rows = [
                tuple(map(str, row)) for row in zip(*(columns[name] for name in METRIC_COLUMNS), strict=True)
            ]
        fill_table(self._ui.metricsTable, METRIC_HEADINGS, rows)
        self._cases = joined(cases_from(self._desk.parameters.comparedCases), self._cases)
        fill_table(self._ui.casesTable, HEADINGS, [case.row() for case in self._cases])
        for button in (self._ui.copyButton, self._ui.exportButton):
            button.enabled = table is not None
        self._ui.differenceButton.enabled = nodes is not None and nodes.registered_cect is not None
        self._ui.reportButton.enabled = self._desk.runner.report is not None
        self._ui.plotCasesButton.enabled = len(self._cases) >= 3
        self._chosen()

    def run_started(self) -> None:
        self.display.begin()

    def run_progress(self, progress: Progress) -> None:
        self.display.step(progress)

    def run_done(self, result: CaseResult) -> None:
        self.display.end(comparison_text(result))
        self._opened()
        self.show()

    def run_failed(self, text: str) -> None:
        self.display.end(text)
        self._desk.application.show_error(text)
        self._chosen()

    def run_cancelled(self) -> None:
        self.display.end("Cancelled. The scene is as it was.")
        self._chosen()

    def _chosen(self, *_: Any) -> None:
        ui = self._ui
        given = (
            ui.realCectSelector.currentNode() is not None or ui.referenceSelector.currentNode() is not None
        )
        ui.compareButton.enabled = (
            given and ui.nativeCtSelector.currentNode() is not None and not self._desk.runner.busy
        )

    def _compare(self, *_: Any) -> None:
        ui, parameters = self._ui, self._desk.parameters
        choice = self._synthesize.choice()
        choice = replace(
            choice,
            cect=ui.realCectSelector.currentNode(),
            reference=ui.referenceSelector.currentNode(),
            reference_on_cect=bool(ui.referenceOnCectCheck.checked),
            threshold_hu=self._moved_threshold_hu(choice.native, choice.model),
            as_corrected=True,
        )
        try:
            self._check.admit(CASE, self._synthesize.memory(choice.cect), keeps_corrections=True)
        except InputRefused as refusal:
            self.display.end(str(refusal))
            return
        self._desk.runner.process(choice, parameters.replaceEarlier, self)

    def _moved_threshold_hu(self, native: Any, model: str) -> float | None:
        """The threshold that a person chose for the CT's chambers; another model has others."""
        nodes = find_result(self._desk.session.scene, native)
        facts = provenance_of(nodes.chambers) if nodes is not None else {}
        if nodes is None or facts.get("model_id") != model:
            return None
        threshold_hu = threshold_of(nodes.chambers)
        return None if threshold_hu == float(facts["default_threshold_hu"]) else threshold_hu

    def _threshold_moved(self, threshold_hu: float) -> None:
        """The figures stay those of the threshold that they were measured at, and say so."""
        nodes = self._desk.session.nodes
        if nodes is None or (nodes.reference is None and nodes.registered_cect is None):
            return
        measured_hu = threshold_of(nodes.tables["metrics"]) if "metrics" in nodes.tables else None
        was_behind, self._behind = self._behind, measured_hu is not None and measured_hu != threshold_hu
        if self._behind:
            self._ui.compareMessageLabel.text = (
                f"The figures are of the chambers at {measured_hu:g} HU. Press Compare to measure those at "
                f"{threshold_hu:g} HU."
            )
        elif was_behind:
            self._ui.compareMessageLabel.text = ""

    def _cancel(self, *_: Any) -> None:
        self._desk.runner.cancel()

    def _difference(self, *_: Any) -> None:
        session, opacity = self._desk.session, self._desk.parameters.overlayOpacity
        nodes = session.nodes
        if nodes is not None:
            self._try(lambda: show_difference(nodes, session.case(), opacity))

    def _copy(self, *_: Any) -> None:
        self._desk.application.copy(self._csv())
        self._desk.application.status("The table is in the clipboard.")

    def _export(self, *_: Any) -> None:
        path = self._desk.application.choose_file_to_write("Export agreement", "agreement.csv", "CSV (*.csv)")
        if path:
            self._try(lambda: _write(Path(path), self._csv()))

    def _csv(self) -> str:
        assert self._desk.session.nodes is not None
        return table_csv(self._desk.session.nodes.tables["metrics"])

    def _report(self, *_: Any) -> None:
        if self._desk.runner.report is not None:
            self._desk.application.open_page(self._desk.runner.report)

    def _add_case(self, *_: Any) -> None:
        native = self._desk.session.native
        name = native.GetName() if native is not None else "this case"

        def add() -> None:
            self._put([compared_case(name, self._current_agreement())])

        self._try(add)

    def _current_agreement(self) -> dict[str, Any] | None:
        """Of the chambers as the scene shows them."""
        from ..core.case import segment_case

        session = self._desk.session
        if session.nodes is None:
            return None
        corrected = session.corrected(session.native)
        result = segment_case(session.case(), threshold_of(session.nodes.chambers), labels=corrected)
        return result.agreement.as_dict() if result.agreement else None

    def _add_folder(self, *_: Any) -> None:
        folder = self._desk.application.choose_folder("Folder with results")
        if not folder:
            return
        cases, problems = cases_in(Path(folder))
        self._put(cases)
        left = f" Left out: {' '.join(problems)}" if problems else ""
        self._ui.compareMessageLabel.text = f"{len(cases)} cases added.{left}"

    def _put(self, cases: list[ComparedCase]) -> None:
        """A case of the same name is replaced."""
        self._keep(joined(self._cases, cases))

    def _clear(self, *_: Any) -> None:
        self._keep([])

    def _keep(self, cases: list[ComparedCase]) -> None:
        """Here, so that cases of many scenes come together, and in this scene, which brings them back when it is loaded."""
        self._cases, self._desk.parameters.comparedCases = cases, cases_text(cases)
        self.show()

    def _plot(self, *_: Any) -> None:
        cases = self._cases
        charts = put_case_charts(
            self._desk.session.scene,
            [case.predicted_ml for case in cases],
            [case.reference_ml for case in cases],
            [case.case_id for case in cases],
        )
        self._reasons = charts.reasons
        self._show_chart()

    def _show_chart(self, *_: Any) -> None:
        """The one that is chosen, or why there is none."""
        content = (BLAND_ALTMAN, CORRELATION)[self._ui.casesChartCombo.currentIndex]
        chart = chart_of_cases(self._desk.session.scene, content)
        if chart is not None:
            self._desk.application.show_chart(chart)
        none = self._reasons.get(content, "There is no such chart yet: press Plot agreement.")
        self._ui.compareMessageLabel.text = none if chart is None else ""

    def _try(self, act: Callable[[], Any]) -> None:
        try:
            act()
        except (InputRefused, OSError) as error:
            self._ui.compareMessageLabel.text = str(error)


def comparison_text(result: CaseResult) -> str:
    """What came of the registration and of the comparison."""
    parts = []
    registration = result.case.registration
    if registration is not None:
        parts.append(_registration_text(registration))
    if result.no_agreement:
        parts.append(f"Not compared: {result.no_agreement}.")
    if result.by_hand:
        parts.append("The chambers are those that you corrected by hand.")
    return " ".join(parts) or "Compared."


def _registration_text(registration: Registration) -> str:
    verdict = "plausible" if registration.plausible else f"not plausible ({'; '.join(registration.reasons)})"
    quality = [
        f"{key.replace('_', ' ')} {'no value' if value is None else format(value, '.3g')}"
        for key, value in registration.quality.items()
    ]
    return f"Registration of the CECT {verdict}: {', '.join(quality)}."


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.partial")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
