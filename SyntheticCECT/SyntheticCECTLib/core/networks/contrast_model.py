"""A synthesis model ready to run on the working grid, whatever its network needs and gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import InputRefused, Notice
from ..stages import OnProgress
from .inference import HU_PER_UNIT, HU_RANGE, PreparedNetwork, exact_cudnn, is_out_of_memory, run_slices
from .left_heart_network import OUTPUTS, SLICE_MULTIPLE, STRUCTURES, LeftHeart
from .model_package import ModelPackage
from .views import View, averaged

OnNotice = Callable[[Notice], None]


@dataclass(frozen=True)
class Contrast:
    """What a synthesis model makes of the heart's slices; each array ``(K, J, I)`` float32 on the working grid.

    Attributes:
        synthetic_hu: Synthetic CECT.
        expected_error_hu: Mean absolute error that the model expects of it, or None where the model does not tell.
        structures: Probabilities from 0 to 1 by name (`STRUCTURES`); empty where the model finds none.
    """

    synthetic_hu: NDArray[np.float32]
    expected_error_hu: NDArray[np.float32] | None
    structures: dict[str, NDArray[np.float32]]


class ContrastModel:
    """A synthesis model on a device.

    Args:
        package: Of the model.
        device: Where to run.

    Raises:
        InputRefused: ``model_not_synthesis``, the package is of another kind; ``model_card_invalid``.
    """

    def __init__(self, package: ModelPackage, device: torch.device) -> None:
        if "threshold_hu" not in package.card:
            raise InputRefused(
                "model_not_synthesis",
                f"Model '{package.id}' does not synthesize contrast.",
                "Use 'santini2018', for example.",
            )
        try:
            self._views = [View(**view) for view in package.card.get("views", [])]
        except (TypeError, ValueError) as error:
            raise InputRefused(
                "model_card_invalid",
                f"The card of model '{package.id}' has views that cannot be used: {error}.",
                "Get the package again from its source.",
            ) from error
        threshold_hu = package.card["threshold_hu"]
        if not isinstance(threshold_hu, int | float) or not HU_RANGE[0] <= threshold_hu <= HU_RANGE[1]:
            raise InputRefused(
                "model_card_invalid",
                f"The card of model '{package.id}' has the threshold {threshold_hu!r}, which is no number of HU.",
                "Get the package again from its source.",
            )
        network = package.network()
        self._device = device
        self._block = network.to(device) if isinstance(network, LeftHeart) else None
        self._slices = None if self._block else PreparedNetwork(network, device)

    def run(
        self,
        slices_kji: NDArray[np.float32],
        on_progress: OnProgress | None = None,
        on_notice: OnNotice | None = None,
    ) -> Contrast:
        """Synthesises contrast.

        Args:
            slices_kji: Non-contrast slices of the working grid, HU.
            on_progress: Called with a fraction from 0 to 1 and what is being done; raise from it to cancel.
            on_notice: Told what the user should know, such as a GPU's memory that did not suffice.
        """
        if self._slices:
            return Contrast(
                run_slices(self._slices, slices_kji, self._device, on_progress, on_notice), None, {}
            )
        assert self._block is not None
        try:
            outputs = run_block(self._block, slices_kji, self._device, self._views, on_progress)
        except RuntimeError as error:
            if self._device.type == "cpu" or not is_out_of_memory(error):
                raise
            if on_notice:
                on_notice(
                    Notice(
                        "gpu_memory", f"The memory of {self._device} did not suffice: computed on the CPU."
                    )
                )
            outputs = run_block(self._block.cpu(), slices_kji, torch.device("cpu"), self._views, on_progress)
        named = dict(zip(OUTPUTS, outputs, strict=True))
        return Contrast(
            slices_kji + named["enhancement"] * np.float32(HU_PER_UNIT),
            np.exp(named["log scale"]) * np.float32(HU_PER_UNIT),
            {name: _probability(named[name]) for name in STRUCTURES},
        )


def run_block(
    network: LeftHeart,
    slices_kji: NDArray[np.float32],
    device: torch.device,
    views: Sequence[View] = (),
    on_progress: OnProgress | None = None,
) -> NDArray[np.float32]:
    """The outputs of `LeftHeart`, ``(7, K, J, I)`` in its own units, for slices in HU; the mean over views of them."""
    scaled = np.clip(slices_kji, *HU_RANGE).astype(np.float32) / np.float32(HU_PER_UNIT)
    if not np.isfinite(scaled).all():
        raise ValueError("The slices hold values that are not finite (NaN).")
    missing = -len(scaled) % SLICE_MULTIPLE
    air = np.float32(HU_RANGE[0] / HU_PER_UNIT)
    padded = np.pad(scaled, ((0, missing), (0, 0), (0, 0)), constant_values=air)
    block = torch.from_numpy(padded)[None, None].to(device).contiguous(memory_format=torch.channels_last_3d)
    with torch.inference_mode(), torch.autocast(device.type, enabled=False), exact_cudnn():
        outputs = averaged(network, block, views, float(air), on_progress)
        return outputs[0, :, : len(scaled)].float().cpu().numpy()


def _probability(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return (1 / (1 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32)
