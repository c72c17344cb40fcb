"""UNIPEN: the format, who wrote what, the checks, and fetching what is missing."""

import collections
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model.errors import ConfigError, DataError
from training.drawings import unipen
from training.drawings.unipen import PenDigit, digest, ensure_unipen, load_unipen, read_site
from training.drawings.unipen_format import read_pen_file

SEGMENTS = """.VERSION 1.0
.INCLUDE one/one.doc
.INCLUDE one/data/anna.dat
.SEGMENT CHARACTER 0 ? "1"
.SEGMENT CHARACTER 1-2,4 OK "4"
.SEGMENT CHARACTER 4:1-5:0 ? "7"
"""
DESCRIPTION = """.COORD T Y X
.X_POINTS_PER_INCH 100
.Y_POINTS_PER_INCH 200
.COMMENT Y before X, and points twice as dense downwards
"""
# Components: 0 down, 1 down, (an empty pen-up: none), 2 up, 3 up, 4 down, 5 down.
PEN = """.WRITER_ID Anna
.PEN_DOWN
0 200 1
1 100 1
.PEN_DOWN
2 10 5
.PEN_UP
.DT 100
.PEN_UP
3 10 6
.PEN_UP
4 10 7
.PEN_DOWN
5 40 8
6 60 9
.START_BOX
.PEN_DOWN
7 80 3
8 80 4
"""


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


FILES = {
    "data/1a/one/anna.dat": SEGMENTS,
    "include/one/one.doc": DESCRIPTION,
    "include/one/data/anna.dat": PEN,
}


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    return write(tmp_path / "made-up", FILES)


@pytest.fixture(scope="module")
def digits(unipen_dir: Path) -> list[PenDigit]:
    return load_unipen(unipen_dir, keep_degenerate=True)


def test_every_segment_of_the_shared_sites_is_read(digits: list[PenDigit]) -> None:
    assert len(digits) == 10_491
    by_site = collections.Counter(digit.site for digit in digits)
    assert by_site == {
        "syn": 4554, "ibm": 1571, "gmd": 1145, "app": 1046, "apa": 692, "tos": 543, "aga": 405,
        "imp": 257, "art": 170, "pri": 78, "ceb": 16, "cea": 7, "lou": 7,
    }  # fmt: skip
    by_label = collections.Counter(digit.label for digit in digits)
    assert [by_label[label] for label in range(10)] == [
        1164, 1115, 1088, 1058, 1061, 987, 1033, 971, 1004, 1010,
    ]  # fmt: skip


def test_every_writer_is_one_whatever_files_he_filled(digits: list[PenDigit]) -> None:
    writers: dict[str, set[str]] = {}
    for digit in digits:
        writers.setdefault(digit.site, set()).add(digit.writer)
    assert {site: len(names) for site, names in writers.items()} == {
        "syn": 17, "ibm": 12, "gmd": 3, "app": 14, "apa": 9, "tos": 57, "aga": 14,
        "imp": 34, "art": 3, "pri": 3, "ceb": 2, "cea": 3, "lou": 1,
    }  # fmt: skip
    assert not writers["apa"] & writers["app"]


def test_segments_that_show_nothing_are_left_out(unipen_dir: Path, digits: list[PenDigit]) -> None:
    degenerate = [digit for digit in digits if digit.is_degenerate]
    assert [digit.site for digit in degenerate] == ["ibm"] * 3
    assert len(load_unipen(unipen_dir, {"ibm"})) == 1568


def test_y_points_down_at_every_site(digits: list[PenDigit]) -> None:
    """A seven's ink lies in its upper half, mirrored it lies in the lower."""
    for site in set(unipen.SITES) - {"cea", "ceb", "lou"}:
        places = []
        for digit in digits:
            if digit.site == site and digit.label == 7:
                stroke = digit.strokes[0]
                x, y = (stroke - stroke.min(0)).T / max(np.ptp(stroke, axis=0).max(), 1)
                places.append(y[x > 0.6 * x.max()].mean() - np.ptp(y) / 2)
        assert np.mean(places) < 0, site


