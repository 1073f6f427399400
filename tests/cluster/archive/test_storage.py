from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import fsspec
import pytest

from buckets import Bucket
from roomread.cluster.archive import storage
from roomread.cluster.archive.storage import ArchiveVideo, RangedFile, find_videos, open_file
from roomread.errors import MediaError, OutputError, RoomreadError


class Stream(Bucket):
    """A server that does not support ranges, so that files are read from the beginning."""

    protocol = "stream"

    def _open(self, path: str, *args: Any, **kwargs: Any) -> Any:
        opened = super()._open(path, *args, **kwargs)
        opened.seekable = lambda: False
        return opened


def test_file_on_a_server_without_range_requests_is_read_from_a_temporary_copy() -> None:
    fsspec.register_implementation("stream", Stream, clobber=True)
    fsspec.filesystem("stream").pipe_file("/a.mp4", b"12345")
    with open_file("stream://a.mp4") as copy:
        assert isinstance(copy, Path)
        assert copy.read_bytes() == b"12345"
    assert not copy.parent.exists()


@pytest.mark.parametrize("spec", ["nothing.mp4", "*.mp4", "memory://nowhere/*.mp4", "photo.jpg"])
def test_path_without_videos_is_refused(spec: str, tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        find_videos(spec if "://" in spec else str(tmp_path / spec))


class Empty(Bucket):
    """A bucket of its own for each test."""

    protocol = "empty"


@pytest.fixture
def bucket() -> Any:
    """Return an empty bucket, whose addresses begin with empty://."""
    fsspec.register_implementation("empty", Empty, clobber=True)
    made = fsspec.filesystem("empty")
    made.store.clear()
    made.pseudo_dirs[:] = [""]
    return made


def test_videos_of_a_folder_are_found_without_hidden_files_and_pictures(tmp_path: Path) -> None:
    for name in ("b.mp4", "a.MKV", ".c.mp4", "d.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    for spec in (str(tmp_path), str(tmp_path / "*")):
        found = find_videos(spec)
        assert [Path(video.source).name for video in found] == ["a.MKV", "b.mp4"]
        assert [video.size for video in found] == [1, 1]


def test_fingerprint_of_a_video_changes_with_its_modification_time(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"1")
    (first,) = find_videos(str(path))
    os.utime(path, ns=(1, 1))
    (touched,) = find_videos(str(path))
    assert first.fingerprint != touched.fingerprint
    assert ArchiveVideo("a", 1, "x").fingerprint == ArchiveVideo("b", 1, "x").fingerprint
    assert len(first.fingerprint) == 12


def test_videos_of_a_bucket_are_found_by_folder_pattern_and_name(bucket: Any) -> None:
    for name in ("b.mp4", "a.mkv", ".c.mp4", "d.jpg"):
        bucket.pipe_file(f"/lessons/{name}", b"x")
    for spec in ("empty://lessons", "empty://lessons/*"):
        assert [v.source.rpartition("/")[2] for v in find_videos(spec)] == ["a.mkv", "b.mp4"]
    (one,) = find_videos("empty://lessons/b.mp4")
    assert one.size == 1
    with pytest.raises(MediaError, match="is a picture, not a video"):
        find_videos("empty://lessons/d.jpg")


def test_file_is_written_completely_or_not_at_all(tmp_path: Path, bucket: Any) -> None:
    for address in (str(tmp_path / "new" / "a.txt"), "empty://new/a.txt"):
        with pytest.raises(KeyError), storage.writing(address) as draft:  # noqa: PT012
            draft.write_text("half")
            raise KeyError
        assert storage.list_names(address.rpartition("/")[0]) == set()
        with storage.writing(address) as draft:
            draft.write_text("whole")
        assert storage.read_text(address) == "whole"
        assert storage.list_names(address.rpartition("/")[0]) == {"a.txt"}
    assert bucket.cat_file("/new/a.txt") == b"whole"


def test_files_and_folders_are_removed_and_missing_paths_are_ignored(
    tmp_path: Path, bucket: Any
) -> None:
    for folder in (str(tmp_path / "out"), "empty://out"):
        for name in ("a.txt", "b.txt"):
            with storage.writing(storage.join(folder, name)) as draft:
                draft.write_text("x")
        storage.remove(storage.join(folder, "a.txt"))
        storage.remove(storage.join(folder, "a.txt"))
        assert storage.list_names(folder) == {"b.txt"}
        storage.remove(folder)
        assert storage.list_names(folder) == set()
    assert not bucket.exists("/out")


def test_same_content_has_the_same_digest_on_disk_and_in_a_bucket(
    tmp_path: Path, bucket: Any
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"content")
    bucket.pipe_file("/a.mp4", b"content")
    digests = {
        storage.content_digest(str(tmp_path / "a.mp4")),
        storage.content_digest("empty://a.mp4"),
    }
    assert len(digests) == 1


@pytest.mark.parametrize("source", ["none.mp4", "empty://none.mp4"])
@pytest.mark.usefixtures("bucket")
def test_missing_file_is_reported_with_its_address(source: str) -> None:
    with pytest.raises(MediaError, match=r"none\.mp4: no such file"):
        storage.content_digest(source)


def test_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="out: Not a directory"):
        storage.list_names(str(tmp_path / "out"))
    with (
        pytest.raises(OutputError, match="cannot be written"),
        storage.writing(str(tmp_path / "out" / "a.txt")),
    ):
        pass


def test_address_with_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(RoomreadError, match="nowhere://: is not a supported URL scheme"):
        find_videos("nowhere://a/b.mp4")


class Broken(io.BytesIO):
    """A file whose connection is lost."""

    def read(self, size: int | None = -1) -> bytes:
        raise ConnectionError(f"lost at {size}")


def test_read_after_a_lost_connection_returns_no_bytes_and_keeps_the_error() -> None:
    file = RangedFile(Broken(b"12345"))
    assert file.seek(2) == 2
    assert file.tell() == 2
    assert file.error is None
    assert file.read(3) == b""
    assert isinstance(file.error, ConnectionError)
    assert str(file.error) == "lost at 3"
    assert file.read(1) == b""
    assert str(file.error) == "lost at 3"


def test_folder_and_file_names_are_joined_to_a_path_or_a_url() -> None:
    assert storage.join("out/", "a", "b.parquet") == str(Path("out", "a", "b.parquet"))
    assert storage.join("s3://bucket/", "a", "b.parquet") == "s3://bucket/a/b.parquet"
