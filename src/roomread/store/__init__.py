"""Store recorded sessions, and the data of the service, such as accounts, jobs and rooms."""

from roomread.room.session import Mark, Passage, Person, Session, State
from roomread.store.account_store import Account, AccountStore
from roomread.store.job_records import JobRecord, JobState
from roomread.store.job_store import JobStore, OwnerJobs
from roomread.store.lease_renewal import LeaseRenewal
from roomread.store.leases import Lease, Leases
from roomread.store.operator_store import OperatorStore
from roomread.store.owner_store import OwnerStore
from roomread.store.packing import StoredReadings
from roomread.store.profile_rows import OwnerProfiles
from roomread.store.recorder import Recorder
from roomread.store.records import LOCAL_OWNER
from roomread.store.room_store import OwnerRooms, RoomRecord, RoomStore
from roomread.store.session_listing import OwnerListing, SessionHeading
from roomread.store.store import Store

__all__ = [
    "LOCAL_OWNER",
    "Account",
    "AccountStore",
    "JobRecord",
    "JobState",
    "JobStore",
    "Lease",
    "LeaseRenewal",
    "Leases",
    "Mark",
    "OperatorStore",
    "OwnerJobs",
    "OwnerListing",
    "OwnerProfiles",
    "OwnerRooms",
    "OwnerStore",
    "Passage",
    "Person",
    "Recorder",
    "RoomRecord",
    "RoomStore",
    "Session",
    "SessionHeading",
    "State",
    "Store",
    "StoredReadings",
]
