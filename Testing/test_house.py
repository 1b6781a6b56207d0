"""The house rules that no other tool checks."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "SyntheticCECT" / "SyntheticCECTLib"
SOURCES = sorted(path for room in (PACKAGE, ROOT / "training") for path in room.rglob("*.py"))
TESTS = sorted((ROOT / "Testing").rglob("*.py"))
LONGEST_FILE = 300


@pytest.fixture
def project() -> dict[str, Any]:
    """pyproject.toml."""
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no TOML reader of its own")
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def those(paths: list[Path], wrong: Any) -> list[str]:
    """The files that break a rule, as a person names them."""
    return [str(path.relative_to(ROOT)) for path in paths if wrong(path)]


def test_no_command_waits_for_pytorch_before_it_needs_it() -> None:
    commands = [f"SyntheticCECTLib.cli.{path.stem}" for path in (PACKAGE / "cli").glob("*_command.py")]
    script = (
        "import importlib, sys\n"
        f"for name in {commands!r}:\n"
        "    importlib.import_module(name)\n"
        "    if 'torch' in sys.modules: sys.exit(name + ' imports torch at once')"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert len(commands) == 9 and run.returncode == 0, run.stderr


def test_package_itself_imports_nothing() -> None:
    imports = (ast.Import, ast.ImportFrom)
    assert (
        those(
            [PACKAGE / "__init__.py"],
            lambda path: any(isinstance(node, imports) for node in tree_of(path).body),
        )
        == []
    )


def test_no_file_is_longer_than_one_idea() -> None:
    assert (
        those(SOURCES, lambda path: len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE) == []
    )


def test_every_file_begins_by_saying_what_it_is() -> None:
    empty = PACKAGE / "__init__.py"
    assert those(SOURCES, lambda path: path != empty and not ast.get_docstring(tree_of(path))) == []


def test_every_file_is_named_after_a_thing() -> None:
    vague = {"utils", "util", "helpers", "common", "misc", "tools"}
    assert those(SOURCES + TESTS, lambda path: path.stem in vague) == []


def test_nothing_is_unpickled_or_evaluated() -> None:
    unsafe = {"torch.load", "pickle.load", "pickle.loads", "joblib.load", "eval", "exec"}

    def calls_it(path: Path) -> bool:
        return any(
            isinstance(node, ast.Call) and ast.unparse(node.func) in unsafe
            for node in ast.walk(tree_of(path))
        )

    assert those(SOURCES, calls_it) == []


def test_no_view_outlives_its_image() -> None:
    """A view does not keep its image: of one that nothing else holds, its memory is gone before it is looked at."""

    def wrong(call: ast.Call) -> bool:
        temporary = (ast.Call, ast.BinOp, ast.Compare)
        return ast.unparse(call.func).endswith("GetArrayViewFromImage") and any(
            isinstance(part, temporary) for part in ast.walk(call.args[0])
        )

    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES + TESTS
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and wrong(node)
    ]
    assert found == []


def test_every_room_is_in_the_wheel(project: dict[str, Any]) -> None:
    rooms = {".".join(path.parent.relative_to(PACKAGE.parent).parts) for path in PACKAGE.rglob("__init__.py")}
    assert set(project["tool"]["setuptools"]["packages"]) == rooms | {"SyntheticCECTLib.bundled_models"}


def test_everything_that_is_installed_is_pinned(project: dict[str, Any]) -> None:
    extras = project["project"]["optional-dependencies"].values()
    wanted = {
        re.split(r"[^\w-]", requirement)[0].lower()
        for requirement in [
            *project["project"]["dependencies"],
            *(name for extra in extras for name in extra),
        ]
    }
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert wanted <= {line.partition("==")[0] for line in lines}
