"""A sheet of paper before anybody photographs it: layers of ink, and the truth about what stands on them.

Print and stamps go to one layer, the pen to another, since the camera bends both but only a hand trembles. A layer
is an 8-bit picture of ink (0 none, 255 full). The pen's layer is wider than the sheet and sheared: `camera.py`
undoes the shear, which gives all handwriting its slant for nothing.
"""
from dataclasses import dataclass

import numpy as np
from PIL import Image

from .glyphs import face_at, layer, shared, x_height
from .real_words import extent


@dataclass
class Piece:
    """Text that was put on the sheet in one go. `box`: x0, y0, x1, y1 in pixels of the sheet."""
    text: str
    box: list
    row: int
    hand: bool
    struck: bool
    medicine: int | None


@dataclass
class Hand:
    """One person's handwriting on one page. Sizes are in pixels."""
    font: object      # materials.Font
    x: float          # x-height
    slant: float
    jitter: float     # of words (or glyphs) off their line, in x-heights
    wobble: float     # how far the pen trembles, in x-heights
    uneven: float     # how words differ in size
    drift: float      # how lines rise or fall
    gap: tuple        # word gaps, in spaces
    by_glyph: bool
    stroke: float     # by how much the pen is broader than the font's strokes, in pixels on either side
    pressure: tuple   # the least and the most ink

    def at(self, scale=1.0):
        return face_at(self.font.path, max(8, round(self.x * scale / x_height(self.font.path))))


