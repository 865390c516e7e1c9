"""How doses, frequencies, durations and instructions are written: the sig codes of several countries."""

import re

from .phrases import FOOD, FOR, REMARKS, SITES


def pick(rng, items):
    """One of `items`; several times faster than rng.choice."""
    return items[int(rng.random() * len(items))]


# key: slots of a morning-noon-night pattern (None: not written so), then Latin of Britain and India, Latin of the
# United States, words, short words.
FREQUENCY = {
    "od": ((1, 0, 0), ["OD", "od", "o.d.", "Od", "O.D."], ["qd", "daily", "QD", "q.d.", "q24h"],
           ["once daily", "once a day", "daily", "one time a day", "every day"]),
    "om": ((1, 0, 0), ["OM", "mane", "OD", "o.m.", "OD mane"], ["qam", "QAM", "q AM"],
           ["every morning", "in the morning", "morning", "once daily in the morning"]),
    "hs": ((0, 0, 1), ["HS", "nocte", "hs", "ON", "h.s.", "H.S."], ["qhs", "QHS", "hs", "q HS"],
           ["at bedtime", "at night", "night", "every night", "once at night"]),
    "bd": ((1, 0, 1), ["BD", "bd", "b.d.", "B.D.", "Bd", "BID"], ["bid", "BID", "b.i.d.", "q12h"],
           ["twice daily", "twice a day", "two times a day", "2 times a day", "morning and night"]),
    "tds": ((1, 1, 1), ["TDS", "tds", "t.d.s.", "TID", "tid", "T.D.S."], ["tid", "TID", "t.i.d.", "q8h"],
            ["three times a day", "three times daily", "thrice daily", "thrice a day", "3 times a day"]),
    "qid": ((1, 1, 1, 1), ["QID", "qds", "QDS", "qid", "q.i.d."], ["qid", "QID", "q.i.d.", "q6h"],
            ["four times a day", "four times daily", "4 times a day"]),
    "q6h": (None, ["6 hrly", "6 hourly", "Q6H", "q6h"], ["q6h", "q 6 h", "q4-6h", "Q6H", "q6hrs"],
            ["every 6 hours", "every six hours", "every 4-6 hours"]),
    "q4h": (None, ["4 hrly", "4 hourly", "Q4H"], ["q4h", "q4-6h", "Q4H"], ["every 4 hours", "every 4 to 6 hours"]),
    "5x": (None, ["5 times/day", "5x/day"], ["5x/day", "5x daily"], ["five times a day", "5 times a day"]),
    "weekly": (None, ["once weekly", "weekly", "once a week", "1/week"], ["q week", "qwk", "weekly", "once weekly"],
               ["once a week", "once weekly", "every Sunday", "every week"]),
    "alt": (None, ["alt. days", "A/D", "EOD", "alternate days"], ["QOD", "q.o.d.", "every other day"],
            ["every other day", "on alternate days"]),
    "stat": (None, ["stat", "STAT", "Stat"], ["stat", "STAT", "x 1 dose"], ["single dose", "one dose now", "once"]),
    "sos": (None, ["SOS", "sos", "S.O.S.", "s.o.s."], ["prn", "PRN", "p.r.n."], ["as needed", "if needed", "when required"]),
    "prn": (None, ["SOS", "PRN", "prn"], ["prn", "PRN"], ["as needed", "when needed"]),
}
COMMON = ["od", "bd", "tds", "hs", "om", "bd", "od", "qid", "sos", "tds", "alt", "weekly", "q6h", "stat"]

UNITS = {"tab": ["tab", "tab.", "tablet"], "cap": ["cap", "cap.", "capsule"], "syp": ["ml", "ml", "tsp", "mL"],
         "drops": ["drops", "ml"], "eye": ["drop", "drops", "gtt", "dps"], "ear": ["drops", "gtt"], "pen": ["units", "U", "IU"],
         "nasal": ["puffs", "spray", "puff", "drops"], "inh": ["puffs", "puff", "p"], "spray": ["puff", "spray"],
         "sach": ["sachet"], "neb": ["neb", "respule"], "inj": ["amp", "vial", "inj"], "supp": ["supp"], "loz": ["lozenge"],
         "garg": ["ml"], "cream": [], "oint": [], "gel": [], "lot": []}
WHOLE = ["1", "1", "1", "1", "1", "1", "1", "2", "½", "1/2", "1½"]
AMOUNTS = {"tab": WHOLE, "cap": ["1", "1", "1", "2"], "syp": ["5", "5", "10", "2.5", "7.5", "15", "4", "3"],
           "drops": ["5", "10", "1", "0.5"], "eye": ["1", "2", "1-2"], "ear": ["2", "3", "4"], "nasal": ["1", "2"],
           "inh": ["1", "2", "2"], "spray": ["1", "2"], "sach": ["1"], "neb": ["1"], "inj": ["1"], "supp": ["1"],
           "loz": ["1"], "garg": ["10", "15"], "pen": ["6", "8", "10", "12", "14", "16", "18", "20", "24", "30"]}
