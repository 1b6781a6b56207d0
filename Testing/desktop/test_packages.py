"""What pip and light-the-torch are told, so that PyTorch suits the computer and nothing of Slicer's own is replaced."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from Testing.desktop.desktop_case import OpenPanel


class Logic:
    """The PyTorch extension as it is."""

    @staticmethod
    def _getPipInstallArguments(
        forceComputationBackend: Any = None, torchVersionRequirement: str | None = None
    ) -> list[str]:
        return ["install", f"torch{torchVersionRequirement}", "torchvision!=0.28.*"]


class OtherLogic:
    """One that names it otherwise."""


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


def steps_of(packages: Any, wheel_folder: str = "", logic: type = Logic) -> list[list[str]]:
    from SyntheticCECTLib.desktop.packages import steps

    with pytorch_utils(logic):
        return steps(packages, wheel_folder, Path("pins.txt"))


def test_installed_versions_are_pinned_but_for_what_is_installed(desktop: Any) -> None:
    from SyntheticCECTLib.desktop.packages import pins

    lines = pins().splitlines()
    names = {line.partition("==")[0].lower() for line in lines}
    assert {"numpy", "scipy", "simpleitk"} <= names
    assert not {"torch", "safetensors", "pip", "setuptools", "torchvision"} & names
    assert all("==" in line for line in lines)


def test_light_the_torch_is_never_pinned_however_its_name_is_written(desktop: Any, tmp_path: Path) -> None:
    from SyntheticCECTLib.desktop.packages import pins

    folder = tmp_path / "light_the_torch-0.8.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: light_the_torch\nVersion: 0.8.0\n")
    sys.path.append(str(tmp_path))
    try:
        assert "light_the_torch" not in pins()
    finally:
        sys.path.remove(str(tmp_path))


def test_pip_gets_the_wheel_folder_and_no_network(desktop: Any) -> None:
    from SyntheticCECTLib.desktop.packages import NEEDED

    (step,) = steps_of(NEEDED, "/media/wheels")
    assert step[:6] == ["-m", "pip", "install", "--no-index", "--find-links", "/media/wheels"]
    assert step[step.index("--constraint") + 1] == "pins.txt"
    assert step[-2:] == [one.requirement for one in NEEDED]


def test_pytorch_comes_through_light_the_torch_as_the_extension_wants_it(desktop: Any) -> None:
    from SyntheticCECTLib.desktop.packages import NEEDED, RUN_LIGHT_THE_TORCH

    first, second = steps_of(NEEDED)
    assert first[:3] == ["-m", "pip", "install"] and first[-1].startswith("light-the-torch>=")
    torch, safetensors = (one.requirement for one in NEEDED)
    assert second[:6] == ["-c", RUN_LIGHT_THE_TORCH, "install", torch, "torchvision!=0.28.*", safetensors]
    for step in (first, second):
        assert step[step.index("--constraint") + 1] == "pins.txt" and "--no-input" in step


def test_extension_that_tells_no_longer_what_to_install_is_not_asked(desktop: Any) -> None:
    from SyntheticCECTLib.desktop.packages import NEEDED

    _, step = steps_of(NEEDED, logic=OtherLogic)
    assert step[2:5] == ["install", NEEDED[0].requirement, "torchvision"]


def test_what_is_no_pytorch_needs_pip_alone(desktop: Any) -> None:
    from SyntheticCECTLib.desktop.packages import STUDIES

    (step,) = steps_of(STUDIES)
    assert step[:3] == ["-m", "pip", "install"] and step[-1] == "sqlalchemy>=2.0"


@pytest.mark.parametrize(("version", "told"), [("24.0", False), ("24.1", True), ("26.0.1", True)])
def test_progress_is_asked_for_where_pip_can_tell_it(
    desktop: Any, monkeypatch: pytest.MonkeyPatch, version: str, told: bool
) -> None:
    from importlib import metadata

    from SyntheticCECTLib.desktop.packages import STUDIES

    monkeypatch.setattr(metadata, "version", lambda name: version)
    (step,) = steps_of(STUDIES)
    assert ("--progress-bar" in step) is told


def test_release_that_would_break_is_not_installed_but_does_where_it_is(desktop: Any) -> None:
    """PyTorch 2.13 on Windows: its paths are too long below Slicer's folder."""
    from SyntheticCECTLib.desktop.packages import Package, SlicerPackages

    _, step = steps_of([Package("torch", ">=2.10", "", below="2.13")])
    assert "torch>=2.10,<2.13" in step
    here = Package("numpy", ">=1", "", below="1.1")
    assert here.requirement == "numpy>=1,<1.1" and SlicerPackages([here]).missing() == []
    assert SlicerPackages([here]).in_use([here]) == ["numpy"]


def test_nothing_is_installed_while_another_module_does(
    desktop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from SyntheticCECTLib.desktop.background_run import Listener
    from SyntheticCECTLib.desktop.packages import STUDIES, SlicerPackages

    monkeypatch.setitem(sys.modules, "slicer.packaging", SimpleNamespace(isPipInstallInProgress=lambda: True))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="Another module"):
        SlicerPackages().install(STUDIES, "", Listener())


def test_light_the_torch_ends_as_pip_does(desktop: Any, tmp_path: Path) -> None:
    """Called as a module it ends with 0, whatever pip said."""
    from SyntheticCECTLib.desktop.packages import RUN_LIGHT_THE_TORCH

    (tmp_path / "stand_in_ltt.py").write_text(
        "import sys\ndef main():\n    print(sys.argv[1:])\n    return 7\n"
    )
    facts = tmp_path / "light_the_torch-0.8.1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: light_the_torch\nVersion: 0.8.1\n")
    (facts / "entry_points.txt").write_text("[console_scripts]\nltt = stand_in_ltt:main\n")
    command = [sys.executable, "-c", RUN_LIGHT_THE_TORCH, "install", "torch"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 7 and done.stdout.strip() == "['install', 'torch']", done.stderr


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
