"""Network against simulated observers on slices drawn at random from the test set, as in the paper's second study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import SimpleITK as sitk

from SyntheticCECTLib.core.case_folder import CHAMBERS, REFERENCE
from SyntheticCECTLib.core.formats.label_file import read_labels
from SyntheticCECTLib.core.metrics.overlap import dice
from SyntheticCECTLib.core.orientation import to_axial

from .cohort_results import PatientResult, has_both
from .cohort_statistics import spread
from .simulated_reader import SimulatedReader

SLICES, READERS = 10, (1, 2)


def observer_study(results: Sequence[PatientResult], seed: int = 2018) -> dict[str, Any] | None:
    """Dice and dV% of network and of simulated readers on the same slices; intra- and inter-observer correlation of areas.

    Returns:
        Plain types with ``simulated: True``; None where no result folder has a slice with both chambers.
    """
    places = [
        (one, int(part["slice"]))
        for one in results
        if one.folder
        for part in one.agreement["slices"]
        if has_both(part)
    ]
    if not places:
        return None
    chosen = np.random.default_rng([seed, 60]).permutation(len(places))[:SLICES]
    readers = [SimulatedReader(number) for number in READERS]
    network, human, areas = [], [], []
    for number in sorted(chosen.tolist()):
        one, k = places[number]
        assert one.folder is not None
        truth, predicted, spacing = _slice(one, k)
        drawings = [
            [reader.draw(truth, spacing, patient=number, session=session) for session in (0, 1)]
            for reader in readers
        ]
        network.append((dice(predicted, truth), _dv(predicted, truth)))
        human += [(dice(first, truth), _dv(first, truth)) for first, _ in drawings]
        # In mm2: pixels are not of one size in all patients.
        pixel = spacing[0] * spacing[1]
        areas.append([[float(drawing.sum()) * pixel for drawing in pair] for pair in drawings])
    table = np.array(areas)  # slice, reader, session
    return {
        "simulated": True, "slices": len(chosen), "readers": len(readers),
        "network": _figures(network), "human": _figures(human),
        "intra_observer_rho": float(np.mean([_rho(table[:, n, 0], table[:, n, 1]) for n in range(len(readers))])),
        "inter_observer_rho": _rho(table[:, 0, 0], table[:, 1, 0]),
    }  # fmt: skip


def _slice(one: PatientResult, k: int) -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    assert one.folder is not None
    images = [to_axial(read_labels(one.folder / name)) for name in (REFERENCE, CHAMBERS)]
    spacing = images[0].GetSpacing()
    truth, predicted = (sitk.GetArrayFromImage(image)[k] > 0 for image in images)
    return truth, predicted, (spacing[1], spacing[0])


def _figures(pairs: list[tuple[float, float]]) -> dict[str, Any]:
    dices, errors = spread([d for d, _ in pairs]), spread([e for _, e in pairs])
    return {"dice": vars(dices) if dices else None, "dv_percent": vars(errors) if errors else None}


def _dv(drawn: np.ndarray, truth: np.ndarray) -> float:
    return 100.0 * abs(float(drawn.sum()) - float(truth.sum())) / float(truth.sum())


def _rho(one: np.ndarray, other: np.ndarray) -> float:
    return (
        float(np.corrcoef(one, other)[0, 1])
        if len(one) > 1 and one.std() > 0 and other.std() > 0
        else float("nan")
    )
