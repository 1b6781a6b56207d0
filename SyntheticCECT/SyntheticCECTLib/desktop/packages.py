"""The Python packages that the networks need and Slicer does not ship, as this Slicer can install them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import invalidate_caches, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import slicer


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

COMPANIONS = ("torchvision", "torchaudio", "triton", "nvidia-", "pip", "setuptools", "light-the-torch")
"""Beginnings of names that change with PyTorch: held fast, an older PyTorch could not be replaced by one that will do, and
PyTorch 2.12, which wants setuptools below 82, not be installed beside a newer one."""


class SlicerPackages:
    """Slicer's own ways to install: its PyTorch extension, and ``slicer.packaging`` or the older ``pip_install``.

    Args:
        needed: What must be there.
    """

    def __init__(self, needed: Sequence[Package] = NEEDED) -> None:
        self._needed = needed

    def missing(self) -> list[Package]:
        """What is needed and is not here, or too old."""
        return [package for package in self._needed if not _satisfied(package)]

    def has_pytorch_extension(self) -> bool:
        """Whether Slicer's PyTorch extension is here, which picks the build that suits the graphics card."""
        return find_spec("PyTorchUtils") is not None

    def install_torch(self, package: Package) -> None:
        """Through the PyTorch extension; nothing else that is installed may change.

        Raises:
            RuntimeError: It was not installed.
        """
        import PyTorchUtils  # pyright: ignore[reportMissingImports]

        with _pinned() as constraints:
            before = os.environ.get("PIP_CONSTRAINT")
            # light-the-torch passes no such option on. An address, for pip takes what is behind a space for another file.
            os.environ["PIP_CONSTRAINT"] = constraints.as_uri()
            try:
                logic = PyTorchUtils.PyTorchUtilsLogic()
                installed = logic.installTorch(
                    askConfirmation=False, torchVersionRequirement=package.to_install
                )
            finally:
                if before is None:
                    del os.environ["PIP_CONSTRAINT"]
                else:
                    os.environ["PIP_CONSTRAINT"] = before
        if installed is None:
            raise RuntimeError("The PyTorch extension installed nothing.")

    def install(self, packages: Sequence[Package], wheel_folder: str = "") -> None:
        """Through pip, without asking again; nothing else that is installed may change.

        Args:
            packages: What to install.
            wheel_folder: Use only the wheels in it, and no network.

        Raises:
            Exception: pip failed.
        """
        requirements = [package.requirement for package in packages]
        with _pinned() as constraints:
            if wheel_folder:
                source = ["--no-index", "--find-links", wheel_folder, "--constraint", str(constraints)]
                slicer.util.pip_install([*source, *requirements])
            elif hasattr(slicer, "packaging"):
                slicer.packaging.pip_ensure(
                    requirements,
                    constraints=str(constraints),
                    prompt_install=False,
                    requester="SyntheticCECT",
                )
            else:
                slicer.util.pip_install(["--constraint", str(constraints), *requirements])


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
    return name in {package.name for package in (*NEEDED, *STUDIES)} or name.startswith(COMPANIONS)


@contextmanager
def _pinned() -> Iterator[Path]:
    """A constraints file with everything that is installed now, but for what we install and what comes with it."""
    import tempfile

    lines = []
    for distribution in metadata.distributions():
        facts: Any = distribution.metadata
        name, version = facts["Name"], facts["Version"]
        if name and version and not _may_change(name.lower()) and "+" not in version:
            lines.append(f"{name}=={version}")
    with tempfile.TemporaryDirectory(prefix="SyntheticCECT-") as folder:
        path = Path(folder) / "constraints.txt"
        path.write_text("\n".join(sorted(set(lines))) + "\n", encoding="utf-8")
        yield path
