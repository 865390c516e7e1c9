"""What stands where: letterheads, pads, forms, tables, labels and slips, filled in by print or by hand.

A layout takes a `Page` (sheet, prescription, writers) and puts everything on its sheet, in reading order.
"""
import numpy as np

from .glyphs import face_at
from .sheet import Hand, Sheet


class Page:
    """The state of drawing one page. `body` writes what the prescriber says: by hand, or printed where `hand` is None."""

    def __init__(self, rng, sheet, prescription, fonts, hand, unit):
        """`fonts`: head, text, bold print fonts. `unit`: the printed text's size in pixels."""
        self.rng, self.sheet, self.said, self.hand, self.unit = rng, sheet, prescription, hand, unit
        self.head, self.text, self.bold, self.body_font = fonts
        self.w, self.h = sheet.width, sheet.height
        self.edge, self.y = int(self.w * rng.uniform(0.04, 0.09)), 0
        self.body_size = unit if hand is None else hand.x * 1.9
        self.pitch = self.body_size * rng.uniform(1.5, 1.9) if hand is None else self.hand_pitch()

    def hand_pitch(self):
        """Line pitch of the handwriting, such that lines hardly touch."""
        top, bottom = self.hand.at().extent("Tdgp")[1::2]
        return max((bottom - top) * self.rng.uniform(0.95, 1.25), 2.6 * self.hand.x)

    def chance(self, p):
        return self.rng.random() < p

    def choose(self, items):
        return items[int(self.rng.integers(len(items)))]

    # ---- writing ----

    def print(self, x, y, text, size=1.0, font=None, anchor="l", row=None, ink=255):
        return self.sheet.typed(x, y, text, font or self.text, self.unit * size, anchor, ink, row)

    def say(self, x, y, text, scale=1.0, row=None, medicine=None, struck=False):
        """Body text by hand or in print; returns its box."""
        if self.hand:
            box = self.sheet.written(x, y, text, self.hand, scale, row, medicine, struck)
        else:
            box = self.sheet.typed(x, y, text, self.body_font, self.body_size * scale, "l", 255, row, medicine)
        return box or [x, y, x, y]

    def measure(self, scale):
        """The face of the body's text, and the space between its words."""
        if self.hand:
            face = self.hand.at(scale)
            return face, face.advance(" ") * (1.3 * (1 + self.hand.uneven))
        face = face_at(self.body_font.path, max(6, round(self.body_size * scale)))
        return face, face.advance(" ")

    def width_of(self, text, scale=1.0):
        face, space = self.measure(scale)
        words = text.split(" ")
        return sum([face.advance(word) for word in words]) + space * len(words)

    def wrapped(self, text, width, scale=1.0):
        """`text` in parts that fit into `width`."""
        face, space = self.measure(scale)
        parts, line, ink = [], [], 0
        for word in text.split(" "):
            ink += face.advance(word)
            line.append(word)
            if len(line) > 1 and ink + space * len(line) > width:
                parts.append(" ".join(line[:-1]))
                line, ink = [word], face.advance(word)
        return parts + [" ".join(line)]

    def field(self, x, y, label, value, end, row, dotted=None, gap=0.4):
        """A printed label and what was filled in beside it, up to `end`."""
        box = self.print(x, y, label, row=row)
        start = box[2] + gap * self.unit
        if dotted is None:
            dotted = self.chance(0.5)
        if self.hand and dotted is not False:
            self.sheet.rule(start - 0.2 * self.unit, y + 4, end, y + 4, 1, 170, dotted=dotted is True and self.dotted)
        if value:
            start += 0.3 * self.unit if self.hand else 0
            scale = min(1.0, max(0.4, (end - start) / max(self.width_of(value), 1)))
            self.say(start, y - (0.12 * self.unit if self.hand else 0), value, scale, row=row)

    dotted = True

    # ---- blocks ----

    def medicines(self, x, right, bottom):
        """The list of medicines, one below the other."""
        count = max(1, len(self.said.medicines))
        need = sum(len(self.wrapped(line, right - x - 2 * self.unit)) for m in self.said.medicines for line in m.lines) * self.pitch
        ends, box, row = [], None, None
        extra = float(np.clip((bottom - self.y - need) / (count + 1), 0, self.pitch * 0.9)) * self.rng.uniform(0.2, 1)
        for index, m in enumerate(self.said.medicines):
            indent = x + (self.rng.normal(0, 0.3) * self.unit if self.hand else 0)
            parts = [(indent + (self.body_size * self.second if k else 0), part) for k, line in enumerate(m.lines)
                     for part in self.wrapped(line, right - indent - (self.body_size * self.second if k else 0))]
            if self.y + len(parts) * self.pitch > min(bottom + 2 * self.unit, self.h - 0.5 * self.pitch):
                break  # it goes whole onto the page or not at all
            whole = None
            for k, (left, part) in enumerate(parts):
                self.y += self.pitch
                row = self.sheet.new_row()
                if k == 0 and self.hand and self.ringed and part[:1].isdigit() and part[1:3] in (". ", ") "):
                    left, part = self.number_ring(left, part, row, index)
                box = self.say(left, self.y, part, row=row, medicine=index, struck=m.struck)
                whole = [*np.minimum(whole or box, box)[:2], *np.maximum(whole or box, box)[2:]]
                if m.struck and self.hand:
                    self.sheet.strike(box, self.hand.x)
                elif self.underlined and k == 0:
                    self.sheet.underline(box, self.hand.x)
            if self.hand and not m.struck:
                whole[2] = max(whole[2], self.count_ring(m, index, box, row, right))
                ends.append((m, whole))
            self.y += extra
        if self.hand and len(ends) > 1 and self.chance(0.2):
            self.brace(ends, right)

    def number_ring(self, left, part, row, index):
        """A number in a ring before the entry; returns where the entry goes on, and with what."""
        box = self.sheet.written(left, self.y, part[0], self.hand, 0.85, silent=True)
        ring = self.sheet.ring(box, self.hand.x)
        self.sheet.note(f"({part[0]})", ring, row, True, index)
        return ring[2] + 0.5 * self.hand.x, part[3:]

    def count_ring(self, m, index, box, row, right):
        """"-> (2)": how many, in a ring after the entry. Returns where the entry ends."""
        unit = self.hand.x
        if not self.counted or m.quantity or box[2] + 9 * unit > right:
            return box[2]
        lead = self.sheet.written(box[2] + unit, self.y, self.choose(["→", "-", "x", "→"]), self.hand, row=row, medicine=index)
        lead = lead or box
        number = str(int(self.rng.choice([1, 2, 3, 5, 6, 10, 15, 20, 30])))
        inner = self.sheet.written(lead[2] + 1.4 * unit, self.y, number, self.hand, silent=True)
        ring = self.sheet.ring(inner, unit)
        self.sheet.note(f"({number})", ring, row, True, index)
        m.unscored += ["quantity", "duration", "dose", "frequency"]
        return ring[2]

    def brace(self, ends, right):
        """A brace around entries that share a duration."""
        free = [end for end in ends if end[0].duration is None]
        unit = self.hand.x
        if len(free) < 2 or free != ends[-len(free):]:
            return
        x = max(box[2] for _, box in free) + unit
        if x + 8 * unit > right:
            return
        top, bottom = free[0][1][1], free[-1][1][3]
        middle = (top + bottom) / 2
        self.sheet.stroke([(x, top), (x + 0.7 * unit, top + unit), (x + 0.7 * unit, middle - unit), (x + 1.4 * unit, middle),
                           (x + 0.7 * unit, middle + unit), (x + 0.7 * unit, bottom - unit), (x, bottom)], max(2, unit / 9))
        days = int(self.rng.choice([3, 5, 7, 10, 15, 30]))
        self.sheet.written(x + 2 * unit, middle + 0.4 * unit, self.choose([f"x {days} d", f"{days} days", f"x {days} days"]), self.hand)
        for m, _ in free:
            m.unscored.append("duration")

    counted = False

    second = 1.6
    ringed = underlined = False

    def block(self, x, right, heading, items, scale=1.0, joined=False):
        """A heading and its items."""
        if not items:
            return
        if joined:
            items = [", ".join(items)]
        for k, item in enumerate(items):
            for n, part in enumerate(self.wrapped(item, right - x - 6 * self.unit * (k == 0 and bool(heading)), scale)):
                self.y += self.pitch * max(scale, 0.8)
                if self.y > self.h - 0.4 * self.pitch:
                    return
                row, left = self.sheet.new_row(), x
                if k == 0 and n == 0 and heading:
                    if self.headings_printed:
                        left = self.print(x, self.y, heading, row=row, font=self.bold)[2] + 0.6 * self.unit
                    else:
                        part = f"{heading} {part}"
                self.say(left, self.y, part, scale, row=row)

    headings_printed = True

    def rx_sign(self, x, y, size):
        """The sign over the list."""
        if self.hand and self.chance(0.4):
            self.sheet.written(x, y, "Rx", self.hand, 1.5)
        else:
            self.print(x, y, "Rx", size, self.choose([self.head, self.bold]))

    def signature(self, x, y):
        """A scrawl, no text."""
        rng, u = self.rng, self.unit
        t = np.linspace(0, 1, 90)
        turns = rng.uniform(3, 8)
        fade = np.interp(t, [0, 0.15, 0.4, 1], [rng.uniform(0.6, 1.4), rng.uniform(0.8, 1.5), rng.uniform(0.3, 0.7), 0.12])
        xs = x + u * (rng.uniform(4, 8) * t + rng.uniform(0.1, 0.6) * np.sin(2 * np.pi * turns * t + rng.uniform(0, 6)))
        ys = y - u * fade * (0.9 * np.sin(2 * np.pi * turns * rng.uniform(0.8, 1.2) * t) + 0.5 * np.sin(
            2 * np.pi * rng.uniform(1, 9) * t + rng.uniform(0, 6)) + rng.uniform(-0.2, 0.6) * t)
        self.sheet.stroke(list(zip(xs, ys)), max(2, u / 11), 230)
        if self.chance(0.4):
            self.sheet.stroke([(x - 0.3 * u, y + 0.5 * u), (x + u * rng.uniform(4, 8), y + u * rng.uniform(-0.2, 0.5))], max(2, u / 12), 225)

    def stamp(self, x, y):
        """A rubber stamp: a ring or a frame with words."""
        s, u = self.sheet, self.unit
        ink = int(self.rng.uniform(70, 150))
        name, reg = self.said.prescriber, self.said.prescriber_lines[-1]
        row = s.new_row
        if self.chance(0.5):
            r = 3.2 * u
            s.printer.ellipse((x - r, y - r, x + r, y + r), outline=ink, width=3)
            s.printer.ellipse((x - 0.8 * r, y - 0.8 * r, x + 0.8 * r, y + 0.8 * r), outline=ink, width=2)
            self.print(x, y + 0.2 * u, self.choose(["PAID", "SEEN", "OPD", "PHARMACY", "DISPENSED"]), 0.9, self.bold, "m", row(), ink)
        else:
            self.print(x, y, name, 0.8, self.bold, "m", row(), ink)
            self.print(x, y + u, reg, 0.7, self.text, "m", row(), ink)

    # ---- heads ----

    def letterhead(self):
        """Clinic and prescriber at the top, in one of the usual arrangements; ends with a rule."""
        p, e, u = self.said, self.edge, self.unit
        style = self.choose(["split", "split", "centre", "left", "logo", "band"])
        if style == "band":
            self.band()
            return
        y = int(u * self.rng.uniform(1.8, 3.2))
        big = self.rng.uniform(1.5, 2.3)
        if style == "centre":
            self.print(self.w / 2, y + u, p.clinic, big, self.head, "m")
            y += u * 2.3
            line = p.prescriber + (", " + p.prescriber_lines[0] if self.chance(0.7) else "")
            self.print(self.w / 2, y, line, 1.1, self.bold, "m")
            for text in p.prescriber_lines[1:] + p.clinic_lines:
                y += u * 1.3
                self.print(self.w / 2, y, text, 0.85, anchor="m")
        elif style == "left":
            self.print(e, y + u, p.prescriber, big * 0.8, self.head)
            y += u * 2.2
            self.print(e, y, ", ".join(p.prescriber_lines[:-1]), 0.9)
            for text in [p.prescriber_lines[-1], p.clinic] + p.clinic_lines:
                y += u * 1.3
                self.print(e, y, text, 0.85)
        else:
            left = e
            if style == "logo":
                self.logo(e, y - 0.4 * u, 3.6 * u)
                left = e + 4.4 * u
            size = min(big, 0.56 * self.w / (len(p.clinic) * 0.56 * u))
            row = self.sheet.new_row()
            self.print(left, y + u, p.clinic, size, self.head, row=row)
            self.print(self.w - e, y + u, p.prescriber, 1.05, self.bold, "r", row)
            lefts, rights = list(p.clinic_lines), list(p.prescriber_lines)
            for k in range(max(len(lefts), len(rights))):
                row, at = self.sheet.new_row(), y + u * (2.4 + 1.25 * k)
                if k < len(lefts):
                    self.print(left, at, lefts[k], 0.82, row=row)
                if k < len(rights):
                    self.print(self.w - e, at, rights[k], 0.82, anchor="r", row=row)
            y += u * (2.4 + 1.25 * (max(len(lefts), len(rights)) - 1))
            y = max(y, self.edge + 3.6 * u)
        y += u * 0.9
        self.sheet.rule(e * self.choose([0.5, 1, 0]), y, self.w - e * self.choose([0.5, 1, 0]), y, int(self.rng.integers(1, 5)))
        self.y = y

    def band(self):
        """A band of colour across the top, printed on in white; lines below it."""
        p, e, u = self.said, self.edge, self.unit
        depth = u * self.rng.uniform(3.6, 4.6)
        self.sheet.printer.rectangle((0, 0, self.w, depth), fill=int(self.rng.uniform(170, 255)))
        size = min(self.rng.uniform(1.5, 2.2), 0.55 * self.w / (len(p.clinic) * 0.56 * u))
        row = self.sheet.new_row()
        self.print(e, 0.55 * depth, p.clinic, size, self.head, row=row, ink=0)
        self.print(self.w - e, 0.55 * depth, p.prescriber, 1.0, self.bold, "r", row, 0)
        self.print(self.w - e, 0.55 * depth + 1.3 * u, p.prescriber_lines[0], 0.8, anchor="r", ink=0)
        self.y = depth
        for text in [p.prescriber_lines[-1]] + p.clinic_lines:
            self.y += 1.3 * u
            self.print(e, self.y, text, 0.82)
        self.y += 0.6 * u

    def logo(self, x, y, size):
        s = self.sheet
        kind = self.rng.random()
        ink = int(self.rng.uniform(150, 255))
        if kind < 0.5:
            s.printer.ellipse((x, y, x + size, y + size), outline=ink, width=4)
        else:
            s.printer.rounded_rectangle((x, y, x + size, y + size), size / 6, outline=ink, width=4)
        a, b = 0.4 * size, 0.22 * size
        s.printer.rectangle((x + a, y + b, x + size - a, y + size - b), fill=ink)
        s.printer.rectangle((x + b, y + a, x + size - b, y + size - a), fill=ink)

    def patient_line(self, style=None):
        """Name, age, sex and date: on one line, on two, or in a frame."""
        p, e, u = self.said, self.edge, self.unit
        style = style or self.choose(["one", "two", "two", "frame"])
        self.dotted = self.chance(0.6)
        line = max(1.9 * u, 0.85 * self.pitch if self.hand else 0)
        name, right = self.choose(["Name:", "Patient:", "Patient Name:", "Name :", "Pt. Name:", "Name"]), self.w - e
        sex = self.choose([p.sex, {"M": "Male", "F": "Female"}[p.sex]])
        top, y = self.y, self.y + line
        row = self.sheet.new_row()
        if style == "one":
            a, b, c = e + 0.42 * (right - e), e + 0.57 * (right - e), e + 0.75 * (right - e)
            self.field(e, y, name, p.patient, a - u, row)
            self.field(a, y, "Age:", p.age, b - 0.5 * u, row)
            self.field(b, y, self.choose(["Sex:", "Gender:"]), sex, c - 0.5 * u, row)
            self.field(c, y, "Date:", p.date, right, row)
        else:
            a = e + 0.6 * (right - e)
            self.field(e, y, name, p.patient, a - u, row)
            self.field(a, y, self.choose(["Date:", "Date :", "Dt."]), p.date, right, row)
            y += line
            row = self.sheet.new_row()
            self.field(e, y, self.choose(["Age/Sex:", "Age / Sex:", "Age & Sex:"]), f"{p.age}{self.choose(['/', ' / '])}{p.sex}",
                       e + 0.33 * (right - e), row)
            if p.vitals and self.chance(0.5):
                self.field(a, y, "", p.vitals[0], right, row, False)
                p.vitals = p.vitals[1:]
        y += 0.6 * line
        if style == "frame":
            self.sheet.frame(e * 0.6, top + 0.3 * u, self.w - e * 0.6, y, 2)
        elif self.chance(0.5):
            self.sheet.rule(e * 0.6, y, self.w - e * 0.6, y, 2)
        self.y = y

    def footer(self, text=None):
        u = self.unit
        y = self.h - u * self.rng.uniform(0.9, 1.6)
        if text or self.chance(0.5):
            self.sheet.rule(self.edge, y - 1.2 * u, self.w - self.edge, y - 1.2 * u, 1)
            self.print(self.w / 2, y, text or self.choose(self.foot_texts), 0.75, anchor="m")

    foot_texts = ("Get well soon",)


