"""Run the steps of the Dockerfile without Docker, and start what compose.yaml would start.

The steps run in a scratch folder. As root on Linux, if namespaces are allowed, the app and the
service are started as the image's user on a read-only file system with a writable /tmp, and a photo
is read without a network. Elsewhere only the steps run. The image's SBOM and licences are written
into dist/.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
PREFIX = "/opt/roomread"
# Packages that must not be in the image: they are very large or useless to a running service.
UNWANTED = ("torch", "lightning", "cv2", "onnx", "pip", "pytest")
# pi-heif's own code is BSD-3-Clause. Its metadata state LGPL-3.0 because of libheif and libde265,
# which its wheels bundle as replaceable shared libraries. Phones take photos as HEIC, and all
# decoders have this licence. pi-heif cannot encode and does not contain x265.
LGPL_ALLOWED = ("pi_heif",)
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction of a Dockerfile.

    Attributes:
        name: The instruction, such as `RUN` or `COPY`.
        rest: The arguments, on one line.
    """

    name: str
    rest: str


def read_stages(text: str) -> list[list[Step]]:
    """Parse a Dockerfile, and return the steps of each of its stages, in order."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    stages: list[list[Step]] = []
    for line in joined.splitlines():
        name, _, rest = line.partition(" ")
        if name == "FROM":
            stages.append([])
        stages[-1].append(Step(name, rest))
    return stages


def only(stage: list[Step], name: str) -> str:
    """Return the arguments of the only instruction of a stage that has this name."""
    (rest,) = [step.rest for step in stage if step.name == name]
    return rest


def build(stage: list[Step], scratch: Path) -> None:
    """Run the COPY and RUN instructions of a stage in a folder.

    Args:
        stage: The stage.
        scratch: The folder, in which `roomread` takes the place of `PREFIX`.
    """
    folder = scratch / "build"
    folder.mkdir()
    # Compiling all modules speeds up the start of an image, but this one is thrown away.
    environment = os.environ | {"PIP_NO_COMPILE": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for step in stage:
        if step.name == "COPY":
            *sources, target = step.rest.split()
            for source in sources:
                copy(ROOT / source, folder / target)
        elif step.name == "RUN":
            # With pip's cache, packages are not downloaded again.
            command = step.rest.replace(PREFIX, str(scratch / "roomread"))
            command = command.replace("--no-cache-dir ", "")
            subprocess.run(["sh", "-c", command], cwd=folder, env=environment, check=True)


def copy(source: Path, target: Path) -> None:
    """Copy a file or the content of a folder into the target, as COPY does."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "bundled/*"))
    else:
        shutil.copy(source, target)


def check_packages(python: Path) -> None:
    """Exit with an error if the image contains one of the `UNWANTED` packages."""
    code = f"import importlib.util as u; print([n for n in {UNWANTED} if u.find_spec(n)])"
    found = subprocess.check_output([python, "-c", code], text=True).strip()
    if found != "[]":
        sys.exit(f"the image must not contain these packages: {found}")
    print("packages: none of", ", ".join(UNWANTED))


def list_parts(python: Path) -> None:
    """Write the SBOM (CycloneDX) of the image and its licences into dist/.

    A package with a licence of the GPL family is an error unless it is in `LGPL_ALLOWED`.
    docs/release.md lists the libraries that wheels bundle.
    """
    out = ROOT / "dist"
    out.mkdir(exist_ok=True)
    tools = Path(sys.executable).parent
    sbom = ["environment", "--pyproject", str(ROOT / "pyproject.toml")]
    sbom += ["-o", str(out / "sbom.cdx.json"), str(python)]
    subprocess.run([tools / "cyclonedx-py", *sbom], check=True)
    licences = [str(tools / "pip-licenses"), f"--python={python}"]
    check = ["--partial-match", "--fail-on=GPL;GNU", "--ignore-packages", *LGPL_ALLOWED]
    subprocess.run([*licences, *check], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.check_output([*licences, "--format=markdown", "--with-urls"], text=True)
    (out / "licences.md").write_text(done, encoding="utf-8")
    print("written: dist/sbom.cdx.json, dist/licences.md")


def can_contain() -> bool:
    """Return whether `contained` works, which needs root on Linux and the right to namespaces."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    probe = ["unshare", "--mount", "--net", "mount", "-o", "remount,bind,ro", "/"]
    return subprocess.run(probe, check=False, stderr=subprocess.DEVNULL).returncode == 0


def contained(command: list[str], *, user: str, network: bool) -> list[str]:
    """Return a command that runs another command as in a container.

    It runs as the container's user, with a read-only root file system and an empty, writable /tmp.

    Args:
        command: The command to run.
        user: The user and group, "uid:gid".
        network: Whether the command has access to the network.
    """
    uid, _, gid = user.partition(":")
    shut = "mount -o remount,bind,ro / && mount -t tmpfs -o mode=1777 tmpfs /tmp && cd /tmp"
    base = sys.base_prefix
    closed = [p for p in reversed(Path(base).parents) if not p.stat().st_mode & stat.S_IXOTH]
    if closed:
        # This Python is in root's home, which the image's user may not enter. Mount an empty folder
        # over that home, with nothing but this Python in it.
        alone = f"mount -t tmpfs -o mode=755 tmpfs {closed[0]} && mkdir -p {base}"
        shut = f"mount --bind {base} /mnt && {alone} && mount --bind /mnt {base} && {shut}"
    drop = f"exec setpriv --reuid={uid} --regid={gid} --clear-groups --no-new-privs"
    space = ["unshare", "--mount", *([] if network else ["--net"])]
    return [*space, "sh", "-c", f'{shut} && {drop} "$@"', "sh", *command]


def free_port() -> int:
    """Return a TCP port that is currently free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def serve(stage: list[Step], scratch: Path) -> None:
    """Start the image's CMD, wait for its HEALTHCHECK, and stop it as Docker does."""
    set_ = dict(pair.split("=", 1) for pair in only(stage, "ENV").split())
    # The PATH of this process is not used: the image has only its packages and system programs.
    environment = set_ | {"PATH": f"{scratch}/roomread/bin:/usr/bin:/bin", "PORT": str(free_port())}
    environment |= {"ROOMREAD_PURPOSE": "personal"}
    user = only(stage, "USER")
    photo = str(shutil.copy(ROOT / "examples" / "astronaut.jpg", scratch))
    analyze = contained(["roomread", "analyze", photo, "--format=json"], user=user, network=False)
    reading = subprocess.run(analyze, env=environment, check=True, stdout=subprocess.PIPE)
    print("offline:", json.loads(reading.stdout)[0]["faces"][0]["expression"])

    health = json.loads(only(stage, "HEALTHCHECK").partition("CMD ")[2])
    port = environment["PORT"]
    environment |= {"ROOMREAD_DATA_FOLDER": "/tmp/data"}  # noqa: S108 (its own /tmp)
    key = "roomread keys add rehearsal > /tmp/key &&"
    *shell, start = json.loads(only(stage, "CMD"))
    command = contained([*shell, f"{key} {start}"], user=user, network=True)
    models = f"http://127.0.0.1:{port}/api/v1/models"
    watch("the image", command, health, environment, refusing=models)

    described = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["replica-1"]
    # Replace the fixed port of the compose file by the free one.
    described = json.loads(json.dumps(described).replace("8501", port))
    _, *health = described["healthcheck"]["test"]
    start = " ".join([key, "exec", *described["command"]])
    command = contained(["sh", "-c", start], user=user, network=True)
    watch("the service of compose.yaml", command, health, environment, refusing=models)


def watch(
    name: str,
    command: list[str],
    health: list[str],
    environment: dict[str, str],
    *,
    refusing: str,
) -> None:
    """Start a container's command, wait until it is healthy, and stop it as Docker does.

    Args:
        name: The name of the container in messages.
        command: The command that starts it.
        health: The command that checks whether it is healthy.
        environment: The environment of both commands.
        refusing: A URL that must refuse requests without credentials.
    """
    running = subprocess.Popen(command, env=environment)
    try:
        deadline = time.monotonic() + START_SECONDS
        quiet = subprocess.DEVNULL
        while subprocess.run(health, env=environment, check=False, stderr=quiet).returncode:
            if running.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{name} did not become healthy in {START_SECONDS:.0f} s")
            time.sleep(0.5)
        print(f"{name} is healthy, read-only")
        turned_away(refusing)
    finally:
        running.terminate()
        running.wait(timeout=30)
    print(f"{name} stopped by SIGTERM, status", running.returncode)


def turned_away(address: str) -> None:
    """Exit with an error unless a request without credentials is refused with status 401."""
    try:
        with urllib.request.urlopen(address, timeout=10):  # noqa: S310 (loopback)
            sys.exit(f"{address} accepts requests without credentials")
    except urllib.error.HTTPError as error:
        if error.code != 401:
            sys.exit(f"{address} refuses a request without credentials with {error.code}, not 401")
    print("requests without credentials are refused")


def main() -> None:
    """Run the steps of the image, check its packages, and start it if namespaces are allowed."""
    building, serving = read_stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    scratch = Path(tempfile.mkdtemp(prefix="roomread-", dir="/var/tmp"))
    scratch.chmod(0o755)
    try:
        build(building, scratch)
        python = scratch / "roomread" / "bin" / "python"
        check_packages(python)
        list_parts(python)
        if can_contain():
            serve(serving, scratch)
        else:
            print("the app was not started read-only: this user may not create namespaces")
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
