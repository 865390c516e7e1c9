"""Pictures of single text lines, folded into small squares, with their truth.

This is what the scanner shows the line reader (src/page): a grey strip, `ROW` pixels high, dark ink on
white, folded into a square of `ROWS` rows. Lines are drawn at twice that size with a font, made alive
(jitter of every glyph, slant, drift, pen width, pressure), dirtied as a camera or a scanner would,
brought to size and folded. Beside the text, the truth says where on the square each character lies.
"""
from dataclasses import dataclass
import functools

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from . import real_words
from .alphabet import IDS
from .materials import CAPITALS

ROW, ROWS, SIDE = 32, 4, 128
SLOT = 4  # pixels of a frame label: SIDE / SLOT of them in a row
CUT = 40  # a row may end at the emptiest of its last columns
SCALE = 2
STROKE, LETTER_GAP, USUAL_PITCH = 96, 6, 10.3  # src/page/strip.c
NO_TEXT, STRUCK = 0.015, 0.02
WIDE_GAP, LABELLED = 0.12, 0.15
COMPOSED = 0.3  # of the real words: those of a line, put together of real letters
REAL_LINES = 0.4  # of the lines in a hand: those whose words are put together so
BENT, BEND, BEND_SIZE = 0.6, (0.03, 0.12), (10, 20)  # of lines in a hand; how far, of a size in pixels of the strip
WORD_SLANTS = 0.2
REAL_WIDTH, DARKER = (0.7, 1.25), 1.6  # of their letters, as a share of the usual; so much more ink, when small
BLOCK, BLOCK_KINDS = 0.15, ("print", "neat", "casual")  # lines in capitals from end to end, and who writes so
LABELS = ("Name:", "Name", "Patient:", "Patient Name:", "Pt. Name :", "Age:", "Age / Sex:", "Sex:", "Date:", "Date :",
          "Dr.", "Address:", "Diagnosis:", "Diagnosis", "Rx", "Wt:", "BP:", "Reg. No.", "C/O", "Tel.", "No.", "Qty:",
          "Refill:", "Signature", "Weight:", "Allergies:", "1.", "2.", "3.", "4.", "Dx:", "Advice:", "Follow up:")


@dataclass
class Square:
    """One picture [SIDE, SIDE] uint8 and what it says. `frames` [ROWS * SIDE / SLOT] has the id of the
    character whose centre lies there, or 0; it is None where the places are not known."""
    picture: np.ndarray
    text: str
    frames: np.ndarray | None


# ---- drawing ----

@functools.lru_cache(4096)
def font_at(path, size):
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


@functools.lru_cache(1024)
def x_height(path):
    """Of 1000 pixels; small capitals count three quarters."""
    top, bottom = font_at(path, 1000).getbbox("x")[1::2]
    tall = font_at(path, 1000).getbbox("H")
    height = bottom - top
    return height * 0.75 if height > 0.9 * (tall[3] - tall[1]) else height


def draw_text(rng, path, text, height, alive):
    """Ink [H, W] uint8 with the base line two thirds down, and the x of each character's centre; x-height `height`
    pixels."""
    size = max(8, round(1000 * height / max(x_height(path), 150)))
    font = font_at(path, size)
    spread = rng.uniform(-0.02, 0.09) * size if rng.random() < 0.3 else 0
    jitter = alive * rng.uniform(0, 0.06) * height if rng.random() < 0.8 else 0
    pad = size
    width = int(font.getlength(text) + len(text) * max(spread, 0) + 2 * pad)
    canvas = Image.new("L", (max(width, 8), 3 * size))
    draw = ImageDraw.Draw(canvas)
    centres, x = [], float(pad)
    word_gap = rng.uniform(0.8, 1.7) if alive else rng.uniform(0.9, 1.2)
    if spread == 0 and jitter == 0 and rng.random() < 0.7:
        draw.text((x, 2 * size), text, fill=255, font=font, anchor="ls")
        ends = [font.getlength(text[:i]) for i in range(len(text) + 1)]
        centres = [x + (a + b) / 2 for a, b in zip(ends, ends[1:])]
    else:
        for c in text:
            advance = font.getlength(c) * (word_gap if c == " " else 1)
            if c != " ":
                draw.text((x + rng.normal(0, 1) * jitter * 0.6,
                           2 * size + rng.normal(0, 1) * jitter), c, fill=255, font=font, anchor="ls")
            centres.append(x + advance / 2)
            x += advance + spread
    return np.asarray(canvas), np.array(centres)


