from __future__ import annotations

from pathlib import Path

import pytest
import torch

from roomread.training.hardware import fastest_precision


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.parametrize(
    ("flags", "precision"),
    [
        ("fpu avx512f avx512_bf16 avx512_vnni", "bf16-mixed"),
        ("fpu amx_tile amx_bf16 amx_int8", "bf16-mixed"),
        ("fpu avx2 avx512f avx512_vnni", "32-true"),
    ],
)
@pytest.mark.parametrize("accelerator", ["auto", "cpu"])
def test_bf16_is_used_if_the_processor_has_bf16_instructions(
    tmp_path: Path, accelerator: str, flags: str, precision: str
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor : 0\nflags : {flags}\n")
    assert fastest_precision(accelerator, cpuinfo=cpuinfo) == precision


def test_unknown_processor_trains_in_32_bits(tmp_path: Path) -> None:
    assert fastest_precision("cpu", cpuinfo=tmp_path / "cpuinfo") == "32-true"


def test_apple_gpu_trains_in_32_bits() -> None:
    assert fastest_precision("mps") == "32-true"


@pytest.mark.parametrize(("supported", "precision"), [(True, "bf16-mixed"), (False, "32-true")])
def test_gpu_trains_in_bf16_if_it_supports_it(
    monkeypatch: pytest.MonkeyPatch, *, supported: bool, precision: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: supported)
    assert fastest_precision("gpu") == precision
