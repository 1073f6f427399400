"""Train on the workers of a Ray cluster, each of which processes its share of every batch.

Several processes of Ray Train import this module. Importing torch takes seconds, so only the
functions that compute import it.
"""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roomread._version import __version__
from roomread.classifier import bundled_models
from roomread.cluster import connection as cluster
from roomread.errors import MissingExtraError, RoomreadError
from roomread.training.dataset import FerData
from roomread.training.hardware import Hardware
from roomread.training.recipe import Recipe
from roomread.training.runs import Run

if TYPE_CHECKING:
    from roomread.training.expression_net import ExpressionNet

# Seconds after which Ray restarts all workers if one has not started. Its default of a minute is
# too short if several workers import torch on few processors.
_START_SECONDS = "600"
# Name of the folder for Ray's own records in the run's folder; it is removed after the run.
_NOTES = "ray"


def train(
    data: FerData, recipe: Recipe, out: Path, *, resume: bool, hardware: Hardware
) -> ExpressionNet:
    """Train as `fit.train` does, with `hardware.devices` workers that write to one run's folder.

    Args:
        data: The data set with all its splits.
        recipe: The settings of the training.
        out: The run's folder, at the same path on all machines.
        resume: Whether to continue after the last complete epoch in `out`.
        hardware: The hardware of each worker; "auto" selects GPUs if the cluster has enough, and
            CPUs otherwise.

    Raises:
        DataError: The run cannot be started; see `fit.train`.
        RoomreadError: The cluster does not respond or is too small, or a worker fails.
        MissingExtraError: The extra `cluster` is not installed.
        KeyboardInterrupt: Ctrl-C was pressed; the last complete epoch is kept.
    """
    from roomread.training import fit  # noqa: PLC0415 (see above)

    out = out.resolve()
    fit.check_run(data, recipe, out, resume=resume)
    ray = cluster.join()
    try:
        out.mkdir(parents=True, exist_ok=True)
        hardware = _fitting(hardware, ray.cluster_resources())
        settings = {
            "version": __version__,
            "data": ray.put(data),
            "recipe": recipe,
            "out": str(out),
            "folder": str(Path.cwd()),
            "resume": resume,
            "hardware": hardware,
        }
        _run(settings, out, hardware)
    finally:
        cluster.leave()
        shutil.rmtree(out / _NOTES, ignore_errors=True)
    return fit.load_net(Run(out).checkpoint, recipe)


def _run(settings: dict[str, Any], out: Path, hardware: Hardware) -> None:
    try:
        from ray.train import RunConfig, ScalingConfig  # noqa: PLC0415 (an extra)
        from ray.train.torch import TorchTrainer  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("running on Ray", extra="cluster") from error
    os.environ.setdefault("RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S", _START_SECONDS)
    on_gpu = hardware.accelerator == "gpu"
    trainer = TorchTrainer(
        _work,
        train_loop_config=settings,
        scaling_config=ScalingConfig(
            num_workers=hardware.devices,
            use_gpu=on_gpu,
            resources_per_worker={"CPU": hardware.threads or 1, "GPU": int(on_gpu)},
        ),
        # Ray checks that all machines can access the run's folder.
        run_config=RunConfig(name="run", storage_path=str(out / _NOTES)),
    )
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        trainer.fit()
    except SystemExit as error:
        # Ray converts Ctrl-C to SystemExit.
        raise KeyboardInterrupt from error
    except Exception as error:  # Ray Train's errors have no common base class
        problem = f"the training on Ray failed: {cluster.reason(str(error))}"
        raise RoomreadError(problem, hint="complete epochs are kept; resume the run") from error
    finally:
        signal.signal(signal.SIGINT, on_interrupt)


def _work(settings: dict[str, Any]) -> None:
    """Run the training in one worker of the cluster."""
    import ray  # noqa: PLC0415 (an extra)
    from ray.train.lightning import RayDDPStrategy, RayLightningEnvironment  # noqa: PLC0415

    from roomread.training import fit  # noqa: PLC0415 (see above)

    cluster.check_version(settings["version"])
    _enter(Path(settings["folder"]), settings["recipe"])
    environment = RayLightningEnvironment()  # type: ignore[no-untyped-call]
    strategy = RayDDPStrategy(cluster_environment=environment)  # type: ignore[no-untyped-call]
    hardware: Hardware = settings["hardware"]
    fit.train(
        ray.get(settings["data"]),
        settings["recipe"],
        Path(settings["out"]),
        resume=settings["resume"],
        # Each worker uses one device; Ray determines the number of workers.
        hardware=replace(hardware, devices=1, strategy=strategy),
    )


def _enter(folder: Path, recipe: Recipe) -> None:
    """Change to the folder of the command, to which relative paths of the recipe refer.

    Args:
        folder: The working folder of the command.
        recipe: The settings of the training.

    Raises:
        RoomreadError: This machine does not have the folder, and the recipe has relative paths.
    """
    try:
        # Ray starts its workers in folders of its own.
        os.chdir(folder)
    except OSError as error:
        named = [path for path in recipe.paths if path not in bundled_models()]
        relative = [path for path in named if not Path(path).is_absolute()]
        if not relative:
            return
        raise RoomreadError(
            f"{relative[0]}: is relative to the folder {folder}, which a worker does not have",
            hint="use an absolute path that exists on all machines",
        ) from error


def _fitting(hardware: Hardware, resources: dict[str, float]) -> Hardware:
    """Return the hardware with the accelerator and the threads that suit the cluster.

    Raises:
        RoomreadError: The cluster has fewer devices than requested.
    """
    devices, gpus = hardware.devices, int(resources.get("GPU", 0))
    accelerator = hardware.accelerator
    if accelerator == "auto":
        accelerator = "gpu" if gpus >= devices else "cpu"
    if accelerator not in ("cpu", "gpu"):
        raise RoomreadError(
            f"training on Ray does not support the accelerator '{accelerator}'",
            hint="choose cpu or gpu",
        )
    # A Ray worker has one processor unless it asks for more.
    threads = hardware.threads or 1
    there = {"gpu": gpus, "cpu": int(resources.get("CPU", 0)) // threads}[accelerator]
    if there < devices:
        what = "GPUs" if accelerator == "gpu" else f"workers of {threads} processors"
        raise RoomreadError(
            f"the cluster has {there} {what}, but {devices} are requested",
            hint="request fewer, or add machines",
        )
    return replace(hardware, accelerator=accelerator, threads=threads)
