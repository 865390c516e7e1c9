"""The language of prescriptions: what stands on the pages, line by line and as a whole.

    language = Language(material, split="train")
    language.line(rng)          one line of text as found on a page
    language.prescription(rng)  a whole prescription: what it says, and how every medicine is written

Pure Python, and deterministic: the same `random.Random` state gives the same text. Everything stays within
ALPHABET. A tenth of the names of medicines never occurs with split "train"; with "test" they are a quarter of
all, and the medicines that bear one say so (`unseen`). A sixth of the names is invented, so that a reader
learns to spell what it sees.
"""
import random
import string
from dataclasses import dataclass, field

from . import drugs as lists
from . import phrases as say
from . import sig
from .alphabet import ALPHABET
from .sig import pick

INVENTED = 0.17
UNSEEN = 0.25
CHANGING = 0.05  # of the medicines: not the same every day, or every time of a day
PRINTED = 0.15   # of American hands: print-outs
FOURFOLD = 0.12  # of the patterns of three: 1-1-1-1 instead

ONSET = "b c d f g h j k l m n p r s t v z br cl cr dr fl gl pr st tr x ph th qu".split()
VOWEL = "a e i o u a e i o y ia io eo".split()
CODA = ["", "", "", "l", "n", "r", "x", "m", "s", "t", "d", "c", "p"]
ENDING = ("in ol ex ax il ine one ide am um on ate al or is us ium mab nib pril sartan olol azole mycin cillin "
          "statin dipine gliptin floxacin prazole zepam tidine profen vir cef dol flam met cort zyme vit cal").split()
MADE_UP = 0.6  # of the people of training
SYLLABLE = ("b bh br ch d dh f g gr h j k kh l m n p pr r s sh st t th tr v w y z".split(), "a a a e e i i o o u aa ee ai ia".split(),
            ["", "", "", "", "n", "n", "r", "l", "m", "s", "t", "d", "k", "sh", "ck", "rd", "nd"])
SUFFIX = ["Plus", "Forte", "DS", "SR", "XR", "MR", "ER", "LS", "D", "M", "AM", "H", "CV", "MD", "OD", "CR", "LB", "P", "SP",
          "MF", "XL", "Z", "DSR", "EC", "A", "40", "CT", "Gold", "Junior", "O", "TH", "MT", "LC", "XT", "T"]


@dataclass
class Medicine:
    """One medicine. The fields are verbatim pieces of `lines`; None: not written."""
    name: str
    form_key: str
    number: int = 0
    strength: str | None = None
    form: str | None = None
    dose: str | None = None
    route: str | None = None
    frequency: str | None = None
    duration: str | None = None
    quantity: str | None = None
    instructions: str | None = None
    as_needed: bool = False
    lines: list = field(default_factory=list)  # as written; the lines after the first are indented
    cells: dict = field(default_factory=dict)  # the same for a table: name, directions, duration, remark
    struck: bool = False
    unseen: bool = False
    unscored: list = field(default_factory=list)  # fields that are written so that they cannot be told by one text


@dataclass
class Prescription:
    region: str
    clinic: str
    clinic_lines: list
    prescriber: str
    prescriber_lines: list
    patient: str
    age: str
    sex: str
    date: str
    diagnoses: list
    complaints: list
    vitals: list
    examination: list
    tests: list
    advice: list
    follow_up: str | None
    medicines: list


@dataclass
class Habit:
    """How one prescriber writes: kept for a page, so that its entries look alike."""
    region: str
    manner: str        # "in", "us", "uk", "typed"
    form_place: str    # "before", "after", "none"
    form_index: int
    case: str          # "title", "upper", "lower"
    unit_space: str
    unit_shown: float
    frequency: str     # "pattern", "latin", "words"
    joiner: str
    zero: str
    duration: str
    printed: bool      # as American print-outs have it
    two_lines: bool
    numbering: str
    with_quantity: float
    with_duration: float
    with_strength: float


NUMBERING = ["{n}.", "{n})", "({n})", "{n}", "{n}.", "{n})", "", "", "-", "•", "→", "*", "–", "#{n}", "{n}:", "Rx"]


