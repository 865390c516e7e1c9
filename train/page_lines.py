"""Squares of whole generated pages, cut by the scanner's own page reader, with what they say.

The line pictures of strips.py are drawn one by one; these come the way that a user's do: a page is written and
photographed (pages.py), `page_squares` (bench/) finds its lines, and each line found gets the pieces of
the truth that lie in it: of "Name: Asha Rao" the key alone, where the name stands apart. What cannot be told surely is left out: a line that cuts a text in two, one of several squares, or
one that mixes what is struck out with what is not.
"""
import itertools
import os
import struct
import subprocess
import tempfile

import cv2
import numpy as np

from . import pages
from .strips import SIDE, Square

INSIDE, OUTSIDE = 0.55, 0.12  # share of a text's box in a line's box: belongs to it, has nothing to do with it
HEADER, SQUARE = struct.Struct("<3I"), struct.Struct("<4f2I")


class PageReader:
    """The scanner's page reader as a process of its own; `program` is the built bench/page_squares."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def squares(self, path):
        """Of a picture: (box in the picture as given, number of the line, squares of that line, picture)."""
        self.process.stdin.write(os.fsencode(path) + b"\n")
        self.process.stdin.flush()
        turns, count = HEADER.unpack(self.read(HEADER.size))[1:]
        found = []
        for _ in range(count):
            x0, y0, x1, y1, line, of_line = SQUARE.unpack(self.read(SQUARE.size))
            picture = np.frombuffer(self.read(SIDE * SIDE), np.uint8).reshape(SIDE, SIDE)
            found.append((turned_back((x0, y0, x1, y1), turns), line, of_line, picture))
        return found

    def read(self, size):
        data = self.process.stdout.read(size)
        if len(data) != size:
            raise EOFError("page_squares ended")
        return data


def turned_back(box, turns):
    """A box of the picture that was turned clockwise so many times, in the picture before."""
    for _ in range(turns):
        x0, y0, x1, y1 = box
        box = (y0, 1 - x1, y1, 1 - x0)
    return box


def share_inside(text, line):
    width = min(text[2], line[2]) - max(text[0], line[0])
    height = min(text[3], line[3]) - max(text[1], line[1])
    area = (text[2] - text[0]) * (text[3] - text[1])
    return max(width, 0) * max(height, 0) / area if area > 0 else 0.0


def said(box, pieces):
    """What a line found at `box` says by the truth, the `pieces` of text of its page; None: that cannot be told."""
    inside = []
    for piece in pieces:
        share = share_inside(piece["box"], box)
        if share >= INSIDE:
            inside.append(piece)
        elif max(share, share_inside(box, piece["box"])) > OUTSIDE:
            middle = (piece["box"][1] + piece["box"][3]) / 2
            if box[1] < middle < box[3]:
                return None
    if len({piece["struck"] for piece in inside}) > 1:
        return None
    inside.sort(key=lambda piece: piece["box"][0])
    if any(a["box"][3] < b["box"][1] or b["box"][3] < a["box"][1] for a, b in itertools.pairwise(inside)):
        return None  # two rows
    text = " ".join(piece["text"] for piece in inside)
    return "~" + text if inside and inside[0]["struck"] else text


class PageSquares:
    """Squares without end, of pages of all classes by `shares`."""

    def __init__(self, material, split, program, shares):
        self.generator, self.reader = pages.Generator(material, split), PageReader(program)
        self.classes, weights = list(shares), np.array(list(shares.values()), float)
        self.weights = weights / weights.sum()
        self.restart(0)
        self.file = tempfile.NamedTemporaryFile(suffix=".jpg", dir="/dev/shm")

    def restart(self, seed):
        """The pages from now on are those of `seed`, from the first one on."""
        self.seed, self.count, self.ready = seed, 0, []

    def square(self, rng):
        while not self.ready:
            cls = self.classes[rng.choice(len(self.classes), p=self.weights)]
            data, label = self.generator.page(cls, self.seed, self.count)
            self.count += 1
            with open(self.file.name, "wb") as file:
                file.write(data)
            self.ready = [Square(picture, text, None)
                          for box, _, of_line, picture in self.reader.squares(self.file.name)
                          if of_line == 1 and (text := said(box, label["pieces"])) is not None]
            rng.shuffle(self.ready)
        return self.ready.pop()
