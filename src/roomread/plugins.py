"""Find and load plug-ins: detectors, expression nets, trackers and formats of other packages.

A package adds a plug-in with an entry point in its `pyproject.toml`; see docs/how-to/plugins.md:

    [project.entry-points."roomread.detectors"]
    upright = "roomread_example.detector:UprightFaces"

Listing plug-ins imports none of them: a plug-in is imported when it is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from roomread.errors import PluginError, RoomreadError

if TYPE_CHECKING:
    # Imported for types only, because its import takes time.
    from importlib.metadata import EntryPoint

T = TypeVar("T")


class PluginKind(StrEnum):
    """The kind of component that a plug-in adds."""

    DETECTOR = "detector"
    CLASSIFIER = "classifier"
    TRACKER = "tracker"
    FORMAT = "format"

    @property
    def group(self) -> str:
        """The group of entry points that lists these plug-ins, such as "roomread.detectors"."""
        return f"roomread.{self.value}s"


# The methods that an object of each kind must have.
_METHODS = {
    PluginKind.DETECTOR: ("detect",),
    PluginKind.CLASSIFIER: ("classify",),
    PluginKind.TRACKER: ("update",),
    PluginKind.FORMAT: ("add", "close"),
}


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plug-in of an installed package.

    Attributes:
        kind: The kind of component that the plug-in adds.
        name: The name by which a user chooses the plug-in.
        package: The name and version of the plug-in's package, such as "roomread-example 0.1".
        entry: The entry point by which the package declares the plug-in.
    """

    kind: PluginKind
    name: str
    package: str
    entry: EntryPoint

    def make(self, call: Callable[[Any], T]) -> T:
        """Import the plug-in and return the object that it creates.

        Args:
            call: A function that receives the plug-in's factory and calls it with the arguments
                that every factory of this kind takes.

        Raises:
            PluginError: The plug-in cannot be imported, its factory fails, or the created object
                lacks the methods that this kind of plug-in needs.
            RoomreadError: The factory raised this error.
        """
        made = self._guarded(lambda: call(self.load()))
        missing = [each for each in _METHODS[self.kind] if not callable(getattr(made, each, None))]
        if missing:
            raise self._error(f"{type(made).__name__} has no method {' and '.join(missing)}")
        return made

    def load(self) -> Callable[..., Any]:
        """Import the plug-in and return its factory.

        Raises:
            PluginError: The plug-in cannot be imported, or is not a function or class.
        """
        factory = self._guarded(self.entry.load)
        if not callable(factory):
            raise self._error(f"{self.entry.value} is not a function or class")
        found: Callable[..., Any] = factory
        return found

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except RoomreadError:
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise self._error(reason) from error

    def _error(self, reason: str) -> PluginError:
        return PluginError(
            f"the {self.kind} '{self.name}' of {self.package} does not work: {reason}",
            hint=f"update or uninstall {self.package.split()[0]}",
        )


def list_plugins(kind: PluginKind) -> list[Plugin]:
    """Return the installed plug-ins of a kind, sorted by name, without importing them."""
    # Imported here because `import roomread` does not need it.
    from importlib.metadata import entry_points  # noqa: PLC0415

    found = [
        Plugin(kind, entry.name, _package(entry), entry) for entry in entry_points(group=kind.group)
    ]
    return sorted(found, key=lambda plugin: (plugin.name, plugin.package))


def find_plugin(kind: PluginKind, name: str) -> Plugin | None:
    """Return the plug-in of this kind and name, or None if no package provides it.

    Raises:
        PluginError: Several packages provide a plug-in of this kind and name.
    """
    found = [plugin for plugin in list_plugins(kind) if plugin.name == name]
    if len(found) > 1:
        packages = " and ".join(plugin.package for plugin in found)
        raise PluginError(
            f"several packages provide a {kind} '{name}': {packages}",
            hint="uninstall all but one of them",
        )
    return found[0] if found else None


def plugin_names(kind: PluginKind) -> list[str]:
    """Return the names of the installed plug-ins of a kind, without duplicates."""
    return list(dict.fromkeys(plugin.name for plugin in list_plugins(kind)))


def require_plugin(kind: PluginKind, name: str, built_in: Sequence[str]) -> Plugin:
    """Return the plug-in of this kind and name, which must be installed.

    Args:
        kind: The kind of component that the plug-in adds.
        name: The name that the user chose, which is not a built-in name.
        built_in: The built-in names of this kind, which the error message lists, too.

    Raises:
        PluginError: No package, or more than one, provides a plug-in of this kind and name.
    """
    plugin = find_plugin(kind, name)
    if plugin is None:
        known = [*built_in, *(each for each in plugin_names(kind) if each not in built_in)]
        raise PluginError(f"there is no {kind} '{name}'", hint=f"choose one of {', '.join(known)}")
    return plugin


def _package(entry: EntryPoint) -> str:
    if entry.dist is None:
        return "an unknown package"
    return f"{entry.dist.name} {entry.dist.version}"
