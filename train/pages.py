"""Generated prescriptions: pictures of pages, and the truth about them.

    python -m train.pages --class neat --count 500 --seed 1 --split test -o DIR

writes DIR/00000.jpg ... and DIR/labels.jsonl (docs/evaluation.md), whose objects also hold `class`, `layout`, `look`,
and `lines`: every text line with its `text`, `box` (x0, y0, x1, y1 as fractions of the picture), `hand`, `struck`, and
`medicine` (an index, where it is part of one). Page k of a seed is the same for any count, and on any machine with the
same fonts and libraries.

Classes: print; neat, casual, cursive, messy (handwriting on printed or plain paper); camera (neat or casual
handwriting or print, carelessly photographed).
"""
import argparse
import dataclasses
import json
import random
import re
import sys
import time
import zlib
from pathlib import Path

import cv2
import numpy as np

from . import camera, materials, real_words
from .language import Language, new_habit
from .layouts import HAND_LAYOUTS, PRINT_LAYOUTS, Page
from .phrases import FOOTERS, PEOPLE
from .sheet import Hand, Sheet

CLASSES = ("print", "neat", "casual", "cursive", "messy", "camera")
# Instructions are free words, of which nobody can say where they begin: they are in `line`, and not scored.
FIELDS = ("name", "strength", "form", "route", "dose", "frequency", "duration", "quantity")
LOOKS = {"print": [("clean", 3), ("scan", 3), ("fax", 0.5), ("app", 1), ("photo", 3)], "camera": [("snap", 1)]}
REAL_PAGES, REAL_NAMES = 0.3, 0.6  # of handwritten pages in training, and of the names on them: really written
COMPOSED = 0.5                     # of those: their own names in real letters
ALL_REAL = 0.5                     # of those pages: the other words of their medicines' lines too
HAND_LOOKS = [("clean", 0.5), ("scan", 3), ("fax", 0.5), ("app", 2), ("photo", 4)]


def weighted(rng, table):
    weights = np.array([w for _, w in table], float)
    return table[int(rng.choice(len(table), p=weights / weights.sum()))][0]


def choose(rng, items):
    return items[int(rng.integers(len(items)))]


