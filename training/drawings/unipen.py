"""UNIPEN's isolated digits: pen strokes of many writers, found or downloaded, checked and read.

Category 1a of UNIPEN train_r01_v07: digits written one by one with an electronic pen. A file under
``unipen/data/1a/<site>/`` says which pen movements make which digit; the movements stand in the
files that it includes, under ``unipen/include/``. Writers, as found in the files:

    site  digits  writers
    syn     4554       17   a file each
    ibm     1571       12   ``.WRITER_ID r03-12`` is session 3 of writer 12: 22 files of 12 writers
    gmd     1145        3   a file each
    app     1046       14   5 to 11 files each; the donor is apa's, but no writer is in both
    apa      692        9   2 to 13 files each
    tos      543       57   a file, or two, each
    aga      405       14   a file each
    imp      257       34   family names: two people of one name are taken for one
    art      170        3   two files each
    pri       78        3   five files each
    ceb       16        2   the donor is cea's
    cea        7        3
    lou        7        1

The y axis points up at every site. At least 84 of the 10,488 labels do not fit their ink, 81 of
them at ibm. Most often not the label is wrong but a stroke is missing (fours and eights without
their second stroke, zeros of which there is only the slash).

Reference: Guyon et al., "UNIPEN project of on-line data exchange and recognizer benchmarks",
ICPR 1994.
"""

import dataclasses
import hashlib
import logging
import re
import tarfile
import tempfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from model.errors import ConfigError, DataError
from training.drawings.unipen_format import PenFile, read_pen_file

logger = logging.getLogger(__name__)

COMMIT = "552a4d440bc94bb34710650c0826be7deb986f7c"
ARCHIVE = f"https://codeload.github.com/GreenCappuccino/train_r01_v07/tar.gz/{COMMIT}"

# The sites, each with the digest of its digits (``digest``). Checksums of the files would not do:
# copies differ in their headers, as some leave out the donors' addresses.
SITES: Mapping[str, str] = {
    "aga": "36b590b254e1c90c1afb4ad89f0105c9ae96b6da2db81a1ba11540b588005471",
    "apa": "586141b4348deabcc8c64d7e2334249ec3ffb5ded727003d189b5c351283df18",
    "app": "8d057d74f39568b4b37c0b25a1bdd24df31b905c93953026cd22c80fd1d18879",
    "art": "ad010a4f9aaff264e3bc61db7fb3cf1cd0c1d030226dbacce885488b345c4498",
    "cea": "0f3ccc0f509e043cebc0e025300d9d0554d1bbed4130c802059bc99857f616f7",
    "ceb": "ff0a4a0f1dd629b8427d6c065563f86407d3177940276c365b44c16b88695c86",
    "gmd": "d1a7a7f382864e0d5cc754a7bfc4c48eaa71fa96c5ec955ce6763e9f65695fa9",
    "ibm": "38ce2885c8bd149abd6a23c551278bdd56b6a29696dfdbe12afd686ba98425e0",
    "imp": "c4bde827a7228f574e7e484ea64764f231f6fd649a4082cd1e159b038db160a2",
    "lou": "955676bc29e00d211a628b7038a9e101c595b385e52aa83c62491154e9e8ba8b",
    "pri": "909a3c990e0e385da814163a52f1514fbd2d9240f9ebfd1140960ca1350bf87c",
    "syn": "937c26a8ff40b40fd35310f6d0bfeb082641982e93b9315dd9711789bcc818e1",
    "tos": "fedb0cbb48025456ce7e87225250ff81e3b36b3b2dd798f658c602d535d1dbc0",
}