WORDS = {"1": "one", "2": "two", "½": "half", "1/2": "half", "1½": "one and half", "3": "three"}
ROMAN = {"1": "i", "2": "ii", "3": "iii"}

ROUTES = {"tab": ["po", "PO", "by mouth", "p.o.", "orally", "oral"], "inj": ["IV", "IM", "i.v.", "I/V", "im", "I/M"],
          "pen": ["SC", "S/C", "sc", "subcut", "SQ"], "neb": ["neb", "by nebuliser"], "supp": ["PR", "P/R", "per rectum"]}
ROUTES["cap"] = ROUTES["syp"] = ROUTES["sach"] = ROUTES["drops"] = ROUTES["tab"]

WEEK = [("Sun", "Sunday"), ("Mon", "Monday"), ("Tue", "Tuesday"), ("Wed", "Wednesday"), ("Thu", "Thursday"), ("Fri", "Friday"),
        ("Sat", "Saturday")]
INITIALS = ["M/W/F", "M,W,F", "T/Th/S", "Tu/Th/Sa", "M/Th", "MWF"]
MEALS = [("BBF", "before dinner"), ("morning", "night"), ("am", "pm"), ("before breakfast", "at bedtime"), ("mane", "nocte"),
         ("b/f breakfast", "b/f dinner")]
FALLING = [["QID", "TDS", "BD", "OD"], ["TDS", "BD", "OD"], ["BD", "OD"], ["1-1-1", "1-0-1", "1-0-0"], ["1-0-1", "0-0-1"],
           ["thrice daily", "twice daily", "once daily"], ["tid", "bid", "daily"], ["2-0-2", "1-0-1", "1-0-0"]]

DAYS = [1, 2, 3, 3, 3, 5, 5, 5, 5, 7, 7, 7, 10, 10, 14, 15, 20, 21, 30, 30, 60, 90]


def amount(rng, form):
    return pick(rng, AMOUNTS.get(form, ["1"]))


def pattern(rng, slots, unit, joiner, zero="0"):
    """1-0-1 and its kin. `unit` is what stands for one."""
    return joiner.join(unit if s else zero for s in slots)


def duration(rng, manner):
    """(as it stands in a line, the duration itself)."""
    n = pick(rng, DAYS)
    r = rng.random()
    if manner == "days" or r < 0.5 and manner != "slash":
        text = f"{n}{pick(rng, (' days', ' days', ' days', ' d', 'd', ' Days', ' day', 'days', ' D'))}"
        text = text.replace("days", "day").replace("Days", "Day") if n == 1 else text
    elif manner == "slash" or r < 0.62:
        text = pick(rng, (f"{min(n, 14)}/7", f"{min(n, 14)}/7", f"{1 + n % 6}/52", f"{1 + n % 6}/12"))
    elif r < 0.82:
        w = 1 + n % 6
        text = f"{w} {pick(rng, ('wk', 'wks', 'week', 'weeks', 'w') if w > 1 else ('wk', 'week'))}"
    else:
        m = 1 + n % 6
        text = f"{m} {pick(rng, ('month', 'months', 'mth', 'mths', 'mo') if m > 1 else ('month', 'mth', 'mo'))}"
    lead = pick(rng, ("x ", "x ", "x ", "× ", "×", "x", "for ", "- ", "", "X "))
    if not lead and manner == "slash" or rng.random() < 0.04:
        return f"({text})", text
    return lead + text, text


def quantity(rng, form, manner):
    """(as it stands in a line, the quantity itself; None where only its place says what it is)."""
    if form in ("tab", "cap", "loz", "sach", "supp"):
        n = pick(rng, ("10", "14", "15", "20", "21", "28", "30", "30", "30", "60", "90", "100", "6", "7", "56", "120"))
        unit = pick(rng, ("", "", "", " tabs" if form == "tab" else " caps" if form == "cap" else ""))
    elif form in ("syp", "lot", "garg"):
        n, unit = pick(rng, ("60 ml", "100 ml", "200 ml", "120 ml", "1 bottle")), ""
    elif form in ("cream", "oint", "gel"):
        n, unit = pick(rng, ("15 g", "30 g", "20 gm", "1 tube", "10 g")), ""
    else:
        n, unit = pick(rng, ("1", "2", "5", "1", "3")), ""
    marks = {"us": ("#{n}", "# {n}", "Disp: {n}{unit}", "Disp #{n}", "Qty: {n}{unit}", "Dispense: {n}{unit}", "No. {n}", "#{n}"),
             "uk": ("Mitte {n}{unit}", "({n}{unit})", "Supply {n}{unit}", "Qty {n}{unit}", "{n}{unit}")}
    mark = pick(rng, marks.get(manner, ("({n}{unit})", "[{n}{unit}]", "- {n}{unit}", "No. {n}", "Qty: {n}{unit}", "#{n}")))
    text = mark.format(n=n, unit=unit)
    return text, text if mark[0] not in "([-{" else None


