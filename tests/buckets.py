"""A bucket in memory."""

from __future__ import annotations

from fsspec.implementations.memory import MemoryFileSystem


class Bucket(MemoryFileSystem):  # type: ignore[misc]
    """An fsspec file system in memory, under a URL scheme that only one test uses."""

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + path.rpartition("://")[2].strip("/")
