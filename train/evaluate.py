"""Scores results (JSON lines, as `rxscan scan --format jsonl` writes them) against a folder's labels.

    python -m train.evaluate DATASET RESULTS.jsonl [--json]

docs/evaluation.md is the definition; `rxscan eval DATASET --results RESULTS.jsonl` must give the same figures.
Labels of generated pages say which names were kept from training (`unseen`): those are counted apart as well.
"""
import argparse
import itertools
import json
import os
import re
from pathlib import Path

MEDICINE_FIELDS = ("strength", "form", "route", "dose", "frequency", "duration", "quantity", "instructions")
PAGE_FIELDS = ("patient", "prescriber", "date")
CRITICAL = ("strength", "dose", "frequency")
BINS = 10
RIGHT = 0.99

LOWER = {c: c + 32 for c in [*range(0x41, 0x5B), *range(0xC0, 0xDF)] if c != 0xD7}
NOT_IN_NAMES = {0xA0, 0xB7, 0x2022, *range(0x2010, 0x2016), *range(0x2018, 0x2020)} | {
    c for c in range(128) if not chr(c).isalnum()}
NAME = LOWER | dict.fromkeys(NOT_IN_NAMES)
FIELD = LOWER | dict.fromkeys(range(0x2010, 0x2016), "-") | {0xD7: "x"}


def name_form(text):
    return text.translate(NAME)


def field_form(text):
    text = re.sub("(?<![^ \t\r\n\u00a0])i(?![^ \t\r\n\u00a0])", "1", text.translate(FIELD))
    text = re.sub(r"[.,:;]", lambda m: m[0] if between_digits(text, m.start()) else "\0", text)
    text = re.sub("--+", "-", re.sub("[ \t\r\n\u00a0\0]", "", text))
    return re.sub("(?<![a-z\u00c0-\U0010ffff])o(?![a-z\u00c0-\U0010ffff])", "0", text)


def between_digits(text, at):
    return 0 < at < len(text) - 1 and text[at - 1] in "0123456789" and text[at + 1] in "0123456789"


def text_form(text):
    return re.sub("[ \t\r\n\u00a0]+", " ", text).strip(" ")


def distance(a, b):
    """Levenshtein's distance, by Hyyrö's bit vectors: a column of the table in one integer."""
    if not a or not b:
        return len(a) + len(b)
    where = {}
    for i, c in enumerate(a):
        where[c] = where.get(c, 0) | 1 << i
    full, last, score = (1 << len(a)) - 1, 1 << (len(a) - 1), len(a)
    plus, minus = full, 0
    for c in b:
        equal = where.get(c, 0)
        x = equal | minus
        equal |= ((equal & plus) + plus) ^ plus
        up, down = minus | ~(equal | plus), plus & equal
        score += bool(up & last) - bool(down & last)
        up, down = up << 1 | 1, down << 1
        plus, minus = (down | ~(x | up)) & full, up & x & full
    return score


def pairs(labels, predictions):
    """Names (in name form) with strengths (in field form) to (label, prediction, exact) one to one."""
    taken_labels, taken, found = set(), set(), []

    def take_exact(form):
        for i, label in enumerate(labels):
            left = (j for j, p in enumerate(predictions) if j not in taken and form(p) == form(label))
            if i not in taken_labels and (j := next(left, None)) is not None:
                taken_labels.add(i)
                taken.add(j)
                found.append((i, j, True))

    take_exact(lambda item: item)
    take_exact(lambda item: item[0])
    near = sorted((distance(label[0], p[0]), i, j) for i, label in enumerate(labels) if i not in taken_labels
                  for j, p in enumerate(predictions) if j not in taken)
    for d, i, j in near:
        if 5 * d <= len(labels[i][0]) and i not in taken_labels and j not in taken:
            taken_labels.add(i)
            taken.add(j)
            found.append((i, j, False))
    return found


def ratio(a, b):
    return a / b if b else None


class Counts:
    """Names of one kind over a data set: medicines or diagnoses."""

    def __init__(self):
        self.labels = self.predictions = self.exact = self.found = 0

    def add(self, labels, predictions, matched):
        self.labels += labels
        self.predictions += predictions
        self.found += len(matched)
        self.exact += sum(exact for _, _, exact in matched)

    def report(self):
        def of(hits):
            return {"precision": ratio(hits, self.predictions), "recall": ratio(hits, self.labels),
                    "f1": ratio(2 * hits, self.predictions + self.labels)}
        return {"labels": self.labels, "predictions": self.predictions, "exact": of(self.exact), "near": of(self.found)}


