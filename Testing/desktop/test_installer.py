"""Packages: asked for once, with sizes; nothing of Slicer's own replaced; a way without network; a check at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from Testing.desktop.desktop_case import FakeApplication, OpenPanel


class FakePackages:
    """Has nothing at first; what is installed is there afterwards, unless it is ``broken``.

    Args:
        extension: Whether the PyTorch extension is here.
        broken: What pip says.
        loaded: Names of packages that the application has loaded.
    """

    def __init__(self, extension: bool = True, broken: str = "", loaded: tuple[str, ...] = ()) -> None:
        from SyntheticCECTLib.desktop.packages import NEEDED

        self.extension, self.broken, self.loaded = extension, broken, loaded
        self.left = list(NEEDED)
        self.calls: list[Any] = []

    def missing(self) -> list[Any]:
        return list(self.left)

    def in_use(self, packages: Any) -> list[str]:
        return [one.name for one in packages if one.name in self.loaded]

    def has_pytorch_extension(self) -> bool:
        return self.extension

    def install(self, packages: Any, wheel_folder: str, listener: Any) -> Any:
        from SyntheticCECTLib.desktop.run_report import RunFailure

        self.calls.append((tuple(one.name for one in packages), wheel_folder))
        if not self.broken:
            self.left = [one for one in self.left if one not in packages]
        listener.ended()
        listener.failed(RunFailure(self.broken, "Try again.")) if self.broken else listener.done("")
        return self

    def cancel(self) -> bool:
        return False


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


@pytest.fixture
def packages(desktop: Any) -> FakePackages:
    return FakePackages()


def test_one_question_names_every_package_with_its_size(packages: FakePackages) -> None:
    trial = Trial(packages)
    (question,) = trial.application.of("ask")
    assert "torch>=2.10" in question and "200 MB" in question and "safetensors" in question
    assert "not replaced" in question
    assert packages.calls == [(("torch", "safetensors"), "")]
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
    assert trial.ready == 0 and "no space left on device" in trial.refused and "Try again" in trial.refused


def test_pytorch_that_does_not_work_is_found_out(packages: FakePackages) -> None:
    trial = Trial(packages, works=False)
    assert (
        trial.ready == 0 and "does not work here" in trial.refused and "Illegal instruction" in trial.refused
    )


def test_second_click_during_an_installation_starts_no_second_pip(packages: FakePackages) -> None:
    class Clicking(FakePackages):
        """The window lives, and somebody presses a button that installs something else."""

        def install(self, wanted: Any, wheel_folder: str, listener: Any) -> Any:
            self.second = Trial(packages)
            return super().install(wanted, wheel_folder, listener)

    first = Clicking()
    assert Trial(first).ready == 1
    assert packages.calls == [] and first.second.ready == 0
    assert "being installed" in first.second.refused and "press again" in first.second.refused


def test_package_that_slicer_has_loaded_in_an_older_version_asks_for_a_restart(desktop: Any) -> None:
    trial = Trial(FakePackages(loaded=("safetensors",)))
    assert trial.ready == trial.tried == 0 and "an older safetensors: restart Slicer" in trial.refused


def test_installation_that_cannot_begin_is_told_and_can_be_tried_again(desktop: Any) -> None:
    class Busy(FakePackages):
        def install(self, wanted: Any, wheel_folder: str, listener: Any) -> Any:
            raise RuntimeError("Another module of Slicer is installing packages")

    assert "Another module" in Trial(Busy()).refused
    assert Trial(FakePackages()).ready == 1


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