# ---- layouts for handwriting ----

def clinic_pad(page):
    """A clinic's or a doctor's letterhead, written below: complaints and diagnosis, the list, advice."""
    p, e, u = page.said, page.edge, page.unit
    page.letterhead()
    page.patient_line()
    page.headings_printed = page.hand is None or page.chance(0.35)
    page.ringed, page.counted = page.chance(0.2), page.chance(0.08)
    page.underlined = page.hand is not None and page.chance(0.06)
    left = e
    if page.hand and page.chance(0.25):  # a printed column at the left
        left = e + 0.26 * page.w
        page.sheet.rule(left - 0.6 * u, page.y, left - 0.6 * u, page.h - 3 * u, 1)
        side_column(page, left - 1.2 * u)
    else:
        notes(page, e)
    bottom = page.h - 5 * u
    page.y += max(2.6 * u, 1.2 * page.pitch if page.hand else 0)
    page.rx_sign(left, page.y, 2)
    page.medicines(left + page.choose([0.2, 1.5]) * u, page.w - 0.5 * e, bottom)
    after(page, left)
    sign_off(page)
    page.footer()


def side_column(page, right):
    """Complaints, findings and tests in a narrow column, in a smaller hand."""
    p, e, u, top = page.said, page.edge * 0.6, page.unit, page.y
    for heading, items in (("C/O", p.complaints), ("O/E", p.vitals), ("Diagnosis", p.diagnoses), ("Investigations", p.tests)):
        page.y += 1.8 * u
        page.print(e, page.y, heading, 0.85)
        page.block(e, right, "", items, 0.72)
        page.y += 1.5 * u
    p.tests, page.y = [], top


