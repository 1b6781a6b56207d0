"""Packages are asked for once, with their sizes, from the action that needs them, and tried before it goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

from .packages import Package
from .run_report import RunFailure

CHECK = (
    "import torch, safetensors; x = torch.ones(8, 8); assert float((x @ x).sum()) == 512.0; "
    "print(torch.__version__, torch.version.cuda or 'cpu', torch.cuda.is_available())"
)
"""Run in a process of its own: a broken PyTorch may take its process down."""
STUDY_CHECK = "import sqlalchemy; sqlalchemy.create_engine('sqlite://').connect().close()"


class Packages(Protocol):
    """What can install; `packages.SlicerPackages` is the real one."""

    def missing(self) -> list[Package]: ...
    def has_pytorch_extension(self) -> bool: ...
    def install_torch(self, package: Package) -> None: ...
    def install(self, packages: Sequence[Package], wheel_folder: str = "") -> None: ...


class Asks(Protocol):
    """Who is asked; `application.Application` is the real one."""

    def ask(self, text: str) -> bool: ...


TryOut = Callable[[str, Callable[[], None], Callable[[RunFailure], None]], None]
"""Runs Python code in the background and calls the second argument, or the third with what went wrong."""


class Installer:
    """Makes sure that a run can be made.

    Args:
        packages: What can install.
        application: Who is asked.
        try_out: Runs a check in the background.
        wheel_folder: Called for the folder of wheels; empty for the network.
        check: Python code that fails where a package does not work.

    Attributes:
        installing: Whether any installer installs now: two pips would write over each other.
    """

    installing: ClassVar[bool] = False

    def __init__(
        self,
        packages: Packages,
        application: Asks,
        try_out: TryOut,
        wheel_folder: Callable[[], str] = str,
        check: str = CHECK,
    ) -> None:
        self._packages, self._application, self._try_out = packages, application, try_out
        self._wheel_folder, self._check = wheel_folder, check

    def state(self) -> str:
        """For people: what is missing, with sizes."""
        missing = self._packages.missing()
        if not missing:
            return "Everything that is needed is installed."
        return "Missing: " + "; ".join(f"{one.requirement} ({one.size})" for one in missing) + "."

    def ensure(self, ready: Callable[[], None], refused: Callable[[str], None]) -> None:
        """Calls ``ready`` when everything is there; asks, installs and checks before, where it is not.

        Args:
            ready: At once where nothing is missing; else after the check.
            refused: With the reason and what to do, where it cannot be.
        """
        if Installer.installing:
            refused("Packages are being installed. Wait until that is over, and press again.")
            return
        missing = self._packages.missing()
        if not missing:
            ready()
            return
        wheels = self._wheel_folder()
        names = ", ".join(package.name for package in missing)
        torch = [package for package in missing if package.name == "torch" and not wheels]
        if torch and not self._packages.has_pytorch_extension():
            refused(
                "Slicer's PyTorch extension is needed, which installs the PyTorch that suits this computer. Install "
                "'PyTorch' in the Extensions Manager, restart Slicer and press Apply again; or, without network, name a "
                "wheel folder under 'Python packages'."
            )
            return
        Installer.installing = True  # the window is alive while a person is asked, and while pip works
        try:
            trouble = self._install(missing, torch, wheels)
        finally:
            Installer.installing = False
        if trouble:
            refused(trouble)
            return
        still = self._packages.missing()
        if still:
            refused(
                f"After the installation {', '.join(one.name for one in still)} is still missing; restart Slicer."
            )
            return
        self._try_out(self._check, ready, lambda failure: refused(_broken(names, failure)))

    def _install(self, missing: Sequence[Package], torch: Sequence[Package], wheels: str) -> str:
        """Asks and installs; what a person must know where that did not come about, else nothing."""
        names = ", ".join(package.name for package in missing)
        if not self._application.ask(self._question(missing, wheels)):
            return f"Nothing was installed, so this cannot be done: {names} is missing."
        try:
            for package in torch:
                self._packages.install_torch(package)
            others = [package for package in missing if package not in torch]
            if others:
                self._packages.install(others, wheels)
        except Exception as error:  # pip, light-the-torch and Slicer raise what they like
            return (
                f"{names} could not be installed: {error}\nCheck the network or the wheel folder, and try again; "
                "Slicer's Python console has pip's own words."
            )
        return ""

    def _question(self, missing: Sequence[Package], wheels: str) -> str:
        lines = "\n".join(f"• {package.requirement}: {package.size}" for package in missing)
        source = (
            f"From the folder {wheels}, without network."
            if wheels
            else "They are downloaded from the network."
        )
        return (
            f"These Python packages are needed once and will be installed into Slicer:\n\n{lines}\n\n{source} "
            "Packages that Slicer ships are not replaced, but for pip and setuptools where PyTorch needs others. Continue?"
        )


def _broken(names: str, failure: RunFailure) -> str:
    torch = (
        "; if that does not help, reinstall PyTorch with the module 'PyTorch Utils' for the processor (cpu)"
    )
    return (
        f"{names} was installed but does not work here. {failure.message}\n"
        f"Restart Slicer{torch if 'torch' in names else ''}."
    )
