"""A browser, a small virtual patient, the result of a small case, and reading rooms that show them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from Testing import small_case
from Testing.web.room_process import RoomProcess

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE_MS = 90_000
SYNTHESIS_MS = 300_000
"""A network runs, perhaps beside other work on the same cores."""
needs_room = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("trame_slicer", "slicer", "trame")), reason="needs trame-slicer"
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A failed test tells what its browser showed last, and what its room complained of."""
    report = yield
    given = getattr(item, "funcargs", {})
    if report.when == "call" and report.failed and "visitor" in given:
        report.sections.append(("what the browser showed", given["visitor"].last_seen()))
        logs = given["tmp_path"].glob("room.log") if "tmp_path" in given else []
        report.sections.extend(("what the room complained of", log.read_text()) for log in logs)
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "room" in getattr(item, "fixturenames", ()) or "open_room" in getattr(item, "fixturenames", ()):
            item.add_marker(needs_room)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for a file of tests."""
    if CHROMIUM is None:
        pytest.skip("no chromium here (Debian, Ubuntu: apt install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """A browser window of its own, which remembers everything that it complained of or asked for.

    Args:
        browser: Playwright's.
        more: Of the window, as Playwright calls it.
    """

    def __init__(self, browser: Any, **more: Any) -> None:
        self._context = browser.new_context(viewport={"width": 1280, "height": 800}, **more)
        self.page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("websocket", lambda socket: self.asked.append(socket.url))

    def _on_console(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def last_seen(self) -> str:
        """The page's text and its complaints, for whoever reads why a test failed."""
        try:
            text = self.page.locator("body").inner_text(timeout=5000)
        except Exception as error:
            text = f"no page: {error}"
        return "\n".join([self.page.url.partition("?")[0], text, *self.complaints])

    def close(self) -> None:
        self._context.close()


@pytest.fixture
def visitor(chromium: Any) -> Iterator[Visitor]:
    """A new window, without cookies."""
    made = Visitor(chromium)
    yield made
    made.close()


@pytest.fixture(scope="session")
def patient_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual patient as `phantom` writes one, scanned coarsely so that everything is quick."""
    from SyntheticCECTLib.phantom.patient import Protocol, make_patient
    from SyntheticCECTLib.phantom.patient_folder import write_patient

    folder = tmp_path_factory.mktemp("patient")
    write_patient(
        make_patient(3, Protocol(matrix=96, slices=30, slice_mm=5.0, field_mm=240.0, cect_slice_mm=5.0)),
        folder,
    )
    return folder


def write_results(folder: Path, names: tuple[str, ...]) -> None:
    """Results of the small case, as `synthesize` writes them, in folders of these names."""
    from SyntheticCECTLib.core.case_folder import write_case

    first = folder / names[0]
    first.mkdir(parents=True)
    write_case(small_case.case_result(), first)
    for name in names[1:]:
        shutil.copytree(first, folder / name)


@pytest.fixture(scope="session")
def result_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One result, never written to."""
    folder = tmp_path_factory.mktemp("result")
    write_results(folder, ("case",))
    return folder / "case"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, patient_folder: Path) -> Iterator[RoomProcess]:
    """A room on its first page, whose virtual patient is the small one; each file of tests has its own."""
    running = RoomProcess("--sample", patient_folder, temporary=tmp_path_factory.mktemp("room"))
    yield running
    running.stop()


@pytest.fixture
def open_room(tmp_path: Path) -> Iterator[Callable[..., RoomProcess]]:
    """Starts rooms that the test itself ends or leaves."""
    started: list[RoomProcess] = []

    def open_it(*arguments: str | Path, **more: Any) -> RoomProcess:
        running = RoomProcess(*arguments, temporary=tmp_path, **more)
        started.append(running)
        return running

    yield open_it
    for running in started:
        running.stop()
