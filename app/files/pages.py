"""The pages of a file: of an ordinary picture one, of a TIFF or PDF any number.

TIFF and PDF are read on the command line alone: a person's own files are trusted more than what is
posted to a service.
"""

import io
import re
import stat
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from app.reading.errors import PictureTooLargeError, printable
from app.reading.images import LONGEST_SIDE, decode_opened
from app.settings import Settings
from model.errors import ConfigError, PictureError

DOTS_PER_INCH = 300
"""Of a PDF's pages, as of most scanners."""
_POINTS_PER_INCH = 72
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD

# TIFF 6.0, section 8: the bits of NewSubfileType.
_SUBFILE_TYPE, _IS_THUMBNAIL, _IS_MASK = 254, 1, 4


class Pages(Protocol):
    """An open file."""

    count: int

    def picture(self, number: int) -> NDArray[np.uint8] | str:
        """Returns page ``number``, from 1, as pixels (H, W) or (H, W, 3) or the path of a picture.

        Raises:
            PictureError: It is damaged or too large.
        """

    def close(self) -> None:
        """Lets go of the file."""


def open_pages(path: str, settings: Settings, longest_side: int = LONGEST_SIDE) -> Pages:
    """Opens a file; what it is follows from how it begins, whatever its name.

    Args:
        path: Of the file.
        settings: Limits.
        longest_side: To which side pages of documents are decoded, pixels.

    Raises:
        PictureError: It cannot be opened; which picture is none, its reader says later.
    """
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):  # to open a pipe would mean to wait for its writer
            raise PictureError("expected a file, found a device, a pipe or a folder")
        with Path(path).open("rb") as file:
            start = file.read(1024)
    except OSError as error:
        raise PictureError(f"the file cannot be read: {error.strerror}") from error
    if b"%PDF-" in start:
        return _Pdf(path, settings, longest_side)
    if re.match(rb"II[*+]\0|MM\0[*+]", start):
        return _Tiff(path, settings, longest_side)
    if status.st_size > (limit := settings.max_picture_bytes):
        expected = f"expected a picture of at most {limit} bytes"
        raise PictureTooLargeError(f"{expected}, got {status.st_size}")
    return _Picture(path)


class _Picture:
    """An ordinary picture, which the reader opens itself."""

    count = 1

    def __init__(self, path: str) -> None:
        self._path = path

    def picture(self, number: int) -> str:
        assert number == 1
        return self._path

    def close(self) -> None: ...


class _Tiff:
    """Its pictures, without previews and masks."""

    def __init__(self, path: str, settings: Settings, longest_side: int) -> None:
        self._limit = settings.max_picture_pixels
        self._longest_side = longest_side
        # Of what it opens by a path Pillow maps uncompressed pixels into memory, and then mixes up
        # rows and columns of those that lie on their side: findings/pillow-tiff-mmap-orientation.sh
        self._file = io.BufferedReader(io.FileIO(path))
        try:
            self._picture = self._open()
            frames = range(self._picture.n_frames)
            self._frames = [frame for frame in frames if _is_page(self._picture, frame)] or [0]
        except Exception as error:  # see ``app.reading.images.open_picture``
            self.close()
            raise PictureError(f"the TIFF cannot be opened: {_reason(error)}") from error
        self.count = len(self._frames)

    def picture(self, number: int) -> NDArray[np.uint8]:
        frame = self._frames[number - 1]
        try:
            if self._picture.tell() >= frame:  # what was decoded is not decoded again
                self._picture = self._open()
            picture = self._picture
            picture.seek(frame)
        except Exception as error:
            raise PictureError(f"the page cannot be opened: {_reason(error)}") from error
        width, height = picture.size
        if width * height > self._limit:
            expected = f"expected a page of at most {self._limit} pixels"
            raise PictureTooLargeError(f"{expected}, got {width}x{height}")
        if picture.mode in {"I", "F"}:
            raise PictureError("expected 1 to 16 bits without a sign, got numbers of 32 bits")
        return decode_opened(picture, self._longest_side).pixels

    def close(self) -> None:
        self._file.close()

    def _open(self) -> TiffImageFile:
        self._file.seek(0)
        picture = Image.open(self._file, formats=("TIFF",))
        assert isinstance(picture, TiffImageFile)
        return picture


class _Pdf:
    """Its pages, drawn."""

    def __init__(self, path: str, settings: Settings, longest_side: int) -> None:
        require("pypdfium2", "to read PDF")
        import pypdfium2

        self._limit = settings.max_picture_pixels
        self._longest_side = longest_side
        try:
            self._document = pypdfium2.PdfDocument(Path(path).absolute())
        except pypdfium2.PdfiumError as error:
            if error.err_code == _PASSWORD_ERROR:
                raise PictureError("the PDF is protected by a password") from error
            raise PictureError(f"the PDF is damaged: {_reason(error)}") from error
        except Exception as error:
            raise PictureError(f"the PDF cannot be opened: {_reason(error)}") from error
        self.count = len(self._document)
        if not self.count:
            raise PictureError("the PDF has no pages")

    def picture(self, number: int) -> NDArray[np.uint8]:
        try:
            page = self._document[number - 1]
            drawn = self._draw(page)
            page.close()
        except MemoryError:
            raise
        except Exception as error:  # of ctypes as well
            raise PictureError(f"the page cannot be drawn: {_reason(error)}") from error
        return decode_opened(drawn, self._longest_side).pixels

    def _draw(self, page: Any) -> Image.Image:
        width, height = page.get_size()
        scale = DOTS_PER_INCH / _POINTS_PER_INCH
        # Of posters fewer dots are enough.
        scale *= min(1.0, (self._limit / (width * scale * height * scale)) ** 0.5)
        bitmap = page.render(scale=scale)
        try:
            picture: Image.Image = bitmap.to_pil().copy()  # not in memory that is the bitmap's
        finally:
            bitmap.close()
        return picture

    def close(self) -> None:
        self._document.close()


def require(library: str, purpose: str) -> None:
    """Raises ConfigError where a library of the extra ``files`` is not installed."""
    try:
        import_module(library)
    except ImportError as error:
        install = "python -m pip install --constraint constraints.txt --editable '.[files]'"
        message = f"{purpose} needs {library}, which is not installed here: {install}"
        raise ConfigError(message) from error


def _is_page(picture: TiffImageFile, frame: int) -> bool:
    """Tells a page from what belongs to one; what cannot be told is said when it is read."""
    try:
        picture.seek(frame)
        return not int(picture.tag_v2.get(_SUBFILE_TYPE, 0)) & (_IS_THUMBNAIL | _IS_MASK)
    except Exception:
        return True


def _reason(error: Exception) -> str:
    return printable(str(error) or type(error).__name__, 200)
