"""The Python packages that the networks need and Slicer does not ship, as this Slicer can install them."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import invalidate_caches, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import slicer

from .background_run import Listener
from .command_line import CommandLine, slicer_python
from .installation import Installation


@dataclass(frozen=True)
class Package:
    """One that is needed.

    Attributes:
        name: To import and to install.
        version: Which will do.
        size: For people.
        below: From this release on it is not installed, though one that is here already will do; empty for no such release.
    """

    name: str
    version: str
    size: str
    below: str = ""

    @property
    def to_install(self) -> str:
        """The versions that may be installed."""
        return f"{self.version},<{self.below}" if self.below else self.version

    @property
    def requirement(self) -> str:
        """As pip takes it."""
        return f"{self.name}{self.to_install}"


PATHS_TOO_LONG_FROM = "2.13"
"""Licences in PyTorch's wheels lie so deep from there on that below Slicer's folder their paths are longer than Windows
takes: pip stops half way, and PyTorch does not work (Slicer/light-the-torch, issue 176)."""

NEEDED = (
    Package(
        "torch",
        ">=2.10",
        "about 200 MB to download for the processor, 3 GB with CUDA",
        PATHS_TOO_LONG_FROM if sys.platform == "win32" else "",
    ),
    Package("safetensors", ">=0.5", "under 1 MB"),
)

STUDIES = (Package("sqlalchemy", ">=2.0", "about 3 MB"),)
"""What the database of an observer study needs."""

LIGHT_THE_TORCH = "light-the-torch>=0.8.1"
"""Older ones know no CUDA after 12.6, and pick a PyTorch that does not work on newer graphics cards (fepegar/SlicerPyTorch,
pull request 20)."""
RUN_LIGHT_THE_TORCH = (
    "import sys; from importlib.metadata import distribution; "
    "sys.exit(distribution('light-the-torch').entry_points['ltt'].load()())"
)
"""``python -m light_the_torch`` ends with 0 where pip failed."""

TELLS_PROGRESS = Package("pip", ">=24.1", "")
"""Since then pip can tell in lines how far a download is."""

COMPANIONS = ("torchvision", "torchaudio", "triton", "nvidia-", "pip", "setuptools", "light-the-torch")
"""Beginnings of names that change with PyTorch: held fast, an older PyTorch could not be replaced by one that will do, and
PyTorch 2.12, which wants setuptools below 82, not be installed beside a newer one."""


class SlicerPackages:
    """Installs with Slicer's own Python, in the background.

    ``PyTorchUtilsLogic.installTorch`` and ``pip_install`` of Slicer 5.10 hold up the event loop until pip's next line, which
    during a large download takes minutes; those of 5.12 have no way to cancel. What they would run is run here instead:
    PythonSlicer with pip, and for PyTorch with light-the-torch, which looks at the graphics driver itself and heeds
    ``LTT_PYTORCH_COMPUTATION_BACKEND``. A build chosen by hand in the module *PyTorch Utils* is installed there.

    Slicer's other modules do not know of it: one that installs at the same time is not held back.

    Args:
        needed: What must be there.
        python: Runs Python; PythonSlicer where none is named.
    """

    def __init__(self, needed: Sequence[Package] = NEEDED, python: CommandLine | None = None) -> None:
        self._needed, self._python = needed, python

    def missing(self) -> list[Package]:
        """What is needed and is not here, or too old."""
        return [package for package in self._needed if not _satisfied(package)]

    def in_use(self, packages: Sequence[Package]) -> list[str]:
        """Names of those that this Slicer has loaded, and goes on using as they were."""
        return [package.name for package in packages if package.name in sys.modules]

    def has_pytorch_extension(self) -> bool:
        """Whether Slicer's PyTorch extension is here, which says what belongs to a PyTorch for Slicer."""
        return "PyTorchUtils" in sys.modules or find_spec("PyTorchUtils") is not None

    def install(self, packages: Sequence[Package], wheel_folder: str, listener: Listener) -> Installation:
        """Starts to install, without asking; nothing else that is installed may change.

        Args:
            packages: What to install.
            wheel_folder: Use only the wheels in it, and no network; empty for the network.
            listener: Is told, as `Installation` says.

        Raises:
            RuntimeError: Another module installs packages now.
            OSError: No temporary folder can be made.
        """
        slicers = sys.modules.get("slicer.packaging")  # from 5.12 on
        if getattr(slicers, "isPipInstallInProgress", bool)():
            raise RuntimeError("Another module of Slicer is installing packages; wait until that is over.")
        python = self._python or CommandLine(slicer_python(str(slicer.app.slicerHome)), ())
        folder = Path(tempfile.mkdtemp(prefix="SyntheticCECT-"))
        try:
            constraints = folder / "constraints.txt"
            constraints.write_text(pins(), encoding="utf-8")
            installation = Installation(python, steps(packages, wheel_folder, constraints), folder, listener)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        installation.start()
        return installation


def steps(packages: Sequence[Package], wheel_folder: str, constraints: Path) -> list[list[str]]:
    """Arguments of Python for each run of pip.

    Args:
        packages: What to install.
        wheel_folder: As for `SlicerPackages.install`.
        constraints: File of `pins`.
    """
    options = ["--no-input", "--disable-pip-version-check", "--constraint", str(constraints)]
    if _satisfied(TELLS_PROGRESS):
        options += ["--progress-bar", "raw"]
    requirements = [package.requirement for package in packages]
    if wheel_folder:
        return [["-m", "pip", "install", "--no-index", "--find-links", wheel_folder, *options, *requirements]]
    torch = next((package for package in packages if package.name == "torch"), None)
    if torch is None:
        return [["-m", "pip", "install", *options, *requirements]]
    others = [package.requirement for package in packages if package is not torch]
    return [
        ["-m", "pip", "install", *options, LIGHT_THE_TORCH],
        ["-c", RUN_LIGHT_THE_TORCH, *_torch_arguments(torch), *others, *options],
    ]


def pins() -> str:
    """Text of a constraints file: all that is installed now, but for what we install and what comes with it."""
    lines = set[str]()
    for distribution in metadata.distributions():
        facts: Any = distribution.metadata
        name, version = facts["Name"], facts["Version"]
        if name and version and not _may_change(name) and "+" not in version:
            lines.add(f"{name}=={version}")
    return "\n".join(sorted(lines)) + "\n"


def _torch_arguments(torch: Package) -> list[str]:
    """What the PyTorch extension hands to light-the-torch: it knows what belongs to PyTorch, and which releases to avoid.

    It tells that by an inner method only; one that tells it no longer, or otherwise, is not asked.
    """
    import PyTorchUtils  # pyright: ignore[reportMissingImports]

    try:
        told = PyTorchUtils.PyTorchUtilsLogic._getPipInstallArguments(
            torchVersionRequirement=torch.to_install
        )
    except (AttributeError, TypeError):
        return ["install", torch.requirement, "torchvision"]
    return [str(one) for one in told]


def _satisfied(package: Package) -> bool:
    from packaging.requirements import Requirement

    invalidate_caches()  # pip runs in another process
    try:
        # A local build such as 2.10.0+cpu counts as its version.
        installed = metadata.version(package.name).partition("+")[0]
    except metadata.PackageNotFoundError:
        return False
    will_do = Requirement(f"{package.name}{package.version}").specifier
    return find_spec(package.name) is not None and will_do.contains(installed, prereleases=True)


def _may_change(name: str) -> bool:
    """Some distributions write their name with underscores, as light_the_torch does."""
    name = name.lower().replace("_", "-")
    return name in {package.name for package in (*NEEDED, *STUDIES)} or name.startswith(COMPANIONS)
