"""Packages: asked for once, with sizes; nothing of Slicer's own replaced; a way without network; a check at the end."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from Testing.desktop.desktop_case import FakeApplication, OpenPanel


class FakePackages:
    """Has nothing at first; what is installed is there afterwards, unless ``broken``."""

    def __init__(self, extension: bool = True, broken: str = "") -> None:
        from SyntheticCECTLib.desktop.packages import NEEDED

        self.extension, self.broken = extension, broken
        self.left = list(NEEDED)
        self.calls: list[Any] = []

    def missing(self) -> list[Any]:
        return list(self.left)

    def has_pytorch_extension(self) -> bool:
        return self.extension

    def install_torch(self, package: Any) -> None:
        self.calls.append(("torch", package.version))
        self._take([package])

    def install(self, packages: Any, wheel_folder: str = "") -> None:
        self.calls.append((tuple(one.name for one in packages), wheel_folder))
        self._take(packages)

    def _take(self, packages: Any) -> None:
        if self.broken:
            raise RuntimeError(self.broken)
        self.left = [one for one in self.left if one not in packages]


class Trial:
    """One use of the installer."""

    def __init__(
        self, packages: FakePackages, answer: bool = True, wheels: str = "", works: bool = True
    ) -> None:
        from SyntheticCECTLib.desktop.installer import Installer
        from SyntheticCECTLib.desktop.run_report import RunFailure

        self.application = FakeApplication(answer=answer)
        self.ready, self.refused, self.tried = 0, "", 0

        def try_out(code: str, good: Callable[[], None], bad: Callable[[Any], None]) -> None:
            self.tried += 1
            good() if works else bad(RunFailure("Illegal instruction", ""))

        self.installer = Installer(packages, self.application, try_out, lambda: wheels)
        self.installer.ensure(self._ready, self._refused)

    def _ready(self) -> None:
        self.ready += 1

    def _refused(self, text: str) -> None:
        self.refused = text


@contextmanager
def pytorch_utils(logic: type) -> Iterator[None]:
    """A PyTorch extension of the test's own."""
    before = sys.modules.get("PyTorchUtils")
    sys.modules["PyTorchUtils"] = SimpleNamespace(PyTorchUtilsLogic=logic)  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["PyTorchUtils"]
        if before is not None:
            sys.modules["PyTorchUtils"] = before


@pytest.fixture
def packages(desktop: Any) -> FakePackages:
    return FakePackages()


def test_one_question_names_every_package_with_its_size(packages: FakePackages) -> None:
    trial = Trial(packages)
    (question,) = trial.application.of("ask")
    assert "torch>=2.10" in question and "200 MB" in question and "safetensors" in question
    assert "not replaced" in question
    assert packages.calls == [("torch", ">=2.10"), (("safetensors",), "")]
    assert trial.ready == 1 and trial.tried == 1


def test_nothing_is_asked_or_tried_where_nothing_is_missing(packages: FakePackages) -> None:
    packages.left = []
    trial = Trial(packages)
    assert trial.ready == 1 and trial.application.told == [] and trial.tried == 0


def test_no_means_that_nothing_is_installed(packages: FakePackages) -> None:
    trial = Trial(packages, answer=False)
    assert packages.calls == [] and trial.ready == 0 and "torch, safetensors is missing" in trial.refused


def test_missing_pytorch_extension_is_named_with_the_remedy(desktop: Any) -> None:
    trial = Trial(FakePackages(extension=False))
    assert "Extensions Manager" in trial.refused and trial.application.told == []


def test_wheel_folder_needs_neither_network_nor_extension(desktop: Any) -> None:
    packages = FakePackages(extension=False)
    trial = Trial(packages, wheels="/media/wheels")
    assert packages.calls == [(("torch", "safetensors"), "/media/wheels")] and trial.ready == 1
    assert "without network" in trial.application.of("ask")[0]


def test_failing_installation_is_told(desktop: Any) -> None:
    trial = Trial(FakePackages(broken="no space left on device"))
    assert trial.ready == 0 and "no space left on device" in trial.refused and "try again" in trial.refused


def test_pytorch_that_does_not_work_is_found_out(packages: FakePackages) -> None:
    trial = Trial(packages, works=False)
    assert (
        trial.ready == 0 and "does not work here" in trial.refused and "Illegal instruction" in trial.refused
    )


def test_second_click_during_an_installation_starts_no_second_pip(packages: FakePackages) -> None:
    class Clicking(FakePackages):
        """pip lets the window live, and somebody presses a button that installs something else."""

        def install_torch(self, package: Any) -> None:
            self.second = Trial(packages)
            super().install_torch(package)

    first = Clicking()
    assert Trial(first).ready == 1
    assert packages.calls == [] and first.second.ready == 0
    assert "being installed" in first.second.refused and "press again" in first.second.refused