def notes(page, x, joined=None):
    """Complaints, findings and diagnoses before the list."""
    p, right = page.said, page.w - page.edge
    joined = page.chance(0.4) if joined is None else joined
    page.block(x, right, page.choose(["C/O:", "Complaints:", "C/o"]) if page.headings_printed else "", p.complaints, joined=joined)
    page.block(x, right, "", p.vitals, joined=page.chance(0.6))
    page.block(x, right, page.choose(["O/E:", "Findings:"]) if page.headings_printed else "", p.examination, joined=joined)
    page.block(x, right, page.choose(["Diagnosis:", "Dx:", "Impression:", "Provisional Diagnosis:"]) if page.headings_printed or
               page.chance(0.5) else "", p.diagnoses, joined=True)


def after(page, x):
    """Tests, advice and the next visit after the list."""
    p, right = page.said, page.w - page.edge
    page.y += 0.4 * page.pitch
    if page.y + 2 * page.pitch > page.h - 4 * page.unit:
        p.tests, p.advice, p.follow_up = [], [], None
        return
    page.block(x, right, page.choose(["Tests:", "Inv:", "Investigations:", "Adv:"]), p.tests, joined=page.chance(0.7))
    page.block(x, right, page.choose(["Advice:", "Adv:"]), p.advice, joined=page.chance(0.3))
    if p.follow_up:
        page.block(x, right, "", [p.follow_up])


