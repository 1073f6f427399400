"""Make a net that reads expressions by its name: a model file or that of a plug-in."""

from __future__ import annotations

from roomread.classifier.classifier import ExpressionClassifier, FaceClassifier
from roomread.classifier.head import Head
from roomread.classifier.model_file import bundled_models, open_model
from roomread.errors import PluginError
from roomread.plugins import Plugin, PluginKind, find_plugin
from roomread.runtime import Device


def make_classifier(
    name: str, *, head: Head = Head.TAGGERS, device: Device = Device.CPU
) -> FaceClassifier:
    """Load a net that reads expressions.

    Args:
        name: A bundled model's name, the name of a plug-in, or a model file.
        head: The head of a model file to use.
        device: The device of a model file.

    Raises:
        PluginError: The plug-in does not work, or another head than the default was chosen with it.
        ModelFileError: There is no such model, or it cannot be read.
    """
    plugin = classifier_plugin(name)
    if plugin is None:
        return ExpressionClassifier(open_model(name, device=device), head=head)
    if head is not Head.TAGGERS:
        raise PluginError(
            f"the net '{name}' of {plugin.package} has no head '{head}'",
            hint="only model files have heads",
        )
    classifier: FaceClassifier = plugin.make(lambda factory: factory())
    return classifier


def classifier_plugin(name: str) -> Plugin | None:
    """Return the plug-in with the name of a net; None for a bundled model or a file.

    Raises:
        PluginError: Two packages have one of this name.
    """
    return None if name in bundled_models() else find_plugin(PluginKind.CLASSIFIER, name)
