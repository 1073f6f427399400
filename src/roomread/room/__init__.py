"""Compute the mood of a room from readings, and raise alerts."""

from roomread.room.alert import Alert
from roomread.room.attention import Attention
from roomread.room.changes import Change, change_points
from roomread.room.clock import clock
from roomread.room.mood import MIN_PEOPLE, Direction, Interval, RoomMeter, RoomMood
from roomread.room.rules import DEFAULT_RULES, Rule, parse_rules
from roomread.room.seats import Seats
from roomread.room.session import Mark, Passage, Person, Session, State

__all__ = [
    "DEFAULT_RULES",
    "MIN_PEOPLE",
    "Alert",
    "Attention",
    "Change",
    "Direction",
    "Interval",
    "Mark",
    "Passage",
    "Person",
    "RoomMeter",
    "RoomMood",
    "Rule",
    "Seats",
    "Session",
    "State",
    "change_points",
    "clock",
    "parse_rules",
]