def weekdays(rng):
    """Days of the week on which a medicine is taken: "Mon/Thu", "every Sunday", "M/W/F"."""
    count, full = pick(rng, (1, 1, 2, 2, 3, 3)), rng.random() < 0.4
    if rng.random() < 0.1:
        return pick(rng, INITIALS)
    if rng.random() < 0.1:
        return pick(rng, ("Mon-Fri", "Mon to Fri", "Mon - Sat", "Monday to Friday", "Mon to Sat"))
    names = [WEEK[day][full] for day in sorted(rng.sample(range(7), count))]
    if count == 1:
        day, plural = pick(rng, WEEK)[1], rng.random() < 0.4
        if plural:
            text = ("on " if rng.random() < 0.7 else "") + day + "s"
        else:
            text = pick(rng, ("every ", "on ", "Every ", "each ")) + day
    else:
        text = pick(rng, ("/", "/", ", ", " & ", "-" if count > 2 else "/", " + ")).join(names)
        if full and rng.random() < 0.5:
            text = "on " + ", ".join(names[:-1]) + " and " + names[-1]
    return text.upper() if rng.random() < 0.08 else text


def two_doses(rng, form):
    """Doses of a day that differ: "20 units BBF, 12 units before dinner"."""
    unit = pick(rng, UNITS.get(form) or ("",))
    first, second = (pick(rng, AMOUNTS[form]) for _ in range(2))
    early, late = pick(rng, MEALS)
    gap = pick(rng, (" ", " ", "")) if unit else " "
    return f"{first}{gap}{unit} {early}{pick(rng, (', ', ' ', ' & ', ' + ', ' and ', ' - '))}{second}{gap}{unit} {late}"


def taper(rng, strength):
    """Steps one after the other: "1-1-1 x 3 d, 1-0-1 x 3 d", "40 mg OD x 5 days then 20 mg OD x 5 days"."""
    steps = pick(rng, FALLING)
    measured = strength and re.fullmatch(r"(\d+) ?mg", strength)
    if measured and rng.random() < 0.5:
        steps = [f"{int(measured[1]) * n} mg {pick(rng, ('OD', 'daily', 'od'))}" for n in pick(rng, ([4, 3, 2, 1], [3, 2, 1], [2, 1]))]
    n, mark = pick(rng, (2, 3, 3, 5, 5, 7)), pick(rng, ("x ", "x ", "× ", "for "))
    lasting = mark + str(n) + pick(rng, (" days", " days", " d", "d", "/7"))
    text = pick(rng, (", ", " then ", ", then ", " → ", " f/b ", "; ")).join(f"{step} {lasting}" for step in steps)
    return text + pick(rng, ("", "", "", " then stop", " & stop"))


# Verb, unit and route of an American print-out, by form.
PRINTED = {"tab": ("Take", "tablet", "by mouth"), "cap": ("Take", "capsule", "by mouth"), "syp": ("Take", "mL", "by mouth"),
           "inh": ("Inhale", "puff", "into the lungs"), "pen": ("Inject", "Units", "under the skin"),
           "eye": ("Place", "drop", "into both eyes"), "nasal": ("Use", "spray", "in each nostril")}
PRINTED_TIMES = {"od": ["daily", "once daily", "every morning"], "om": ["every morning", "daily"], "hs": ["nightly", "at bedtime"],
                 "bd": ["2 (two) times daily", "2 (two) times a day", "every 12 (twelve) hours", "2 times daily"],
                 "tds": ["3 (three) times daily", "every 8 (eight) hours", "3 (three) times a day"],
                 "qid": ["4 (four) times daily", "every 6 (six) hours"], "weekly": ["once a week", "every 7 (seven) days"]}


def printed_dose(rng, form, strength):
    """(dose, what stands in brackets after it): "1 tablet", "(500 mg total)"."""
    count, unit = amount(rng, form) if form != "tab" else pick(rng, "112"), PRINTED[form][1]
    plural = "s" if count != "1" and unit[-1] not in "Ls" else ""
    measured = re.fullmatch(r"(\d+) ?(mg|mcg)", strength or "")
    total = f"({int(measured[1]) * int(count)} {measured[2]} total)" if measured and form in ("tab", "cap") else ""
    return f"{count} {unit}{plural}", total if rng.random() < 0.7 else ""


# What of them says where, or how, a medicine is given.
ROUTE_SAID = {**{site: site for part in SITES.values() for site in part if site not in ("apply thin layer", "for external use")},
              "deep IM": "IM", "slow IV": "IV", "keep under tongue": "under tongue"}


def instruction(rng, form):
    """Free words, or None."""
    r = rng.random()
    site = {"eye": "eye", "ear": "ear", "nasal": "nasal"}.get(form, "skin" if form in ("cream", "oint", "gel", "lot") else None)
    if site:
        return pick(rng, SITES[site]) if r < 0.7 else None
    if r < 0.32 and form in ("tab", "cap", "syp"):
        return pick(rng, FOOD)
    return pick(rng, REMARKS) if r < 0.37 else None


def reason(rng):
    return pick(rng, FOR)
