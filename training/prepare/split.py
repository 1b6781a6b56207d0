"""Train, validation, test: drawn by patient, so that nobody is in two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from SyntheticCECTLib.core.errors import InputRefused

from .patient_files import SPLITS

PAPER = (120, 10, 20)


def draw_split(
    groups: Mapping[str, str],
    seed: int,
    shares: Sequence[float] = PAPER,
    fixed: Mapping[str, str] | None = None,
) -> dict[str, list[str]]:
    """Cases of each split.

    Args:
        groups: For each case, who the patient is; cases of one patient stay together.
        seed: The same seed and the same patients give the same split, in whatever order they come.
        shares: Of train, validation and test: counts or proportions.
        fixed: Splits that the list of patients gives itself; a patient with one keeps it.

    Raises:
        InputRefused: ``bad_split``, the shares are not three numbers of which none is below 0 and one above.
    """
    check_shares(shares)
    fixed = fixed or {}
    kept = {groups[case]: split for case, split in sorted(fixed.items()) if split and case in groups}
    patients = sorted(set(groups.values()) - set(kept))
    order = np.random.default_rng([seed, 40]).permutation(len(patients))
    counts = _counts(len(patients), shares)
    ends = np.cumsum(counts)
    for place, number in enumerate(order):
        kept[patients[number]] = SPLITS[int(np.searchsorted(ends, place, side="right"))]
    return {
        split: sorted(case for case, patient in groups.items() if kept[patient] == split) for split in SPLITS
    }


def check_shares(shares: Sequence[float]) -> None:
    """Raises `InputRefused` unless such shares make a split."""
    if len(shares) != 3 or not np.isfinite(shares).all() or min(shares) < 0 or sum(shares) <= 0:
        raise InputRefused(
            "bad_split", f"The shares of the split are {list(shares)}.",
            "Give three numbers for train, validation and test, such as 120 10 20.",
        )  # fmt: skip


def _counts(patients: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers in these proportions (largest remainder), with nobody left out and no wanted split empty."""
    exact = np.array(shares, float) / sum(shares) * patients
    counts = np.floor(exact).astype(int)
    for n in np.argsort(-(exact - counts), kind="stable")[: patients - counts.sum()]:
        counts[n] += 1
    for n in range(3):
        if shares[n] > 0 and counts[n] == 0 and counts.max() > 1:
            counts[int(np.argmax(counts))] -= 1
            counts[n] += 1
    return counts.tolist()


def same_patients(patient_of: Mapping[str, str], alike: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The patient of each case, where cases that are alike count as one patient."""
    name = dict(patient_of)
    for one, other in alike:
        first, second = sorted((name[one], name[other]))
        name = {case: first if patient == second else patient for case, patient in name.items()}
    return name
