"""As much of pytest as the desktop tests use, for a Slicer in which pytest is not installed."""

from __future__ import annotations

import inspect
import re
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np


class Skipped(Exception):
    """A test that does not apply here."""


@dataclass(eq=False)
class Fixture:
    """A function that provides what a test takes."""

    function: Callable[..., Any]
    scope: str


def fixture(function: Any = None, scope: str = "function") -> Any:
    if function is None:
        return lambda one: Fixture(one, scope)
    return Fixture(function, scope)


def parametrize(names: str | tuple[str, ...], values: list[Any]) -> Any:
    keys = [one.strip() for one in names.split(",")] if isinstance(names, str) else list(names)

    def mark(function: Any) -> Any:
        cases = [dict(zip(keys, value if len(keys) > 1 else (value,), strict=True)) for value in values]
        before = getattr(function, "cases", [{}])
        function.cases = [one | other for one in before for other in cases]
        return function

    return mark


@contextmanager
def raises(kind: Any, match: str = "") -> Iterator[SimpleNamespace]:
    caught = SimpleNamespace(value=None)
    try:
        yield caught
    except kind as error:
        caught.value = error
        assert re.search(match, str(error)), f"'{error}' does not match '{match}'"
    else:
        raise AssertionError(f"{kind} was not raised")


class approx:
    """A number, or an array of numbers, to a millionth of its size."""

    __array_ufunc__ = None  # an array on the left leaves the comparison to us

    def __init__(self, expected: Any, rel: float = 1e-6, abs: float = 1e-12) -> None:
        self._expected, self._rel, self._abs = expected, rel, abs

    def __eq__(self, other: object) -> bool:
        mine, theirs = np.asarray(self._expected, float), np.asarray(other, float)
        allowed = np.maximum(self._abs, self._rel * np.abs(mine))
        return mine.shape == theirs.shape and bool((np.abs(mine - theirs) <= allowed).all())

    def __repr__(self) -> str:
        return f"about {self._expected}"


def skip(reason: str) -> None:
    raise Skipped(reason)


class MonkeyPatch:
    """Changes attributes for one test."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def setattr(self, owner: Any, name: str, value: Any) -> None:
        before = getattr(owner, name)
        self._undo.append(lambda: setattr(owner, name, before))
        setattr(owner, name, value)

    def undo(self) -> None:
        while self._undo:
            self._undo.pop()()


def module() -> ModuleType:
    """What ``import pytest`` finds."""
    made: Any = ModuleType("pytest")
    made.fixture, made.raises, made.approx, made.skip = fixture, raises, approx, skip
    made.mark = SimpleNamespace(parametrize=parametrize)
    made.MonkeyPatch = MonkeyPatch
    return made


@dataclass
class Outcome:
    """What came of the tests.

    Attributes:
        passed, skipped: Names.
        failed: Tracebacks by name.
    """

    passed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class Runner:
    """Runs the tests of modules.

    Args:
        fixtures: Modules with fixtures, such as conftest.
    """

    def __init__(self, fixtures: list[ModuleType]) -> None:
        self._fixtures = {name: one for each in fixtures for name, one in _fixtures_of(each).items()}
        self._fixtures |= {
            "tmp_path": Fixture(_tmp_path, "function"),
            "monkeypatch": Fixture(_monkeypatch, "function"),
            "tmp_path_factory": Fixture(_tmp_path_factory, "package"),
        }
        self._kept: dict[str, Any] = {}
        self._endings: list[Iterator[Any]] = []

    def run(self, tests: ModuleType, outcome: Outcome) -> None:
        """All tests of a module."""
        known = self._fixtures | _fixtures_of(tests)
        for name, function in list(vars(tests).items()):
            if name.startswith("test_") and inspect.isfunction(function):
                for case in getattr(function, "cases", [{}]):
                    self._run_one(
                        f"{tests.__name__}.{name}{list(case.values()) or ''}", function, case, known, outcome
                    )

    def close(self) -> None:
        """Ends what was made for all tests."""
        for ending in reversed(self._endings):
            next(ending, None)

    def _run_one(
        self, name: str, function: Any, case: dict[str, Any], known: dict[str, Fixture], outcome: Outcome
    ) -> None:
        made: dict[str, Any] = dict(case)
        endings: list[Iterator[Any]] = []
        try:
            try:
                wanted = {
                    one: self._get(one, known, made, endings)
                    for one in inspect.signature(function).parameters
                }
                function(**wanted)
            finally:
                for ending in reversed(endings):
                    next(ending, None)
            outcome.passed.append(name)
        except Skipped:
            outcome.skipped.append(name)
        except Exception:
            outcome.failed[name] = traceback.format_exc()

    def _get(
        self, name: str, known: dict[str, Fixture], made: dict[str, Any], endings: list[Iterator[Any]]
    ) -> Any:
        if name in made:
            return made[name]
        if name in self._kept:
            return self._kept[name]
        one = known[name]
        arguments = {
            each: self._get(each, known, made, endings) for each in inspect.signature(one.function).parameters
        }
        value = one.function(**arguments)
        kept = one.scope != "function"
        if inspect.isgenerator(value):
            (self._endings if kept else endings).append(value)
            value = next(value)
        (self._kept if kept else made)[name] = value
        return value


def _fixtures_of(module: ModuleType) -> dict[str, Fixture]:
    return {name: one for name, one in vars(module).items() if isinstance(one, Fixture)}


def _tmp_path() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _monkeypatch() -> Iterator[MonkeyPatch]:
    patch = MonkeyPatch()
    yield patch
    patch.undo()


def _tmp_path_factory() -> Iterator[SimpleNamespace]:
    made: list[str] = []

    def mktemp(name: str) -> Path:
        made.append(tempfile.mkdtemp(prefix=name))
        return Path(made[-1])

    yield SimpleNamespace(mktemp=mktemp)
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)