def sign_off(page):
    u = page.unit
    x, y = page.w - page.edge - 9 * u, min(page.h - 3.4 * u, page.y + 3.5 * u)
    if y < page.y + 1.5 * u:
        return
    if page.chance(0.8):
        page.signature(x, y)
    if page.chance(0.35):
        page.stamp(x - 6 * u, y)


def boxed_form(page):
    """A form of framed parts: patient, symptoms and history, prescription."""
    p, e, u = page.said, int(page.edge * 0.7), page.unit
    page.edge = e
    page.logo(e + 0.5 * u, e + 0.5 * u, 3.2 * u)
    row = page.sheet.new_row()
    page.print(e + 4.6 * u, e + 1.9 * u, p.clinic, 1.3, page.head, row=row)
    page.print(page.w - e - u, e + 1.9 * u, p.prescriber, 1.0, page.bold, "r", row)
    row = page.sheet.new_row()
    page.print(e + 4.6 * u, e + 3.4 * u, p.clinic_lines[0], 0.75, row=row)
    page.print(page.w - e - u, e + 3.2 * u, p.prescriber_lines[0], 0.75, anchor="r", row=row)
    page.y = e + 4.4 * u
    marks = [e * 0.6, page.y]
    page.edge = e + u
    page.patient_line("one" if page.chance(0.6) else "two")
    marks.append(page.y)
    page.headings_printed = True
    x, size = e + u, page.choose([1.0, 1.15])
    page.y += 1.6 * u
    page.print(x, page.y, page.choose(["SYMPTOMS & HISTORY", "Clinical Notes", "COMPLAINTS", "History :", "Symptoms:"]), size, page.bold)
    page.headings_printed = False
    inner = x + page.rng.uniform(0.5, 5) * u
    start = page.y
    left, right = p.complaints + p.diagnoses, p.vitals + p.examination
    if page.hand and page.chance(0.45) and left and right:
        two_columns(page, inner, left, right)
    else:
        page.block(inner, page.w - 2 * e, "", left + right)
    page.y = max(page.y, start + 0.12 * page.h) + 1.2 * u
    marks.append(page.y)
    page.y += 1.7 * u
    page.print(x, page.y, page.choose(["PRESCRIPTION :", "Rx", "Treatment:", "MEDICINES"]), size, page.bold)
    page.ringed, page.counted = page.chance(0.35), page.chance(0.25)
    page.medicines(x + page.rng.uniform(0, 3) * u, page.w - 1.5 * e, page.h - 4 * u)
    after(page, x)
    sign_off(page)
    width = int(page.rng.integers(2, 6))
    for y in marks[1:]:
        page.sheet.rule(marks[0], y, page.w - marks[0], y, width)
    page.sheet.frame(marks[0], marks[0], page.w - marks[0], page.h - marks[0], width)


