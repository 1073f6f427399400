"""Benchmark few-shot learning on FER-2013 and FER+."""

from roomread.training.fewshot.benchmark import measure_seven, measure_state, measure_withheld
from roomread.training.fewshot.episodes import REFERENCES, BenchmarkLine
from roomread.training.fewshot.people import measure_people
from roomread.training.fewshot.pool import Pool

__all__ = [
    "REFERENCES",
    "BenchmarkLine",
    "Pool",
    "measure_people",
    "measure_seven",
    "measure_state",
    "measure_withheld",
]