def new_habit(rng, region=None, manner=None):
    region = region or ("in" if rng.random() < 0.6 else "en")
    if manner is None:
        r = rng.random()
        manner = ("in" if r < 0.85 else "us") if region == "in" else ("us" if r < 0.5 else "uk" if r < 0.8 else "in")
    indian = manner == "in"
    r = rng.random()
    return Habit(
        region, manner,
        ("before" if r < 0.8 else "none" if r < 0.93 else "after") if indian else ("after" if r < 0.6 else "none" if r < 0.8 else "before"),
        int(rng.random() * 12), pick(rng, ("title", "title", "title", "upper", "lower")),
        pick(rng, (" ", " ", "")), 0.85 if indian else 0.97,
        pick(rng, ("pattern", "pattern", "latin", "latin", "words")) if indian else pick(rng, ("latin", "latin", "words")),
        pick(rng, ("-", "-", "-", " - ", "+", " + ", "–", "--", " – ", "-")), pick(rng, ("0", "0", "0", "0", "0", "x", "o", "O")),
        pick(rng, ("any", "any", "days", "days", "slash")), manner == "us" and rng.random() < PRINTED,
        rng.random() < (0.35 if indian else 0.7),
        pick(rng, NUMBERING), 0.12 if indian else 0.6, 0.7 if indian else 0.35, 0.85 if indian else 0.95)