def two_columns(page, x, left, right):
    """Items side by side; each column wraps by itself and is read by itself."""
    middle, start, deepest = page.w * page.rng.uniform(0.5, 0.6), page.y, page.y
    for at, end, items in ((x, middle - page.unit, left), (middle, page.w - page.edge, right)):
        page.y = start
        page.block(at, end, "", items)
        deepest = max(deepest, page.y)
    page.y = deepest


def us_pad(page):
    """An American or British pad: name of the practice, patient's lines, a large Rx, refills."""
    p, e, u = page.said, page.edge, page.unit
    y = max(2.4 * u, 0.4 * e + 1.9 * u)
    page.print(page.w / 2, y, p.clinic, 1.5, page.head, "m")
    y += 1.6 * u
    page.print(page.w / 2, y, f"{p.prescriber}, {p.prescriber_lines[0]}", 1.0, page.bold, "m")
    for text in p.clinic_lines[:2] + p.prescriber_lines[-1:]:
        y += 1.25 * u
        page.print(page.w / 2, y, text, 0.8, anchor="m")
    page.y = y + 0.8 * u
    page.sheet.rule(e, page.y, page.w - e, page.y, 2)
    page.dotted = False
    step = max(1.9 * u, 0.85 * page.pitch)
    right = page.w - e
    row = page.sheet.new_row()
    page.y += step
    page.field(e, page.y, page.choose(["Name", "NAME", "Patient", "Name:"]), p.patient, e + 0.66 * (right - e), row)
    page.field(e + 0.7 * (right - e), page.y, page.choose(["Age", "AGE", "Age:"]), p.age, right, row)
    row = page.sheet.new_row()
    page.y += step
    page.field(e, page.y, page.choose(["Address", "ADDRESS"]), "", e + 0.62 * (right - e), row)
    page.field(e + 0.66 * (right - e), page.y, page.choose(["Date", "DATE", "Date:"]), p.date, right, row)
    page.headings_printed = False
    page.y += max(3.2 * u, 1.2 * page.pitch if page.hand else 0)
    page.rx_sign(e, page.y, 2.8)
    if p.diagnoses and page.chance(0.4):
        page.block(e + 3 * u, right, "Dx:", p.diagnoses, joined=True)
    page.medicines(e + page.choose([0.5, 3]) * u, page.w - 0.6 * e, page.h - 6 * u)
    y = page.h - 2.6 * u
    if page.y < y - 2 * u:
        row = page.sheet.new_row()
        page.field(e, y, page.choose(["Refill", "REFILL", "Refills:"]), page.choose(["0", "1", "2", "3", "NR", ""]), e + 5 * u, row)
        page.sheet.rule(page.w - e - 11 * u, y + 4, page.w - e, y + 4, 2)
        page.signature(page.w - e - 10 * u, y - 0.6 * u)
        page.print(page.w - e, y + 1.3 * u, page.choose(["Signature", "M.D.", "Substitution permitted", "Dispense as written"]), 0.7,
                   anchor="r")
    if page.chance(0.5):
        page.sheet.frame(e * 0.4, e * 0.4, page.w - e * 0.4, page.h - e * 0.4, 2, radius=page.choose([0, 20]))


