"""The grammar of the answers to `scan en` (docs/scan-grammar.md): written and read.

    write([{"name": "Augmentin", "strength": "625 mg", "frequency": "1-0-1"}])  "Augmentin|625 mg||||1-0-1"
"""
import re

FIELDS = ("name", "strength", "form", "dose", "route", "frequency", "duration", "quantity", "instructions")
UNREADABLE = object()  # in the place of a text: it is there and cannot be read
NOTHING = "-"
WORD = r"(?:[^\x00-\x20\x7f|\\]|\\[|\\?-])+"
CELL = re.compile(rf"{WORD}(?: {WORD})*")
APART = re.compile(r"((?:\\.|[^|\\])*)\|")


class Wrong(ValueError):
    """A text that is no answer."""


def cell_of(value):
    if value is UNREADABLE:
        return "?"
    text = (value or "").replace("\\", "\\\\").replace("|", "\\|")
    return "\\" + text if text in ("?", NOTHING) else text


def write(medicines):
    """`medicines`: dicts with FIELDS (other keys are passed over), each a text without blanks around or twice in a row,
    None or UNREADABLE."""
    lines = []
    for medicine in medicines:
        cells = [cell_of(medicine.get(field)) for field in FIELDS]
        while not cells[-1]:
            cells.pop()
        lines.append("|".join(cells))
    return "\n".join(lines) or NOTHING


def value_of(cell):
    if cell == "?":
        return UNREADABLE
    if cell and (cell == NOTHING or not CELL.fullmatch(cell)):
        raise Wrong(cell)
    return re.sub(r"\\(.)", r"\1", cell) or None


def read(answer):
    """The medicines of an answer, as `write` takes them. Wrong for what is none."""
    medicines = []
    for line in answer.split("\n") if answer != NOTHING else ():
        cells = APART.findall(line + "|")
        if "|".join(cells) != line or len(cells) > len(FIELDS) or not cells[0] or not cells[-1]:
            raise Wrong(line)
        medicines.append({f: v for f, v in zip(FIELDS, map(value_of, cells)) if v is not None})
    return medicines