class Language:
    def __init__(self, material=None, split="all", people=None):
        """`material`: a folder (see train/drugs.py). `split`: "train", "test" or "all". `people`: see person_name(); in
        training "mixed", else "listed"."""
        if split not in ("train", "test", "all"):
            raise ValueError(f"no split {split!r}")
        self.people = people or ("mixed" if split == "train" else "listed")
        self.drugs = lists.load(material)
        self.conditions = self.drugs.conditions
        self.split = split
        keep = (lambda d: True) if split == "all" else (lambda d: not lists.in_test(d.name))
        self.common = [d for d in self.drugs.common if keep(d)]
        self.wide = [d for d in self.drugs.wide if keep(d)] or self.common
        self.by_condition = {key: [d for d in found if keep(d)] for key, found in self.drugs.by_condition.items()}
        self.by_condition = {key: found for key, found in self.by_condition.items() if found}
        self.keys = sorted(self.by_condition)
        self.unseen = [d for d in self.drugs.common if lists.in_test(d.name)]
        self.unseen_wide = [d for d in self.drugs.wide if lists.in_test(d.name)] or self.unseen
        self.spice = [d.name for d in self.wide]

    # ---- medicines ----

    def invented(self, rng):
        """A name that follows the sound of medicine names and belongs to none."""
        name = "".join(pick(rng, ONSET) + pick(rng, VOWEL) + (pick(rng, CODA) if rng.random() < 0.4 else "")
                       for _ in range(1 + int(rng.random() * 2.6)))
        if rng.random() < 0.7:
            name += pick(rng, ENDING)
        if len(name) < 4:
            name += pick(rng, ENDING)
        name = name.capitalize()
        if rng.random() < 0.25:
            name += pick(rng, (" ", "-", " ")) + pick(rng, SUFFIX)
        if self.split == "train" and lists.in_test(name):
            return self.invented(rng)
        return name

    def drug(self, rng, condition=None):
        """(drug, whether its name was kept from training)."""
        r = rng.random()
        if r < INVENTED:
            return lists.Drug(self.invented(rng), (), brand=True), False
        if self.split == "test" and rng.random() < UNSEEN / (1 - INVENTED):
            return pick(rng, self.unseen if self.unseen and rng.random() < 0.3 else self.unseen_wide), True
        if condition in self.by_condition and r < 0.75:
            return pick(rng, self.by_condition[condition]), False
        return pick(rng, self.common if rng.random() < 0.45 else self.wide), False

    def product(self, rng, drug):
        if drug.products:
            return pick(rng, drug.products)
        r = rng.random()
        if r < 0.66:
            return "tab", pick(rng, ("5 mg", "10 mg", "20 mg", "25 mg", "40 mg", "50 mg", "100 mg", "150 mg", "200 mg", "250 mg",
                                     "500 mg", "2.5 mg", "0.5 mg", "1 mg", "75 mg", "300 mg", "625 mg", "1 g", "80 mg", "60 mg",
                                     f"{1 + int(rng.random() * 999)} mg"))
        if r < 0.8:
            return "cap", pick(rng, ("10 mg", "20 mg", "75 mg", "100 mg", "250 mg", "300 mg", "500 mg", ""))
        if r < 0.9:
            return "syp", pick(rng, ("", "", "125 mg/5 ml", "250 mg/5 ml", "5 mg/5 ml", "100 ml"))
        return pick(rng, (("inj", "1 g"), ("inj", "40 mg"), ("inj", "500 mg"), ("cream", "1%"), ("cream", ""), ("oint", "2%"),
                          ("eye", "0.5%"), ("gel", "1%"), ("inh", "100 mcg"), ("sach", ""), ("drops", "")))

    def medicine(self, rng, habit=None, number=1, condition=None):
        """A medicine, written."""
        habit = habit or new_habit(rng)
        drug, unseen = self.drug(rng, condition)
        form, strength = self.product(rng, drug)
        m = Medicine(written_name(rng, drug, habit), form, number, unseen=unseen)
        if strength and rng.random() < habit.with_strength:
            m.strength = written_strength(rng, strength, habit)
        key = pick(rng, drug.frequencies or sig.COMMON)
        head = head_of(rng, m, habit)
        directions = (changing_directions if rng.random() < CHANGING else directions_of)(rng, m, habit, key)
        arrange(rng, m, habit, head, directions)
        return m

    # ---- lines ----

    def line(self, rng):
        """One line of text as found on a page."""
        r = rng.random()
        if r < 0.6:
            lines = self.medicine(rng, number=1 + int(rng.random() * 9)).lines
            return lines[0] if rng.random() < 0.72 else pick(rng, lines)
        if r < 0.75:
            return header_line(rng, self.people)
        if r < 0.92:
            return self.clinical_line(rng)
        return self.spelling_line(rng)

    def clinical_line(self, rng):
        condition = self.conditions[pick(rng, self.keys)]
        r = rng.random()
        if r < 0.25:
            return pick(rng, ("", "", "Dx: ", "Diagnosis: ", "Imp: ", "D/D: ", "Prov. Dx: ")) + pick(rng, condition["written"])
        if r < 0.45:
            return complaint(rng, pick(rng, condition["complaints"]))
        if r < 0.6:
            return vital(rng)
        if r < 0.7:
            return follow_up(rng, pick(rng, say.EXAMINATION))
        if r < 0.82 and condition["tests"]:
            return pick(rng, ("", "", "Adv: ", "Inv: ", "- ", "Tests: ")) + pick(rng, condition["tests"])
        if r < 0.92 and condition["advice"]:
            text = pick(rng, condition["advice"])
            return pick(rng, ("", "Adv: ", "• ", "- ", "→ ")) + (text.capitalize() if rng.random() < 0.5 else text)
        return follow_up(rng)

    def spelling_line(self, rng):
        """Words and figures that make no sense together: nothing but looking helps."""
        r = rng.random()
        if r < 0.35:
            return " ".join(cased(rng, pick(rng, say.WORDS)) for _ in range(1 + int(rng.random() * 6)))
        if r < 0.6:
            return " ".join(pick(rng, self.spice) for _ in range(1 + int(rng.random() * 2)))
        if r < 0.8:
            return " ".join(number_word(rng) for _ in range(1 + int(rng.random() * 4)))
        if r < 0.9:
            return " ".join(cased(rng, self.invented(rng)) for _ in range(1 + int(rng.random() * 3)))
        letters = ALPHABET if rng.random() < 0.3 else string.ascii_letters + string.digits
        words = ("".join(pick(rng, letters) for _ in range(1 + int(rng.random() * 8))) for _ in range(1 + int(rng.random() * 4)))
        return " ".join(" ".join(words).split()).lstrip("~ ") or "-"

    # ---- a whole page ----

    def prescription(self, rng, habit=None):
        habit = habit or new_habit(rng)
        region = habit.region
        keys = [pick(rng, self.keys) for _ in range(pick(rng, (1, 1, 1, 2, 2, 3)))]
        found = [self.conditions[key] for key in dict.fromkeys(keys)]
        prescriber = "Dr. " + person_name(rng, region, pick(rng, "MF"), self.people)
        if rng.random() < 0.3:
            prescriber = prescriber.replace("Dr. ", pick(rng, ("Dr ", "DR. ", "")))
        sex = pick(rng, "MF")
        count = pick(rng, (1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8))
        medicines = []
        for number in range(1, count + 1):
            medicines.append(self.medicine(rng, habit, number, pick(rng, keys)))
        extra = [text for c in found for text in c["tests"]]
        advice = [text for c in found for text in c["advice"]]
        if rng.random() < 0.06:
            stop, form = pick(rng, ("Stop", "STOP", "stop", "Hold", "Discontinue")), pick(rng, ("", "", "Tab. ", "Cap. "))
            advice = [f"{stop} {form}{self.drug(rng)[0].name}"]
        return Prescription(
            region, clinic_name(rng, region), clinic_lines(rng, region), prescriber, prescriber_lines(rng, region),
            patient_name(rng, region, sex, self.people), age(rng), sex, date(rng, region),
            [pick(rng, c["written"]) for c in found] if rng.random() < 0.7 else [],
            complaints(rng, found) if rng.random() < 0.6 else [],
            vitals(rng) if rng.random() < 0.6 else [],
            [follow_up(rng, pick(rng, say.EXAMINATION)) for _ in range(pick(rng, (1, 1, 2)))] if rng.random() < 0.3 else [],
            rng.sample(extra, min(len(extra), pick(rng, (1, 2, 3)))) if rng.random() < 0.4 else [],
            rng.sample(advice, min(len(advice), pick(rng, (1, 2)))) if rng.random() < 0.4 else [],
            follow_up(rng) if rng.random() < 0.4 else None, medicines)

    def slip_of_the_pen(self, rng, medicine):
        """A medicine begun and crossed out, in the place of `medicine`."""
        m = Medicine(medicine.name, medicine.form_key, medicine.number, struck=True)
        head = medicine.lines[0]
        wrong = self.drug(rng)[0].name if rng.random() < 0.6 else medicine.name[:2 + int(rng.random() * len(medicine.name))]
        m.lines = [head.split(medicine.name)[0] + wrong if medicine.name in head else wrong]
        m.lines[0] += pick(rng, ("", "", " " + (medicine.strength or "")))
        m.lines[0] = m.lines[0].strip()
        m.cells = {"name": m.lines[0], "directions": "", "quantity": ""}
        return m


