"""The fonts that pages and lines are drawn with, by class.

Where a folder of material is given (or environment RXSCAN_MATERIAL names one), `fonts/FONTS.tsv` in it says which
files there are. Otherwise what fontconfig finds on this machine is used, as far as its families are in
`train/data/fonts.tsv`, which also names the Debian or npm package of each.

A fifth of the families is kept for evaluation, by a hash of the family's name.
"""
import csv
import functools
import os
import string
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

import freetype

from .alphabet import ALPHABET

HERE = Path(__file__).resolve().parent
HAND = ("neat", "casual", "cursive", "messy")
PRINT = ("sans", "sans-bold", "sans-italic", "serif", "serif-bold", "serif-italic", "slab", "condensed", "mono", "mono-bold",
         "typewriter", "typewriter-bold", "dotmatrix")
TEST_SHARE = 5
ONE_SIZE = 0.8  # small capitals from this share of the others' height on look like them
CAPITALS = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)

# What is written where a font has no glyph.
SUBSTITUTES = {"½": "1/2", "¼": "1/4", "¾": "3/4", "°": " ", "µ": "u", "×": "x", "–": "-", "’": "'", "•": "-", "→": "->",
               "₹": "Rs."}


@dataclass(frozen=True)
class Font:
    path: str
    family: str
    cls: str
    one_case: bool     # it has capitals only, and of one size
    glyphs: frozenset  # the characters of ALPHABET that it can draw

    def fit(self, text):
        """`text` with what the font lacks written otherwise; None where that cannot be."""
        if self.glyphs.issuperset(text):
            return text
        text = "".join(c if c in self.glyphs else SUBSTITUTES.get(c, c) for c in text)
        return text if self.glyphs.issuperset(text) else None

    def shown(self, text):
        """`text` as it looks: in capitals, where nobody can see which of the letters were."""
        return text.translate(CAPITALS) if self.one_case else text


def in_test(family):
    return zlib.crc32(family.encode()) % TEST_SHARE == 0


@functools.lru_cache(1024)
def glyphs_of(path):
    face = freetype.Face(path)
    return frozenset(c for c in ALPHABET if face.get_char_index(c))


@functools.lru_cache(1024)
def is_of_one_size(path):
    face = freetype.Face(path)
    face.set_pixel_sizes(0, 200)

    def height(letters):
        return sum(face.load_char(c) or face.glyph.bitmap.rows for c in letters)
    return height("aenox") > ONE_SIZE * height("AENOX")


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def from_folder(folder):
    for row in table(folder / "FONTS.tsv"):
        if row["class"] in HAND + PRINT:
            yield str(folder / row["file"]), row["family"], row["class"], row["case"]


def from_fontconfig():
    known = {(row["family"], row["class"].endswith("bold"), row["class"].endswith("italic")): row
             for row in table(HERE / "data" / "fonts.tsv")}
    try:
        listing = subprocess.run(["fc-list", "--format", "%{file}\t%{family[0]}\t%{style[0]}\n"], capture_output=True, text=True,
                                 check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return
    for line in sorted(listing.splitlines()):
        path, family, style = line.split("\t")
        row = known.get((family, "Bold" in style, "Italic" in style or "Oblique" in style))
        if row and style in ("Regular", "Book", "Bold", "Italic", "Oblique", "Roman", "Medium"):
            yield path, family, row["class"], row["case"]


@functools.lru_cache(4)
def all_fonts(material=None):
    material = material or os.environ.get("RXSCAN_MATERIAL")
    folder = Path(material) / "fonts" if material else None
    found = from_folder(folder) if folder and (folder / "FONTS.tsv").is_file() else from_fontconfig()
    return tuple(Font(path, family, cls, case == "caps" and is_of_one_size(path), glyphs_of(path))
                 for path, family, cls, case in found)


@functools.lru_cache(256)
def fonts(cls, split="all", material=None):
    """Fonts of a class ("neat", ..., a print class, or "print" for all of these) for "train", "test" or "all".

    Where the hash keeps no family of a class for "test", the one of the smallest hash is kept."""
    classes = PRINT if cls == "print" else (cls,)
    found = tuple(f for f in all_fonts(material) if f.cls in classes)
    if not found:
        raise LookupError(f"no font of class {cls!r}: give a folder with fonts/FONTS.tsv by --material or RXSCAN_MATERIAL, or "
                          "install some of the packages in train/data/fonts.tsv")
    if split == "all":
        return found
    test = {f.family for f in found if in_test(f.family)} or {min(found, key=lambda f: zlib.crc32(f.family.encode())).family}
    return tuple(f for f in found if (f.family in test) == (split == "test")) or found
