"""The settings of a run of the training loop: one dataclass for YAML, command line and checkpoint."""

from __future__ import annotations

import argparse
import inspect
import math
import re
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import yaml

from SyntheticCECTLib.core.errors import InputRefused
from SyntheticCECTLib.core.networks.model_package import MODEL_ID
from SyntheticCECTLib.phantom.training_sample import TRAINING_VARIETY

from .cohort import FIRST_TRAINING_SEED

Chosen = TypeVar("Chosen", bound="RunSettings")
PRECISIONS = ("32-true", "16-mixed", "bf16-mixed")
# What may differ when a run goes on: the machine that computes, and how long to wait for a better epoch.
OF_THE_MACHINE = frozenset({"accelerator", "devices", "nodes", "loaders", "patience"})


@dataclass(frozen=True)
class RunSettings:
    """A training recipe and how the loop runs it; one file in ``configs/`` for each bundled model.

    Args:
        model: Which network: ``santini2018``, ``heart_finder`` or ``leftheart``.
        model_id: Name of the package that is written.
        widths: Channels of the network's layers.
        start: Model package whose weights the run begins with, a bundled model's id or a folder; empty: random weights.
        patients: Virtual patients to train on.
        validation_patients: Further virtual patients to validate on.
        first_seed: Of the virtual patients, from 100000 on.
        tissue_variety: Spread of the virtual patients' tissue values; 1 is realistic, 2 goes far beyond.
        even_sizes: Whether virtual patients with hearts of rare sizes are as many as those of usual ones.
        even_contrast: Whether every contrast of their blood against the heart's muscle is as frequent.
        steps: Optimiser steps of one cycle.
        batch: Slices (``santini2018``) or volumes (the others) in a step.
        learning_rate: Peak (one-cycle schedule) or constant rate of Adam.
        one_cycle: Whether the rate rises and falls in each cycle, or stays as in the paper.
        cycles: How often ``steps`` are taken, each time with half the peak rate. More can be asked of a finished run,
            which goes on.
        weight_decay: Lambda of the L2 term on convolution weights.
        seed: Of weights, order and augmentation.
        epochs: Passes of ``epoch_steps`` steps; 0 makes as many as ``steps`` ask for.
        epoch_steps: Optimiser steps between two validations and checkpoints; 0 is one pass over all items.
        part: Items that are augmented together; a process works on whole parts of a batch.
        clip: Largest norm of a gradient; larger ones are shortened to it; 0 shortens none.
        average_decay: How much of the running average of the weights a step keeps; 0 keeps no average.
        batch_norm_share: Share of the first cycle after which batch norms keep their averages, from the next epoch on. Below
            1 for small batches: a network that only ever saw a batch's own statistics errs on the averages.
        patience: Epochs without a better validation after which training stops; 0 never stops early.
        precision: ``32-true``, ``16-mixed`` or ``bf16-mixed``.
        accelerator: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        devices: Processes (CPU) or GPUs on each node.
        nodes: Machines.
        loaders: Threads that prepare the next batches; 0 prepares each when it is needed.
    """

    model: str
    model_id: str
    widths: tuple[int, ...]
    start: str = ""
    patients: int = 480
    validation_patients: int = 16
    first_seed: int = FIRST_TRAINING_SEED
    tissue_variety: float = TRAINING_VARIETY
    even_sizes: bool = False
    even_contrast: bool = False
    steps: int = 2500
    batch: int = 32
    learning_rate: float = 1e-3
    one_cycle: bool = True
    cycles: int = 1
    weight_decay: float = 1e-3
    seed: int = 2018
    epochs: int = 0
    epoch_steps: int = 250
    part: int = 4
    clip: float = 20.0
    average_decay: float = 0.995
    batch_norm_share: float = 1.0
    patience: int = 0
    precision: str = "32-true"
    accelerator: str = "auto"
    devices: int = 1
    nodes: int = 1
    loaders: int = 0

    def __post_init__(self) -> None:
        """Refuses what cannot be run, every problem at once."""
        problems = [
            f"{name} is {getattr(self, name)}; it must be at least {least}"
            for name, least in _LEAST.items()
            if getattr(self, name) < least
        ]
        if not MODEL_ID.fullmatch(self.model_id):
            problems.append(
                f"model_id is '{self.model_id}'; it may hold letters, digits, dots, dashes and underscores"
            )
        if not 0 < self.learning_rate < math.inf:
            problems.append(f"learning_rate is {self.learning_rate}; it must be above 0")
        processes = self.devices * self.nodes
        if self.part > 0 and self.batch % self.part:
            problems.append(f"batch is {self.batch}; it must be a multiple of part, which is {self.part}")
        elif self.part > 0 and processes > 0 and self.batch // self.part % processes:
            problems.append(
                f"batch is {self.batch} in parts of {self.part}; {processes} processes must be able to share its "
                f"{self.batch // self.part} parts equally"
            )
        if self.precision not in PRECISIONS:
            problems.append(f"precision is '{self.precision}'; it must be one of {', '.join(PRECISIONS)}")
        if not 0 <= self.average_decay < 1:
            problems.append(f"average_decay is {self.average_decay}; it must be at least 0 and below 1")
        if not 0 <= self.batch_norm_share <= 1:
            problems.append(f"batch_norm_share is {self.batch_norm_share}; it must be from 0 to 1")
        if not 1 <= self.tissue_variety < math.inf:
            problems.append(f"tissue_variety is {self.tissue_variety}; it must be at least 1")
        if self.epochs == 0 and self.steps < 1:
            problems.append(f"epochs is 0 and steps is {self.steps}; one of them must say how long to train")
        if problems:
            raise InputRefused("bad_settings", f"{'; '.join(problems)}.", "Correct the recipe.")

    def refuse_unless_one_of(self, name: str, words: tuple[str, ...]) -> None:
        """Raises `InputRefused` unless the setting of that name is one of the words."""
        if getattr(self, name) not in words:
            problem = f"{name} is '{getattr(self, name)}'; it must be one of {', '.join(words)}."
            raise InputRefused("bad_settings", problem, "Correct the recipe.")

    def length(self, items: int) -> tuple[int, int]:
        """Steps of one cycle, and steps of one epoch, for a training set of ``items``."""
        epoch = self.epoch_steps or max(1, items // self.batch)
        return (self.epochs * epoch if self.epochs else self.steps), epoch

    def as_dict(self) -> dict[str, Any]:
        """Plain types, as a YAML file and a checkpoint hold them."""
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }


_LEAST = {
    "patients": 1,
    "validation_patients": 1,
    "batch": 1,
    "part": 1,
    "cycles": 1,
    "epochs": 0,
    "epoch_steps": 0,
    "devices": 1,
    "nodes": 1,
    "loaders": 0,
    "clip": 0,
}


def make_settings(kind: type[Chosen], recipe: Mapping[str, Any]) -> Chosen:
    """Settings of a kind from plain values, as YAML and checkpoints hold them.

    Raises:
        InputRefused: ``bad_settings``, naming every unknown, missing or misfit entry.
    """
    hints, known = get_type_hints(kind), {field.name for field in fields(kind)}
    needed = {name for name, one in inspect.signature(kind).parameters.items() if one.default is one.empty}
    problems = [f"'{name}' is not a setting" for name in recipe if name not in known]
    problems += [f"'{name}' is missing" for name in sorted(needed - set(recipe))]
    values: dict[str, Any] = {}
    for name in known & set(recipe):
        try:
            values[name] = _converted(recipe[name], hints[name])
        except (TypeError, ValueError, OverflowError):
            problems.append(f"{name} is {recipe[name]!r}, not {_named(hints[name])}")
    if problems:
        raise InputRefused("bad_settings", f"{'; '.join(problems)}.", "Correct the recipe.")
    return kind(**values)


def read_recipe(path: str | Path) -> dict[str, Any]:
    """The plain values of a YAML recipe.

    Raises:
        InputRefused: No such file, or it is no YAML mapping.
    """
    try:
        recipe = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputRefused(
            "bad_recipe", f"The recipe '{path}' cannot be read ({error}).", "Check it."
        ) from None
    if not isinstance(recipe, dict):
        raise InputRefused("bad_recipe", f"'{path}' holds no 'name: value' lines.", "Give a recipe.")
    return {str(key): value for key, value in recipe.items()}


def add_settings_arguments(parser: argparse.ArgumentParser, *kinds: type[RunSettings]) -> None:
    """One option for each setting of any kind, with the class's own words as help; only those given are in the result."""
    hints, meanings = ChainMap(*map(get_type_hints, kinds)), ChainMap(*map(_meanings, kinds))
    group = parser.add_argument_group("settings", "each overrides the recipe's line of the same name")
    for name in dict.fromkeys(field.name for kind in kinds for field in fields(kind)):
        hint = hints[name]
        group.add_argument(
            "--" + name.replace("_", "-"),
            dest=f"set_{name}",
            default=argparse.SUPPRESS,
            nargs="+" if get_origin(hint) is tuple else None,
            metavar="true|false" if hint is bool else _named(hint).upper().split()[-1],
            help=meanings.get(name, "").replace("%", "%%").replace("``", ""),
        )


def given_settings(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that the command line names."""
    return {name[4:]: value for name, value in vars(options).items() if name.startswith("set_")}


def differences(before: Mapping[str, Any], settings: RunSettings) -> list[str]:
    """Settings that decide the result and are not what they were, in words.

    A setting that an earlier version did not know had its default. More cycles than before only go on.
    """
    defaults = {field.name: field.default for field in fields(settings) if field.default is not MISSING}
    before, now = defaults | dict(before), settings.as_dict()
    may_differ = OF_THE_MACHINE | ({"cycles"} if now["cycles"] > before["cycles"] else set())
    names = sorted((set(before) | set(now)) - may_differ)
    return [f"{n} was {before.get(n)!r}, is {now.get(n)!r}" for n in names if before.get(n) != now.get(n)]


def _converted(value: Any, hint: Any) -> Any:
    if get_origin(hint) is tuple:
        entries = value if isinstance(value, (list, tuple)) else [value]
        return tuple(_converted(entry, get_args(hint)[0]) for entry in entries)
    if hint is bool:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if str(value).lower() not in words:
            raise ValueError(value)
        return words[str(value).lower()]
    if hint is int and float(value) != int(float(value)):
        raise ValueError(value)
    if hint is str and not isinstance(value, str):
        raise TypeError(value)
    return int(float(value)) if hint is int else hint(value)


def _named(hint: Any) -> str:
    if get_origin(hint) is tuple:
        return f"a list of {_named(get_args(hint)[0]).split()[-1]}"
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}.get(
        hint, str(hint)
    )


def _meanings(kind: type) -> dict[str, str]:
    """What the ``Args`` of the class and of those it extends say of each setting."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        text = inspect.cleandoc(one.__doc__ or "").partition("Args:\n")[2]
        for name, meaning in re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", text, re.M):
            found[name] = " ".join(meaning.split())
    return found