# ---- pieces of a medicine ----

def written_name(rng, drug, habit):
    name = drug.name
    r = rng.random()
    case = habit.case if r < 0.8 else pick(rng, ("title", "upper", "lower"))
    if case == "upper":
        return name.upper()
    if case == "lower" and not drug.brand:
        return name.lower()
    return name if name[0].isupper() else " ".join(
        w if w in ("and", "acid") and i else w.capitalize() for i, w in enumerate(name.split()))


def written_strength(rng, strength, habit):
    """Habits of spacing and units; "500 mg" may stand as 500mg, 500, 0.5 g, (500 mg)."""
    value, _, unit = strength.partition(" ")
    if not unit:
        return strength
    if unit == "mg" and rng.random() > habit.unit_shown:
        return value
    if unit == "mcg" and rng.random() < 0.2:
        unit = pick(rng, ("µg", "ug", "micrograms"))
    elif unit == "mg" and rng.random() < 0.08:
        unit = pick(rng, ("mgs", "mgm", "MG", "Mg", "milligrams"))
    elif unit == "g" and rng.random() < 0.4:
        unit = pick(rng, ("gm", "G", "gms"))
    elif value == "60,000" and rng.random() < 0.4:
        return pick(rng, ("60K", "60000 IU", "60 K", "60,000 U"))
    if "." in value and rng.random() < 0.03:
        value = value.replace(".", ",")
    elif value == "0.5" and rng.random() < 0.15:
        value = pick(rng, ("½", ".5"))
    if "/" in unit and rng.random() < 0.4:
        unit = unit.replace(" ml", "ml").replace("/", pick(rng, ("/", " / ", "/")))
    return value + (habit.unit_space if rng.random() < 0.93 else "") + unit


def head_of(rng, m, habit):
    """Form, name and strength; sets m.form."""
    before, after = lists.FORMS[m.form_key]
    place = habit.form_place if rng.random() < 0.93 else "none"
    strength = m.strength
    if strength and rng.random() < 0.06:
        strength = f"({strength})"
    if place == "before":
        m.form = before[habit.form_index % len(before)]
        parts = [m.form, m.name, strength]
    elif place == "after":
        m.form = after[habit.form_index % len(after)]
        parts = [m.name, strength, m.form]
    else:
        parts = [m.name, strength]
    head = " ".join(p for p in parts if p)
    if place == "before" and m.form.endswith(".") and rng.random() < 0.15:
        head = head.replace(". ", ".", 1)
    return head


