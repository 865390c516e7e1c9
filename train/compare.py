"""Several readers of the same pages beside each other: JSON, and a table for a model card.

    python -m train.compare EVAL READER=RESULTS ... [-o PREFIX]

EVAL holds labelled folders, one a class; RESULTS is a pattern for files of results in which {} stands for the class, such as
peers/rapidocr-{}.results.jsonl. Writes PREFIX.json and PREFIX.md. "In lines" is the share of the labels' names that stand
somewhere in the text as read, whatever was made of it: what the reading of lines alone achieves.
"""
import argparse
import json
from pathlib import Path

from .evaluate import evaluate, json_lines, name_form


def stands_in(name, text):
    """Edits between `name` and the piece of `text` that is most like it."""
    row = [0] * (len(text) + 1)
    for i, c in enumerate(name, 1):
        before, row[0] = row[0], i
        for j, d in enumerate(text, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (c != d))
    return min(row)


def in_lines(labels, results):
    """Shares of names in the text: exact, near (one edit in five letters)."""
    texts = {Path(r["input"]).name: name_form(r.get("text") or "") for r in results}
    total = exact = near = 0
    for label in labels:
        text = texts.get(label["image"], "")
        for medicine in label["medicines"]:
            name = name_form(medicine["name"])
            if not name or medicine.get("label_confidence", "high") != "high":
                continue
            edits = 0 if name in text else stands_in(name, text)
            total, exact, near = total + 1, exact + (edits == 0), near + (5 * edits <= len(name))
    return {"names": total, "exact": exact / max(total, 1), "near": near / max(total, 1)}


def figures(folder, results):
    labels, results = json_lines(folder / "labels.jsonl"), json_lines(results)
    report = evaluate(labels, results)
    medicines, sure = report["medicines"], report["sure_names"]
    return {"pages": report["pages"], "medicines": medicines["labels"], "exact_f1": medicines["exact"]["f1"],
            "near_f1": medicines["near"]["f1"], "sure_near_recall": sure["near_recall"], "fields": report["medicine_fields_exact_match"],
            "cer": report["cer"], "in_lines": in_lines(labels, results)}


def table(report):
    def p(value):
        return "-" if value is None else f"{100 * value:.1f}"
    head = "| pages | reader | names, exact F1 | near F1 | fields right | CER | names in lines, exact | near |"
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    for cls, readers in report.items():
        for reader, f in readers.items():
            lines.append(f"| {cls} ({f['pages']}) | {reader} | " + " | ".join(map(p, (
                f["exact_f1"], f["near_f1"], f["fields"], f["cer"], f["in_lines"]["exact"], f["in_lines"]["near"]))) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description="Puts readers of the same pages beside each other.")
    parser.add_argument("eval", help="folder of labelled folders")
    parser.add_argument("readers", nargs="+", metavar="READER=RESULTS")
    parser.add_argument("-o", "--output", required=True, metavar="PREFIX")
    options = parser.parse_args()
    report = {}
    for folder in sorted(p.parent for p in Path(options.eval).glob("*/labels.jsonl")):
        for reader in options.readers:
            name, pattern = reader.split("=", 1)
            results = Path(pattern.format(folder.name))
            if results.is_file():
                report.setdefault(folder.name, {})[name] = figures(folder, results)
    Path(options.output + ".json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    Path(options.output + ".md").write_text(table(report), encoding="utf-8")


if __name__ == "__main__":
    main()
