"""Scenes as files: saved whole or not at all, and read again."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import Any

from ..core.errors import InputRefused
from .node_types import Scene, slicer


def save_scene(scene: Scene, path: str | Path) -> Path:
    """Saves everything in one file.

    Args:
        scene: What to save; it forgets neither its own file name nor its folder.
        path: Ends in ``.mrb``; an existing file is replaced once the new one is complete.

    Returns:
        The file.

    Raises:
        InputRefused: ``scene_name`` for another ending, ``scene_not_written`` with what Slicer says.
    """
    path = Path(path).resolve()
    if path.suffix.lower() != ".mrb":
        raise InputRefused("scene_name", f"'{path.name}' does not end in .mrb.", "Name the scene so.")
    url, root = scene.GetURL(), scene.GetRootDirectory()
    messages = slicer().vtkMRMLMessageCollection()
    work = path.parent / f".{path.stem}.{uuid.uuid4().hex[:8]}.partial"
    try:
        # The bundle's folder gets the file's name, so that name must be the final one already.
        work.mkdir(parents=True)
        written = scene.WriteToMRB(str(work / path.name), None, messages)
        if not written or not (work / path.name).is_file():
            raise _failed("scene_not_written", f"'{path}' could not be written", messages)
        (work / path.name).replace(path)
    except OSError as error:
        raise InputRefused(
            "scene_not_written",
            f"'{path}' cannot be written ({error.strerror}).",
            "Choose another folder, or free some space.",
        ) from None
    finally:
        scene.SetURL(url)
        scene.SetRootDirectory(root)
        shutil.rmtree(work, ignore_errors=True)
    return path


def load_scene(scene: Scene, path: str | Path, clear: bool = False) -> None:
    """Reads a scene.

    Args:
        scene: Where to.
        path: A ``.mrb``, or a ``.mrml`` beside its files.
        clear: Whether what is in the scene goes first; else both are in it afterwards.

    Raises:
        InputRefused: ``scene_not_read`` with what Slicer says.
    """
    path = Path(path).resolve()
    messages = slicer().vtkMRMLMessageCollection()
    if not path.is_file():
        raise InputRefused("scene_not_read", f"There is no file '{path}'.", "Check the path.")
    if path.suffix.lower() == ".mrb":
        done = scene.ReadFromMRB(str(path), clear, messages)
    else:
        scene.SetURL(str(path))
        scene.SetRootDirectory(str(path.parent))
        done = scene.Connect(messages) if clear else scene.Import(messages)
    if not done:
        raise _failed("scene_not_read", f"'{path}' could not be read", messages)


def _failed(code: str, what: str, messages: Any) -> InputRefused:
    said = "; ".join(messages.GetNthMessageText(n) for n in range(messages.GetNumberOfMessages()))
    return InputRefused(
        code, f"{what}{f': {said}' if said else ''}.", "Check the disk and the file, and try again."
    )
