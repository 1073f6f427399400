"""Error messages for visitors."""

from __future__ import annotations

from roomread.errors import DatabaseError, RoomreadError
from roomread.formats import error_words
from roomread.services.purpose import PurposeError
from roomread.settings.environment import Settings
from roomread.web.texts import t, words


def message_for(error: RoomreadError, settings: Settings) -> str:
    """Return the text of an error for a visitor.

    Messages of the database contain the operator's files and hosts, so they are shown only to
    visitors who may open local files.
    """
    if isinstance(error, DatabaseError) and not settings.local_files:
        return t("The sessions' database does not answer. Try again in a moment.")
    if isinstance(error, PurposeError):
        problem = problem_text(error.problem)
        return t("{problem}. The page Settings shows the purpose.", problem=problem)
    return error_words.error_text(error, words())


def problem_text(problem: str) -> str:
    """Return a problem in the visitor's language, or in English if there is no translation.

    Args:
        problem: The English text of a problem or an error, such as one that a job has stored.
    """
    return error_words.problem_text(problem, words())


def trouble_text(trouble: str, settings: Settings) -> str:
    """Explain why a recording cannot be written at present, and that its data is kept."""
    why = message_for(DatabaseError(trouble), settings).rstrip(".")
    return t("{reason}. New moments are kept in memory and written later.", reason=why)


def plain(text: str) -> str:
    """Escape the characters of a text that Markdown would interpret."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#+-.!|<>$~:" else c for c in text)


def bold(text: str) -> str:
    """Return a text as bold Markdown; user text must be escaped by `plain` before."""
    return f"**{text}**"
