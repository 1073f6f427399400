"""Rooms that students join with a code: their seats, cohorts, self-reports and receipts.

The package uses no clock, socket or database. Callers pass times in seconds of one monotonic clock.
"""

from roomread.joining.codes import format_code, new_code, parse_code
from roomread.joining.cohorts import COHORT, Cohorts
from roomread.joining.messages import (
    FaceMessage,
    JoinMessage,
    LeaveMessage,
    Message,
    MessageError,
    PauseMessage,
    SayMessage,
    parse_message,
)
from roomread.joining.open_room import OpenRoom, RoomFrame, RoomFullError
from roomread.joining.receipts import SeatTokens, check_receipt, make_receipt
from roomread.joining.reports import ReportCounts, RoomStatus, Say

__all__ = [
    "COHORT",
    "Cohorts",
    "FaceMessage",
    "JoinMessage",
    "LeaveMessage",
    "Message",
    "MessageError",
    "OpenRoom",
    "PauseMessage",
    "ReportCounts",
    "RoomFrame",
    "RoomFullError",
    "RoomStatus",
    "Say",
    "SayMessage",
    "SeatTokens",
    "check_receipt",
    "format_code",
    "make_receipt",
    "new_code",
    "parse_code",
    "parse_message",
]
