"""The module Sample Data: it takes an entry only when it has one of each for every file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import slicer

SEVERAL = (list, tuple)


@dataclass
class SampleDataSource:
    """One entry.

    Attributes:
        sampleName: On its button.
        customDownloader: Called with the entry when the button is pressed.
    """

    sampleName: str
    customDownloader: Callable[[Any], Any]


class SampleDataLogic:
    @staticmethod
    def registerCustomSampleDataSource(
        category: str = "Custom",
        sampleName: str | None = None,
        uris: Any = None,
        fileNames: Any = None,
        nodeNames: Any = None,
        customDownloader: Any = None,
        thumbnailFileName: str | None = None,
        loadFileType: Any = "VolumeFile",
    ) -> None:
        """Adds an entry; ValueError where the lists differ in length."""
        if not isinstance(uris, (*SEVERAL, str)):
            raise TypeError("an entry needs addresses")
        files = uris if isinstance(uris, SEVERAL) else [uris]
        for given in (fileNames, nodeNames):
            if len(given if isinstance(uris, SEVERAL) else [given]) != len(files):
                raise ValueError("All fields of sample data source must have the same length")
        modules: Any = slicer.modules
        if not hasattr(modules, "sampleDataSources"):
            modules.sampleDataSources = {}
        sources = modules.sampleDataSources.setdefault(category, [])
        sources.append(SampleDataSource(str(sampleName), customDownloader))
