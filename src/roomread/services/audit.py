"""Record in the audit log the actions of principals."""

from __future__ import annotations

import logging

# The service sends this logger to a file; on the command line nothing listens to it.
AUDIT_LOGGER = "roomread.audit"
_AUDIT = logging.getLogger(AUDIT_LOGGER)


def audit(event: str, **fields: object) -> None:
    """Record in the audit log who did what, and from which address."""
    _AUDIT.info(event, extra={"fields": fields})
