"""Reads a folder of pages with general OCR, as what somebody would use instead, and writes their lines.

    python -m train.peers DATASET --peer tesseract|rapidocr|truth -o LINES.jsonl
    build/bench/read_lines < LINES.jsonl > RESULTS.jsonl
    python -m train.evaluate DATASET RESULTS.jsonl

An object a page: `input`, and `lines` with `text`, `box` (fractions of the picture) and `confidence`, top to bottom.
`read_lines` makes prescriptions of them as the scanner does of its own lines.

truth: the lines of the labels: what the reading of fields makes of a perfect reading of lines.
tesseract: Debian's tesseract-ocr (5.3), its English model, page segmentation 3 and, where that finds nothing, 6.
rapidocr: PyPI rapidocr-onnxruntime 1.4.4, whose wheel holds the PP-OCRv4 models (detection, direction, recognition), on the CPU.
"""
import argparse
import csv
import io
import json
import subprocess
from pathlib import Path

from PIL import Image


def tesseract(path):
    """Lines of Tesseract's table of words."""
    for mode in ("3", "6"):
        table = subprocess.run(["tesseract", str(path), "-", "-l", "eng", "--psm", mode, "tsv"], capture_output=True, text=True,
                               check=True).stdout
        lines = {}
        for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["level"] == "5" and row["text"].strip():
                x, y, w, h = (int(row[k]) for k in ("left", "top", "width", "height"))
                key = tuple(int(row[k]) for k in ("block_num", "par_num", "line_num"))
                lines.setdefault(key, []).append((row["text"].strip(), x, y, x + w, y + h, float(row["conf"]) / 100))
        if lines:
            break
    return [(" ".join(w[0] for w in words), (min(w[1] for w in words), min(w[2] for w in words), max(w[3] for w in words),
                                             max(w[4] for w in words)), min(w[5] for w in words)) for words in lines.values()]


def rapidocr():
    """A reader with its models loaded once; pieces of one row are joined to a line."""
    from rapidocr_onnxruntime import RapidOCR
    engine = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)

    def read(path):
        found, _ = engine(str(path))
        pieces = [(text, (min(x for x, _ in quad), min(y for _, y in quad), max(x for x, _ in quad), max(y for _, y in quad)),
                   float(confidence)) for quad, text, confidence in found or []]
        return rows(pieces)
    return read


def rows(pieces):
    """Joins pieces whose heights overlap by more than half, from left to right."""
    lines = []
    for piece in sorted(pieces, key=lambda p: (p[1][1] + p[1][3]) / 2):
        box = piece[1]
        last = lines[-1][-1][1] if lines else None
        overlap = min(box[3], last[3]) - max(box[1], last[1]) if last else 0
        if last and overlap > 0.5 * min(box[3] - box[1], last[3] - last[1]):
            lines[-1].append(piece)
        else:
            lines.append([piece])
    out = []
    for line in lines:
        line.sort(key=lambda p: p[1][0])
        boxes = [p[1] for p in line]
        out.append((" ".join(p[0] for p in line), (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes),
                                                   max(b[3] for b in boxes)), min(p[2] for p in line)))
    return out


def line(text, box, confidence):
    return {"text": text, "box": [round(v, 4) for v in box], "confidence": round(confidence, 4)}


def true_lines(label):
    """What is struck out is marked as the line reader marks it."""
    return [line("~" * one["struck"] + one["text"], one["box"], 1.0) for one in label["lines"]]


def lines_read(path, read):
    with Image.open(path) as picture:
        w, h = picture.size
    return [line(text, (x0 / w, y0 / h, x1 / w, y1 / h), confidence) for text, (x0, y0, x1, y1), confidence in read(path)]


def main():
    parser = argparse.ArgumentParser(description="Reads labelled pages with general OCR.")
    parser.add_argument("dataset")
    parser.add_argument("--peer", choices=("tesseract", "rapidocr", "truth"), required=True)
    parser.add_argument("--limit", type=int, help="pages (default: all)")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    folder = Path(options.dataset)
    read = rapidocr() if options.peer == "rapidocr" else tesseract
    with open(folder / "labels.jsonl", encoding="utf-8") as file:
        labels = [json.loads(line) for line in file][:options.limit]
    with open(options.output, "w", encoding="utf-8") as out:
        for label in labels:
            lines = true_lines(label) if options.peer == "truth" else lines_read(folder / label["image"], read)
            out.write(json.dumps({"input": label["image"], "lines": lines}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
