"""The two programs that score results give the same figures: `rxscan eval` (RXSCAN names it) and train/evaluate.py."""
import json
import os
import random
import subprocess
import tempfile
import unittest
from pathlib import Path

from train.evaluate import MEDICINE_FIELDS, evaluate, json_lines

SHAPES = ("-", "--"), ("-", " \u2013 "), ("1 ", "i "), ("1", " I\n"), ("0", "O"), ("1-", "i-")  # some mean the same
SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def misread(rng, text):
    """A text as a poor reader has it: None, another, or the same."""
    if text is None or rng.random() < 0.15:
        return rng.choice((None, None, None, "x", "."))
    for shape, other in SHAPES:
        if rng.random() < 0.2:
            text = text.replace(shape, other)
    letters = [rng.choice("aeio1") if rng.random() < 0.04 else c for c in text]
    return "".join(letters)


def piece(rng, text):
    if text is None:
        return None
    inferred = {"inferred": True} if rng.random() < 0.1 else {}
    return {"text": text, "confidence": round(rng.random(), 3), **inferred}


def reasons(rng, fields):
    return [{"code": "low-confidence", "message": "", "field": f} for f in (*fields, None) if rng.random() < 0.1]


def result(rng, label):
    """A reading of the labelled page, with every kind of mistake."""
    medicines = []
    for m in label["medicines"]:
        for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 1, 2))):
            read = {field: piece(rng, misread(rng, m.get(field))) for field in ("name", *MEDICINE_FIELDS)}
            read["name"] = read["name"] or piece(rng, "Placebo")
            medicines.append({"line": m["line"], **read, "as_needed": False, "review": reasons(rng, MEDICINE_FIELDS)})
    return {"input": "somewhere/" + label["image"], "page": None, "text": misread(rng, label["text"]) or "",
            "patient": {"name": piece(rng, misread(rng, label["patient"]))},
            "prescriber": {"name": piece(rng, misread(rng, label["prescriber"]))}, "date": piece(rng, misread(rng, label["date"])),
            "diagnoses": [piece(rng, misread(rng, d) or "x") for d in label["diagnoses"]], "medicines": medicines,
            "review": reasons(rng, ("patient", "date", "diagnoses")) + [
                {"code": "low-confidence", "message": "", "field": "diagnoses", "index": i} for i in range(3) if rng.random() < 0.3]}


def leaves(value, path=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}/{key}")
    else:
        yield path, value


@unittest.skipUnless(os.environ.get("RXSCAN"), "RXSCAN does not name the program")
class Agreement(unittest.TestCase):
    def test_every_figure_is_the_same(self):
        labels = json_lines(SAMPLES / "labels.jsonl")
        for seed in range(12):
            rng = random.Random(seed)
            results = [result(rng, label) for label in labels if rng.random() < 0.9]
            with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
                file.writelines(json.dumps(r, ensure_ascii=False) + "\n" for r in results)
                file.flush()
                answer = subprocess.run([os.environ["RXSCAN"], "eval", str(SAMPLES), "--results", file.name, "--json"],
                                        capture_output=True, text=True)
            self.assertEqual(answer.returncode, 0, answer.stderr)
            theirs, ours = dict(leaves(json.loads(answer.stdout))), dict(leaves(evaluate(labels, results)))
            self.assertLessEqual(set(ours), set(theirs))
            for path, figure in ours.items():
                if figure is None:
                    self.assertIsNone(theirs[path], path)
                else:
                    self.assertAlmostEqual(theirs[path], figure, 6, path)


if __name__ == "__main__":
    unittest.main()
