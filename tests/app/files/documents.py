"""Folders of pictures and documents, made up, for tests that read many files."""

import io
from pathlib import Path

from PIL import Image

from tests.app.running import GRID


def grid(side: int = 300) -> Image.Image:
    """The example: a 7, a 1, a blank, a 4."""
    return Image.open(io.BytesIO(GRID)).convert("L").resize((side, side))


def page() -> Image.Image:
    """A page on which nothing is written."""
    return Image.new("L", (300, 300), 255)


def write_folder(folder: Path, count: int) -> list[str]:
    """Writes grids, some of them in a folder inside, and returns their paths in order."""
    (folder / "inside").mkdir(parents=True)
    names = [f"{'inside/' if number % 3 else ''}{number:03}.png" for number in range(count)]
    for name in names:
        (folder / name).write_bytes(GRID)
    return sorted(str(folder / name) for name in names)


def write_pages(path: Path, *pages: Image.Image) -> None:
    """Writes a TIFF or PDF, as its ending says; a PDF's pages are one inch wide for 100 pixels."""
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=100)


def locked_pdf() -> bytes:
    """Returns a PDF that no password opens.

    Reference: PDF 1.7, section 7.6.3, the standard security handler; its keys are no real ones.
    """
    key = f"<{'5a' * 32}>"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>",
        f"<< /Filter /Standard /V 1 /R 2 /O {key} /U {key} /P -4 >>",
    )
    text, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(text))
        text += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"<< /Size 5 /Root 1 0 R /Encrypt 4 0 R /ID [{key} {key}] >>"
    xref = f"xref\n0 5\n0000000000 65535 f \n{table}trailer\n{trailer}\n"
    return f"{text}{xref}startxref\n{len(text)}\n%%EOF\n".encode()
