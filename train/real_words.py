"""Pictures of single words in real handwriting, where the material has them."""
from dataclasses import dataclass
import csv
import functools
import zlib
from pathlib import Path

import cv2
import numpy as np

from .alphabet import ALPHABET

CUTS = Path(__file__).parent / "data" / "word_cuts.tsv"
JOINED = 0.8                         # share of the words drawn that are made of two
PIECE = 4                            # letters of one word that follow each other in a composed one
LETTER, X_HEIGHT = 24, 30            # pixels of a letter of a word that is put together
ASCENDER, DESCENDER = 0.8, 0.6       # in x-heights
FLAT, HANGING = set("acegmnopqrsuvwxyz-., "), set("gjpqy")
BASE = round(X_HEIGHT * (1 + ASCENDER))  # rows above the base line, of letters side by side
TEST_SHARE = 5  # one word of so many is kept for evaluation, by its spelling


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


@functools.lru_cache(4)
def pictures(material, split):
    """Names, ink and texts of pictures of real words: data/words/rxhandbd of the material, if it is there."""
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
            found.append((row["Images"], ink, text))
    return found


@dataclass(frozen=True)
class Word:
    """`cuts`: columns of the ink between every two letters of the text; none where they do not show."""
    ink: np.ndarray
    text: str
    cuts: tuple

    @property
    def columns(self):
        """Where its letters begin and end, where they show."""
        return (0, *self.cuts, self.ink.shape[1])


@functools.lru_cache(4)
def words(material, split):
    """Real words; those to train with have their texts as they look (align_words.py)."""
    with open(CUTS, encoding="utf-8") as file:
        seen = {name: (text, cuts) for name, text, *cuts in (line.rstrip("\n").split("\t") for line in file)}
    found = []
    for name, ink, label in pictures(material, split):
        text, cuts = seen.get(name, (label, ()))
        found.append(Word(ink, text, tuple(int(c) * ink.shape[1] // 1000 for c in cuts)))
    return found


def extent(text):
    """How far a text reaches above and below the letters without ascenders and descenders, in x-heights."""
    return (ASCENDER if set(text) - FLAT else 0), (DESCENDER if set(text) & HANGING else 0)


def letters(word, begin, end):
    """The ink of some of its letters, LETTER pixels wide each on average, in the height of a text that has ascenders and
    descenders: so all letters stand on one base line, BASE rows down, and are of one size."""
    above, below = extent(word.text)
    columns = word.columns
    ink = word.ink[:, columns[begin]:max(columns[end], columns[begin] + 1)]  # two cuts can fall on one column
    width = LETTER * len(word.text) * ink.shape[1] // word.ink.shape[1]
    ink = cv2.resize(ink, (max(2, width), round(X_HEIGHT * (1 + above + below))), interpolation=cv2.INTER_AREA)
    return cv2.copyMakeBorder(ink, round(X_HEIGHT * (ASCENDER - above)), round(X_HEIGHT * (DESCENDER - below)), 0, 0,
                              cv2.BORDER_CONSTANT)


def without_empty_rows(ink):
    rows = np.flatnonzero(ink.max(1) > 60)
    return ink[rows[0]:rows[-1] + 1] if len(rows) else ink


def joined(rng, first, second):
    """The beginning of one word and the end of another as one: ink and text. So there are more words than were written, and no
    reader learns them by heart."""
    until = int(rng.integers(1, len(first.text) + 1))
    since = int(rng.integers(0, len(second.text)))
    parts = letters(first, 0, until), letters(second, since, len(second.text))
    return without_empty_rows(np.hstack(parts)), " ".join((first.text[:until] + second.text[since:]).split())


def pieces(words):
    """Where runs of at most PIECE letters stand: text to places (word, begin, end)."""
    found = {}
    for word in words:
        for begin in range(len(word.text) if word.cuts else 0):
            for end in range(begin + 1, min(begin + PIECE, len(word.text)) + 1):
                found.setdefault(word.text[begin:end], []).append((word, begin, end))
    return found


def spellable(pieces, word):
    """Whether a word of a line can be put together. Hardly any figures were written: those stay a font's."""
    return len(word) > 1 and all(c in pieces and not c.isdigit() for c in word)


def spelt(rng, pieces, text):
    """A text without spaces, put together of `pieces`, mostly long ones: ink in the height of `letters`, and the x of each
    character's centre; None where a letter was never written."""
    parts, centres, at, x = [], [], 0, 0
    while at < len(text):
        size = next((s for s in range(int(rng.integers(2, PIECE + 1)), 0, -1) if text[at:at + s] in pieces), 0)
        if not size:
            return None
        places = pieces[text[at:at + size]]
        word, begin, end = places[rng.integers(len(places))]
        parts.append(letters(word, begin, end))
        columns, width = word.columns[begin:end + 1], parts[-1].shape[1]
        middles = (np.add(columns[1:], columns[:-1]) / 2 - columns[0]) / max(columns[-1] - columns[0], 1)
        centres.extend(x + width * middles)
        at, x = at + size, x + width
    return np.hstack(parts), np.array(centres)


def composed(rng, pieces, text):
    """The ink of such a text; None where a letter was never written."""
    found = spelt(rng, pieces, text)
    return None if found is None else without_empty_rows(found[0])


def drawn(rng, words):
    """Ink and text of one of the words, or of two as one."""
    first, second = (words[i] for i in rng.integers(len(words), size=2))
    if first.cuts and second.cuts and rng.random() < JOINED:
        return joined(rng, first, second)
    return first.ink, first.text
