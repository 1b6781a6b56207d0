"""``python -m training ablation-training``: `leftheart` trained without one of its parts after another.

Every variant starts from the same seed and takes the same few steps of the same recipe; the patients it is validated on
are those of the recipe. So it tells what a part is worth early in training, not what would remain of that at its end.
Skips and views are left out by zeros in their place, so parameters and seconds stay those of the whole network; the network
of one slice at a time has a third of the parameters, so it lacks capacity as well as context.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import nn

from SyntheticCECTLib.core.networks.heart_body import from_cells, to_cells, views_of
from SyntheticCECTLib.core.networks.left_heart_network import LeftHeart

from .cohort import draw_cohort
from .count_option import count
from .leftheart_task import LeftHeartSettings, LeftHeartTask, answer_of, load_blocks
from .loop import fit
from .run_settings import make_settings, read_recipe
from .task import Batch

RECIPE = Path(__file__).parent / "configs" / "leftheart_base.yaml"
FIGURES = ("dice_per_slice", "dv_percent", "dice_la", "dice_lv", "mae_hu")
TIMED = 5


class WithoutSkips(LeftHeart):
    """What a finer level saw is forgotten on the way up."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__(widths)
        for merge, width in zip(self.merge, widths, strict=False):
            _silence(merge, slice(width))


class WithoutViews(LeftHeart):
    """Sees the image as it is, and no view of muscle against blood."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__(widths)
        first, voxels = widths[0], self._cell[0] * self._cell[1] * self._cell[2]
        _silence(self.stem, slice(voxels, None))
        _silence(self.last, slice(first + voxels, None))


class OneSlice(LeftHeart):
    """Each slice by itself: no view, convolution or pooling reaches into the next."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__(widths)
        for block in (*self.down, *self.merge):
            for n, layer in enumerate(block):  # pyright: ignore[reportArgumentType]
                if isinstance(layer, nn.Conv3d):
                    block[n] = nn.Conv3d(  # pyright: ignore[reportIndexIssue]
                        layer.in_channels, layer.out_channels, (1, 3, 3), padding=(0, 1, 1), bias=False
                    )
        self.up = nn.ModuleList(
            nn.ConvTranspose3d(b, a, (1, 2, 2), stride=(1, 2, 2)) for a, b in pairwise(widths)
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        n, _, k, j, i = image.shape
        slices = image.reshape(n * k, 1, 1, j, i)
        # Views compare pairs of slices: this one beside itself.
        views = views_of(slices.expand(-1, -1, 2, -1, -1), self._cell, (1, *self._near[1:]), self._far)
        cells = to_cells(views[:, :, :1], self._cell)
        answers = from_cells(self.last(torch.cat([self._found(cells), cells], 1)), self._cell)
        return answers.reshape(n, k, -1, j, i).transpose(1, 2)

    def _found(self, cells: torch.Tensor) -> torch.Tensor:
        hidden, skips = self.stem(cells), []
        for level, block in enumerate(self.down):
            hidden = block(hidden if level == 0 else nn.functional.max_pool3d(hidden, (1, 2, 2)))
            skips.append(hidden)
        for level in reversed(range(len(self.up))):
            hidden = self.merge[level](torch.cat([skips[level], self.up[level](hidden)], 1))
        return hidden


class OtherNetwork(LeftHeartTask):
    """The task of `leftheart` for another network."""

    def __init__(
        self, kind: Callable[[Sequence[int]], LeftHeart], settings: LeftHeartSettings, *paths: list[Path]
    ) -> None:
        super().__init__(settings, *paths)
        torch.manual_seed(settings.seed)
        self.network = kind(settings.widths).to(memory_format=torch.channels_last_3d)  # pyright: ignore[reportCallIssue]


class WithoutOverlapLoss(LeftHeartTask):
    """Structures learn from their cross-entropy alone."""

    def losses(self, network: nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
        losses = super().losses(network, batch)
        return losses | {"loss": losses["loss"] - losses["soft_dice_loss"]}


VARIANTS: dict[str, Callable[..., LeftHeartTask]] = {
    "whole": LeftHeartTask,
    "one slice at a time": partial(OtherNetwork, OneSlice),
    "no skip connections": partial(OtherNetwork, WithoutSkips),
    "no views of muscle against blood": partial(OtherNetwork, WithoutViews),
    "no overlap loss": WithoutOverlapLoss,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=count, default=1000, help="of each training")
    parser.add_argument("--threads", type=count, default=os.cpu_count() or 1, help="processor threads")
    parser.add_argument(
        "--cohort", type=Path, default=Path("training-output/cohort"), help="virtual patients' folder"
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("training-output/ablation-training"),
        help="gets a run for each variant, and ablation.json",
    )


def run(options: argparse.Namespace) -> None:
    """Trains every variant, or goes on where a killed start was, and prints the table."""
    torch.set_num_threads(options.threads)
    settings = make_settings(LeftHeartSettings, read_recipe(RECIPE))
    settings = replace(settings, steps=options.steps, cycles=1)
    seeds = range(settings.first_seed, settings.first_seed + settings.patients + settings.validation_patients)
    paths = draw_cohort(options.cohort, seeds, options.threads, settings.tissue_variety)
    rows = {}
    for name, make in VARIANTS.items():
        rows[name] = measure(name, make, settings, paths, options.output)
        print(line(name, rows[name]))
    unfinished = options.output / ".ablation.json"
    unfinished.write_text(json.dumps(rows, indent=1) + "\n")
    unfinished.replace(options.output / "ablation.json")


def measure(
    name: str,
    make: Callable[..., LeftHeartTask],
    settings: LeftHeartSettings,
    paths: list[Path],
    folder: Path,
) -> dict[str, Any]:
    """Trains one variant and returns its last validation, its parameters, and its seconds for one heart.

    Args:
        name: Of the variant; also of its folder.
        make: Its task, from settings and the paths to train and to validate on.
        settings: Of every variant.
        paths: Samples; those after ``settings.patients`` are validated on.
        folder: Gets a folder for the run.
    """
    train, held_out = paths[: settings.patients], paths[settings.patients :]
    settings = replace(settings, model_id=name.replace(" ", "-"))
    fitted = fit(make(settings, train, held_out), settings, folder / settings.model_id)
    (block,) = load_blocks(held_out[:1])
    seconds = []
    with torch.inference_mode():
        for _ in range(TIMED):
            begun = time.perf_counter()
            answer_of(fitted.network, block)
            seconds.append(time.perf_counter() - begun)
    return {key: fitted.curve[-1][key] for key in FIGURES} | {
        "parameters": sum(weights.numel() for weights in fitted.network.parameters()),
        "seconds": min(seconds),
    }


def line(name: str, row: dict[str, Any]) -> str:
    """One variant for people."""
    figures = "   ".join(f"{key} {row[key]:.3f}" for key in (*FIGURES, "seconds"))
    return f"{name}: {figures}   parameters {row['parameters']}"


def _silence(module: nn.Module, channels: slice) -> None:
    """Zeroes some of the channels that go into a module, so that nothing can be learned from them."""
    module.register_forward_pre_hook(partial(_zeroed, channels=channels))


def _zeroed(_: nn.Module, inputs: tuple[torch.Tensor], channels: slice) -> torch.Tensor:
    changed = inputs[0].clone()
    changed[:, channels] = 0
    return changed
