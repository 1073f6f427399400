"""Record the actions of principals in the audit log."""

from __future__ import annotations

import logging

# The service writes this logger's records to a file; the command line discards them.
AUDIT_LOGGER = "roomread.audit"
_AUDIT = logging.getLogger(AUDIT_LOGGER)


def audit(event: str, **fields: object) -> None:
    """Write an event into the audit log.

    Args:
        event: The name of the action, such as "session deleted".
        fields: The details, such as the principal and the id of the session.
    """
    _AUDIT.info(event, extra={"fields": fields})