def written(field):
    """The verbatim text and confidence of a field of a result; (None, 0) where nothing was read."""
    if not field or field.get("text") is None or field.get("inferred"):
        return None, 0.0
    return field["text"], field.get("confidence", 1.0)


def outcome(label, read, form):
    """"right", "wrong", "missing", or "absent" (rightly nothing)."""
    wanted = form(label) if label else ""
    if read is None:
        return "missing" if wanted else "absent"
    return "right" if wanted and form(read) == wanted else "wrong"


def marks_of(reviewed, index=None):
    """Fields that a reason for review is about, those that are lists by their item `index`; what is merely worth knowing
    marks nothing."""
    return {r.get("field") for r in reviewed.get("review") or [] if not r.get("advisory") and r.get("index") in (None, index)}


class Score:
    def __init__(self):
        self.medicines, self.diagnoses = Counts(), Counts()
        self.parts = {"unseen_names": [0, 0, 0], "sure_names": [0, 0, 0]}  # labels, exact, near: see part_of()
        self.outcomes = {}       # field: {outcome: count}
        self.decisions = []      # (field, confidence, right, marked)
        self.edits = self.characters = self.pages = 0

    def decide(self, field, confidence, right, marked):
        self.decisions.append((field, confidence, right, marked))

    def field(self, field, label, read, form, marks):
        text, confidence = read
        got = outcome(label, text, form)
        counts = self.outcomes.setdefault(field, dict.fromkeys(("right", "wrong", "missing", "absent"), 0))
        counts[got] += 1
        if text is not None:
            self.decide(field, confidence, got == "right", field in marks or None in marks)

    def names(self, counts, field, labels, read, marks_of, strengths=((), ())):
        """Scores names; `read`: (text, confidence). Of two of one name, `strengths` (those of `labels`, and those read)
        tell which is which. Returns the pairs, as indices into `labels` and `read`."""
        def formed(names, strengths):
            both = itertools.zip_longest(names, strengths)
            return [(i, (name_form(n), field_form(s or ""))) for i, (n, s) in enumerate(both) if n and name_form(n)]

        wanted = formed(labels, strengths[0])
        got = formed([text for text, _ in read], strengths[1])
        matched = pairs([t for _, t in wanted], [t for _, t in got])
        counts.add(len(wanted), len(got), matched)
        exact = {got[j][0] for _, j, sure in matched if sure}
        for j, _ in got:
            self.decide(field, read[j][1], j in exact, marks_of(j))
        return [(wanted[i][0], got[j][0], sure) for i, j, sure in matched]

    def page(self, label, result):
        """`result` may be None: the picture was not read."""
        result = result or {}
        self.pages += 1
        page_marks = marks_of(result)
        patient = (result.get("patient") or {}).get("name")
        prescriber = (result.get("prescriber") or {}).get("name")
        for field, read, form in (("patient", patient, name_form), ("prescriber", prescriber, name_form),
                                  ("date", result.get("date"), field_form)):
            if field in label:
                self.field(field, label[field], written(read), form, page_marks)
        if "medicines" in label:
            self.page_medicines(label["medicines"], result.get("medicines") or [], page_marks)
        if "diagnoses" in label:
            self.names(self.diagnoses, "diagnoses", label["diagnoses"], [written(d) for d in result.get("diagnoses") or []],
                       lambda j: not {"diagnoses", None}.isdisjoint(marks_of(result, j)))
        if label.get("text") is not None:
            wanted = text_form(label["text"])
            self.edits += distance(wanted, text_form(result.get("text") or ""))
            self.characters += len(wanted)

    def page_medicines(self, labels, read, page_marks):
        marks = [marks_of(m) | page_marks for m in read]
        matched = self.names(self.medicines, "name", [m.get("name") for m in labels], [written(m.get("name")) for m in read],
                             lambda j: "name" in marks[j] or None in marks[j],
                             ([m.get("strength") for m in labels], [written(m.get("strength"))[0] for m in read]))
        hits = {i: sure for i, _, sure in matched}
        for i, m in enumerate(labels):
            for part in part_of(m):
                counts = self.parts[part]
                counts[0] += 1
                counts[1] += hits.get(i) is True
                counts[2] += i in hits
        for i, j, _ in matched:
            for field in MEDICINE_FIELDS:
                if field in labels[i] and not (read[j].get(field) or {}).get("inferred"):
                    self.field(field, labels[i][field], written(read[j].get(field)), field_form, marks[j])

    # ---- figures ----

    def calibration_error(self):
        bins = [[] for _ in range(BINS)]
        for _, confidence, right, _ in self.decisions:
            bins[min(BINS - 1, max(0, int(confidence * BINS)))].append((confidence, right))
        return ratio(sum(abs(sum(r for _, r in b) - sum(c for c, _ in b)) for b in bins), len(self.decisions))

    def review(self, fields=None):
        chosen = [d for d in self.decisions if fields is None or d[0] in fields]
        accepted = [d for d in chosen if not d[3]]
        return {"decisions": len(chosen), "marked": ratio(len(chosen) - len(accepted), len(chosen)),
                "wrong_among_unmarked": ratio(sum(not d[2] for d in accepted), len(accepted))}

    def acceptance(self, fields=None):
        """The largest share that can be accepted by confidence alone with 99 % right, and from which confidence on."""
        chosen = sorted((d for d in self.decisions if fields is None or d[0] in fields), key=lambda d: -d[1])
        right, accepted, threshold = 0, 0, None
        for i, (_, confidence, good, _) in enumerate(chosen):
            right += good
            tied = i + 1 < len(chosen) and chosen[i + 1][1] == confidence
            if not tied and right >= RIGHT * (i + 1):
                accepted, threshold = i + 1, confidence
        return {"threshold": threshold, "accepted": ratio(accepted, len(chosen))}

    def report(self):
        fields = {name: {**c, "exact_match": ratio(c["right"] + c["absent"], sum(c.values()))} for name, c in self.outcomes.items()}
        own = [c for name, c in self.outcomes.items() if name in MEDICINE_FIELDS]
        total = sum(sum(c.values()) for c in own)
        kinds = sorted({d[0] for d in self.decisions})
        return {"pages": self.pages, "medicines": self.medicines.report(), "diagnoses": self.diagnoses.report(), "fields": fields,
                "medicine_fields_exact_match": ratio(sum(c["right"] + c["absent"] for c in own), total),
                **{part: {"labels": labels, "exact_recall": ratio(exact, labels), "near_recall": ratio(near, labels)}
                   for part, (labels, exact, near) in self.parts.items()},
                "cer": ratio(self.edits, self.characters), "calibration_error": self.calibration_error(),
                "review": {"all": self.review(), "critical": self.review(CRITICAL), **{k: self.review((k,)) for k in kinds}},
                "accepted_at_99": {"all": self.acceptance(), "critical": self.acceptance(CRITICAL),
                                   **{k: self.acceptance((k,)) for k in kinds}}}


