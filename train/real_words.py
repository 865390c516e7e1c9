"""Pictures of single words in real handwriting, where the material has them."""
import csv
import functools
import zlib
from pathlib import Path

import cv2
import numpy as np

from .alphabet import ALPHABET

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
