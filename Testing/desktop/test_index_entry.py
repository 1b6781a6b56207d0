"""The entry for Slicer's Extensions Index keeps the rules of its schema (1.0.2) and says what CMake says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENTRY = ROOT / "SyntheticCECT.json"
# Names and types that the schema knows; it allows no other.
TYPES = {
    "$schema": str, "category": str, "scm_url": str, "scm_revision": str, "scm_type": str, "build_dependencies": list,
    "dicom_support_rule": str, "build_subdirectory": str, "enabled": bool, "tier": int,
}  # fmt: skip
REQUIRED = {"$schema", "category", "scm_url"}


@pytest.fixture
def entry() -> dict[str, Any]:
    return json.loads(ENTRY.read_text(encoding="utf-8"))


def cmake_value(name: str) -> str:
    found = re.search(
        rf'^set\({name} "([^"]*)"\)$', (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"), re.M
    )
    assert found is not None, name
    return found.group(1)


def test_entry_has_what_the_schema_asks_for_and_nothing_else(entry: dict[str, Any]) -> None:
    assert set(entry) >= REQUIRED and set(entry) <= set(TYPES)
    for name, value in entry.items():
        assert type(value) is TYPES[name], name
    assert 1 <= entry["tier"] <= 5 and entry.get("scm_type", "git") in ("git", "local")
    assert all(isinstance(name, str) for name in entry["build_dependencies"])
    assert entry["$schema"].endswith("/slicer-extension-catalog-entry-schema-v1.0.2.json#")
    assert re.fullmatch(r"https://[\w./-]+\.git", entry["scm_url"])


def test_entry_and_cmake_say_the_same(entry: dict[str, Any]) -> None:
    assert re.search(
        rf"^project\({ENTRY.stem}\)$", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"), re.M
    )
    assert entry["category"] == cmake_value("EXTENSION_CATEGORY")
    assert entry["build_dependencies"] == cmake_value("EXTENSION_DEPENDS").split()


def test_every_address_is_of_one_project(entry: dict[str, Any]) -> None:
    """Before publishing, the reserved address example.org is replaced everywhere at once."""
    address = entry["scm_url"].removesuffix(".git")
    assert cmake_value("EXTENSION_HOMEPAGE") == address
    pictures = [cmake_value("EXTENSION_ICONURL"), *cmake_value("EXTENSION_SCREENSHOTURLS").split()]
    for url in pictures:
        assert url.startswith(f"{address}/raw/main/")
        assert (ROOT / url.removeprefix(f"{address}/raw/main/")).is_file(), url