def part_of(medicine):
    """Names that are also counted apart: kept from training, and, on real pages, read by people without doubt."""
    return ["unseen_names"] * bool(medicine.get("unseen")) + ["sure_names"] * (medicine.get("label_confidence") == "high")


def json_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def evaluate(labels, results):
    """`labels` and `results`: lists of objects. Returns the report."""
    by_name = {}
    for result in results:
        if result.get("page", 1) in (None, 0, 1):
            by_name.setdefault(os.path.basename(result["input"]), result)
    score = Score()
    for label in labels:
        score.page(label, by_name.get(label["image"]))
    return score.report()


def as_text(report):
    def p(value):
        return "-" if value is None else f"{100 * value:.1f} %"
    m = report["medicines"]
    lines = [f"pages {report['pages']}, medicines {m['labels']}",
             f"medicine F1       exact {p(m['exact']['f1'])}  near {p(m['near']['f1'])}  (recall exact {p(m['exact']['recall'])}, "
             f"near {p(m['near']['recall'])})",
             *(f"{title} exact {p(part['exact_recall'])} near {p(part['near_recall'])} of {part['labels']} (recall)"
               for title, part in (("names not trained", report["unseen_names"]), ("names read surely", report["sure_names"]))
               if part["labels"]),
             f"fields, on found  {p(report['medicine_fields_exact_match'])}"]
    lines += [f"  {name:<15} {p(c['exact_match'])}  right {c['right']} wrong {c['wrong']} missing {c['missing']} absent {c['absent']}"
              for name, c in report["fields"].items()]
    review = report["review"]
    lines += [f"diagnoses F1      exact {p(report['diagnoses']['exact']['f1'])}", f"CER               {p(report['cer'])}",
              f"calibration error {p(report['calibration_error'])}",
              f"to review         {p(review['all']['marked'])}, wrong among the rest {p(review['all']['wrong_among_unmarked'])}",
              f"  dose-critical   {p(review['critical']['marked'])}, wrong among the rest {p(review['critical']['wrong_among_unmarked'])}"]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="Scores results against labelled pages (docs/evaluation.md).")
    parser.add_argument("dataset", help="folder with labels.jsonl")
    parser.add_argument("results", help="JSON lines, one result each")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = evaluate(json_lines(Path(options.dataset) / "labels.jsonl"), json_lines(options.results))
    print(json.dumps(report, indent=1) if options.json else as_text(report))


if __name__ == "__main__":
    main()