CATEGORIES = ("1a", "1b", "1c", "1d")
"""Digits, capitals, small letters and symbols, each written one by one."""
_INCLUDE = re.compile(r"^\.INCLUDE\s+(\S+)", re.MULTILINE)
_LABELS = frozenset("0123456789")
# Sites of one donor: the same name in both would be the same writer.
_DONORS = {"apa": "apple", "app": "apple", "cea": "cedar", "ceb": "cedar"}


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class PenDigit:
    """One digit as it was written.

    Attributes:
        label: 0 to 9, as the site says; wrong for about one in twenty of ibm's.
        site: Who gave it: a folder of ``data/1a``.
        writer: Who wrote it, as ``<donor>/<name>``: a writer is in one split only.
        strokes: The points (P, 2) of each time that the pen was down, float32, P >= 1: x to the
            right, y down, both axes to one scale, which differs from site to site.
    """

    label: int
    site: str
    writer: str
    strokes: tuple[NDArray[np.float32], ...]

    @property
    def is_degenerate(self) -> bool:
        """Whether there is nothing to see: the pen was never down, or never moved."""
        return not self.strokes or not np.ptp(np.concatenate(self.strokes), axis=0).any()


def load_unipen(
    data_dir: Path, sites: Collection[str] | None = None, *, keep_degenerate: bool = False
) -> list[PenDigit]:
    """Reads the isolated digits, fetching them where they are missing.

    Args:
        data_dir: Holds ``unipen/data/1a`` and ``unipen/include``.
        sites: Some of ``SITES``; all where None.
        keep_degenerate: Whether to return segments that show no digit too (``PenDigit``): three of
            the 10,491, all of ibm, single points. They are left out otherwise.

    Returns:
        Digits in the order of site, file and segment, the same on every machine.

    Raises:
        ConfigError: No such site.
        DataError: Files are missing and could not be fetched, or are not what they should be.
    """
    chosen = sorted(SITES if sites is None else set(sites))
    if unknown := set(chosen) - set(SITES):
        raise ConfigError(f"expected sites of {sorted(SITES)}, got {sorted(unknown)}")
    ensure_unipen(data_dir)
    digits: list[PenDigit] = []
    for site in chosen:
        of_site = read_site(data_dir / "unipen", site)
        _check(of_site, site, SITES[site], data_dir / "unipen")
        digits += [digit for digit in of_site if keep_degenerate or not digit.is_degenerate]
    return digits


def read_site(root: Path, site: str) -> list[PenDigit]:
    """Reads every segment of one site, unchecked and degenerate ones included.

    Args:
        root: Holds ``data/1a/<site>`` and ``include``.
        site: A folder of ``data/1a``.

    Raises:
        DataError: The site or a file of pen data is missing, or a segment names what is not there.
    """
    paths = sorted((root / "data" / "1a" / site).rglob("*.dat"))
    if not paths:
        raise DataError(f"expected files of digits under {root / 'data' / '1a' / site}, found none")
    return [digit for path in paths for digit in _read_file(path, root / "include", site)]


def digest(digits: Iterable[PenDigit]) -> str:
    """Returns the SHA-256 of the labels and points of digits, in their order."""
    sha256 = hashlib.sha256()
    for digit in digits:
        lengths = [len(stroke) for stroke in digit.strokes]
        sha256.update(f"{digit.label} {lengths}\n".encode())
        for stroke in digit.strokes:
            sha256.update(stroke.astype("<f4").tobytes())
    return sha256.hexdigest()


