"""Reads a folder of pages with general OCR, as what somebody would use instead, and writes JSON lines.

    python -m train.peers DATASET --peer tesseract|rapidocr [--limit 50] -o LINES.jsonl [--texts FOLDER]

An object a page: `input`, `text`, and `lines` with `text`, `box` (fractions of the picture) and `confidence`, top to bottom.
`train.evaluate` scores their characters as they are. `--texts` writes the lines of each page to a text file as well, for the
program that makes prescriptions of plain lines.

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


def main():
    parser = argparse.ArgumentParser(description="Reads labelled pages with general OCR.")
    parser.add_argument("dataset")
    parser.add_argument("--peer", choices=("tesseract", "rapidocr"), required=True)
    parser.add_argument("--limit", type=int, default=50)
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--texts", help="folder for a text file a page")
    options = parser.parse_args()
    folder = Path(options.dataset)
    read = tesseract if options.peer == "tesseract" else rapidocr()
    names = [json.loads(line)["image"] for line in open(folder / "labels.jsonl", encoding="utf-8")][:options.limit]
    with open(options.output, "w", encoding="utf-8") as out:
        for name in names:
            with Image.open(folder / name) as picture:
                w, h = picture.size
            lines = read(folder / name)
            text = "\n".join(line[0] for line in lines)
            out.write(json.dumps({"input": name, "text": text, "model": {"name": options.peer}, "lines": [
                {"text": t, "box": [round(b[0] / w, 4), round(b[1] / h, 4), round(b[2] / w, 4), round(b[3] / h, 4)],
                 "confidence": round(c, 4)} for t, b, c in lines]}, ensure_ascii=False) + "\n")
            if options.texts:
                Path(options.texts).mkdir(parents=True, exist_ok=True)
                (Path(options.texts) / name).with_suffix(".txt").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
