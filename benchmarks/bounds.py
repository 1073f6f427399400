"""Print measurements with their bounds, and remember whether a bound was missed."""

from __future__ import annotations


class Bounds:
    """The bounds of one benchmark.

    Attributes:
        missed: The names of the measurements that missed their bound.
    """

    def __init__(self) -> None:
        self.missed: list[str] = []

    def at_most(
        self, name: str, value: float, bound: float, unit: str = "", digits: int = 2
    ) -> None:
        """Print a measurement that must not be larger than its bound.

        Args:
            name: The name of the measurement.
            value: The measured value.
            bound: Its bound.
            unit: The unit of both.
            digits: The number of decimals that are printed.
        """
        self._show(name, value, f"at most {bound:g}", unit, digits, kept=value <= bound)

    def at_least(
        self, name: str, value: float, bound: float, unit: str = "", digits: int = 2
    ) -> None:
        """Print a measurement that must not be smaller than its bound; see `at_most`."""
        self._show(name, value, f"at least {bound:g}", unit, digits, kept=value >= bound)

    @property
    def status(self) -> int:
        """The exit status of the benchmark: 1 if a bound was missed."""
        return 1 if self.missed else 0

    def _show(
        self, name: str, value: float, bound: str, unit: str, digits: int, *, kept: bool
    ) -> None:
        unit = f" {unit}" if unit else ""
        verdict = "kept" if kept else "MISSED"
        print(f"  {name}: {value:.{digits}f}{unit} (bound {bound}{unit}) {verdict}", flush=True)
        if not kept:
            self.missed.append(name)
