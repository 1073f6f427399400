"""Choose the page of a TIFF to read, interpret its levels, and recognise raw files of cameras.

Sources: TIFF 6.0 (1992), tags NewSubfileType, PhotometricInterpretation, SampleFormat and SubIFDs;
Adobe DNG 1.7.1 (2023).
"""

from __future__ import annotations

from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from roomread.errors import MediaError

_NEW_SUBFILE_TYPE, _PHOTOMETRIC, _SUB_IFDS, _DNG_VERSION = 254, 262, 330, 50706
_BITS, _SAMPLE_FORMAT = 258, 339
_WHITE_IS_ZERO, _UNSIGNED = 0, 1
# Bits of NewSubfileType: a reduced copy of another page, and a mask of its transparency.
_REDUCED, _MASK = 1, 4
# Photometric interpretations of raw files: colour filter array, and linear raw.
_RAW_PHOTOMETRICS = frozenset({32_803, 34_892})


def main_page(picture: TiffImageFile, name: str) -> int:
    """Return the index of the page to read: the first that is neither a thumbnail nor a mask.

    Photo editors and slide scanners put a thumbnail first or after each page. If all pages are
    marked as thumbnails or masks, the largest is read.

    Args:
        picture: an opened TIFF; it is moved to another page.
        name: the name in messages.

    Raises:
        MediaError: the file is a camera's raw file, of which only a thumbnail could be read.
    """
    sizes = []
    for page in range(picture.n_frames):
        picture.seek(page)
        if _is_raw(picture):
            problem = f"{name}: is a camera's raw file, which cannot be read"
            raise MediaError(problem, hint="save it as JPEG, or use the JPEG that the camera made")
        if _is_whole(picture):
            return page
        sizes.append(picture.width * picture.height)
    return sizes.index(max(sizes))


def count_whole_pages(picture: TiffImageFile) -> int:
    """Return the number of pages that are neither a thumbnail nor a mask, at least 1.

    Args:
        picture: an opened TIFF; it is moved to its last page.
    """
    count = 0
    for page in range(picture.n_frames):
        picture.seek(page)
        count += _is_whole(picture)
    return max(count, 1)


def is_white_zero(picture: Image.Image) -> bool:
    """Return whether a picture is a page of a TIFF and its level 0 means white."""
    return isinstance(picture, TiffImageFile) and picture.tag_v2.get(_PHOTOMETRIC) == _WHITE_IS_ZERO


def is_unsigned(picture: Image.Image) -> bool:
    """Return whether a picture is a page of a TIFF and has unsigned 32-bit levels."""
    if not isinstance(picture, TiffImageFile) or picture.mode != "I":
        return False
    tags = picture.tag_v2
    return tags.get(_BITS) == (32,) and tags.get(_SAMPLE_FORMAT, (_UNSIGNED,)) == (_UNSIGNED,)


def _is_whole(picture: TiffImageFile) -> bool:
    return not picture.tag_v2.get(_NEW_SUBFILE_TYPE, 0) & (_REDUCED | _MASK)


def _is_raw(picture: TiffImageFile) -> bool:
    """Return whether a page belongs to a camera's raw file.

    A page belongs to a raw file if its tags say so, or if the page is a thumbnail or mask with
    sub-pages, because one of the sub-pages is then the raw picture.
    """
    tags = picture.tag_v2
    if _DNG_VERSION in tags or tags.get(_PHOTOMETRIC) in _RAW_PHOTOMETRICS:
        return True
    return _SUB_IFDS in tags and not _is_whole(picture)
