"""The training loop: repeatable, unbreakable, and the same in two processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from SyntheticCECTLib.core.errors import InputRefused
from Testing.training.tiny_run import run
from training.loop import Fitted

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {
    "PYTHONPATH": os.pathsep.join([str(ROOT / "SyntheticCECT"), str(ROOT)]),
    "OMP_NUM_THREADS": "1",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    """A run that nobody disturbed."""
    return run(tmp_path_factory.mktemp("whole"), dropout=0.2)


def start(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def curve_of(folder: Path) -> list[dict[str, float]]:
    return json.loads((folder / "curve.json").read_text())


def weights(fitted: Fitted) -> torch.Tensor:
    return torch.cat([tensor.flatten().double() for tensor in fitted.network.state_dict().values()])


def test_loss_falls_and_every_epoch_is_told(whole: Fitted) -> None:
    assert [row["step"] for row in whole.curve] == [3, 6, 9, 12]
    assert whole.curve[-1]["loss"] < 0.9 * whole.curve[0]["loss"]
    assert whole.best == max(whole.curve, key=lambda row: row["minus_error"])
    assert whole.facts == {"images": 20} and not whole.network.training


def test_same_seed_gives_the_same_curve_and_another_seed_another(whole: Fitted, tmp_path: Path) -> None:
    assert run(tmp_path / "again", dropout=0.2).curve == whole.curve
    assert run(tmp_path / "other", dropout=0.2, seed=6).curve != whole.curve


def test_batch_norms_learn_in_the_first_share_of_the_steps_only(tmp_path: Path) -> None:
    changes = {"batch_norm_share": 0.5, "average_decay": 0.0, "one_cycle": False}
    kept, stopped = (
        run(tmp_path / "all", **changes),
        run(tmp_path / "half", **changes | {"batch_norm_share": 1.0, "epochs": 2}),
    )
    gathered = [fitted.network.get_buffer("1.running_mean") for fitted in (kept, stopped)]
    assert torch.equal(*gathered) and not torch.equal(weights(kept), weights(stopped))
    assert kept.curve[:2] == stopped.curve


def test_finished_run_goes_on_with_another_cycle_as_if_both_had_been_asked_for(
    whole: Fitted, tmp_path: Path
) -> None:
    both = run(tmp_path / "both", dropout=0.2, cycles=2, batch_norm_share=0.5)
    first = run(tmp_path / "one", dropout=0.2, batch_norm_share=0.5)
    after = run(tmp_path / "one", dropout=0.2, cycles=2, batch_norm_share=0.5)
    assert after.curve == both.curve and torch.equal(weights(after), weights(both))
    assert [row["step"] for row in both.curve] == [3, 6, 9, 12, 15, 18, 21, 24]
    assert both.curve[:4] == first.curve
    rates = [row["learning_rate"] for row in both.curve]
    assert max(rates[4:]) == pytest.approx(max(rates[:4]) / 2) and rates[7] < 1e-3 * max(rates)
    with pytest.raises(InputRefused, match="cycles was 2, is 1"):
        run(tmp_path / "one", dropout=0.2, batch_norm_share=0.5)


def test_threads_that_prepare_batches_change_nothing(whole: Fitted, tmp_path: Path) -> None:
    assert run(tmp_path, dropout=0.2, loaders=2).curve == whole.curve


def test_run_stopped_after_any_epoch_ends_with_the_same_curve_and_weights(
    whole: Fitted, tmp_path: Path
) -> None:
    class Stopped(Exception):
        pass

    for epochs in (1, 3):
        folder = tmp_path / str(epochs)
        with pytest.MonkeyPatch.context() as patch:
            from training import loop

            share = loop.RunState.share

            def stop(
                state: loop.RunState, fabric: object, epochs: int = epochs, share: object = share
            ) -> None:
                if len(state.curve) == epochs:
                    raise Stopped

            patch.setattr(loop.RunState, "share", stop)
            with pytest.raises(Stopped):
                run(folder, dropout=0.2)
        again = run(folder, dropout=0.2)
        assert again.curve == whole.curve
        assert torch.equal(weights(again), weights(whole))


def test_run_killed_by_the_system_ends_with_the_same_curve(tmp_path: Path) -> None:
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    run(calm)
    program = start(str(ROOT / "Testing" / "training" / "tiny_run.py"), str(killed))
    running = subprocess.Popen(
        [*program, "pause_s=0.05"], env=ENVIRONMENT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    until = time.monotonic() + 120
    while not (killed / "last.safetensors").exists() and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.15)  # in the midst of the next epoch
    os.kill(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    assert 1 <= len(curve_of(killed)) < 4, "it was killed on its way"
    assert subprocess.run(program, env=ENVIRONMENT, capture_output=True).returncode == 0
    # The undisturbed run is in this process, whose number of threads may differ: sums then round differently.
    for mine, theirs in zip(curve_of(calm), curve_of(killed), strict=True):
        assert theirs == {key: pytest.approx(value, rel=1e-5, abs=1e-9) for key, value in mine.items()}
    assert not list(killed.glob(".*safetensors*")), "nothing half-written stays"


@pytest.mark.parametrize("nodes", [1, 2])
def test_two_processes_follow_the_curve_of_one(nodes: int, tmp_path: Path) -> None:
    run(tmp_path / "one")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # One launcher on each machine, which here is the same one; each starts its share of the two processes.
    meeting = [
        f"--nnodes={nodes}",
        f"--nproc-per-node={2 // nodes}",
        "--master-addr=127.0.0.1",
        f"--master-port={port}",
    ]
    program = [str(ROOT / "Testing" / "training" / "tiny_run.py"), str(tmp_path / "two")]
    launchers = [
        subprocess.Popen(
            [*start("-m", "torch.distributed.run"), *meeting, f"--node-rank={rank}", *program,
             f"nodes={nodes}", f"devices={2 // nodes}"],
            env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for rank in range(nodes)
    ]  # fmt: skip
    said = [launcher.communicate(timeout=300)[0] for launcher in launchers]
    assert not any(launcher.returncode for launcher in launchers), "".join(said)[-2000:]
    one, two = curve_of(tmp_path / "one"), curve_of(tmp_path / "two")
    assert len(two) == 4
    for mine, theirs in zip(one, two, strict=True):
        assert theirs == {key: pytest.approx(value, rel=1e-4, abs=1e-9) for key, value in mine.items()}


def test_training_stops_when_it_no_longer_improves(tmp_path: Path) -> None:
    fitted = run(tmp_path, learning_rate=1e-12, average_decay=0.0, epochs=30, patience=2, epoch_steps=1)
    assert len(fitted.curve) < 30 and fitted.best["epoch"] == len(fitted.curve) - 2


def test_single_gradients_that_are_not_finite_are_skipped_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from Testing.training import tiny_run

    make = tiny_run.Blobs.make_batch

    def once(
        task: tiny_run.Blobs, chosen: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, ...]:
        image, wanted = make(task, chosen, generator)
        return (image * float("inf") if task._made == 6 else image), wanted

    monkeypatch.setattr(tiny_run.Blobs, "make_batch", once)
    fitted = run(tmp_path)
    assert [row["skipped"] for row in fitted.curve] == [1, 0, 0, 0]
    assert torch.isfinite(weights(fitted)).all()


def test_training_that_diverges_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="not finite") as refusal:
        run(tmp_path, spoil=8, epochs=40)
    assert refusal.value.code == "training_diverged" and refusal.value.remedy


def test_run_with_other_settings_is_not_continued(tmp_path: Path) -> None:
    run(tmp_path, epochs=1)
    with pytest.raises(InputRefused, match=r"learning_rate was 0\.02, is 0\.5") as refusal:
        run(tmp_path, epochs=1, learning_rate=0.5)
    assert refusal.value.code == "other_settings"
    assert len(run(tmp_path, epochs=1, patience=3).curve) == 1, "what does not decide the result may change"


def test_bfloat16_trains_too(tmp_path: Path) -> None:
    curve = run(tmp_path, precision="bf16-mixed").curve
    assert curve[-1]["loss"] < curve[0]["loss"]