def printed_directions(rng, m, key):
    """As American print-outs have them: "Take 1 tablet (500 mg total) by mouth 2 (two) times daily for 7 days."."""
    verb, _, m.route = sig.PRINTED[m.form_key]
    m.dose, total = sig.printed_dose(rng, m.form_key, m.strength)
    m.frequency = pick(rng, sig.PRINTED_TIMES[key])
    parts = [verb, m.dose, total, m.route, m.frequency]
    if key in ("bd", "tds", "qid") and rng.random() < 0.2:
        m.as_needed, m.instructions = True, sig.reason(rng)
        parts += ["as needed", m.instructions]
    elif rng.random() < 0.4:
        m.duration = f"{pick(rng, (3, 5, 7, 10, 14, 30))} days"
        parts.append(f"for {m.duration}")
    parts[-1] += "." if rng.random() < 0.4 and m.instructions is None else ""
    return [part for part in parts if part]


def directions_of(rng, m, habit, key):
    """The words of dose, route, frequency, duration, reason, instructions, in their order; sets the fields."""
    if habit.printed and m.form_key in sig.PRINTED and key in sig.PRINTED_TIMES:
        return printed_directions(rng, m, key)
    slots, latin, us, words = sig.FREQUENCY[key]
    form = m.form_key
    local = form in ("cream", "oint", "gel", "lot")
    parts = []
    style = habit.frequency if rng.random() < 0.85 else pick(rng, ("pattern", "latin", "words"))
    if style == "pattern" and (slots is None or habit.manner not in ("in",) or local):
        style = "latin"
    if style == "pattern":
        if slots == (1, 1, 1) and rng.random() < FOURFOLD:
            slots = (1, 1, 1, 1)
        parts.append(pattern_part(rng, m, habit, slots, form))
    else:
        if not local and rng.random() < (0.5 if habit.manner == "in" else 0.95):
            parts.append(dose_part(rng, m, habit, style))
        if form in sig.ROUTES and rng.random() < (0.9 if form in ("inj", "pen") else 0.6 if habit.manner == "us" else 0.05):
            m.route = pick(rng, sig.ROUTES[form])
            parts.append(m.route)
        m.frequency = pick(rng, us if habit.manner == "us" and style == "latin" else latin if style == "latin" else words)
        parts.append(m.frequency)
    if key in ("sos", "prn", "q6h", "q4h"):
        if key in ("q6h", "q4h") and rng.random() < 0.6:
            parts.append(pick(rng, ("prn", "SOS", "PRN", "as needed")))
            m.as_needed = True
        m.as_needed = m.as_needed or key in ("sos", "prn")
        if rng.random() < 0.5:
            parts.append(sig.reason(rng))
            m.instructions = parts[-1]
    if key not in ("stat", "sos", "prn") and rng.random() < habit.with_duration:
        text, m.duration = sig.duration(rng, habit.duration)
        parts.append(text)
    if m.instructions is None:
        text = sig.instruction(rng, form)
        if text:
            m.instructions = text
            if text in sig.ROUTE_SAID and m.route:
                m.unscored.append("route")  # two are written
            m.route = m.route or sig.ROUTE_SAID.get(text)
            shown = f"({text})" if rng.random() < 0.15 else text
            at = 0 if rng.random() < 0.06 else len(parts) if rng.random() < 0.6 or not m.duration else len(parts) - 1
            parts.insert(at, shown)
    return parts


def changing_directions(rng, m, habit, key):
    """Directions of a medicine that is not taken alike every day, or every time. No one text says what they mean: only the
    duration is a field of its own, and the frequency of "every Monday"."""
    r = rng.random()
    m.unscored += ["dose", "frequency"]
    if m.form_key == "pen" or m.form_key in ("tab", "syp") and r < 0.1:
        return [sig.two_doses(rng, m.form_key)]
    if r < 0.4 and m.form_key in ("tab", "cap"):
        m.unscored.append("duration")
        return [sig.taper(rng, m.strength)]
    days = sig.weekdays(rng)
    if r < 0.5:
        day = pick(rng, sig.WEEK)[int(rng.random() * 2)]
        parts = [pick(rng, ("OD", "1 OD", "daily", "once daily", "1-0-0")),
                 pick(rng, ("except {}", "(except {})", "except {}s")).format(day)]
    elif r < 0.6 and m.form_key in ("tab", "cap"):
        parts = [f"1 {pick(rng, ('', m.form_key + ' '))}{days},", pick(rng, ("½", "2", "1½", "1/2")),
                 pick(rng, ("other days", "rest of week", "on other days"))]
    else:
        m.frequency = days
        m.unscored.remove("frequency")
        parts = [days]
        if rng.random() < 0.4:
            parts.insert(0, dose_part(rng, m, habit, "words"))
            m.unscored.remove("dose")
    if rng.random() < habit.with_duration:
        text, m.duration = sig.duration(rng, habit.duration)
        parts.append(text)
    return parts


