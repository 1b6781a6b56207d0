"""What every tab of the panel works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .application import Application
from .case_runner import CaseRunner
from .case_session import CaseSession


@dataclass
class Desk:
    """Shared by the tabs.

    Attributes:
        ui: Widgets of the panel by name.
        session: The case that is worked on.
        runner: The one background run.
        application: Slicer around the panel.
        parameters: What a person chose, in the scene (`parameters.SyntheticCECTParameters`).
        settled: Whether the selectors speak for a person; while a scene is closed or loaded they are emptied and filled,
            and that is nobody's choice.
    """

    ui: Any
    session: CaseSession
    runner: CaseRunner
    application: Application
    parameters: Any
    settled: bool = True