def ruled_paper(page):
    """A sheet of ruled or plain paper with nothing printed but its lines."""
    p, e = page.said, page.edge
    page.headings_printed = False
    page.ringed = page.chance(0.25)
    if page.chance(0.6):
        y = 3 * page.pitch
        while y < page.h:
            page.sheet.rule(0, y, page.w, y, 1, 70)
            y += page.pitch
        if page.chance(0.5):
            page.sheet.rule(1.5 * e, 0, 1.5 * e, page.h, 1, 90)
    page.y = 1.5 * page.pitch
    x = e * page.choose([1, 1.8])
    row = page.sheet.new_row()
    page.say(x, page.y, p.patient, row=row)
    page.say(page.w - e - page.width_of(p.date), page.y, p.date, row=row)
    page.y += page.pitch
    page.say(x, page.y, f"{p.age}/{p.sex}")
    notes(page, x, joined=page.chance(0.5))
    page.rx_sign(x, page.y + 1.4 * page.pitch, 1.6)
    page.y += 1.4 * page.pitch
    page.medicines(x + page.rng.uniform(0, 2) * page.unit, page.w - 0.4 * e, page.h - 3 * page.pitch)
    after(page, x)
    if page.y < page.h - 3 * page.unit:
        page.signature(page.w - e - 9 * page.unit, page.y + 2 * page.unit)


