"""What the line reader learns from: fonts, language and pictures of real words, put together."""
import random

import numpy as np

from . import materials
from .language import Language
from .page_lines import PageSquares
from .real_words import words
from .strips import StripRenderer

# How often each class of writing is drawn. Hands take more to learn than print.
SHARES = {"print": 10, "neat": 20, "casual": 30, "cursive": 20, "messy": 20}
PAGE_SHARES = {"print": 14, "neat": 18, "casual": 24, "cursive": 16, "messy": 12, "camera": 16}
PAGE_SHARE = 0.6  # squares that come of whole pages, where the page reader's program is given
SPELLING = 0.2   # lines without sense, so that names are spelt as they are seen
WORD_SHARE = 0.35


def lines(language):
    def line(rng):
        source = random.Random(int(rng.integers(1 << 62)))
        return language.spelling_line(source) if source.random() < SPELLING else language.line(source)
    return line


def renderer(material, split, shares=SHARES, word_share=WORD_SHARE):
    fonts = {cls: materials.fonts(cls, split, material) for cls in shares}
    return StripRenderer(fonts, shares, lines(Language(material, split)),
                         words(material, split) if word_share else [], word_share)


class Mixture:
    """Squares of strips and of whole pages. `ease`: share that is plain, see StripRenderer."""

    def __init__(self, material, split, program=None):
        self.strips = renderer(material, split)
        self.pages = PageSquares(material, split, program, PAGE_SHARES) if program else None
        self.ease = 0.0

    def restart(self, seed):
        """What comes from now on depends on `seed` and the caller's generator alone."""
        self.strips.restart()
        if self.pages:
            self.pages.restart(seed)

    def square(self, rng):
        if self.pages and rng.random() < PAGE_SHARE * (1 - self.ease):
            return self.pages.square(rng)
        self.strips.ease = self.ease
        return self.strips.square(rng)
