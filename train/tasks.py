"""What a picture of a page is asked, and what is right to answer: the tasks of the mix models, and `scan en`.

    seen = Seen(label, said, view, side)     what of a generated page shows in a view of it
    prompts(seen, rng)                       (prompt, answer) without end

A view is the page or a rectangle of it, brought to `side` pixels both ways. What a line says beyond the view's edge is
not said; what is too small to be read is "unreadable", what does not show "not visible". The truth decides, never the
question.
"""
from dataclasses import dataclass

from . import scan_grammar

READABLE = 3.0   # pixels of x-height in the view, below which nobody could read
X_HEIGHT = 0.42  # of the height of a line's box
INSIDE = 0.85    # of a word's width and of a line's height, to show
ABSENT, UNREADABLE = "not visible", "unreadable"
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

QUESTIONS = {
    "medicines": ("Which medicines are recommended in the prescription", "Which medicines are mentioned in the prescription",
                  "which medicines are prescribed", "What medicines does the doctor prescribe", "List the medicines",
                  "Which drugs are on the prescription", "what are the names of the medicines", "What medication is prescribed?",
                  "Which medicines should the patient take?"),
    "diagnoses": ("Which diseases are mentioned in the prescription", "What is the diagnosis", "which conditions are mentioned",
                  "What is the patient suffering from?", "Which diagnoses are written on the page"),
    "patient": ("What is the name of the patient", "who is the patient", "What is the patient's name?", "For whom is the prescription"),
    "prescriber": ("What is the name of the doctor", "who is the doctor", "Who wrote the prescription?", "Which doctor prescribed this"),
    "date": ("What is the date of the prescription", "when was the prescription written", "What date is on the page?", "date"),
    "age": ("What is the age of the patient", "how old is the patient?", "What is the patient's age"),
    "count": ("How many medicines are prescribed", "how many medicines are there?"),
}
OF_ONE = {
    "strength": ("What is the strength of {}", "what strength of {} is prescribed?", "What is the dose of {}"),
    "dose": ("How much {} should be taken at a time", "how much of {} is taken?"),
    "frequency": ("How often should {} be taken", "how often is {} taken?", "What is the frequency of {}"),
    "duration": ("For how long should {} be taken", "how long is {} taken?", "What is the duration of {}"),
}
LISTED = ("medicines", "diagnoses")
OBJECTS = ("medicine line", "struck out line", "patient", "doctor", "date", "diagnosis")
SHARES = (("scan", 5), ("ocr", 5), ("answer", 6), ("of one", 2), ("detect", 2), ("caption", 1))


@dataclass
class View:
    """x0, y0, x1, y1 as fractions of the picture, and the picture's pixels."""
    box: tuple
    width: int
    height: int


class Seen:
    """What of a page shows in a view. `label` and `said` are pages.Generator's, `side` the model's."""

    def __init__(self, label, said, view, side):
        self.view, self.side, self.label = view, side, label
        x0, y0, x1, y1 = view.box
        self.lines = []
        for line in label["lines"]:
            a, b, c, d = line["box"]
            shown = ((a - x0) / (x1 - x0), (b - y0) / (y1 - y0), (c - x0) / (x1 - x0), (d - y0) / (y1 - y0))
            high = min(shown[3], 1) - max(shown[1], 0)
            if high < INSIDE * (shown[3] - shown[1]) or shown[0] >= 1 or shown[2] <= 0:
                continue
            text = inside(line["text"], shown[0], shown[2])
            if text:
                small = X_HEIGHT * (shown[3] - shown[1]) * side < READABLE
                self.lines.append({**line, "text": text, "whole": text == line["text"], "small": small,
                                   "box": [min(max(v, 0), 1) for v in shown]})
        self.text = "\n".join(line["text"] for line in self.lines if not line["struck"])
        self.medicines = [m for m in map(self.medicine, range(len(said.medicines)), said.medicines) if m]
        self.facts = {"patient": label["patient"], "prescriber": label["prescriber"], "date": label["date"],
                      "age": said.age if said.age and said.age in label["text"] else None}

    def medicine(self, index, said):
        """Those of its fields that show; None where its name does not."""
        own = [line for line in self.lines if line.get("medicine") == index]
        if said.struck or not own:
            return None
        text = " ".join(line["text"] for line in own)
        if said.name not in text:
            return None
        if any(line["small"] for line in own):
            return {"name": scan_grammar.UNREADABLE}
        values = {f: getattr(said, f) for f in scan_grammar.FIELDS if f not in said.unscored}
        return {f: v for f, v in values.items() if v and v in text}

    def fact(self, value):
        """What is answered where `value` is the truth of the whole page."""
        showing = [line for line in self.lines if value and value in line["text"] and not line["struck"]]
        if not showing:
            return ABSENT
        return UNREADABLE if showing[0]["small"] else value

    def answer(self, topic):
        if topic == "count":
            return str(len(self.medicines))
        if topic not in LISTED:
            return self.fact(self.facts[topic])
        if topic == "medicines":
            found = [UNREADABLE if m["name"] is scan_grammar.UNREADABLE else m["name"] for m in self.medicines]
        else:
            found = [fact for fact in map(self.fact, self.label["diagnoses"]) if fact != ABSENT]
        return ", ".join(dict.fromkeys(found)) or ABSENT

    def of_one(self, topic, name):
        """A field of the medicines of a name: of each, where there are several."""
        same = [m for m in self.medicines if m["name"] == name]
        found = [m.get(topic) or ABSENT for m in same]
        return ", ".join(dict.fromkeys(found)) or ABSENT

    def readable(self):
        """Whether what is written can be transcribed: hardly any of it is too small."""
        return sum(line["small"] for line in self.lines) <= len(self.lines) / 10

    def boxes(self, kind):
        """Of the lines of a kind."""
        def is_one(line):
            if kind == "struck out line":
                return line["struck"]
            if kind == "medicine line":
                return not line["struck"] and "medicine" in line
            values = self.label["diagnoses"] if kind == "diagnosis" else [
                self.facts[{"doctor": "prescriber"}.get(kind, kind)]]
            return not line["struck"] and any(v and v in line["text"] for v in values)
        return [line["box"] for line in self.lines if is_one(line)]

    def caption(self):
        count = len(self.medicines)
        hand = any(line["hand"] for line in self.lines)
        number = NUMBERS[count] if count < len(NUMBERS) else str(count)
        what = "a handwritten prescription" if hand else "a printed prescription"
        part = "" if self.view.box == (0, 0, 1, 1) else "a part of "
        return f"{part}{what} with {number} medicine{'s' * (count != 1)}"


