"""What the line reader learns from: fonts, language and pictures of real words, put together."""
import csv
import random
import zlib
from pathlib import Path

import cv2
import numpy as np

from . import materials
from .alphabet import ALPHABET
from .language import Language
from .page_lines import PageSquares
from .strips import StripRenderer

# How often each class of writing is drawn. Hands take more to learn than print.
SHARES = {"print": 18, "neat": 24, "casual": 26, "cursive": 18, "messy": 14}
PAGE_SHARES = {"print": 18, "neat": 22, "casual": 22, "cursive": 14, "messy": 10, "camera": 14}
PAGE_SHARE = 0.6  # squares that come of whole pages, where the page reader's program is given
SPELLING = 0.2   # lines without sense, so that names are spelt as they are seen
WORD_SHARE = 0.2
TEST_SHARE = 5   # one word of so many is kept for evaluation, by its spelling


def lines(language):
    def line(rng):
        source = random.Random(int(rng.integers(1 << 62)))
        return language.spelling_line(source) if source.random() < SPELLING else language.line(source)
    return line


def ink_of(path):
    """A photographed word: its ink [H, W] uint8 without margins, paper 0; None where nothing is found."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        return None
    grey = grey.astype(np.float32)
    paper = cv2.GaussianBlur(cv2.dilate(grey, np.ones((25, 25))), (0, 0), 12)
    ink = np.clip(1 - grey / np.maximum(paper, 1), 0, 1)
    ink = np.clip((ink - 0.08) / max(float(np.percentile(ink, 99.5)) - 0.08, 0.05), 0, 1)
    rows, columns = np.flatnonzero((ink > 0.35).sum(1) > 1), np.flatnonzero((ink > 0.35).sum(0) > 1)
    if len(rows) < 8 or len(columns) < 8:
        return None
    return (ink[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1] * 255).astype(np.uint8)


def words(material, split):
    """Pictures of real words with their texts: data/words/rxhandbd of the material, if it is there."""
    folder = Path(material or "") / "data" / "words" / "rxhandbd"
    if not material or not (folder / "train_labels.csv").is_file():
        return []
    found = []
    for row in csv.DictReader(open(folder / "train_labels.csv", encoding="utf-8")):
        text = " ".join(row["Text"].split())
        test = zlib.crc32(text.lower().encode()) % TEST_SHARE == 0
        if not text or not set(text) <= set(ALPHABET) or test != (split == "test"):
            continue
        ink = ink_of(folder / "train" / row["Images"])
        if ink is not None:
            found.append((ink, text))
    return found


def renderer(material, split, shares=SHARES, word_share=WORD_SHARE):
    fonts = {cls: [(f.path, f.glyphs, 0.0 if cls == "print" else 1.0)
                   for f in materials.fonts(cls, split, material)] for cls in shares}
    return StripRenderer(fonts, shares, lines(Language(material, split)),
                         words(material, split) if word_share else [], word_share)


class Mixture:
    """Squares of strips and of whole pages. `ease`: share that is plain, see StripRenderer."""

    def __init__(self, material, split, program=None, seed=0):
        self.strips = renderer(material, split)
        self.pages = PageSquares(material, split, program, PAGE_SHARES, seed) if program else None
        self.ease = 0.0

    def square(self, rng):
        if self.pages and rng.random() < PAGE_SHARE * (1 - self.ease):
            return self.pages.square(rng)
        self.strips.ease = self.ease
        return self.strips.square(rng)
