"""What a command needs of the process around it: termination that cleans up, and libraries that keep quiet."""

from __future__ import annotations

import logging
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from .failure import Terminated


@contextmanager
def termination_as_exception() -> Iterator[None]:
    """A batch system ends a job with SIGTERM; as an exception it lets half-written output be removed."""

    def terminate(number: int, frame: FrameType | None) -> None:
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, terminate)
    except ValueError:  # not in the main thread: whoever runs a command there handles its own signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def quiet_libraries(debug: bool) -> Iterator[None]:
    """Libraries print warnings of their own to stderr; what matters of them comes as an error or a warning of ours."""
    if debug:
        yield
        return
    import SimpleITK as sitk

    loud, level = sitk.ProcessObject.GetGlobalWarningDisplay(), logging.root.manager.disable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.ERROR)
        sitk.ProcessObject.SetGlobalWarningDisplay(False)
        try:
            yield
        finally:
            logging.disable(level)
            sitk.ProcessObject.SetGlobalWarningDisplay(loud)