class Generator:
    def __init__(self, material=None, split="train", people=None):
        self.material, self.split = material, split
        self.language = Language(material, split, people)
        # Evaluation pages have none: what is read of the words kept from training is measured by itself.
        words = real_words.words(material, split) if split == "train" else []
        self.real = [w for w in words if " " not in w.text]
        self.pieces = real_words.pieces(words)

    def page(self, cls, seed, index, layout=None, look=None, said=None):
        """(JPEG bytes, label). The label is what labels.jsonl has, without `image`. `layout` (of layouts.py), `look` (of
        camera.py) and what is said (a language.Prescription, which is used up) are drawn where they are not given."""
        picture, label, _, look = self.drawn(cls, seed, index, layout, look, said)
        return camera.encode(look, picture), label

    def drawn(self, cls, seed, index, layout=None, look=None, said=None):
        """The same before it is a file: picture [H, W] or [H, W, 3] (B, G, R), label, what is said, look."""
        key = [seed, index, CLASSES.index(cls), zlib.crc32(self.split.encode())]
        rng, words = np.random.default_rng(key), random.Random(":".join(map(str, key)))
        written = cls if cls != "camera" else choose(rng, ("neat", "neat", "casual", "casual", "print"))
        layout = layout or weighted(rng, PRINT_LAYOUTS if written == "print" else HAND_LAYOUTS)
        look = camera.look(rng, look or weighted(rng, LOOKS.get(cls, HAND_LOOKS)))
        said, fonts, hand, size = self.ingredients(rng, words, written, layout.__name__, said)
        (width, height), unit = size
        sheet = Sheet(rng, width, height, hand.slant if hand else 0.0)
        if hand and self.real and rng.random() < REAL_PAGES:
            sheet.real = self.really_written(rng, said, hand.font)
        page = Page(rng, sheet, said, fonts, hand, unit)
        page.foot_texts = FOOTERS
        layout(page)
        if hand:
            as_seen(said, sheet, hand)
        picture, bend = camera.photograph(rng, sheet, hand, look)
        label = truth(sheet, said, bend, layout.__name__)
        label.update({"class": cls, "written": written, "layout": layout.__name__, "look": look.kind,
                      "fonts": [hand.font.family if hand else page.body_font.family]})
        return picture, label, said, look

    def ingredients(self, rng, words, written, layout, said):
        """What is said, with what it is written, and on how much paper."""
        region = None
        if layout == "us_pad":
            habit = new_habit(words, "en", words.choice(("us", "us", "uk")))
        elif layout == "pharmacy_label":
            habit = new_habit(words, "en", "us")
            habit.case, habit.two_lines, habit.frequency, habit.numbering = "upper", True, "words", ""
        else:
            habit = new_habit(words, region)
        fonts = self.print_fonts(rng, layout)
        width, height = sheet_size(rng, layout)
        unit = width / rng.uniform(46, 58)
        if layout in ("pharmacy_label", "slip"):
            unit = width / rng.uniform(28, 36)
        hand = None if written == "print" else self.hand(rng, written, unit)
        if hand and layout == "chart":
            hand.x = min(hand.x, 0.8 * unit)
        if said:
            fit(said, hand.font if hand else fonts[3])
            return said, fonts, hand, ((width, height), unit)
        for _ in range(20):
            said = self.language.prescription(words, habit=habit)
            if layout == "pharmacy_label":
                for m in said.medicines:
                    recased(m, str.upper)
            elif hand:
                if written in ("cursive", "messy"):
                    for m in said.medicines:
                        recased(m, unshouted)
                slips(self.language, words, said)
            if fit(said, hand.font if hand else fonts[3]):
                break
        return said, fonts, hand, ((width, height), unit)

    def really_written(self, rng, said, font):
        """Has some of the medicines' names written in real letters, or gives them the names of real words; returns their
        pictures."""
        pictures = {}
        for m in said.medicines:
            if rng.random() >= REAL_NAMES:
                continue
            ink, name = None, m.name
            if rng.random() < COMPOSED and " " not in name:
                ink = real_words.composed(rng, self.pieces, name)
            if ink is None:
                ink, name = real_words.drawn(rng, self.real)
            if name not in pictures and font.glyphs.issuperset(name):
                m.lines = [line.replace(m.name, name) for line in m.lines]
                m.cells = {k: cell.replace(m.name, name) for k, cell in m.cells.items()}
                m.name, pictures[name] = name, ink
        if rng.random() < ALL_REAL:
            for word in sorted(words_of(said) - pictures.keys()):
                if real_words.spellable(self.pieces, word) and font.glyphs.issuperset(word):
                    pictures[word] = real_words.composed(rng, self.pieces, word)
        return pictures

    def print_fonts(self, rng, layout):
        """Of the letterhead, of labels, in bold, and of what is typed."""
        def one(*classes):
            found = [f for cls in classes for f in materials.fonts("print", self.split, self.material) if f.cls == cls]
            return choose(rng, found or materials.fonts("print", self.split, self.material))
        text = one("sans", "sans", "serif", "condensed", "slab")
        body = text if rng.random() < 0.4 else one("sans", "serif", "mono", "condensed", "typewriter", "slab")
        if layout == "slip":
            body = one("dotmatrix", "mono", "typewriter") if rng.random() < 0.6 else one("dotmatrix", "dotmatrix", "mono")
        head = one("sans-bold", "serif-bold", "sans", "serif", "serif-italic", "slab")
        return head, text, one("sans-bold", "serif-bold"), body

    def hand(self, rng, cls, unit):
        """A handwriting: a font, and how its writer holds the pen."""
        font = choose(rng, materials.fonts(cls, self.split, self.material))
        x = unit * float(np.clip(np.exp(rng.normal(-0.13, 0.22)), 0.55, 1.5))
        loose = {"neat": 0.5, "casual": 0.8, "cursive": 0.7, "messy": 1.0}[cls]
        low = rng.uniform(170, 225)
        return Hand(font, x, float(np.clip(rng.normal(0.02, 0.11 * loose), -0.3, 0.35)), rng.uniform(0.02, 0.12) * loose,
                    rng.uniform(0.02, 0.1) * loose, rng.uniform(0.01, 0.09) * loose, rng.normal(0, 0.012) * loose, (0.8, rng.uniform(1.2, 2.0)),
                    cls in ("neat", "casual") and rng.random() < 0.4, choose(rng, (0, 0, 0.4, 0.7, 1.0)) * x / 20, (low, min(255, low + 50)))


def words_of(said):
    """What is written by hand on most pages."""
    written = [text for m in said.medicines for text in (*m.lines, *m.cells.values())]
    return {word for text in (*written, *said.diagnoses, said.patient) for word in text.split()}


def sheet_size(rng, layout):
    if layout == "pharmacy_label":
        width = int(rng.integers(900, 1250))
        return width, int(width * rng.uniform(0.55, 0.75))
    if layout == "slip":
        width = int(rng.integers(900, 1100))
        return width, int(width * rng.uniform(1.15, 1.7))
    width = int(rng.integers(1000, 1600))
    return width, int(width * (rng.uniform(1.22, 1.42) if rng.random() < 0.85 else rng.uniform(0.9, 1.2)))


def slips(language, words, said):
    """What happens to those who write by hand: something is crossed out, something is only said to be the same."""
    if words.random() < 0.16:
        at = words.randrange(len(said.medicines))
        said.medicines.insert(at, language.slip_of_the_pen(words, said.medicines[at]))
    if words.random() < 0.07:
        for before, m in zip(said.medicines, said.medicines[1:]):
            if m.duration and before.duration and m.lines[-1].endswith(m.duration):
                m.lines[-1] = m.lines[-1][:-len(m.duration)].rstrip("x×- ") + words.choice((' -"-', ' "', " -do-"))
                m.unscored.append("duration")


