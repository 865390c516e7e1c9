"""Text on layers of ink, put together from glyphs that are drawn once.

A page repeats its letters, and pages repeat their fonts: so a glyph is loaded once for a font and size
(freetype_of_pillow.py), and texts are laid from these, pixel for pixel as Pillow's basic layout lays them. Ink: 0 none, 255
full.
"""
import functools
import math
from dataclasses import dataclass

import cv2
import freetype
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from . import freetype_of_pillow


def layer(width, height):
    """A blank layer [H, W], and Pillow's pen for lines on the same memory."""
    ink = np.zeros((height, width), np.uint8)
    image = Image.frombuffer("L", (width, height), ink, "raw", "L", 0, 1)
    image.readonly = 0  # it is drawn on in place
    return ink, ImageDraw.Draw(image)


@functools.cache
def scratch(size):
    """A blank square to draw a glyph on."""
    return layer(size, size)


def clear_of(mask):
    """What a picture of Pillow's fonts leaves of the paper [H, W]."""
    width, height = mask.size
    square, pen = scratch(1 << max(width, height).bit_length())
    pen.draw.draw_bitmap((0, 0), mask, 255)
    ink = square[:height, :width]
    clear = 255 - ink
    ink[:] = 0
    return clear


@functools.lru_cache(1024)
def is_kerned(path):
    return freetype.Face(path).has_kerning


@dataclass(slots=True)
class Glyph:
    """Its ink, its box around the place where it is put, which the box includes, and how far the pen goes on."""
    clear: np.ndarray  # [H, W] what it leaves of the paper: 0 where its ink is full
    x: int             # the corner of that
    y: int
    left: int
    top: int
    right: int
    bottom: int
    advance: float


class Face:
    """A font at a size in pixels. The few whose letters are kerned, by 64ths of a pixel, leave all of it to Pillow."""

    def __init__(self, path, size):
        self.path, self.size = path, size
        self.kerned, self.glyphs, self.advances = is_kerned(path), {}, {}
        self.direct = freetype_of_pillow.Size(path, size) if freetype_of_pillow.LIBRARY and not self.kerned else None

    @functools.cached_property
    def font(self):
        return ImageFont.truetype(self.path, self.size, layout_engine=ImageFont.Layout.BASIC)

    def glyph(self, c):
        found = self.glyphs.get(c)
        if found is None:
            found = self.glyphs[c] = self.loaded(c) if self.direct else self.drawn_by_pillow(c)
        return found

    def loaded(self, c):
        ink, x, y, advance = self.direct.glyph(c)
        height, width = ink.shape
        # The box reaches as far as the pen goes, by whole pixels.
        return Glyph(255 - ink, x, y, min(0, x), min(0, y), max(advance >> 6, x + width), max(0, y + height), advance / 64)

    def drawn_by_pillow(self, c):
        mask, (left, top) = self.font.getmask2(c, "L", anchor="ls")
        width, height = mask.size
        return Glyph(clear_of(mask), left, top, left, top, left + width, top + height, self.font.getlength(c))

    def advance(self, text):
        """How far the pen goes in a text: hinted glyphs go by whole pixels."""
        found = self.advances.get(text)
        if found is None:
            found = self.advances[text] = self.font.getlength(text) if self.kerned else sum([self.glyph(c).advance for c in text])
        return found

    def laid_out(self, text):
        """(x, glyph) of every letter, and x0, y0, x1, y1, from the left end of the base line, which the box includes."""
        x = x0 = y0 = x1 = y1 = 0
        placed = []
        for c in text:
            g = self.glyphs.get(c) or self.glyph(c)
            placed.append((x, g))
            if x + g.left < x0:  # min() and max() would take half of the time that a page's text takes
                x0 = x + g.left
            if g.top < y0:
                y0 = g.top
            if x + g.right > x1:
                x1 = x + g.right
            if g.bottom > y1:
                y1 = g.bottom
            x += int(g.advance)
        return placed, x, (x0, y0, x1, y1)

    def extent(self, text, anchor="l"):
        """x0, y0, x1, y1 of a text, from the place on its base line where it is put: by its left (l), middle (m), right (r)."""
        if self.kerned:
            return self.font.getbbox(text, anchor=anchor + "s")
        _, end, (x0, y0, x1, y1) = self.laid_out(text)
        start = begin(end, anchor)
        return x0 + start, y0, x1 + start, y1

    def put(self, layer, x, y, text, ink, anchor="l"):
        """Writes on a layer [H, W] from a place that need not be whole; ink 0 takes ink away. Returns the extent."""
        if self.kerned:
            mask, (left, top) = self.font.getmask2(text, "L", anchor=anchor + "s", start=(math.modf(x)[0], math.modf(y)[0]))
            laid(layer, clear_of(mask), int(x) + left, int(y) + top, ink)
            return self.extent(text, anchor)
        placed, end, (x0, y0, x1, y1) = self.laid_out(text)
        start = begin(end, anchor)
        if x1 > x0 and y1 > y0:
            clear, left, top = together(placed, x0, y0, x1, y1)
            laid(layer, clear, pixel(x, -x0) + start + left, pixel(y, -y0, down=True) + top, ink)
        return x0 + start, y0, x1 + start, y1


