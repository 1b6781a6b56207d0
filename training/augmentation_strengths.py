"""How strongly a recipe wants its training items changed, each kind of change by itself."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from SyntheticCECTLib.core.errors import InputRefused

from .task import Batch

SHARES = ("shift", "scale", "elastic", "hu", "noise", "blur", "mirror")


@dataclass(frozen=True)
class AugmentationStrengths:
    """Which random changes, and how strong: 0 leaves one out, 1 is its full range, half of it is 0.5.

    The same seed draws the same random numbers whatever the strengths are, so recipes that differ in one of them differ
    in nothing else.

    Args:
        rotation_deg: Largest turn in the slice, as in the paper 25. Blocks of ``leftheart`` also tilt, by 0.4 of it.
        shift: Strength of shifts, from 0 to 1.
        scale: Strength of stretching, from 0 to 1.
        elastic: Strength of bending, from 0 to 1.
        hu: Strength of changes of gain and offset, from 0 to 1.
        noise: Strength of noise, fine and grainy, and of streaks, from 0 to 1.
        blur: Strength of softening, in blocks also of thick slices and of motion, from 0 to 1.
        mirror: Share of items that are mirrored left-right, from 0 to 1. That is situs inversus with dextrocardia, the
            only flip that leaves a chest a possible one. Labels keep their meaning: the left ventricle stays the left one.
    """

    rotation_deg: float = 25.0
    shift: float = 1.0
    scale: float = 1.0
    elastic: float = 1.0
    hu: float = 1.0
    noise: float = 1.0
    blur: float = 1.0
    mirror: float = 0.0

    def __post_init__(self) -> None:
        """Raises `InputRefused`, naming every strength that is out of its range."""
        limits = {"rotation_deg": 180.0} | dict.fromkeys(SHARES, 1.0)
        problems = [
            f"{name} is {getattr(self, name)}; it must be from 0 to {most:g}"
            for name, most in limits.items()
            if not 0 <= getattr(self, name) <= most
        ]
        if problems:
            raise InputRefused("bad_settings", f"{'; '.join(problems)}.", "Correct the recipe.")


FULL = AugmentationStrengths()


def drawn_towards(neutral: float, value: float, strength: float) -> float:
    """The neutral value at strength 0, the other at strength 1."""
    return neutral + strength * (value - neutral)


def mirror_items(batch: Batch, share: float, generator: torch.Generator) -> Batch:
    """Mirrors some items left-right, all tensors of an item alike.

    Call it last: then what else is drawn does not depend on the share.

    Args:
        batch: Tensors (N, ..., I) whose last axis runs from the patient's right to left, or has one entry.
        share: Probability of each item to be mirrored, 0 to 1.
        generator: Source of randomness; left alone where the share is 0.
    """
    if not share:
        return batch
    chosen = torch.rand(len(batch[0]), generator=generator) < share
    return tuple(
        torch.where(chosen.view(-1, *[1] * (tensor.ndim - 1)), tensor.flip(-1), tensor) for tensor in batch
    )
