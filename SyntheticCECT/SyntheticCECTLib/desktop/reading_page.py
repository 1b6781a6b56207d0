"""The widgets that a reader sees: his progress, the task's own controls, and his answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..study.reading_task import Progress, ReadingTask
    from ..study.session import ReadingSession
    from ..study.store.rows import Said

NOT_GIVEN = "-"


class ReadingPage:
    """Shows one task at a time.

    Args:
        ui: Widgets of the panel by name.
    """

    def __init__(self, ui: Any) -> None:
        self._ui = ui
        self.filling = False

    def open(self, session: ReadingSession | None) -> None:
        """Signing in, or reading; a reader has no other tab, else he could synthesize what he is to draw."""
        ui, reading = self._ui, session is not None
        ui.signInBox.setVisible(not reading)
        ui.readingBox.setVisible(reading)
        for number in range(ui.tabs.count):
            ui.tabs.setTabEnabled(number, not reading or number == ui.tabs.indexOf(ui.observersPage))
        if session is not None:
            ui.instructionsLabel.text = session.instructions
            self.filling = True
            for combo in (ui.ratingCombo, ui.confidenceCombo):
                combo.clear()
                for entry in (NOT_GIVEN, *range(1, session.rating_scale + 1)):
                    combo.addItem(str(entry))
            self.filling = False

    def said(self) -> Said:
        """What the reader entered; the first entry of a box stands for nothing."""
        from ..study.store.rows import Said

        ui = self._ui
        rating, confidence = (int(box.currentIndex) or None for box in (ui.ratingCombo, ui.confidenceCombo))
        return Said(rating, confidence, str(ui.readingCommentEdit.text))

    def fill(self, said: Said) -> None:
        """What was entered before, or nothing yet; the second image is hidden."""
        ui = self._ui
        self.filling = True
        ui.ratingCombo.currentIndex, ui.confidenceCombo.currentIndex = said.rating or 0, said.confidence or 0
        ui.readingCommentEdit.text, ui.readingOpacitySlider.value = said.comment, 0.0
        self.filling = False

    def show(self, session: ReadingSession, task: ReadingTask | None, paused: bool) -> None:
        """What the task asks for, and what can be pressed now."""
        ui, progress = self._ui, session.progress
        ui.readingTitleLabel.text = f"{session.reader}: {task.label}" if task else session.reader
        number = f", case {task.number}{' (answered)' if task.given else ''}" if task else ""
        ui.readingProgressLabel.text = (
            f"{progress} read{number}; session {progress.session} of {progress.sessions}"
        )
        ui.readingProgressBar.maximum, ui.readingProgressBar.value = max(1, progress.of), progress.done
        for widgets, wanted in (
            ((ui.readingEditorBox,), task and task.draws),
            ((ui.readingOpacitySlider, ui.readingOpacityLabel), task and task.second_image),
            ((ui.ratingCombo, ui.ratingLabel), task and not task.draws),
            ((ui.lowerSliceButton, ui.upperSliceButton, ui.sliceLabel), task and task.slices),
        ):
            for widget in widgets:
                widget.setVisible(bool(wanted))
        for widget in (
            ui.submitButton, ui.nextTaskButton, ui.readingEditorBox, ui.readingOpacitySlider, ui.ratingCombo,
            ui.confidenceCombo, ui.readingCommentEdit, ui.lowerSliceButton, ui.upperSliceButton,
        ):  # fmt: skip
            widget.enabled = task is not None and not paused
        ui.previousTaskButton.enabled = not paused
        ui.pauseButton.enabled = task is not None
        ui.pauseButton.text = "Resume" if paused else "Pause"
        self.show_time(session.seconds if task else None, paused)

    def show_time(self, spent_s: float | None, paused: bool) -> None:
        """Time spent on the task; ``None`` where there is none."""
        minutes, seconds = divmod(int(spent_s or 0), 60)
        text = "" if spent_s is None else f"{minutes}:{seconds:02} min{' (paused)' if paused else ''}"
        self._ui.readingTimeLabel.text = text

    def show_slice(self, marked: bool) -> None:
        """Whether the slice in view is one to draw on."""
        self._ui.sliceLabel.text = "Draw on this slice." if marked else "Not a slice to draw on."


def nothing_left(progress: Progress) -> str:
    """Why there is no task now."""
    if progress.finished:
        return "You have read everything. Thank you."
    if progress.opens_at:
        return f"The next session opens on {progress.opens_at:%Y-%m-%d %H:%M} UTC."
    return "This session is done."
