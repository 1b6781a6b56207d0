"""CMake hands Slicer every script and every resource: what is forgotten there is missing on the user's disk only."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "SyntheticCECT"
PROJECT = """cmake_minimum_required(VERSION 3.16.3)
project(Listing NONE)
function(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MY "WITH_GENERIC_TESTS" "NAME" "SCRIPTS;RESOURCES" ${{ARGN}})
  file(WRITE "{folder}/scripts" "${{MY_SCRIPTS}}")
  file(WRITE "{folder}/resources" "${{MY_RESOURCES}}")
endfunction()
add_subdirectory("{module}" module)
"""


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What the module's CMakeLists.txt hands to Slicer, as CMake itself evaluates it."""
    cmake = shutil.which("cmake", path=str(Path(sys.executable).parent)) or shutil.which("cmake")
    if cmake is None:
        pytest.skip("CMake is not installed here")
    folder = tmp_path_factory.mktemp("listing")
    (folder / "CMakeLists.txt").write_text(
        PROJECT.format(folder=folder.as_posix(), module=MODULE.as_posix()), encoding="utf-8"
    )
    command = [cmake, "-S", str(folder), "-B", str(folder / "build")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return {name: set((folder / name).read_text().split(";")) for name in ("scripts", "resources")}


def test_every_script_is_built(listed: dict[str, set[str]]) -> None:
    files = [MODULE / "SyntheticCECT.py", *(MODULE / "SyntheticCECTLib").rglob("*.py")]
    assert listed["scripts"] == {path.relative_to(MODULE).as_posix() for path in files}


def test_every_resource_is_installed(listed: dict[str, set[str]]) -> None:
    files = [path for path in (MODULE / "Resources").rglob("*") if path.is_file()]
    assert listed["resources"] == {path.relative_to(MODULE).as_posix() for path in files}


def test_module_paths_are_left_to_slicers_macro() -> None:
    """Slicer skips an option that it has seen; the folders behind it would be the script's own arguments."""
    text = (ROOT / "Testing" / "CMakeLists.txt").read_text(encoding="utf-8")
    assert "slicer_add_python_test(" in text and "--additional-module-path" not in text


def test_extension_and_module_have_one_name() -> None:
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    project = re.search(r"^project\((\w+)\)$", text, re.MULTILINE)
    assert project is not None and project.group(1) == "SyntheticCECT"
    assert 'set(EXTENSION_DEPENDS "PyTorch")' in text and "${Slicer_EXTENSION_CPACK}" in text
    assert (ROOT / "LICENSE").is_file() and (ROOT / "README.md").is_file()