def pattern_part(rng, m, habit, slots, form):
    one = "1" if rng.random() < 0.86 else sig.amount(rng, form)
    if form in ("syp", "pen", "drops", "garg"):
        one = sig.amount(rng, form)
    units = [one if s else habit.zero for s in slots]
    if sum(map(bool, slots)) > 1 and rng.random() < 0.06:
        units[-1] = "2" if one == "1" else "1"
        m.unscored.append("dose")
    else:
        m.dose = one
    m.frequency = habit.joiner.join(units)
    if form in ("syp", "pen", "drops") and rng.random() < 0.5:
        return m.frequency + pick(rng, (" ml", "ml") if form != "pen" else (" U", " units"))
    return m.frequency


def dose_part(rng, m, habit, style):
    value = sig.amount(rng, m.form_key)
    units = sig.UNITS.get(m.form_key, [])
    unit = pick(rng, units) if units else ""
    if style == "words" and value in sig.WORDS and rng.random() < 0.6:
        value = sig.WORDS[value]
    elif habit.manner == "us" and value in sig.ROMAN and rng.random() < 0.1:
        value = sig.ROMAN[value]
    if m.form_key in ("tab", "cap") and habit.manner == "in" and rng.random() < 0.5:
        unit = ""
    if unit and value not in ("1", "½", "1/2", "one", "half", "i") and unit in ("tab", "tablet", "cap", "capsule", "sachet"):
        unit += "s"
    m.dose = f"{value} {unit}".strip() if rng.random() < 0.85 else f"{value}{unit}"
    return m.dose


def arrange(rng, m, habit, head, directions):
    """Puts a medicine on its lines, and into the cells of a table."""
    number = habit.numbering.format(n=m.number)
    lead = number + (" " if number and (rng.random() < 0.9 or number[-1].isdigit() or number[-1].isalpha()) else "")
    told = " ".join(directions)
    count = ""
    if rng.random() < habit.with_quantity:
        count, m.quantity = sig.quantity(rng, m.form_key, habit.manner)
        if m.quantity is None:
            m.unscored.append("quantity")
    m.cells = {"name": head, "directions": told, "quantity": count}
    if not habit.two_lines:
        gap = pick(rng, (" ", " ", " ", " - ", " → ", ", ", "  ")) if habit.manner == "in" else pick(rng, (" ", " ", ", ", " - "))
        line = lead + head + gap.replace("  ", " ") + told + (" " + count if count else "")
        if len(line) <= 62 or len(directions) < 2:
            m.lines = [line]
            return
    sign = pick(rng, ("Sig: ", "Sig: ", "Sig ", "S: ", "", "Take ")) if habit.manner == "us" else pick(
        rng, ("", "", "", "→ ", "- ", "Sig: ")) if habit.manner == "in" else ""
    if habit.manner != "in" and rng.random() < 0.3 and not sign:
        told = told[0].upper() + told[1:]
    if sign == "Take " and (habit.printed or m.form_key not in ("tab", "cap", "syp")):
        sign = "Sig: "
    m.lines = [lead + head, sign + told]
    if count and rng.random() < 0.4:
        m.lines[0] += " " + count
    elif count:
        refills = pick(rng, ("", "  Refills: 0", " Refills: 2", " Ref: 1", " RF x 3", " No refills")) if habit.manner == "us" else ""
        m.lines.append(count + refills.replace("  ", " "))


# ---- pieces of a page ----

def made_up(rng):
    """A name that no list has."""
    return "".join(pick(rng, part) for _ in range(2 + int(rng.random() * 2)) for part in SYLLABLE).capitalize()


def person_name(rng, region, sex, people):
    """`people`: "listed" or "other" (of phrases.PEOPLE), or "mixed": listed or, more often, made up, so that a model spells
    what it sees."""
    firsts, lasts = say.PEOPLE["listed" if people == "mixed" else people]
    first, last = pick(rng, firsts[region][sex]), pick(rng, lasts[region])
    if people == "mixed" and rng.random() < MADE_UP:
        first, last = made_up(rng), made_up(rng)
    r = rng.random()
    if r < 0.12:
        return f"{first[0]}. {last}"
    if r < 0.2:
        return f"{first} {pick(rng, string.ascii_uppercase)}. {last}"
    if r < 0.24:
        return f"{pick(rng, string.ascii_uppercase)}. {pick(rng, string.ascii_uppercase)}. {last}"
    return f"{first} {last}"


