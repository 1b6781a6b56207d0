"""However a run ends before its time: nothing of it stays at work, and its files go once nobody writes any more."""

from __future__ import annotations

import inspect
import os
from typing import Any

import pytest

from Testing.desktop.desktop_case import OpenPanel
from Testing.desktop.test_synthesize_tab import alive

LAUNCHER = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, *sys.argv[1:]]))"


def test_files_stay_until_the_python_below_a_launcher_is_gone(panel: OpenPanel, ct: Any) -> None:
    from SyntheticCECTLib.desktop.command_line import CommandLine

    line = panel.panel.desk.runner.command_line
    panel.panel.desk.runner.command_line = CommandLine(
        line.program, ("-c", LAUNCHER, *line.leading), line.folder
    )
    panel.command.mode("stubborn")
    panel.ui.applyButton.click()
    panel.wait(lambda: len(panel.command.pids()) == 2 and panel.ui.progressBar.value > 0)
    scan, (python, _) = panel.command.seen[1], panel.command.pids()
    panel.ui.cancelButton.click()
    panel.wait(lambda: not (alive(python) and os.path.exists(scan)), 10)
    assert not alive(python), "the files went while somebody still wrote beside them"
    panel.wait(lambda: not os.path.exists(scan), 10)


@pytest.mark.parametrize("mode", ["slow", "stubborn"])
def test_closing_ends_the_run_before_it_returns(panel: OpenPanel, ct: Any, mode: str) -> None:
    panel.command.mode(mode)
    panel.ui.applyButton.click()
    panel.wait(lambda: len(panel.command.pids()) == 2 and panel.ui.progressBar.value > 0)
    scan = panel.command.seen[1]
    panel.widget.cleanup()
    assert not any(alive(pid) for pid in panel.command.pids()) and not os.path.exists(scan)


@pytest.mark.parametrize("mode", ["break", "absent"])
def test_failure_is_shown_when_the_process_is_out_of_its_signal(
    panel: OpenPanel, ct: Any, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message box runs an event loop, and that may delete the process."""
    from SyntheticCECTLib.desktop.command_line import CommandLine

    callers: list[str] = []
    monkeypatch.setattr(
        panel.panel.synthesize,
        "run_failed",
        lambda _: callers.extend(one.function for one in inspect.stack()),
    )
    panel.command.mode(mode)
    if mode == "absent":
        panel.panel.desk.runner.command_line = CommandLine("/nowhere/PythonSlicer")
    panel.run(panel.ui.applyButton)
    assert callers and not {"_finished", "_error"} & set(callers)


def test_run_that_is_cancelled_when_it_has_just_ended_tells_nothing(panel: OpenPanel, ct: Any) -> None:
    from SyntheticCECTLib.desktop.background_run import BackgroundRun, Listener

    told: list[str] = []
    listener = Listener(
        done=lambda _: told.append("done"),
        cancelled=lambda: told.append("cancelled"),
        ended=lambda: told.append("ended"),
    )
    line = panel.panel.desk.runner.command_line
    run: Any = BackgroundRun(line, ["phantom", "-o", str(panel.command.folder / "new")], listener)

    def release_and_cancel(failure: Any) -> None:
        BackgroundRun._release(run, failure)
        run.cancel()

    run._release = release_and_cancel
    run.start()
    panel.wait(lambda: "ended" in told)
    assert told == ["cancelled", "ended"]
