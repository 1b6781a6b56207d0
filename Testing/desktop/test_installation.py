"""Installing in the background: Slicer's window lives, Cancel ends it, and nothing of it is left however it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from Testing.desktop.desktop_case import OpenPanel
from Testing.desktop.test_packages import Logic, pytorch_utils
from Testing.desktop.test_window_stays_alive import longest_s, ticking

FAKE_PIP = Path(__file__).with_name("fake_pip.py")


class Pip:
    """The panel's installer with a pip of the test's own.

    Args:
        panel: The open panel.
        folder: For that pip.
    """

    def __init__(self, panel: OpenPanel, folder: Path) -> None:
        from SyntheticCECTLib.desktop.command_line import CommandLine, slicer_python
        from SyntheticCECTLib.desktop.packages import NEEDED, SlicerPackages

        class Packages(SlicerPackages):
            def missing(self) -> list[Any]:
                return [] if (folder / "installed").exists() else list(NEEDED)

            def in_use(self, packages: Any) -> list[str]:
                return []

        self.folder, self.tried = folder, 0
        self.installer = panel.panel.desk.runner.installer
        self.installer._packages = Packages(
            NEEDED, CommandLine(slicer_python(), (str(FAKE_PIP), str(folder)), folder)
        )
        self.installer._try_out = self._try_out
        self.mode("good")
        panel.panel.synthesize.restore()

    def _try_out(self, code: str, good: Any, bad: Any) -> None:
        self.tried += 1
        good()

    def mode(self, mode: str) -> None:
        (self.folder / "mode").write_text(mode)

    @property
    def runs(self) -> list[dict[str, Any]]:
        path = self.folder / "runs.json"
        return json.loads(path.read_text() or "[]") if path.exists() else []

    def left(self) -> list[str]:
        """Folders of its runs that are still there."""
        return [run["folder"] for run in self.runs if Path(run["folder"]).exists()]


@pytest.fixture
def pip(panel: OpenPanel, tmp_path: Path) -> Any:
    (tmp_path / "Jane Doe").mkdir()
    with pytorch_utils(Logic):
        yield Pip(panel, tmp_path / "Jane Doe")


def installing() -> bool:
    from SyntheticCECTLib.desktop.installer import Installer

    return Installer.installing


def test_install_button_installs_in_the_background_and_tells_pips_words(panel: OpenPanel, pip: Pip) -> None:
    ui, seen = panel.ui, set[str]()
    ui.installButton.click()
    assert installing() and ui.cancelInstallButton.enabled and not ui.installButton.enabled

    def over() -> bool:
        seen.add(ui.packagesLabel.text)
        return not installing()

    panel.wait(over)
    panel.wait(lambda: pip.tried)
    assert any("torch-2.10.0+cpu-cp312-win_amd64.whl (180 MB)" in text for text in seen)
    assert ui.packagesLabel.text == "Everything that is needed is installed."
    assert ui.installButton.enabled and not ui.cancelInstallButton.enabled
    first, second = pip.runs
    assert first["arguments"][-1].startswith("light-the-torch") and "torch>=2.10" in second["arguments"]
    assert "numpy==" in first["pins"] and pip.left() == []
    assert any("Downloading" in text for text in panel.application.of("status"))


def test_window_lives_while_pip_is_silent(panel: OpenPanel, pip: Pip) -> None:
    pip.mode("writes")
    with ticking() as ticks:
        panel.wait(lambda: ticks)
        panel.ui.installButton.click()
        panel.wait(lambda: "Installing" in panel.ui.packagesLabel.text)
        before = len(ticks)
        panel.wait(lambda: len(ticks) > before + 20)
    (pip.folder / "go on").touch()
    panel.wait(lambda: pip.tried)
    assert longest_s(ticks) < 0.2


def test_apply_waits_for_the_packages_and_goes_on(panel: OpenPanel, pip: Pip, ct: Any) -> None:
    panel.ui.applyButton.click()
    panel.wait(lambda: "Downloading" in panel.ui.progressLabel.text)
    assert panel.panel.desk.runner.busy
    panel.wait(lambda: not panel.panel.desk.runner.busy)
    assert panel.nodes is not None and pip.tried == 1 and not installing()


def test_cancel_of_a_waiting_run_ends_the_installation(panel: OpenPanel, pip: Pip, ct: Any) -> None:
    pip.mode("slow")
    before = panel.node_ids()
    panel.ui.applyButton.click()
    panel.wait(lambda: panel.ui.progressBar.value > 0)
    panel.ui.cancelButton.click()
    assert "Cancelled" in panel.ui.messageLabel.text and panel.ui.applyButton.enabled
    panel.wait(lambda: not installing())
    assert pip.left() == [] and pip.tried == 0 and panel.node_ids() == before
    assert "Missing: torch" in panel.ui.packagesLabel.text
    pip.mode("good")
    panel.run(panel.ui.applyButton)
    assert panel.nodes is not None


def test_check_of_a_run_that_was_cancelled_starts_no_second_run(panel: OpenPanel, pip: Pip, ct: Any) -> None:
    checks: list[Any] = []
    pip.installer._try_out = lambda code, good, bad: checks.append((good, bad))
    panel.ui.applyButton.click()
    panel.wait(lambda: checks and "packages out" in panel.ui.progressLabel.text)
    panel.ui.cancelButton.click()
    panel.command.mode("slow")
    panel.ui.applyButton.click()
    panel.wait(panel.command.pids)
    run = panel.panel.desk.runner._run
    for late in (checks[0][0], lambda: checks[0][1](SimpleNamespace(message="too late"))):
        late()
        assert panel.panel.desk.runner._run is run and panel.panel.desk.runner.busy
    assert panel.application.of("show_error") == []
    panel.ui.cancelButton.click()
    assert not panel.panel.desk.runner.busy


def test_cancel_of_another_run_leaves_the_installation(panel: OpenPanel, pip: Pip) -> None:
    pip.mode("slow")
    panel.command.mode("slow")
    panel.ui.installButton.click()
    panel.ui.virtualPatientButton.click()
    panel.wait(lambda: panel.command.pids() and pip.runs)
    panel.ui.cancelButton.click()
    assert installing() and panel.ui.cancelInstallButton.enabled
    panel.ui.cancelInstallButton.click()
    panel.wait(lambda: not installing() and "cancelled" in panel.ui.packagesLabel.text)
    assert pip.left() == [] and "torch, safetensors is missing" in panel.ui.packagesLabel.text


def test_packages_that_are_being_written_are_written_to_the_end(panel: OpenPanel, pip: Pip) -> None:
    pip.mode("writes")
    panel.ui.installButton.click()
    panel.wait(lambda: "Installing" in panel.ui.packagesLabel.text)
    panel.ui.cancelInstallButton.click()
    assert (
        "not broken off" in panel.ui.packagesLabel.text and "Leave Slicer open" in panel.ui.packagesLabel.text
    )
    assert installing()
    (pip.folder / "go on").touch()
    panel.wait(lambda: pip.tried)
    assert panel.ui.packagesLabel.text == "Everything that is needed is installed."


@pytest.mark.parametrize(
    ("mode", "words", "remedy"),
    [
        ("offline", "Could not find a version", "Check the network"),
        ("conflict in the second", "conflicting dependencies", "update Slicer"),
    ],
)
def test_failure_shows_pips_last_lines_and_what_to_do(
    panel: OpenPanel, pip: Pip, ct: Any, mode: str, words: str, remedy: str
) -> None:
    pip.mode(mode)
    panel.run(panel.ui.applyButton)
    (text,) = panel.application.of("show_error")
    assert "torch, safetensors could not be installed" in text and words in text and remedy in text
    assert not installing() and pip.left() == [] and pip.tried == 0 and panel.ui.applyButton.enabled
    assert len(pip.runs) == (2 if "second" in mode else 1)


def test_closing_ends_the_installation_and_tells_nobody(panel: OpenPanel, pip: Pip, ct: Any) -> None:
    pip.mode("slow")
    panel.ui.applyButton.click()
    panel.wait(lambda: panel.ui.progressBar.value > 0)
    panel.widget.cleanup()
    assert not installing() and pip.left() == [] and panel.application.of("show_error") == []


def test_closing_waits_for_packages_that_are_being_written(panel: OpenPanel, pip: Pip) -> None:
    pip.mode("writes for a second")
    panel.ui.installButton.click()
    panel.wait(lambda: len(pip.runs) == 2 and "Downloading" in panel.ui.packagesLabel.text)
    panel.wait(lambda: "Installing" in panel.ui.packagesLabel.text)
    (pip.folder / "installed").unlink()  # of the first run
    panel.widget.cleanup()
    assert (pip.folder / "installed").exists() and not installing() and pip.left() == []
    assert panel.application.of("show_error") == [] and pip.tried == 0


def test_python_that_is_not_there_is_told(panel: OpenPanel, pip: Pip) -> None:
    from SyntheticCECTLib.desktop.command_line import CommandLine

    pip.installer._packages._python = CommandLine("/nowhere/PythonSlicer", ())
    panel.ui.installButton.click()
    panel.wait(lambda: not installing() and "could not be started" in panel.ui.packagesLabel.text)


def test_pip_itself_heeds_the_constraints(panel: OpenPanel, tmp_path: Path) -> None:
    from SyntheticCECTLib.desktop.background_run import Listener
    from SyntheticCECTLib.desktop.command_line import CommandLine, slicer_python
    from SyntheticCECTLib.desktop.installation import Installation
    from SyntheticCECTLib.desktop.packages import pins, steps

    python = slicer_python()
    if subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        pytest.skip("there is no pip here")
    told: list[str] = []
    listener = Listener(
        done=lambda _: told.append("done"), failed=lambda failure: told.append(failure.text())
    )
    for number, requirement in enumerate(("numpy", "numpy<1")):
        folder = tmp_path / f"Jane Doe {number}"
        folder.mkdir()
        (folder / "constraints.txt").write_text(pins())
        package: Any = SimpleNamespace(name="numpy", requirement=requirement)
        (step,) = steps([package], str(folder), folder / "constraints.txt")
        Installation(CommandLine(python, ()), [[*step, "--dry-run"]], folder, listener).start()
        panel.wait(lambda: len(told) > number, 60)  # noqa: B023
    assert told[0] == "done", told[0]
    assert "conflict" in told[1] or "constraint" in told[1], told[1]