def patient_name(rng, region, sex, people):
    name = person_name(rng, region, sex, people)
    if rng.random() < 0.25:
        name = f"{pick(rng, say.TITLES[region][sex])} {name}"
    elif rng.random() < 0.1:
        name = name.split()[0] if "." not in name else name
    return name.upper() if rng.random() < 0.1 else name


def age(rng):
    r = rng.random()
    if r < 0.05:
        return f"{1 + int(rng.random() * 11)}{pick(rng, (' m', '/12', ' months', ' mths'))}"
    n = 1 + int(rng.random() * 88)
    return f"{n}{pick(rng, ('', '', ' yrs', ' y', 'y', ' years', ' Yrs', '/'))}".rstrip("/")


def date(rng, region):
    d, m, y = 1 + int(rng.random() * 28), 1 + int(rng.random() * 12), 2009 + int(rng.random() * 18)
    r = rng.random()
    if r < 0.12:
        return f"{d} {pick(rng, MONTHS[m - 1])} {y}"
    if r < 0.17:
        return f"{y}-{m:02d}-{d:02d}"
    a, b = (m, d) if region == "en" and rng.random() < 0.5 else (d, m)
    shape = "{a:02d}{s}{b:02d}{s}{y}" if rng.random() < 0.5 else "{a}{s}{b}{s}{y}"
    return shape.format(a=a, b=b, s=pick(rng, "//-./"), y=y if rng.random() < 0.5 else f"{y % 100:02d}")


MONTHS = [[m[:3], m] for m in ("January February March April May June July August September October November "
                               "December").split()]


def clinic_name(rng, region):
    name = f"{pick(rng, say.CLINIC[region])} {pick(rng, say.CLINIC_KIND[region])}"
    return name.upper() if rng.random() < 0.4 else name


def phone(rng, region):
    def digits(n):
        return "".join(pick(rng, string.digits) for _ in range(n))
    number = pick(rng, (f"98{digits(3)} {digits(5)}", f"+91 98{digits(8)}", f"0{digits(2)}-{digits(8)}", f"98{digits(8)}")
                  if region == "in" else (f"({digits(3)}) 555-{digits(4)}", f"555-{digits(4)}", f"0{digits(4)} {digits(6)}",
                                          f"{digits(3)}-555-{digits(4)}"))
    return pick(rng, ("Ph: ", "Tel: ", "Mob: ", "Phone ", "Ph. ", "Cell: ", "Tel. ", "Contact: ")) + number


def address(rng, region):
    return f"{1 + int(rng.random() * 399)}{pick(rng, (', ', ' ', '/B, '))}{pick(rng, say.STREET[region])}, {pick(rng, say.CITY[region])}"


def registration(rng, region):
    n = 1000 + int(rng.random() * 98000)
    return pick(rng, (f"Reg. No. {n}", f"Regd. No: {n}", f"MMC {n}", f"Reg No: KMC {n}") if region == "in" else
                (f"Lic. # {n}", f"DEA: B{pick(rng, string.ascii_uppercase)}{n}", f"NPI: 1{n}0{n % 1000:03d}", f"GMC {n}"))


def clinic_lines(rng, region):
    lines = [address(rng, region), phone(rng, region)]
    if rng.random() < 0.4:
        lines.append(pick(rng, say.TIMINGS))
    return lines


def prescriber_lines(rng, region):
    lines = [pick(rng, say.DEGREES[region])]
    if rng.random() < 0.6:
        lines.append(pick(rng, say.SPECIALITY))
    lines.append(registration(rng, region))
    return lines