def chart(page):
    """A table with a row for each medicine: hospital sheets, discharge summaries, e-prescriptions."""
    p, e, u = page.said, page.edge, page.unit
    for m in p.medicines:
        m.lines = [" ".join(cell for cell in m.cells.values() if cell)]
    page.letterhead()
    page.patient_line()
    page.headings_printed = True
    if p.diagnoses:
        page.block(e, page.w - e, page.choose(["Diagnosis:", "Dx:", "Final Diagnosis:"]), p.diagnoses, joined=True)
    if page.hand is None:
        page.block(e, page.w - e, "Complaints:", p.complaints, joined=True)
        page.block(e, page.w - e, "Vitals:", p.vitals, joined=True)
    page.y += 1.2 * u
    left, right = e * 0.7, page.w - e * 0.7
    heads = page.choose([("S.No", "Medicine", "Dosage", "Duration"), ("#", "Drug", "Directions", "Qty"),
                         ("No.", "Name of drug", "Dose & frequency", "Days"), ("", "Medication", "Instructions", "Remarks")])
    shares = np.cumsum([0, 0.07, page.rng.uniform(0.4, 0.47), page.rng.uniform(0.28, 0.34)])
    columns = [left + s * (right - left) for s in shares] + [right]
    top = page.y
    page.y += 1.6 * u
    row = page.sheet.new_row()
    for x, text in zip(columns, heads):
        if text:
            page.print(x + 0.4 * u, page.y, text, 0.9, page.bold, row=row)
    lines = [top, page.y + 0.6 * u]
    page.y += 0.6 * u
    for index, m in enumerate(p.medicines):
        cells = [str(m.number), m.cells["name"], m.cells["directions"], m.cells["quantity"]]
        cells = [page.wrapped(cell, end - x - 0.8 * u) for x, end, cell in zip(columns, columns[1:], cells)]
        if page.y + (max(map(len, cells)) + 0.6) * page.pitch > page.h - 2.5 * u:
            break
        table_row(page, columns, cells, index)
        lines.append(page.y)
    ink = page.choose([255, 160, 110])
    for y in lines:
        page.sheet.rule(left, y, right, y, 2, ink)
    if page.chance(0.7):
        for x in columns:
            page.sheet.rule(x, top, x, page.y, 2, ink)
    after(page, e)
    sign_off(page)
    page.footer()


def table_row(page, columns, cells, index):
    """One medicine across the columns; a cell is its wrapped lines."""
    rows = [page.sheet.new_row() for _ in range(max(map(len, cells)))]
    for n, row in enumerate(rows):
        page.y += page.pitch
        for x, cell in zip(columns, cells):
            if n < len(cell) and cell[n]:
                box = page.say(x + 0.4 * page.unit, page.y, cell[n], row=row, medicine=index,
                               struck=page.said.medicines[index].struck)
                if page.hand and page.said.medicines[index].struck:
                    page.sheet.strike(box, page.hand.x)
    page.y += 0.5 * page.pitch


# ---- layouts for print alone ----

