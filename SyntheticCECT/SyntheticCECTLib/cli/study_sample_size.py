"""``study sample-size``: how many cases and hidden repeats a study needs for intervals of a wanted width."""

from __future__ import annotations

import argparse
import math
from typing import Any

from ..core.errors import InputRefused


def sample_size(options: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    """Answer each wish that was named.

    Returns:
        What is printed as JSON, and as lines.

    Raises:
        InputRefused: ``no_wish``, or a wish that cannot be met.
    """
    from ..study.statistics.estimate import CONFIDENCE
    from ..study.statistics.sample_size import cases_for_icc, cases_for_limits, repeats_for_within_sd

    _require_pair(options.limits, options.sd, "--limits", "--sd")
    _require_pair(options.icc_width, options.icc, "--icc-width", "--icc")
    content: dict[str, Any] = {}
    lines: list[str] = []
    if options.limits is not None:
        cases = cases_for_limits(options.limits, options.sd)
        content["cases_for_limits"] = cases
        lines.append(
            f"{'Cases, limits':<26} {cases}: Bland-Altman limits known to ± {options.limits:g} where differences have "
            f"an SD of {options.sd:g}"
        )
    if options.icc_width is not None:
        cases = cases_for_icc(options.icc, options.readers, options.icc_width)
        content["cases_for_icc"] = cases
        lines.append(
            f"{'Cases, ICC':<26} {cases}: an ICC of {options.icc:g} among {options.readers} readers with an interval "
            f"{options.icc_width:g} wide"
        )
    if options.within_percent is not None:
        reads = repeats_for_within_sd(options.within_percent / 100)
        each = math.ceil(reads / options.readers)
        content |= {"repeated_reads": reads, "repeats_of_each_reader": each}
        lines.append(
            f"{'Hidden repeats':<26} {reads}, {each} for each of {options.readers} readers: their within-reader SD "
            f"known to ± {options.within_percent:g} %"
        )
    if not content:
        raise InputRefused(
            "no_wish",
            "Nothing was asked for.",
            "Name --limits with --sd, --icc-width with --icc, or --within-percent.",
        )
    return content | {"confidence": CONFIDENCE}, [*lines, f"For intervals of {100 * CONFIDENCE:g} %."]


def _require_pair(wish: float | None, expected: float | None, wish_name: str, expected_name: str) -> None:
    if (wish is None) != (expected is None):
        raise InputRefused(
            "no_wish", f"{wish_name} and {expected_name} belong together.", "Give both, or neither of them."
        )