def recased(medicine, case):
    """Brings all that is written of a medicine to another case."""
    for name in FIELDS + ("instructions",):
        value = getattr(medicine, name)
        setattr(medicine, name, case(value) if value else value)
    medicine.lines = [case(line) for line in medicine.lines]
    medicine.cells = {k: case(v) for k, v in medicine.cells.items()}


def as_seen(said, sheet, hand):
    """Brings what is said to what can be seen of it on the sheet: a hand of capitals does not show which letters were."""
    for m in said.medicines:
        recased(m, lambda text: sheet.shown(text, hand))
    on_sheet = " ".join(piece.text for piece in sheet.pieces)

    def seen(value):
        return value if not value or value in on_sheet else hand.font.shown(value)
    said.patient, said.prescriber, said.date, said.age = map(seen, (said.patient, said.prescriber, said.date, said.age))
    said.diagnoses = [seen(d) for d in said.diagnoses]


def unshouted(text):
    """Nobody writes whole words in the capitals of a flowing hand."""
    return re.sub(r"[A-Z]{4,}|TAB|CAP|SYP|INJ", lambda found: found[0].capitalize(), text)


def fit(said, font):
    """Writes all that is said with what the font has; False where that cannot be."""
    def one(text):
        if font.glyphs.issuperset(text):
            return " ".join(text.split())
        parts = [part if part == "→" else font.fit(part) for part in text.split(" ")]
        if None in parts:
            raise KeyError(text)
        return " ".join(" ".join(parts).split())

    def walk(value):
        if isinstance(value, str):
            return one(value)
        if isinstance(value, list):
            return [walk(v) for v in value]
        if isinstance(value, dict):
            return {k: walk(v) for k, v in value.items()}
        if dataclasses.is_dataclass(value):
            for f in dataclasses.fields(value):
                if f.name not in ("form_key", "region"):
                    setattr(value, f.name, walk(getattr(value, f.name)))
        return value
    try:
        walk(said)
    except KeyError:
        return False
    return True


def truth(sheet, said, bend, layout):
    """The label of a page: only what got onto the sheet counts. `pieces`: the texts that its lines were put together of."""
    lines = sheet.lines()
    boxes = bend.boxes([part.box for part in (*lines, *sheet.pieces)])
    shown = [{"text": line.text, "box": box, "hand": line.hand, "struck": line.struck,
              **({"medicine": line.medicine} if line.medicine is not None else {})}
             for line, box in zip(lines, boxes)]
    pieces = [{"text": piece.text, "box": box, "struck": piece.struck}
              for piece, box in zip(sheet.pieces, boxes[len(lines):])]
    text = "\n".join(line["text"] for line in shown if not line["struck"])
    medicines = []
    for index, m in enumerate(said.medicines):
        own = [line for line in shown if line.get("medicine") == index]
        if m.struck or not own:
            continue
        label = {name: getattr(m, name) for name in FIELDS}
        for name in m.unscored:
            label.pop(name, None)
        boxes = np.array([line["box"] for line in own])
        told = " ".join(line["text"] for line in own) if layout != "chart" else " ".join(m.lines)
        label.update(line=told, unseen=m.unseen,
                     box=[*boxes[:, :2].min(0).tolist(), *boxes[:, 2:].max(0).tolist()])
        medicines.append(label)

    def if_shown(value):
        return value if value and value in text else None
    return {"text": text, "patient": if_shown(said.patient), "prescriber": if_shown(said.prescriber), "date": if_shown(said.date),
            "diagnoses": [d for d in said.diagnoses if d in text.replace("\n", " ")], "medicines": medicines, "lines": shown,
            "pieces": pieces}


def main():
    parser = argparse.ArgumentParser(description="Generates labelled pictures of prescriptions.")
    parser.add_argument("--class", dest="cls", choices=CLASSES, required=True)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--split", choices=("train", "test", "all"), default="test")
    parser.add_argument("--people", choices=tuple(PEOPLE), help="whose names: those that training lists, or others")
    parser.add_argument("--material", help="folder with fonts/ and lexicon/ (default: environment RXSCAN_MATERIAL)")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    folder = Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        generator = Generator(options.material, options.split, options.people)
        for cls in ("print", *(("neat", "casual") if options.cls == "camera" else (options.cls,))):
            materials.fonts(cls, options.split, options.material)
    except LookupError as error:
        sys.exit(f"train.pages: {error}")
    cv2.setNumThreads(1)
    began = time.process_time()
    with open(folder / "labels.jsonl", "w", encoding="utf-8") as labels:
        for index in range(options.count):
            data, label = generator.page(options.cls, options.seed, index)
            name = f"{index:05d}.jpg"
            (folder / name).write_bytes(data)
            del label["pieces"]  # training, which cuts its lines from pages, draws them itself
            labels.write(json.dumps({"image": name, **label}, ensure_ascii=False) + "\n")
    print(f"{options.count / (time.process_time() - began):.1f} pages a second on one core", file=sys.stderr)


if __name__ == "__main__":
    main()