class Sheet:
    def __init__(self, rng, width, height, slant=0.0):
        """`rng`: numpy Generator."""
        self.rng, self.width, self.height, self.slant = rng, width, height, slant
        self.margin = int(abs(slant) * height / 2) + 12
        self.print, self.printer = layer(width, height)
        self.pen, self.quill = layer(width + 2 * self.margin, height)
        self.pieces, self.rows = [], 0
        self.real = {}  # words to be shown as somebody wrote them: text to ink [H, W], 255 full

    # ---- print ----

    def typed(self, x, y, text, font, size, anchor="l", ink=255, row=None, medicine=None):
        """Prints on the base line `y`; `anchor` l, m or r says where `x` is. Returns the box."""
        text = font.fit(text) or "".join(c for c in text if c in font.glyphs)
        x0, y0, x1, y1 = face_at(font.path, max(6, round(size))).put(self.print, x, y, text, ink, anchor)
        box = [x + x0, y + y0, x + x1, y + y1]
        if text.strip():
            self.note(text, box, row, False, medicine)
        return box

    def rule(self, x0, y0, x1, y1, width=2, ink=255, dotted=False):
        if not dotted:
            self.printer.line((x0, y0, x1, y1), fill=ink, width=width)
        else:
            for x in range(int(x0), int(x1), 7):
                self.printer.ellipse((x, y0 - 1, x + 2, y0 + 1), fill=ink)

    def frame(self, x0, y0, x1, y1, width=2, ink=255, radius=0):
        self.printer.rounded_rectangle((x0, y0, x1, y1), radius, outline=ink, width=width)

    # ---- pen ----

    def across(self, x, y):
        """From the sheet to the pen's sheared layer."""
        return x + self.margin + self.slant * (y - self.height / 2)

    def stroke(self, points, width, ink=235):
        """A line of the pen through points of the sheet."""
        self.quill.line([(self.across(x, y), y) for x, y in points], fill=int(ink), width=max(1, round(width)), joint="curve")

    def written(self, x, y, text, hand, scale=1.0, row=None, medicine=None, struck=False, silent=False):
        """Writes by hand from `x` on the base line `y`. Returns the box, or None where nothing was written."""
        text = text if hand.font.glyphs.issuperset(text.replace("→", "")) else (
            " ".join(hand.font.fit(part) or "".join(c for c in part if c in hand.font.glyphs)
                     if part != "→" else part for part in text.split(" ")))
        rng, box, start, unit = self.rng, None, x, hand.x * scale
        space = max(hand.at(scale).advance(" "), 0.35 * unit)
        drift, wave, phase = hand.drift + rng.normal(0, 0.004), rng.uniform(0, 2 * hand.jitter) * unit, rng.uniform(0, 6)
        for word in text.split(" "):
            face = hand.at(scale * (1 + hand.uneven * min(max(rng.normal(), -2), 2)))
            rise = y + drift * (x - start) + wave * np.sin((x - start) / (12 * unit) + phase) + rng.normal(0, hand.jitter) * unit
            ink = int(rng.uniform(*hand.pressure))
            if word == "→":
                part = self.arrow(x, rise, unit, ink)
            elif word in self.real:
                part = self.pasted(x, rise, word, unit, ink)
            else:
                part = self.word(x, rise, word, face, hand, unit, ink)
            box = part[:4] if box is None else [min(box[0], part[0]), min(box[1], part[1]), max(box[2], part[2]), max(box[3], part[3])]
            x = part[4] + space * rng.uniform(*hand.gap)
        if box and text.strip() and not silent:
            self.note(self.shown(text, hand), box, row, True, medicine, struck)
        return box

    def shown(self, text, hand):
        """What can be seen of a text that is written in a hand: the words that somebody really wrote, as they are."""
        return " ".join(word if word in self.real else hand.font.shown(word) for word in text.split(" "))

    def word(self, x, y, word, face, hand, unit, ink):
        """Draws one word; returns its box and the place where it ends."""
        left = x
        pieces = word if hand.by_glyph else (word,)
        top, bottom, right, lean = y, y, x, self.slant
        for piece in pieces:
            rise = y + (self.rng.normal(0, 0.05) * unit if hand.by_glyph else 0)
            at = self.across(x, rise)
            b = face.put(self.pen, at, rise, piece, ink)
            left = min(left, x + b[0] - max(0, lean * b[3]))
            top, bottom = min(top, rise + b[1]), max(bottom, rise + b[3])
            right = max(right, x + b[2] + max(0, -lean * b[1]))
            x += face.advance(piece) + (self.rng.normal(0, 0.04) * unit if hand.by_glyph else 0)
        return [left, top, right, bottom, x]

    def pasted(self, x, y, word, unit, ink):
        """Puts the picture of a real word where it would be written. The pictures are squares whatever the word: the
        width is brought back by its length, and the base line by its letters."""
        rng, (above, below) = self.rng, extent(word)
        height = unit * rng.uniform(1.1, 1.4) * (1 + above + below)
        width = unit * len(word) * rng.uniform(0.8, 1.15)
        size = max(4, round(width)), max(4, round(height))
        picture = np.asarray(Image.fromarray(self.real[word]).resize(size, Image.Resampling.BILINEAR))
        top = y - height * (1 + above) / (1 + above + below)
        under, picture = shared(self.pen, picture, round(self.across(x, y)), round(top))
        np.maximum(under, picture * np.uint16(ink) // 255, out=under, casting="unsafe")
        return [x, top, x + width, top + height, x + width]

    def arrow(self, x, y, unit, ink):
        length, middle, head = unit * self.rng.uniform(1.2, 2.6), y - 0.45 * unit, unit * 0.35
        end = (x + length, middle + self.rng.normal(0, 0.1) * unit)
        width = max(2, unit / 9)
        self.stroke([(x, middle), end], width, ink)
        self.stroke([(end[0] - head, end[1] - head * 0.8), end, (end[0] - head, end[1] + head * 0.8)], width, ink)
        return [x, middle - head, end[0], middle + head, end[0]]

    def ring(self, box, unit, ink=230):
        """A loop around something written."""
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        a = np.linspace(0.3, 2 * np.pi + self.rng.uniform(0.2, 0.8), 26)
        rx, ry = (box[2] - box[0]) / 2 + 0.55 * unit, (box[3] - box[1]) / 2 + 0.35 * unit
        wave = 1 + 0.05 * np.sin(2 * a + self.rng.uniform(0, 6))
        self.stroke(list(zip(x + rx * wave * np.cos(a), y + ry * wave * np.sin(a))), max(2, unit / 9), ink)
        return [x - rx, y - ry, x + rx, y + ry]

    def strike(self, box, unit):
        """Crosses something out: a stroke, two, a zigzag or a scribble."""
        rng = self.rng
        x0, y0, x1, y1 = box
        width, kind = max(2, unit / 8), rng.random()
        middle = y0 + (y1 - y0) * rng.uniform(0.45, 0.65)
        if kind < 0.65:
            for k in range(1 if kind < 0.4 else 2):
                xs = np.linspace(x0 - 0.3 * unit, x1 + 0.3 * unit, 12)
                ys = middle + k * 0.4 * unit + np.cumsum(rng.normal(0, 0.05 * unit, 12))
                self.stroke(list(zip(xs, ys)), width)
        else:
            n = max(6, int((x1 - x0) / (unit * rng.uniform(0.5, 1.2))))
            xs = np.linspace(x0, x1, 2 * n)
            ys = middle + np.where(np.arange(2 * n) % 2, 0.6, -0.6) * unit * rng.uniform(0.5, 1.1, 2 * n)
            self.stroke(list(zip(xs, ys)), width)

    def underline(self, box, unit):
        x0, _, x1, y1 = box
        y = y1 + 0.15 * unit
        self.stroke([(x0, y), ((x0 + x1) / 2, y + self.rng.normal(0, 0.1) * unit), (x1, y + self.rng.normal(0, 0.15) * unit)],
                    max(2, unit / 9))

    # ---- truth ----

    def new_row(self):
        self.rows += 1
        return self.rows

    def note(self, text, box, row, hand, medicine=None, struck=False):
        self.pieces.append(Piece(text, [float(v) for v in box], self.new_row() if row is None else row, hand, struck, medicine))

    def lines(self):
        """Text lines in reading order: pieces of one row, side by side, are one line unless a wide gap is between them."""
        rows = {}
        for piece in self.pieces:
            rows.setdefault(piece.row, []).append(piece)
        found = []
        for row in rows.values():
            row.sort(key=lambda p: p.box[0])
            line = None
            for p in row:
                tall = min(max(p.box[3] - p.box[1], 12), 60)
                if line and p.box[0] - line.box[2] < 1.3 * tall and p.struck == line.struck:
                    line.text += " " + p.text
                    line.box = [min(line.box[0], p.box[0]), min(line.box[1], p.box[1]), max(line.box[2], p.box[2]),
                                max(line.box[3], p.box[3])]
                    line.hand = line.hand or p.hand
                    line.medicine = p.medicine if line.medicine is None else line.medicine
                else:
                    line = Piece(p.text, list(p.box), p.row, p.hand, p.struck, p.medicine)
                    found.append(line)
        return found
