"""Tests that the built-in text formats fulfil the contract of formats."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from roomread.cli.output import Format, text_sink
from roomread.formats.sink import Sink
from roomread.testing.contracts import FormatContract, MakeSink

TEXTS = sorted(set(Format) - {Format.LSL, Format.PARQUET})


class TestFormats(FormatContract):
    @pytest.fixture(params=TEXTS)
    def make_sink(self, request: pytest.FixtureRequest) -> MakeSink:
        def make(file: io.StringIO, states: Sequence[str]) -> Sink:
            return text_sink(request.param, file, states)

        return make
