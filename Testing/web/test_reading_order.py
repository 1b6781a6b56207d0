"""A reader who is quicker than the images: what is drawn belongs to the image on the screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from SyntheticCECTLib.study.reading_task import ReadingTask
from Testing.web.conftest import needs_room
from Testing.web.room_in_process import in_room, rest, until
from Testing.web.small_study import small_study

pytestmark = needs_room


class SlowImages:
    """Images that come when they are let, as soon as `held` is set.

    Args:
        load: What reads them.
    """

    def __init__(self, load: Callable[[ReadingTask], Any]) -> None:
        self._load = load
        self.held = False
        self.let: set[str] = set()

    def __call__(self, task: ReadingTask) -> Any:
        while self.held and task.label not in self.let:
            time.sleep(0.01)
        return self._load(task)


@pytest.fixture
def slow_images(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowImages]:
    reading_logic = pytest.importorskip("SyntheticCECTLib.web.reading.reading_logic")
    slow = SlowImages(reading_logic._images)
    monkeypatch.setattr(reading_logic, "_images", slow)
    yield slow
    slow.held = False


def read_in_room(tmp_path: Path, work: Callable[[Any], Awaitable[None]]) -> None:
    """Signs Anna in to a study of three cases."""
    token = small_study(tmp_path / "study", cases=3).tokens["Anna"]

    async def sign_in_and_work(room: Any) -> None:
        await room.reading.open(tmp_path / "study")
        room.reading.data.token = token
        await room.reading.sign_in()
        await work(room)

    in_room(tmp_path, sign_in_and_work)


def volumes(room: Any) -> list[str]:
    """Names of the images in the scene."""
    from SyntheticCECTLib.mrml.node_types import nodes_of

    return [node.GetName() for node in nodes_of(room.slicer_app.scene, "vtkMRMLScalarVolumeNode")]


def test_image_that_comes_late_is_not_shown_under_the_next_task(
    tmp_path: Path, slow_images: SlowImages
) -> None:
    async def work(room: Any) -> None:
        reading, labels = room.reading, [task.label for task in room.reading._session._tasks]
        slow_images.held = True
        for label in labels[1:]:
            room._ui.answer.next_clicked()
            await until(lambda label=label: reading.data.label == label)
        slow_images.let.add(labels[2])
        await until(lambda: reading._screen.volume is not None)
        slow_images.let.add(labels[1])
        await rest()
        assert reading.data.label == reading._session.current.label == labels[2]
        assert volumes(room) == [labels[2]]

    read_in_room(tmp_path, work)


def test_task_is_not_answered_before_it_is_seen(tmp_path: Path, slow_images: SlowImages) -> None:
    async def work(room: Any) -> None:
        reading = room.reading
        reading.data.comment = "empty on purpose"
        slow_images.held = True
        room._ui.answer.submit_clicked(reading.data.label)
        await until(lambda: reading._session.progress.done == 1 and reading.data.comment == "")
        reading.data.comment = "a second click"
        room._ui.answer.submit_clicked(reading.data.label)
        slow_images.held = False
        await until(lambda: reading._screen.volume is not None)
        assert reading._session.progress.done == 1
        assert room.teller._data.toast_kind == "success"

    read_in_room(tmp_path, work)


def test_image_that_comes_after_the_reader_has_left_is_not_shown(
    tmp_path: Path, slow_images: SlowImages
) -> None:
    async def work(room: Any) -> None:
        slow_images.held = True
        room._ui.answer.next_clicked()
        await asyncio.sleep(0.1)
        room.reading.leave()
        slow_images.held = False
        await rest()
        assert volumes(room) == []

    read_in_room(tmp_path, work)