def header_line(rng, people):
    region = "in" if rng.random() < 0.55 else "en"
    sex = pick(rng, "MF")
    r = int(rng.random() * 17)
    if r < 2:
        return f"{pick(rng, ('', '', 'Name: ', 'Patient: ', 'Pt: ', 'Name '))}{patient_name(rng, region, sex, people)}"
    if r < 4:
        return f"{pick(rng, ('Date: ', 'Dt. ', '', '', 'Date '))}{date(rng, region)}"
    if r < 6:
        sexes = pick(rng, (sex, {"M": "Male", "F": "Female"}[sex]))
        return pick(rng, ("Age: {a} Sex: {s}", "{a}/{s}", "Age/Sex: {a}/{s}", "{a} {s}", "{a}, {s}", "Age {a}")).format(a=age(rng), s=sexes)
    if r < 7:
        return f"{patient_name(rng, region, sex, people)} {age(rng)}/{sex}"
    if r < 9:
        return "Dr. " + person_name(rng, region, sex, people) + pick(rng, ("", "", ", " + pick(rng, say.DEGREES[region])))
    if r < 10:
        return clinic_name(rng, region)
    return (address, phone, registration, lambda g, _: pick(g, say.SPECIALITY), lambda g, q: pick(g, say.DEGREES[q]),
            lambda g, _: pick(g, say.FOOTERS + say.TIMINGS), lambda g, _: pick(g, ("Rx", "Rx", "Rx:", "R", "Rp.", "Adv", "Advice:",
            "Treatment", "C/O", "Diagnosis:", "Signature", "Medicine", "Dosage", "Duration", "Tests:")))[r - 10](rng, region)


def complaints(rng, conditions):
    """One or two of each condition, none twice, in one style."""
    texts = [text for c in conditions for text in rng.sample(c["complaints"], min(len(c["complaints"]), pick(rng, (1, 1, 2))))]
    return [complaint(rng, text) for text in dict.fromkeys(texts)]


def vitals(rng):
    """Several measurements, none twice."""
    found = {}
    for _ in range(pick(rng, (1, 2, 3, 4))):
        text = vital(rng)
        found.setdefault(text[0], text)
    return list(found.values())


def complaint(rng, text):
    if rng.random() < 0.5:
        text = text.capitalize()
    lead = pick(rng, ("C/O ", "c/o ", "", "", "", "- ", "• ", "H/o "))
    n = pick(rng, (1, 2, 2, 3, 3, 4, 5, 7, 10, 15))
    tail = pick(rng, ("", "", f" x {n} days", f" since {n} days", f" x {n}d", f" since {n} wks", f" for {n} months", f" × {n}/7"))
    return lead + text + tail


def vital(rng):
    def n(low, high):
        return low + int(rng.random() * (high - low))
    wt = pick(rng, (n(3, 95), round(8 + rng.random() * 80, 1)))
    sep = pick(rng, (" ", ": ", " - ", ":", "-", " = "))
    return pick(rng, (
        f"BP{sep}{n(9, 19)}0/{n(6, 11)}0{pick(rng, ('', ' mmHg', ' mm Hg'))}", f"BP{sep}{n(96, 188)}/{n(58, 108)}",
        f"{pick(rng, ('P', 'PR', 'Pulse', 'HR'))}{sep}{n(56, 120)}{pick(rng, ('', '/min', ' bpm'))}",
        f"{pick(rng, ('Temp', 'T', 'Temp.'))}{sep}{n(97, 104)}.{n(0, 9)}{pick(rng, ('°F', ' F', '', '°'))}",
        f"SpO2{sep}{n(88, 100)}%", f"{pick(rng, ('Wt', 'Weight', 'Wt.'))}{sep}{wt}{pick(rng, (' kg', 'kg', ' Kg'))}",
        f"RR{sep}{n(14, 34)}", f"RBS{sep}{n(78, 380)}", f"Ht{sep}{n(90, 188)} cm", f"HbA1c{sep}{n(5, 12)}.{n(0, 9)}%"))


def follow_up(rng, text=None):
    text = text or pick(rng, say.FOLLOW_UP)
    return text.format(n=pick(rng, (3, 5, 7, 10, 14, 15)), w=pick(rng, (1, 2, 3, 4, 6)), d=date(rng, "in"))


def cased(rng, word):
    r = rng.random()
    return word if r < 0.6 else word.capitalize() if r < 0.85 else word.upper()


def number_word(rng):
    n = int(10 ** (rng.random() * 5))
    return pick(rng, (str(n), f"{n}", f"{n / 10:.1f}", f"{n / 100:.2f}", f"{n}/{1 + int(rng.random() * 99)}", f"{n} mg", f"₹{n}",
                      f"{n}%", f"{n}ml", f"{1 + n % 12}-{1 + n % 30}-{1 + n % 9}", f"({n})", f"{n} x {1 + n % 9}", f"{n % 9}¼",
                      f"{n % 30}½", f"{n % 9}¾", f"#{n}", f"{n}°"))


if __name__ == "__main__":
    language, generator = Language(), random.Random(1)
    for _ in range(60):
        print(language.line(generator))