def begin(end, anchor):
    """Where a text begins that goes as far as `end`."""
    return {"l": 0, "m": -((end + 1) // 2), "r": -end}[anchor]


def together(placed, x0, y0, x1, y1):
    """What glyphs leave of the paper [H, W] in the box around all of them, or in a part of it; and that one's corner."""
    if len(placed) == 1:
        g = placed[0][1]
        return g.clear, g.x, g.y
    clear, end = np.full((y1 - y0, x1 - x0), 255, np.uint8), 0
    for x, g in placed:
        height, width = g.clear.shape
        if height and width:
            top, left = g.y - y0, x + g.x - x0
            part = clear[top:top + height, left:left + width]
            if left >= end:
                part[:] = g.clear
            else:
                cv2.multiply(part, g.clear, dst=part, scale=1 / 255)
            end = max(end, left + width)
    return clear, x0, y0


def pixel(v, before, down=False):
    """The pixel in which Pillow puts the place at `v` of a text that has `before` pixels before it: half a pixel counts up in
    x, down in y, in 64ths of what a float can tell."""
    whole = int(v)
    part = math.floor(float(np.float32(before) + np.float32(v - whole)) * 64 + 0.5)
    return whole - before + ((part + 31 + (not down)) >> 6)


def shared(layer, patch, x, y):
    """What a layer and a patch with its corner at x, y have in common: a view of either."""
    left, top = max(0, -x), max(0, -y)
    under = layer[y + top:max(0, y + patch.shape[0]), x + left:max(0, x + patch.shape[1])]
    return under, patch[top:top + under.shape[0], left:left + under.shape[1]]


def laid(layer, clear, x, y, ink):
    """Puts ink (0 to 255) where `clear` [H, W] leaves nothing of the paper, its corner at x, y, as far as the layer goes."""
    under, clear = shared(layer, clear, x, y)
    if under.size == 0:
        return
    if not cv2.hasNonZero(under):
        cv2.convertScaleAbs(clear, alpha=-ink / 255, beta=ink, dst=under)
        return
    mixed = cv2.multiply(under, clear, dtype=cv2.CV_16U) + (255 - clear) * np.uint16(ink)
    cv2.convertScaleAbs(mixed, alpha=1 / 255, dst=under)


@functools.lru_cache(8192)  # with the glyphs that pages need, 27 MB a thousand
def face_at(path, size):
    return Face(path, size)


@functools.lru_cache(1024)
def x_height(path):
    """x-height as a share of the font's size; small capitals count three quarters."""
    face = face_at(path, 400)
    x, h = face.extent("x"), face.extent("H")
    height = -x[1] if x[1] > 0.9 * h[1] else -0.75 * h[1]
    return max(height / 400, 0.08)