def beside(left, right, gap):
    """Two drawn pieces on one base line, `gap` pixels between them, with a space there."""
    (a, a_centres), (b, b_centres) = left, right
    a, a_centres = trim(a, a_centres, sides=True)
    b, b_centres = trim(b, b_centres, sides=True)
    if a is None or b is None:
        return None, None
    height = max(len(a), len(b)) // 3
    a, b = (np.pad(p, ((2 * (height - len(p) // 3), height - len(p) // 3), (0, 0))) for p in (a, b))
    a, b = a[:3 * height], b[:3 * height]
    at = a.shape[1] + gap
    return (np.hstack((a, np.zeros((len(a), gap), np.uint8), b)),
            np.concatenate((a_centres, [at - gap / 2], b_centres + at)))


def trim(ink, centres, sides=False):
    """Without the empty margins: all, or those at the sides. None where no ink is, or none was drawn."""
    if ink is None:
        return None, None
    rows, columns = np.flatnonzero(ink.max(1) > 60), np.flatnonzero(ink.max(0) > 60)
    if len(rows) == 0:
        return None, None
    rows = slice(None) if sides else slice(rows[0], rows[-1] + 1)
    return ink[rows, columns[0]:columns[-1] + 1], centres - columns[0]


def bend(rng, shape):
    """How far each pixel is moved, [2, H, W]: letters are pulled about a little, each in its own way, as no two in a hand are
    alike."""
    size, (h, w) = rng.uniform(*BEND_SIZE) * SCALE, shape
    shift = rng.normal(0, rng.uniform(*BEND) * size, (2, 1 + max(2, round(h / size)), 1 + max(2, round(w / size))))
    return [cv2.resize(part.astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC) for part in shift]


def warp(rng, ink, centres, alive, slants=0.12):
    """Slant, drift of the base line, slow elastic waves and, of hands, bends of single letters."""
    h, w = ink.shape
    slant = rng.normal(0, slants) if alive else rng.normal(0, 0.02)
    amplitude = (rng.uniform(0, 3.0) if alive else rng.uniform(0, 1.0)) * SCALE
    period = rng.uniform(250, 1500) * SCALE
    phase = rng.uniform(0, 2 * np.pi)
    tilt = rng.normal(0, 0.004)
    pad = int(abs(slant) * h / 2 + 4)
    up = int(amplitude + abs(tilt) * w / 2 + 3)
    ink = np.pad(ink, ((up, up), (pad, pad)))
    h, w = ink.shape
    xs = np.arange(w, dtype=np.float32)
    drift = (amplitude * np.sin(xs * 2 * np.pi / period + phase) + tilt * (xs - w / 2)).astype(np.float32)
    wave = 0
    if alive and rng.random() < 0.5:
        wave = rng.uniform(0, 1.2) * SCALE * np.sin(
            xs / rng.uniform(6, 25) / SCALE + rng.uniform(0, 6)).astype(np.float32)
    map_y = np.arange(h, dtype=np.float32)[:, None] + drift[None, :]
    map_x = xs[None, :] + wave + slant * (np.arange(h, dtype=np.float32)[:, None] - h / 2)
    if alive and rng.random() < BENT:
        along, across = bend(rng, ink.shape)
        map_x, map_y = map_x + along, map_y + across
    return cv2.remap(ink, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_LINEAR), centres + pad


def pen(rng, ink, alive):
    """Thicker or thinner strokes."""
    r = rng.random()
    if r < 0.25:
        ink = cv2.dilate(ink, np.ones((2, 2), np.uint8))
    elif r < 0.33:
        ink = cv2.dilate(ink, np.ones((3, 3), np.uint8))
    elif r < 0.40 and not alive:
        ink = cv2.erode(ink, np.ones((2, 2), np.uint8))
    return ink


def strike(rng, ink):
    """Crosses a line out: a stroke, two, or a scribble."""
    h, w = ink.shape
    ink = ink.copy()
    kind = rng.random()
    n = 1 if kind < 0.6 else 2
    for i in range(n):
        y = h * rng.uniform(0.4, 0.6) + i * rng.uniform(5, 9)
        xs = np.linspace(-4, w + 4, 24)
        step = rng.uniform(3, 8) if kind > 0.85 else rng.uniform(0, 1.5)
        ys = y + np.cumsum(rng.normal(0, 0.6, 24)) + step * np.where(np.arange(24) % 2, 1, -1)
        points = np.stack((xs, ys), 1).astype(np.int32)
        cv2.polylines(ink, [points], False, int(rng.uniform(180, 255)), int(rng.integers(2, 5)),
                      cv2.LINE_AA)
    return ink


# ---- the strip ----

def place(rng, ink, centres):
    """Brings the ink to ROW pixels' height: [SCALE * ROW, W], with a little room above and below."""
    h, w = ink.shape
    room = SCALE * ROW
    most = room - (0 if rng.random() < 0.15 else int(rng.integers(0, 7)))
    if h > most:
        f = most / h
        ink = cv2.resize(ink, (max(1, round(w * f)), most), interpolation=cv2.INTER_AREA)
        centres = centres * (ink.shape[1] / w)
        h, w = ink.shape
    left, right = int(rng.integers(2, 14)), int(rng.integers(2, 14))
    strip = np.zeros((room, w + left + right), np.uint8)
    slack = room - h
    top = int(np.clip(round(slack * rng.normal(0.5, 0.18)), 0, slack))
    strip[top:top + h, left:left + w] = ink
    return strip, centres + left


def neighbours(rng, strip, other):
    """What hangs into a strip from the lines above and below, rules, borders, specks."""
    h, w = strip.shape
    if other is not None and rng.random() < 0.35:
        depth = int(rng.integers(2, 10))
        piece = other[-depth:] if rng.random() < 0.5 else other[:depth]
        above = piece is not other[:depth] and rng.random() < 0.5
        span = min(w, piece.shape[1])
        at = int(rng.integers(0, w - span + 1))
        target = strip[:len(piece), at:at + span] if above else strip[h - len(piece):, at:at + span]
        np.maximum(target, piece[:, :span], out=target)
    if rng.random() < 0.12:
        y = int(rng.uniform(0.6, 0.98) * h)
        slope = rng.normal(0, 0.004) * w
        cv2.line(strip, (int(rng.uniform(-10, w * 0.3)), y), (w, int(y + slope)),
                 int(rng.uniform(60, 220)), int(rng.integers(1, 3)), cv2.LINE_AA)
    if rng.random() < 0.03:
        x = int(rng.integers(0, w)) if rng.random() < 0.3 else int(rng.choice([1, w - 2]))
        cv2.line(strip, (x, 0), (x, h), int(rng.uniform(80, 230)), 2)
    if rng.random() < 0.2:
        for _ in range(int(rng.integers(1, 8))):
            cv2.circle(strip, (int(rng.integers(0, w)), int(rng.integers(0, h))),
                       int(rng.integers(1, 3)), int(rng.uniform(60, 255)), -1)
    return strip


def smooth_field(rng, shape, cells, low, high):
    coarse = rng.uniform(low, high, (2, max(2, cells))).astype(np.float32)
    return cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def expose(rng, strip, alive):
    """Ink [SCALE * ROW, W] to grey [ROW, W]: pressure, resolution, blur, noise, compression."""
    h, w = strip.shape
    grey = cv2.resize(strip, (max(1, w // SCALE), ROW), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    h, w = grey.shape
    if rng.random() < (0.7 if alive else 0.3):
        grey *= smooth_field(rng, grey.shape, w // 24, 0.55, 1.1)
    grey *= rng.uniform(0.6, 1.0)
    if rng.random() < 0.5:
        f = rng.uniform(0.38, 0.95)
        small = cv2.resize(grey, (max(2, int(w * f)), max(8, int(h * f))), interpolation=cv2.INTER_AREA)
        if rng.random() < 0.5:
            small += rng.normal(0, rng.uniform(0, 0.06), small.shape)
        grey = cv2.resize(small, (w, h), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.4:
        grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.3, 1.1))
    paper = 1 - np.clip(grey, 0, 1)
    if rng.random() < 0.4:
        paper *= smooth_field(rng, grey.shape, 3 + w // 200, 0.85, 1.0)
    if rng.random() < 0.6:
        paper += rng.normal(0, rng.uniform(0.005, 0.06), paper.shape)
    if rng.random() < 0.07:
        paper = (paper > rng.uniform(0.5, 0.75)).astype(np.float32)
    # The scanner stretches contrast: paper to white, the darkest ink to black.
    dark, light = np.percentile(paper, 1), np.percentile(paper, 60)
    if light - dark > 0.1 and rng.random() < 0.95:
        white = rng.uniform(0.8, 1.0)
        paper = (paper - dark) / ((light - dark) * white) * rng.uniform(0.95, 1) + rng.uniform(0, 0.12)
    image = (np.clip(paper, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.25:
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        image = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    return image


def stretch_of(strip):
    """How much longer a strip (grey, [ROW, W]) should be for its strokes to stand as far apart as those of usual letters: 1 to
    1.6. As the scanner does it (src/page/strip.c)."""
    dark = strip[ROW * 5 // 16:ROW * 11 // 16] < STROKE
    strokes = np.count_nonzero(dark[:, 1:] & ~dark[:, :-1])
    inked, empty = 0, ROW
    for column in dark.any(0)[1:]:
        empty = 0 if column else empty + 1
        inked += empty < LETTER_GAP
    return float(np.clip(USUAL_PITCH * strokes / max(inked * len(dark), 1), 1, 1.6))


def stretched(strip, centres):
    """The strip so much longer, and where its characters are then."""
    factor = stretch_of(strip)
    width = max(1, round(strip.shape[1] * factor))
    return cv2.resize(strip, (width, ROW), interpolation=cv2.INTER_LINEAR), centres * factor


# ---- folding ----

def quietest(ink, begin, end):
    """The column of [begin, end) with the least ink; of equals, the last."""
    part = ink[begin:end]
    return end - 1 - int(part[::-1].argmin())


def widest_gap(ink, begin, end):
    """The middle of the widest run of empty columns in [begin, end), and its width."""
    empty = np.concatenate(([0], (ink[begin:end] < 0.25).astype(np.int8), [0]))
    change = np.flatnonzero(np.diff(empty))
    if len(change) == 0:
        return quietest(ink, begin, end), 0
    starts, ends = change[::2], change[1::2]
    i = int((ends - starts).argmax())
    return begin + int(starts[i] + ends[i]) // 2, int(ends[i] - starts[i])


def fold(strip):
    """Cuts a strip [ROW, W] into squares: a list of squares, each a list of (begin, end) columns."""
    ink = (255 - strip.astype(np.float32)).sum(0) / 255
    squares, rows, x, w = [], [], 0, strip.shape[1]
    while x < w:
        if w - x <= SIDE:
            cut = w
        elif len(rows) == ROWS - 1:
            cut, _ = widest_gap(ink, x + SIDE // 4, x + SIDE)
        else:
            cut = quietest(ink, x + SIDE - CUT, x + SIDE)
        rows.append((x, cut))
        x = cut
        if len(rows) == ROWS or x >= w:
            squares.append(rows)
            rows = []
    return squares


def lay_out(strip, rows):
    picture = np.full((SIDE, SIDE), 255, np.uint8)
    for i, (begin, end) in enumerate(rows):
        picture[i * ROW:(i + 1) * ROW, :end - begin] = strip[:, begin:end]
    return picture


def frame_labels(text, centres, rows):
    """Characters of the text that lie on the rows, and their frame labels."""
    frames = np.zeros(ROWS * SIDE // SLOT, np.int64)
    inside = []
    for i, (begin, end) in enumerate(rows):
        for c, x in zip(text, centres):
            if begin <= x < end:
                inside.append(c)
                slot = i * (SIDE // SLOT) + min(int((x - begin) / SLOT), SIDE // SLOT - 1)
                if frames[slot] == 0 or c != " ":
                    frames[slot] = IDS[c]
    return "".join(inside).strip(), frames


class StripRenderer:
    """Squares without end. `fonts` maps a class to its materials.Font, `shares` a class to its
    weight; `line` gives a text for a random generator; `words` are real ones
    (real_words.py), used for `word_share` of the squares."""

    def __init__(self, fonts, shares, line, words=(), word_share=0.0):
        self.fonts, self.line, self.words, self.word_share = fonts, line, words, word_share
        self.pieces = real_words.pieces(words)
        self.classes = list(shares)
        self.weights = np.array([shares[c] for c in self.classes], float)
        self.weights /= self.weights.sum()
        self.ease = 0.0  # share of plain squares: clean print
        self.restart()

    def restart(self):
        """Forgets the lines before."""
        self.above = None

    def font(self, rng, kind):
        return self.fonts[kind][rng.integers(len(self.fonts[kind]))]

    def ink(self, rng, kind):
        """A line's ink [SCALE * ROW, W], its text, its centres, whether it is handwriting."""
        font, alive = self.font(rng, kind), float(kind != "print")
        path = font.path
        text = "".join(c for c in self.line(rng) if c in font.glyphs)
        text = " ".join(text.split())
        if not text:
            return None
        if kind in BLOCK_KINDS and rng.random() < BLOCK:
            text = text.translate(CAPITALS)
        height = SCALE * np.clip(rng.normal(9.6, 1.2), 6.5, 13)
        if alive and self.pieces and rng.random() < REAL_LINES:
            write = functools.partial(self.really_written, rng, path, height=height, stretch=rng.uniform(*REAL_WIDTH))
            said = " ".join(word if self.spellable(word) else font.shown(word) for word in text.split(" "))
        else:
            write = functools.partial(draw_text, rng, path, height=height, alive=alive)
            said = font.shown(text)
        if alive and rng.random() < LABELLED:
            label_font = self.font(rng, "print")
            label = "".join(c for c in LABELS[rng.integers(len(LABELS))] if c in label_font.glyphs)
            drawn, centres = beside(draw_text(rng, label_font.path, label, height * rng.uniform(0.45, 1), 0),
                                    write(text), int(height * rng.uniform(0.5, 3)))
            said = label + " " + said
        elif " " in text and rng.random() < WIDE_GAP:
            spaces = [i for i, c in enumerate(text) if c == " "]
            at = spaces[rng.integers(len(spaces))]
            drawn, centres = beside(write(text[:at]), write(text[at + 1:]), int(height * rng.uniform(1, 6)))
        else:
            drawn, centres = write(text)
        if drawn is None:
            return None
        drawn, centres = trim(drawn, centres)
        if drawn is None:
            return None
        drawn, centres = warp(rng, drawn, centres, alive)
        drawn = pen(rng, drawn, alive)
        struck = rng.random() < STRUCK and len(said) > 3
        if struck:
            drawn = strike(rng, drawn)
        strip, centres = place(rng, drawn, centres)
        return strip, said, centres, alive, struck

    def spellable(self, word):
        return real_words.spellable(self.pieces, word)

    def really_written(self, rng, path, text, height, stretch):
        """As draw_text, the words in real letters, where there are such; the others in a font."""
        scale, line = height / real_words.X_HEIGHT, None
        for word in text.split(" "):
            if self.spellable(word):
                ink, centres = real_words.spelt(rng, self.pieces, word)
                ink = np.pad(ink, ((0, real_words.BASE * 3 // 2 - len(ink)), (0, 0)))
                size = max(1, round(ink.shape[1] * scale * stretch)), 3 * max(1, round(len(ink) * scale / 3))
                drawn = cv2.multiply(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), DARKER)  # thin strokes fade
                part = drawn, centres * (size[0] / ink.shape[1])
            else:
                part = draw_text(rng, path, word, height, 1)
            line = part if line is None else beside(line, part, int(height * rng.uniform(0.6, 1.6)))
            if line[0] is None:
                break
        return line

    def composed(self, rng):
        """A word of a line as letters of real words: ink and text; None where a letter was never written."""
        said = [word for word in self.line(rng).split() if len(word) > 2]
        text = said[rng.integers(len(said))] if said else ""
        ink = real_words.composed(rng, self.pieces, text) if text else None
        return None if ink is None else (ink, text)

    def word(self, rng):
        composed = self.composed(rng) if rng.random() < COMPOSED else None
        picture, text = composed or real_words.drawn(rng, self.words)
        height = int(rng.uniform(0.7, 1.0) * ROW * SCALE)
        # The published pictures are squares whatever the word: the width is brought back by its length.
        width = int(min(len(text) * rng.uniform(8, 14), SIDE - 32) * SCALE)
        ink = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        ink, _ = warp(rng, ink, np.zeros(1), 1, WORD_SLANTS)
        ink = pen(rng, ink, 1)
        return place(rng, ink, np.zeros(1))[0], text

    def plain_square(self, rng):
        """Clean print at its usual size: what to begin with."""
        drawn = None
        while drawn is None:
            drawn = self.ink(rng, "print")
        strip, text, centres, _, struck = drawn
        grey = 255 - cv2.resize(strip, (strip.shape[1] // SCALE, ROW), interpolation=cv2.INTER_AREA)
        rows = fold(grey)[0]
        text, frames = frame_labels(text, centres / SCALE, rows)
        return Square(lay_out(grey, rows), "~" + text if struck and text else text, frames)

    def square(self, rng):
        if rng.random() < self.ease:
            return self.plain_square(rng)
        if self.words and rng.random() < self.word_share:
            strip, text = self.word(rng)
            grey, _ = stretched(expose(rng, strip, 1), np.zeros(1))
            rows = fold(grey)
            if len(rows) == 1:
                return Square(lay_out(grey, rows[0]), text, None)
        drawn = None
        while drawn is None:
            drawn = self.ink(rng, self.classes[rng.choice(len(self.classes), p=self.weights)])
        strip, text, centres, alive, struck = drawn
        if rng.random() < NO_TEXT:
            strip, text = self.no_text(rng, strip), ""
            centres = np.zeros(0)
        other, self.above = self.above, strip
        strip = neighbours(rng, strip.copy(), other)
        grey, centres = stretched(expose(rng, strip, alive), centres / SCALE)
        rows = fold(grey)
        rows = rows[rng.integers(len(rows))]
        text, frames = frame_labels(text, centres, rows)
        if struck and text:
            text = "~" + text
        return Square(lay_out(grey, rows), text, frames)

    def no_text(self, rng, strip):
        """Rules, scribbles, specks: nothing to read."""
        h, w = strip.shape
        strip = np.zeros_like(strip)
        if rng.random() < 0.6:
            points = np.cumsum(rng.normal(0, 9, (int(rng.integers(10, 60)), 2)), 0)
            points = points * (1.5, 0.7) + (w / 3, h / 2)
            cv2.polylines(strip, [points.astype(np.int32)], False, 255, int(rng.integers(1, 4)), cv2.LINE_AA)
        for _ in range(int(rng.integers(0, 3))):
            y = int(rng.integers(0, h))
            cv2.line(strip, (0, y), (w, y), int(rng.uniform(100, 255)), int(rng.integers(1, 4)))
        return strip