@pytest.mark.parametrize("trouble", [{"answer": False}, {}])
def test_installation_that_came_to_nothing_can_be_tried_again(desktop: Any, trouble: dict[str, Any]) -> None:
    assert Trial(FakePackages(broken="no space left on device"), **trouble).ready == 0
    assert Trial(FakePackages()).ready == 1


def test_apply_asks_only_when_it_is_pressed(panel: OpenPanel, ct: Any) -> None:
    panel.application.answer = False
    panel.panel.desk.runner.installer._packages = FakePackages()
    panel.panel.synthesize.restore()
    assert panel.application.of("ask") == [] and "Missing: torch>=2.10" in panel.ui.packagesLabel.text
    panel.run(panel.ui.applyButton)
    assert len(panel.application.of("ask")) == 1 and "Nothing was installed" in panel.ui.messageLabel.text
    assert panel.ui.applyButton.enabled


def test_installed_versions_are_pinned_but_for_what_is_installed(desktop: Any) -> None:
    from SyntheticCECTLib.desktop.packages import _pinned

    with _pinned() as path:
        lines = path.read_text(encoding="utf-8").splitlines()
    names = {line.partition("==")[0].lower() for line in lines}
    assert {"numpy", "scipy", "simpleitk"} <= names and not {
        "torch",
        "safetensors",
        "pip",
        "setuptools",
        "torchvision",
    } & names
    assert all("==" in line for line in lines) and not path.exists()


def test_pip_gets_the_wheel_folder_and_no_network(desktop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from SyntheticCECTLib.desktop.packages import NEEDED, SlicerPackages

    if not hasattr(desktop.slicer.util, "pip_install"):
        pytest.skip("this slicer.util has no pip_install")
    calls: list[Any] = []
    monkeypatch.setattr(desktop.slicer.util, "pip_install", calls.append)
    SlicerPackages().install(NEEDED, "/media/wheels")
    (arguments,) = calls
    assert arguments[:3] == ["--no-index", "--find-links", "/media/wheels"] and "--constraint" in arguments
    assert arguments[-2:] == [one.requirement for one in NEEDED]


def test_pip_reads_the_constraints_of_a_folder_with_a_space_in_its_name(
    desktop: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As on Windows for a user with two names; it is pip itself that reads the variable here."""
    from SyntheticCECTLib.desktop.command_line import slicer_python
    from SyntheticCECTLib.desktop.packages import NEEDED, SlicerPackages

    python = slicer_python() or sys.executable
    if subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        pytest.skip("there is no pip here")
    ends: list[subprocess.CompletedProcess[str]] = []

    def pip_install(requirement: str) -> None:
        command = [python, "-m", "pip", "install", "--dry-run", "--no-index", requirement]
        ends.append(subprocess.run(command, capture_output=True, text=True, check=False))

    class Logic:
        def installTorch(self, askConfirmation: bool, torchVersionRequirement: str) -> object:
            pip_install("numpy")
            pip_install("numpy<1")
            return self

    (tmp_path / "Jane Doe").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "Jane Doe"))
    with pytorch_utils(Logic):
        SlicerPackages().install_torch(NEEDED[0])
    assert ends[0].returncode == 0, ends[0].stderr
    assert ends[1].returncode != 0 and "constraint" in ends[1].stdout + ends[1].stderr


def test_release_that_would_break_is_not_installed_but_does_where_it_is(desktop: Any) -> None:
    """PyTorch 2.13 on Windows: its paths are too long below Slicer's folder."""
    from SyntheticCECTLib.desktop.packages import Package, SlicerPackages

    asked: list[str] = []

    class Logic:
        def installTorch(self, askConfirmation: bool, torchVersionRequirement: str) -> object:
            asked.append(torchVersionRequirement)
            return self

    with pytorch_utils(Logic):
        SlicerPackages().install_torch(Package("torch", ">=2.10", "", below="2.13"))
    assert asked == [">=2.10,<2.13"]
    here = Package("numpy", ">=1", "", below="1.1")
    assert here.requirement == "numpy>=1,<1.1" and SlicerPackages([here]).missing() == []


def test_check_passes_with_a_pytorch_that_works(panel: OpenPanel) -> None:
    import importlib.util

    from SyntheticCECTLib.desktop.case_runner import try_out_with
    from SyntheticCECTLib.desktop.command_line import CommandLine, slicer_python
    from SyntheticCECTLib.desktop.installer import CHECK

    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed here")
    ended: list[str] = []
    try_out = try_out_with(CommandLine(slicer_python()))
    try_out(CHECK, lambda: ended.append("good"), lambda failure: ended.append(failure.text()))
    panel.wait(lambda: ended, 60)
    assert ended == ["good"]