def inside(text, left, right):
    """The words of a line from `left` to `right` (fractions of the view) that lie in the view; letters count alike."""
    if left >= 0 and right <= 1:
        return text
    words, at, kept = text.split(" "), 0, []
    step = (right - left) / max(len(text), 1)
    for word in words:
        begin, end = left + at * step, left + (at + len(word)) * step
        if min(end, 1) - max(begin, 0) >= INSIDE * (end - begin):
            kept.append(word)
        at += len(word) + 1
    return " ".join(kept)


def location(box):
    """Four location tokens: y0, x0, y1, x1 in 1024ths."""
    x0, y0, x1, y1 = (min(int(v * 1024), 1023) for v in box)
    return "".join(f"<loc{v:04d}>" for v in (y0, x0, y1, x1))


def weighted(rng, shares):
    return rng.choices([name for name, _ in shares], [share for _, share in shares])[0]


def prompts(seen, rng):
    """(prompt, answer) without end; `rng`: random.Random."""
    while True:
        kind = weighted(rng, SHARES)
        if kind == "scan":
            yield "scan en", scan_grammar.write(seen.medicines)
        elif kind == "ocr" and seen.readable():
            yield "ocr", seen.text
        elif kind == "answer":
            topic = rng.choice(list(QUESTIONS))
            yield "answer en " + rng.choice(QUESTIONS[topic]), seen.answer(topic)
        elif kind == "of one":
            names = [m["name"] for m in seen.medicines if m["name"] is not scan_grammar.UNREADABLE]
            if names:
                topic, name = rng.choice(list(OF_ONE)), rng.choice(names)
                yield "answer en " + rng.choice(OF_ONE[topic]).format(name), seen.of_one(topic, name)
        elif kind == "detect":
            asked = rng.sample(OBJECTS, rng.choice((1, 1, 2)))
            found = [location(box) + " " + kind for kind in asked for box in seen.boxes(kind)]
            yield "detect " + " ; ".join(asked), " ; ".join(found)
        elif kind == "caption":
            yield "caption en", seen.caption()


def spoken(language, rng, pages):
    """Prompts and answers of pages that nobody draws: what a vocabulary is learnt from."""
    for questions in list(QUESTIONS.values()) + list(OF_ONE.values()):
        yield from ("answer en " + question for question in questions)
    yield from ("scan en", "ocr", "caption en a part of a handwritten prescription with three medicines", ABSENT, UNREADABLE)
    yield from ("detect " + kind for kind in OBJECTS)
    for _ in range(pages):
        said = language.prescription(rng)
        yield scan_grammar.write([{f: getattr(m, f) for f in scan_grammar.FIELDS} for m in said.medicines])
        yield ", ".join([m.name for m in said.medicines] + said.diagnoses)
        yield " ".join((said.patient, said.prescriber, said.date, said.clinic, *said.clinic_lines, *said.prescriber_lines))
