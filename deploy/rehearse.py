"""Run the Dockerfile without Docker: its steps in a scratch folder, then what compose starts.

Where it is root on Linux and may make namespaces, the app and the service see a read-only file
system with a writable /tmp, as the user that the image names, and read a photo without a network;
elsewhere only the steps are run.
Writes the image's SBOM and licences into dist/.
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
# What would make the image gigabytes, and what a running service has no use for.
UNWANTED = ("torch", "lightning", "cv2", "onnx", "pip", "pytest")
# pi-heif's own code is BSD-3-Clause; it calls itself LGPL-3.0 for libheif and libde265, which its
# wheels bundle as shared libraries that anyone can replace. Phones take HEIC, and no decoder of it
# has another licence. It only decodes: nothing in it comes from x265.
LGPL_ALLOWED = ("pi_heif",)
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction of a Dockerfile, on one line: `RUN`, `COPY`, ... and what follows it."""

    name: str
    rest: str


def read_stages(text: str) -> list[list[Step]]:
    """Return the steps of each stage, in order."""
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
    """Return the arguments of the one instruction with this name."""
    (rest,) = [step.rest for step in stage if step.name == name]
    return rest


def build(stage: list[Step], scratch: Path) -> None:
    """Run a stage's COPY and RUN below `scratch`, where `PREFIX` is moved to."""
    folder = scratch / "build"
    folder.mkdir()
    # Compiling every module serves an image that starts often, not one that is thrown away.
    environment = os.environ | {"PIP_NO_COMPILE": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for step in stage:
        if step.name == "COPY":
            *sources, target = step.rest.split()
            for source in sources:
                copy(ROOT / source, folder / target)
        elif step.name == "RUN":
            # The cache only spares the index a download of what it gave before.
            command = step.rest.replace(PREFIX, str(scratch / "roomread"))
            command = command.replace("--no-cache-dir ", "")
            subprocess.run(["sh", "-c", command], cwd=folder, env=environment, check=True)


def copy(source: Path, target: Path) -> None:
    """Copy as COPY does: the content of a folder, or a file, into the target."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "bundled/*"))
    else:
        shutil.copy(source, target)


def check_packages(python: Path) -> None:
    """Fail if the image holds a package that it must not hold."""
    code = f"import importlib.util as u; print([n for n in {UNWANTED} if u.find_spec(n)])"
    found = subprocess.check_output([python, "-c", code], text=True).strip()
    if found != "[]":
        sys.exit(f"the image holds what it must not: {found}")
    print("packages: none of", ", ".join(UNWANTED))


def list_parts(python: Path) -> None:
    """Write the SBOM (CycloneDX) of the image and its licences into dist/.

    A licence of the GPL family among the packages fails, but for `LGPL_ALLOWED`; what wheels bundle
    is in docs/release.md.
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
    """Return whether `contained` works: as root on Linux, unless an outer container forbids it."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    probe = ["unshare", "--mount", "--net", "mount", "-o", "remount,bind,ro", "/"]
    return subprocess.run(probe, check=False, stderr=subprocess.DEVNULL).returncode == 0


def contained(command: list[str], *, user: str, network: bool) -> list[str]:
    """Return a command that runs as in a container, with its user, a read-only root and /tmp."""
    uid, _, gid = user.partition(":")
    shut = "mount -o remount,bind,ro / && mount -t tmpfs -o mode=1777 tmpfs /tmp && cd /tmp"
    base = sys.base_prefix
    closed = [p for p in reversed(Path(base).parents) if not p.stat().st_mode & stat.S_IXOTH]
    if closed:
        # A Python in root's home, which the image's user may not enter: that home holds it alone.
        alone = f"mount -t tmpfs -o mode=755 tmpfs {closed[0]} && mkdir -p {base}"
        shut = f"mount --bind {base} /mnt && {alone} && mount --bind /mnt {base} && {shut}"
    drop = f"exec setpriv --reuid={uid} --regid={gid} --clear-groups --no-new-privs"
    space = ["unshare", "--mount", *([] if network else ["--net"])]
    return [*space, "sh", "-c", f'{shut} && {drop} "$@"', "sh", *command]


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def serve(stage: list[Step], scratch: Path) -> None:
    """Start the image's CMD, wait for its HEALTHCHECK, and stop it as Docker does."""
    set_ = dict(pair.split("=", 1) for pair in only(stage, "ENV").split())
    # Not $PATH: the image has its own packages, and the system's programs.
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
    # Here each port is free, and /tmp is the one place that can be written.
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
        name: for messages.
        command: that starts it.
        health: that asks whether it is healthy.
        environment: of both.
        refusing: an address where strangers must be turned away.
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
    """Fail if a request without credentials is admitted."""
    try:
        with urllib.request.urlopen(address, timeout=10):  # noqa: S310 (loopback)
            sys.exit(f"{address} lets strangers in")
    except urllib.error.HTTPError as error:
        if error.code != 401:
            sys.exit(f"{address} answers a stranger with {error.code}")
    print("strangers are turned away")


def main() -> None:
    """Build the image, check its content, and run it."""
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
            print("no namespaces for this user here: the app was not run read-only")
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
