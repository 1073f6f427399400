"""Read pictures, videos, cameras and streams; write annotated copies."""

from roomread.media.excerpts import open_excerpt
from roomread.media.files import atomic_path, existing_name, is_file, is_folder, make_folder
from roomread.media.folders import MediaFolder, find_media, search_folder
from roomread.media.hiding import FaceHider, FoundFaces, HideMethod, boxes_around, hide_boxes
from roomread.media.images import notes_of, read_image, write_image
from roomread.media.kinds import PICTURE_SUFFIXES, VIDEO_SUFFIXES, WRITABLE_PICTURE_SUFFIXES
from roomread.media.latest_frame import LatestFrame
from roomread.media.opening import Opening, is_opening, open_video
from roomread.media.overlay import draw_readings
from roomread.media.screens import Part
from roomread.media.signal import SignalCheck
from roomread.media.sources import Source, open_source, open_upload
from roomread.media.urls import local_path
from roomread.media.videos import WHOLE, Span, VideoReader, cut_points
from roomread.media.writers import WRITABLE_VIDEO_SUFFIXES, SoundSource, VideoWriter

__all__ = [
    "PICTURE_SUFFIXES",
    "VIDEO_SUFFIXES",
    "WHOLE",
    "WRITABLE_PICTURE_SUFFIXES",
    "WRITABLE_VIDEO_SUFFIXES",
    "FaceHider",
    "FoundFaces",
    "HideMethod",
    "LatestFrame",
    "MediaFolder",
    "Opening",
    "Part",
    "SignalCheck",
    "SoundSource",
    "Source",
    "Span",
    "VideoReader",
    "VideoWriter",
    "atomic_path",
    "boxes_around",
    "cut_points",
    "draw_readings",
    "existing_name",
    "find_media",
    "hide_boxes",
    "is_file",
    "is_folder",
    "is_opening",
    "local_path",
    "make_folder",
    "notes_of",
    "open_excerpt",
    "open_source",
    "open_upload",
    "open_video",
    "read_image",
    "search_folder",
    "write_image",
]