@pytest.mark.parametrize("points", ["0", "-1", "nan", "inf", "many"])
def test_points_an_inch_that_cannot_be_are_an_error_of_the_data(
    tmp_path: Path, points: str
) -> None:
    damaged = DESCRIPTION.replace("INCH 200", f"INCH {points}")
    root = write(tmp_path, FILES | {"include/one/one.doc": damaged})
    with pytest.raises(DataError, match="components 0 cannot be read"):
        read_site(root, "one")


def test_a_file_that_includes_itself_is_an_error_of_the_data(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        FILES
        | {
            "include/one/one.doc": ".INCLUDE one/two.doc\n",
            "include/one/two.doc": ".INCLUDE one/one.doc\n",
        },
    )
    with pytest.raises(DataError, match=r"one\.doc: expected a file that does not include itself"):
        read_site(root, "one")


@pytest.mark.parametrize("name", ["", "x" * 5000, "one", "a\0b"])
def test_an_include_that_names_no_file_is_passed_over(tmp_path: Path, name: str) -> None:
    root = write(tmp_path, FILES | {"include/one/one.doc": f".INCLUDE {name}\n{DESCRIPTION}"})
    assert [digit.label for digit in read_site(root, "one")] == [1, 4, 7]


def test_sites_can_be_chosen_and_their_order_does_not_matter(unipen_dir: Path) -> None:
    some = load_unipen(unipen_dir, ["pri", "art"])
    assert [digit.site for digit in some] == ["art"] * 170 + ["pri"] * 78
    with pytest.raises(ConfigError, match=r"expected sites of .*got \['nowhere'\]"):
        load_unipen(unipen_dir, ["art", "nowhere"])


def test_components_columns_and_scale_are_read_as_the_format_says(made_up: Path) -> None:
    one, four, seven = read_site(made_up, "one")
    assert (one.label, one.site, one.writer) == (1, "one", "one/anna")
    assert one.strokes[0].tolist() == [[1, -100], [1, -50]]  # x right, y down, in units of x
    assert one.strokes[0].dtype == np.float32
    # The recorded pen-ups, components 2 and 3, count but leave no ink.
    assert [stroke.tolist() for stroke in four.strokes] == [[[5, -5]], [[8, -20], [9, -30]]]
    # From point 1 of component 4 to point 0 of component 5.
    assert [stroke.tolist() for stroke in seven.strokes] == [[[9, -30]], [[3, -40]]]


def test_a_single_point_is_degenerate_and_a_stroke_is_not(made_up: Path) -> None:
    point = np.zeros((2, 2), np.float32)
    assert PenDigit(1, "one", "one/anna", (point,)).is_degenerate
    assert PenDigit(1, "one", "one/anna", ()).is_degenerate
    assert not read_site(made_up, "one")[0].is_degenerate


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"data/1a/one/anna.dat": SEGMENTS + '.SEGMENT CHARACTER 9 ? "1"\n'}, "components 9"),
        ({"data/1a/one/anna.dat": SEGMENTS + '.SEGMENT CHARACTER 1-- ? "1"\n'}, "expected 3, 5-7"),
        ({"data/1a/one/anna.dat": SEGMENTS + '.SEGMENT CHARACTER 1 ? "a"\n'}, "labels 0 to 9"),
        ({"data/1a/one/anna.dat": ".INCLUDE one/lost.dat\n"}, "expected the pen data"),
        ({"include/one/one.doc": ".COORD X Y T P\n"}, "cannot be read"),
    ],
)
def test_a_damaged_file_is_named(made_up: Path, files: dict[str, str], message: str) -> None:
    write(made_up, files)
    with pytest.raises(DataError, match=f"anna.dat.*{message}"):
        read_site(made_up, "one")


