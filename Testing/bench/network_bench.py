"""The network's speed as a share of the machine's own matrix products, and against other runtimes."""

from __future__ import annotations

import time
from statistics import median

import numpy as np
import torch
from machine import MatrixProduct, seconds
from network_rivals import flop_per_slice, ways

from SyntheticCECTLib.core.networks.network import FULL_WIDTHS, Santini2018

SLICES, SIZE = 60, 128
_REST_S = 0.15  # runtimes let their threads spin for a while after a run; the next one must not pay for that


def bench_network(repeats: int) -> list[dict[str, object]]:
    """One row per width and way to run it. Ways take turns, so that all see the same machine."""
    rows: list[dict[str, object]] = []
    for name, widths in (("full", FULL_WIDTHS), ("half", tuple(w // 2 for w in FULL_WIDTHS))):
        rows += _bench_widths(name, widths, repeats)
    return rows


def _bench_widths(name: str, widths: tuple[int, ...], repeats: int) -> list[dict[str, object]]:
    torch.manual_seed(0)
    network = Santini2018(widths).eval().requires_grad_(False)
    images = np.random.default_rng(0).normal(0, 0.3, (SLICES, 1, SIZE, SIZE)).astype(np.float32)
    flop = flop_per_slice(network, SIZE, SIZE) * SLICES
    all_ways, missing = ways(network, images, torch.get_num_threads())
    expected = all_ways["PyTorch, one plain batch"]()
    errors = {way: float(np.abs(run() - expected).max()) * 1000 for way, run in all_ways.items()}
    product = MatrixProduct()
    times: dict[str, list[float]] = {way: [] for way in all_ways}
    shares: dict[str, list[float]] = {way: [] for way in all_ways}
    product_rates: list[float] = []
    for _ in range(repeats):
        for way, run in all_ways.items():
            time.sleep(_REST_S)
            before = product.rate()
            time.sleep(_REST_S)
            taken = seconds(run)
            time.sleep(_REST_S)
            rate = (before + product.rate()) / 2
            product_rates.append(rate)
            times[way].append(taken)
            shares[way].append(flop / taken / rate)
    rows: list[dict[str, object]] = [
        {
            "network": name,
            "way": way,
            "ms_per_slice": round(median(times[way]) / SLICES * 1e3, 2),
            "best_ms_per_slice": round(min(times[way]) / SLICES * 1e3, 2),
            "gflop_per_s": round(flop / median(times[way]) / 1e9, 1),
            "share_of_matrix_product": round(median(shares[way]), 3),
            "largest_difference_hu": round(errors[way], 3),
        }
        for way in all_ways
    ]
    rows.append(
        {
            "network": name,
            "way": "matrix product itself",
            "gflop_per_s": round(median(product_rates) / 1e9, 1),
            "best_gflop_per_s": round(max(product_rates) / 1e9, 1),
        }
    )
    return rows + [{"network": name, "way": line} for line in missing]