def ensure_unipen(
    data_dir: Path, archive: str = ARCHIVE, sites: Mapping[str, str] | None = None
) -> None:
    """Fetches UNIPEN's isolated digits, with a progress bar, where there is no ``unipen`` folder.

    Only files of ``CATEGORIES`` and what they include are taken from the archive, and only of the
    sites asked for. The folder appears when all of it is there and every site's digest is right,
    or not at all.

    Args:
        data_dir: Holds ``unipen/``; written to only where that is missing.
        archive: The address of a tar.gz whose one folder holds ``data/1a`` and ``include``.
        sites: Name and ``digest`` of each site to take, ``SITES`` where None.

    Raises:
        DataError: The archive could not be fetched or is not what it should be, or there is a
            ``unipen`` folder without digits.
    """
    sites = SITES if sites is None else sites
    target = data_dir / "unipen"
    if (target / "data" / "1a").is_dir():
        return
    advice = (
        f"Unpack {archive} and put its data/ and include/ into {target}/ by hand, or set DATA_DIR "
        "to a folder that holds unipen/."
    )
    if target.exists():
        raise DataError(f"expected data/1a in {target}, found none. {advice}")
    logger.warning("%s is missing: fetching it", target)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        # Beside the target: a rename within a file system is all or nothing.
        with tempfile.TemporaryDirectory(prefix="unipen-", dir=data_dir) as folder:
            packed, unpacked = Path(folder, "archive.tar.gz"), Path(folder, "unipen")
            _download(archive, packed)
            with tarfile.open(packed, "r:gz") as tar:
                _extract(tar, unpacked, sites)
            for site, expected in sites.items():
                _check(read_site(unpacked, site), site, expected, archive)
            unpacked.rename(target)
    except (urllib.error.URLError, OSError, tarfile.TarError, zlib.error, EOFError) as error:
        raise DataError(
            f"{target} is missing and could not be fetched: {archive} ({error}). {advice}"
        ) from error


def _check(digits: list[PenDigit], site: str, expected: str, source: object) -> None:
    found = digest(digits)
    if found != expected:
        raise DataError(
            f"{source}: expected the digits of site {site} to have SHA-256 {expected}, found "
            f"{len(digits)} with {found}. They are damaged or of another release: see {ARCHIVE}."
        )


def _download(address: str, path: Path) -> None:
    with urllib.request.urlopen(address, timeout=60) as response, path.open("wb") as file:  # noqa: S310 (a constant)
        # A tarball made on demand comes without a length: the bar then counts up.
        length = response.headers["Content-Length"]
        total = int(length) if length else None
        with tqdm(desc="UNIPEN", total=total, unit="B", unit_scale=True) as bar:
            while block := response.read(1 << 18):
                file.write(block)
                bar.update(len(block))


def _extract(tar: tarfile.TarFile, folder: Path, sites: Collection[str]) -> None:
    """Writes the chosen files below ``folder``, under names that cannot lead out of it."""
    members: dict[PurePosixPath, tarfile.TarInfo] = {}
    for member in tar:
        parts = PurePosixPath(member.name).parts[1:]  # the archive's one folder goes
        # Links and devices are none of ours, nor is a path that climbs.
        if member.isfile() and parts and ".." not in parts:
            members[PurePosixPath(*parts)] = member
    wanted = [
        path
        for path in members
        if path.parts[0] == "data"
        and len(path.parts) > 2
        and path.parts[1] in CATEGORIES
        and path.parts[2] in sites
    ]
    wanted += [path for path in members if path.parts[0].startswith("LICENSE")]
    written: set[PurePosixPath] = set()
    while wanted:
        included: list[PurePosixPath] = []
        # In the archive's order: going back would unpack it from the start again.
        for path in sorted(wanted, key=lambda path: members[path].offset):
            file = tar.extractfile(members[path])
            assert file is not None  # it is a file
            content = file.read()
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
            included += [
                PurePosixPath("include", name)
                for name in _INCLUDE.findall(content.decode("latin-1"))
            ]
        written.update(wanted)
        wanted = [
            path for path in dict.fromkeys(included) if path in members and path not in written
        ]


def writer_name(pen: PenFile, path: Path, site: str) -> str:
    """Returns who wrote a file, as ``<donor>/<name>``."""
    name = pen.values.get("WRITER_ID", path.stem).lower()
    if site == "ibm":
        name = name.rpartition("-")[2]
    return f"{_DONORS.get(site, site)}/{name}"


def _read_file(path: Path, include: Path, site: str) -> Iterator[PenDigit]:
    pen = read_pen_file(path, include)
    writer = writer_name(pen, path, site)
    for components, label in pen.segments:
        if label not in _LABELS:
            raise DataError(f"{path}: expected labels 0 to 9, found {label!r} on {components}")
        try:
            yield PenDigit(int(label), site, writer, pen.strokes(components))
        except DataError as error:
            raise DataError(f"{path}: {error}") from error
