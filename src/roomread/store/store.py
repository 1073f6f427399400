"""Open the database of an installation and give access to the data of its owners."""

from __future__ import annotations

import secrets

from roomread.store.account_store import AccountStore
from roomread.store.database import Database
from roomread.store.job_store import JobStore
from roomread.store.leases import Leases
from roomread.store.operator_store import OperatorStore
from roomread.store.owner_store import OwnerStore
from roomread.store.room_store import RoomStore


class Store:
    """The database of one installation, which threads and processes may share.

    Opening it creates missing tables and migrates old ones. It deletes no data.

    Args:
        url: `sqlite:///path/of/file.db` or `postgresql://user:password@host/name`.

    Raises:
        DatabaseError: The database cannot be opened. All methods raise it if the database fails.
        MissingExtraError: The URL names PostgreSQL, and the extra `postgres` is not installed.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        # The id under which this process holds leases.
        self._process_id = secrets.token_hex(8)

    @property
    def name(self) -> str:
        """The name of the database for messages, without a password."""
        return str(self._database)

    def owned_by(self, owner: str) -> OwnerStore:
        """Return the store of one owner, through which all of that owner's data is accessed.

        Args:
            owner: `LOCAL_OWNER` for the computer's own user, or the service's id of a user or key.
        """
        return OwnerStore(self._database, owner, self._process_id)

    @property
    def operator(self) -> OperatorStore:
        """The operator's access to the sessions of all owners."""
        return OperatorStore(self._database)

    @property
    def accounts(self) -> AccountStore:
        """The users, keys and sign-ins of the installation."""
        return AccountStore(self._database)

    @property
    def jobs(self) -> JobStore:
        """The jobs of all owners, for the processes that read the videos."""
        return JobStore(self._database)

    @property
    def rooms(self) -> RoomStore:
        """The rooms of all owners, for students who join and for the process that serves them."""
        return RoomStore(self._database)

    def leases(self, address: str = "") -> Leases:
        """Return the leases of this process.

        Args:
            address: The URL of this process; empty if the process has no URL.
        """
        return Leases(self._database, self._process_id, address)

    @property
    def is_shared(self) -> bool:
        """Whether several processes of the service may use this database at once."""
        return self._database.is_shared

    def close(self) -> None:
        """Close all connections; objects returned by this store cannot be used afterwards."""
        self._database.close()
