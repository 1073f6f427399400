"""`roomread plugins`: list the installed plug-ins."""

from __future__ import annotations

from rich.table import Table

from roomread.cli.printing import print_line, print_table
from roomread.errors import RoomreadError
from roomread.plugins import Plugin, PluginKind, list_plugins

# The option of `roomread analyze` that chooses a plug-in of each kind.
_OPTIONS = {
    PluginKind.DETECTOR: "--detector",
    PluginKind.CLASSIFIER: "--model",
    PluginKind.TRACKER: "--tracker",
    PluginKind.FORMAT: "--format",
}


def command() -> None:
    """List the detectors, nets, trackers and formats that other packages add."""
    found = [plugin for kind in PluginKind for plugin in list_plugins(kind)]
    if not found:
        print_line("no plug-ins are installed")
        return
    table = Table("chosen by", "package", "state", box=None, pad_edge=False)
    for plugin in found:
        option = f"{_OPTIONS[plugin.kind]} {plugin.name}"
        table.add_row(option, plugin.package, _state(plugin))
    print_table(table)


def _state(plugin: Plugin) -> str:
    try:
        plugin.load()
    except RoomreadError as error:
        return error.problem
    return "can be imported"