def test_a_missing_description_leaves_the_usual_columns(made_up: Path) -> None:
    write(
        made_up, {"data/1a/one/anna.dat": SEGMENTS, "include/one/data/anna.dat": ".PEN_DOWN\n1 2"}
    )
    (made_up / "include/one/one.doc").unlink()
    pen = read_pen_file(made_up / "data/1a/one/anna.dat", made_up / "include")
    assert pen.strokes("0")[0].tolist() == [[1, -2]]


def test_damaged_digits_are_refused(tmp_path: Path) -> None:
    moved = {name.replace("one", "lou"): text for name, text in FILES.items()}
    moved["data/1a/lou/anna.dat"] = SEGMENTS.replace("one", "lou")
    write(tmp_path / "unipen", moved)
    with pytest.raises(DataError, match="expected the digits of site lou to have SHA-256"):
        load_unipen(tmp_path, ["lou"])


class Server:
    """A server of one archive on this machine, and the list of what was asked of it."""

    def __init__(self) -> None:
        self.content = b""
        self.asked: list[str] = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(server.content)

            def log_message(self, *args: object) -> None: ...

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}/archive"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever)
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


def pack(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"upstream-1/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("upstream-1/data/1a/one/link.dat")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return packed.getvalue()


MORE = {
    "LICENSE": "free",
    "data/1a/two/bob.dat": SEGMENTS,
    "data/1b/one/anna.dat": SEGMENTS,
    "data/2/one/anna.dat": SEGMENTS,
    "include/one/data/unused.dat": PEN,
    "include/../../../outside.dat": PEN,
}


def test_what_is_missing_is_fetched_checked_and_not_fetched_again(
    tmp_path: Path, server: Server, made_up: Path
) -> None:
    server.content = pack(FILES | MORE)
    sites = {"one": digest(read_site(made_up, "one"))}
    folder = tmp_path / "data"
    ensure_unipen(folder, server.address, sites)
    found = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() or p.is_symlink()}
    # Nothing of other sites and categories, no link, nothing outside.
    letters = "unipen/data/1b/one/anna.dat"
    assert found == {"unipen/LICENSE", letters} | {f"unipen/{name}" for name in FILES}
    assert not list(tmp_path.rglob("outside.dat"))
    assert digest(read_site(folder / "unipen", "one")) == sites["one"]
    ensure_unipen(folder, server.address, sites)
    assert len(server.asked) == 1


@pytest.mark.parametrize("kind", ["wrong digits", "half an archive", "no archive", "empty"])
def test_a_bad_archive_leaves_nothing_behind(
    tmp_path: Path, server: Server, made_up: Path, kind: str
) -> None:
    whole = pack(FILES | MORE)
    server.content = {
        "wrong digits": pack(FILES | {"include/one/data/anna.dat": PEN.replace("60 9", "60 8")}),
        "half an archive": whole[: len(whole) // 2],
        "no archive": b"<html>",
        "empty": pack({}),
    }[kind]
    with pytest.raises(DataError, match=r"expected|could not be fetched"):
        ensure_unipen(tmp_path / "data", server.address, {"one": digest(read_site(made_up, "one"))})
    assert not list((tmp_path / "data").iterdir())


def test_without_a_network_the_error_says_what_to_do(tmp_path: Path, server: Server) -> None:
    nobody = server.address.replace("/archive", "").rsplit(":", 1)[0] + ":1/archive"
    with pytest.raises(DataError, match=r"is missing and could not be fetched.*set DATA_DIR"):
        ensure_unipen(tmp_path, nobody, {"one": ""})


def test_a_folder_without_digits_is_not_touched(tmp_path: Path, server: Server) -> None:
    write(tmp_path / "unipen", {"mine.txt": "mine"})
    with pytest.raises(DataError, match=r"expected data/1a in .*Unpack"):
        ensure_unipen(tmp_path, server.address, {"one": ""})
    assert not server.asked
