"""Make the classifier with a given name, from a model file or a plug-in."""

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
    """Load a classifier of expressions.

    Args:
        name: The name of a bundled model or of a plug-in, or the path of a model file.
        head: The head of a model file to use; plug-ins have only the default.
        device: The device on which a model file runs.

    Raises:
        PluginError: The plug-in does not work, or a head other than the default is requested.
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
    """Return the plug-in with the name of a classifier; None for a bundled model or a file.

    Raises:
        PluginError: Two packages have a classifier of this name.
    """
    return None if name in bundled_models() else find_plugin(PluginKind.CLASSIFIER, name)
