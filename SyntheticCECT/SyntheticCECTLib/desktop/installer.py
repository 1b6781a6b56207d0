"""Packages are asked for once, with their sizes, from the action that needs them, and tried before it goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

from .background_run import Listener
from .packages import Package
from .run_report import Progress, RunFailure

CHECK = (
    "import torch, safetensors; x = torch.ones(8, 8); assert float((x @ x).sum()) == 512.0; "
    "print(torch.__version__, torch.version.cuda or 'cpu', torch.cuda.is_available())"
)
"""Run in a process of its own: a broken PyTorch may take its process down."""
STUDY_CHECK = "import sqlalchemy; sqlalchemy.create_engine('sqlite://').connect().close()"


class Stoppable(Protocol):
    """An installation; `installation.Installation` is the real one."""

    def cancel(self) -> bool: ...


class Packages(Protocol):
    """What can install; `packages.SlicerPackages` is the real one."""

    def missing(self) -> list[Package]: ...
    def in_use(self, packages: Sequence[Package]) -> list[str]: ...
    def has_pytorch_extension(self) -> bool: ...
    def install(self, packages: Sequence[Package], wheel_folder: str, listener: Listener) -> Stoppable: ...


class Asks(Protocol):
    """Who is asked and told; `application.Application` is the real one."""

    def ask(self, text: str) -> bool: ...
    def status(self, text: str) -> None: ...


TryOut = Callable[[str, Callable[[], None], Callable[[RunFailure], None]], None]
"""Runs Python code in the background and calls the second argument, or the third with what went wrong."""


class Installer:
    """Makes sure that a run can be made.

    Args:
        packages: What can install.
        application: Who is asked, and told each step.
        try_out: Runs a check in the background.
        wheel_folder: Called for the folder of wheels; empty for the network.
        check: Python code that fails where a package does not work.

    Attributes:
        installing: Whether any installer installs now: two pips would write over each other.
        watchers: Called with each step of an installation, and with ``None`` when it is over.
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
        self.watchers: list[Callable[[Progress | None], None]] = []
        self._progress: Callable[[Progress], None] | None = None
        self._installation: Stoppable | None = None

    def state(self) -> str:
        """For people: what is missing, with sizes."""
        missing = self._packages.missing()
        if not missing:
            return "Everything that is needed is installed."
        return "Missing: " + "; ".join(f"{one.requirement} ({one.size})" for one in missing) + "."

    def ensure(
        self,
        ready: Callable[[], None],
        refused: Callable[[str], None],
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        """Calls ``ready`` when everything is there; asks, installs and checks before, where it is not.

        Installing goes on in the background. When the application closes meanwhile, neither is called.

        Args:
            ready: At once where nothing is missing; else after the check.
            refused: With the reason and what to do, where it cannot be.
            progress: With each step of an installation.
        """
        if Installer.installing:
            refused("Packages are being installed. Wait until that is over, and press again.")
            return
        missing = self._packages.missing()
        if not missing:
            ready()
            return
        wheels = self._wheel_folder()
        torch = any(package.name == "torch" for package in missing) and not wheels
        if torch and not self._packages.has_pytorch_extension():
            refused(
                "Slicer's PyTorch extension is needed, which installs the PyTorch that suits this computer. Install "
                "'PyTorch' in the Extensions Manager, restart Slicer and press Apply again; or, without network, name a "
                "wheel folder under 'Python packages'."
            )
            return
        self._progress = progress
        self._install(missing, wheels, ready, refused)

    def cancel(self) -> bool:
        """Ends this installer's installation; packages that are being written are written to their end.

        Returns:
            Whether one is being ended.
        """
        return self._installation is not None and self._installation.cancel()

    def _install(
        self,
        missing: Sequence[Package],
        wheels: str,
        ready: Callable[[], None],
        refused: Callable[[str], None],
    ) -> None:
        names = ", ".join(package.name for package in missing)
        listener = Listener(
            progress=self._step,
            done=lambda _: self._installed(missing, ready, refused),
            failed=lambda failure: refused(f"{names} could not be installed. {failure.text()}"),
            cancelled=lambda: refused(
                f"The installation was cancelled: {names} is missing. Press again to install."
            ),
            ended=self._over,
        )
        Installer.installing = True  # the window is alive while a person is asked
        try:
            wanted = self._application.ask(self._question(missing, wheels))
            if wanted:
                self._step(Progress(0.0, "starting pip"))
                self._installation = self._packages.install(missing, wheels, listener)
        except Exception as error:  # also what the PyTorch extension raises
            self._over()
            refused(f"{names} could not be installed: {error}")
            return
        if not wanted:
            self._over()
            refused(f"Nothing was installed, so this cannot be done: {names} is missing.")

    def _step(self, progress: Progress) -> None:
        self._application.status(progress.text())
        if self._progress is not None:
            self._progress(progress)
        for watcher in self.watchers:
            watcher(progress)

    def _over(self) -> None:
        Installer.installing, self._installation = False, None
        for watcher in self.watchers:
            watcher(None)

    def _installed(
        self, packages: Sequence[Package], ready: Callable[[], None], refused: Callable[[str], None]
    ) -> None:
        """pip ended well: what it installed is tried out."""
        still, old = self._packages.missing(), self._packages.in_use(packages)
        names = ", ".join(package.name for package in packages)
        if still:
            refused(
                f"After the installation {', '.join(one.name for one in still)} is still missing; restart Slicer."
            )
        elif old:
            refused(f"{names} is installed, but Slicer still uses an older {', '.join(old)}: restart Slicer.")
        else:
            trying = Progress(1.0, "trying the packages out")
            self._application.status(trying.text())
            if self._progress is not None:
                self._progress(trying)
            self._try_out(self._check, ready, lambda failure: refused(_broken(names, failure)))

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