def e_prescription(page):
    """Typed by a practice's software."""
    p, e, u = page.said, page.edge, page.unit
    page.letterhead()
    page.patient_line("two" if page.chance(0.6) else "frame")
    page.headings_printed = True
    notes(page, e, joined=True)
    page.rx_sign(e, page.y + 2.4 * u, 1.8)
    page.y += 2.6 * u
    page.second = page.choose([1.2, 2.5, 0])
    page.medicines(e + page.choose([0, 1]) * u, page.w - e, page.h - 5 * u)
    after(page, e)
    sign_off(page)
    page.footer()


def pharmacy_label(page):
    """The label on a bottle or a box: one medicine in capitals."""
    p, e, u = page.said, page.edge, page.unit
    p.medicines = p.medicines[:1]
    p.complaints, p.diagnoses, p.vitals, p.examination, p.tests, p.advice, p.follow_up = [], [], [], [], [], [], None
    m = p.medicines[0]
    y = 2 * u
    page.print(e, y, f"{p.clinic.split(' ')[0].upper()} {page.choose(['PHARMACY', 'DRUG STORE', 'CHEMIST', 'MEDICALS'])}", 1.4, page.head)
    y += 1.4 * u
    row = page.sheet.new_row()
    page.print(e, y, p.clinic_lines[0], 0.75, row=row)
    y += 1.2 * u
    page.print(e, y, p.clinic_lines[1], 0.75)
    page.sheet.rule(e, y + 0.5 * u, page.w - e, y + 0.5 * u, 3)
    y += 2 * u
    row = page.sheet.new_row()
    page.print(e, y, f"Rx# {page.rng.integers(10000, 9999999)}", 0.9, row=row)
    page.print(page.w - e, y, p.prescriber, 0.9, anchor="r", row=row)
    y += 1.6 * u
    row = page.sheet.new_row()
    page.say(e, y, p.patient, 1.1, row=row)
    page.print(page.w - e, y, p.date, 0.9, anchor="r", row=row)
    page.y = y + 0.4 * u
    page.second = 0
    page.medicines(e, page.w - e, page.h - 2 * u)
    page.y += 1.4 * u
    if page.y < page.h - u:
        page.print(e, page.y, page.choose(["KEEP OUT OF REACH OF CHILDREN", "Discard after 1 year", "May cause drowsiness",
                                           "Caution: federal law prohibits transfer of this drug"]), 0.7)
    page.sheet.frame(e * 0.3, e * 0.3, page.w - e * 0.3, page.h - e * 0.3, 3, radius=18)
    return m


def slip(page):
    """A narrow slip from a dot-matrix or thermal printer."""
    p, e, u = page.said, page.edge, page.unit
    page.headings_printed = True
    page.head = page.bold = page.text = page.body_font
    y = 2 * u
    page.print(page.w / 2, y, p.clinic.upper(), 1.1, anchor="m")
    for text in p.clinic_lines[:2]:
        y += 1.4 * u
        page.print(page.w / 2, y, text, 0.9, anchor="m")
    bar = page.choose(["-", "=", "*", "_"])

    def line(y):
        n = int((page.w - 2 * e) / max(page.width_of(bar * 10) / 10, 1))
        face_at(page.body_font.path, max(6, round(page.unit))).put(page.sheet.print, e, y, bar * n, 200)
    y += 1.3 * u
    line(y)
    y += 1.4 * u
    row = page.sheet.new_row()
    page.print(e, y, f"Name: {p.patient}", row=row)
    y += 1.4 * u
    row = page.sheet.new_row()
    page.print(e, y, f"Age/Sex: {p.age}/{p.sex}", row=row)
    page.print(page.w - e, y, f"Date: {p.date}", anchor="r", row=row)
    y += 1.4 * u
    page.print(e, y, p.prescriber)
    y += 1.2 * u
    line(y)
    page.y = y
    page.block(e, page.w - e, "Dx:", p.diagnoses, joined=True)
    page.medicines(e, page.w - e, page.h - 4 * u)
    after(page, e)
    if page.y + 2 * u < page.h:
        line(page.y + 1.4 * u)


HAND_LAYOUTS = [(clinic_pad, 5), (boxed_form, 3), (us_pad, 2), (ruled_paper, 1.5), (chart, 1.2)]
PRINT_LAYOUTS = [(e_prescription, 4), (chart, 3), (pharmacy_label, 1.2), (slip, 1.3), (us_pad, 1)]

__all__ = ["Hand", "Page", "Sheet", "HAND_LAYOUTS", "PRINT_LAYOUTS"]
