#!/usr/bin/env python3
"""How many of the true text lines of labelled pages the page reader finds.

    python3 -m train.pages --class camera --count 40 --seed 1 --split test -o DIR
    ninja -C build bench/page_strips
    bench/line_recall.py build/bench/page_strips DIR...

A true line is
  whole   if one line found covers nine tenths of its width, and nothing of another row;
  merged  if the line that covers most of it covers a line of another row, too;
  split   if it takes several lines found to cover nine tenths of it;
  lost    otherwise.
Of whole lines, `joined` are those that share their line with others of their row. `order` is the
share of neighbours of the truth, both whole, that follow each other in the order of reading, too.
`extra` are lines found that touch no true line. With -v every line that is not whole is named.
"""
import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path


def over(a0, a1, b0, b1):
    return max(0.0, min(a1, b1) - max(a0, b0))


def across(t, f):
    """Share of box t's width that box f covers. A margin of a tenth of t's height is given: boxes of ink differ by the
    grey of its edges, which is much of a figure 1."""
    slack = 0.1 * (t[3] - t[1])
    return min(1, over(t[0], t[2], f[0] - slack, f[2] + slack) / max(t[2] - t[0], 1e-6))


def down(t, f):
    return over(t[1], t[3], f[1], f[3]) / max(t[3] - t[1], 1e-6)


def same_row(a, b):
    """At least half of the lower box beside the other."""
    return over(a[1], a[3], b[1], b[3]) > 0.5 * min(a[3] - a[1], b[3] - b[1])


def likeness(t, f):
    """How well f lies at t's height: intersection over union of their heights."""
    both = over(t[1], t[3], f[1], f[3])
    return both / (t[3] - t[1] + f[3] - f[1] - both + 1e-9)


def judge(truth, found):
    """(verdict, index of the line found or None, joined) of each true line."""
    boxes = [t["box"] for t in truth]
    of = [set() for _ in found]
    for k, f in enumerate(found):
        for i, t in enumerate(boxes):
            if across(t, f) > 0.5 and down(t, f) > 0.7:
                of[k].add(i)
    verdicts = []
    for i, t in enumerate(boxes):
        near = [k for k, f in enumerate(found) if across(t, f) > 0.03 and likeness(t, f) > 0.25]
        best = max(near, key=lambda k: (round(across(t, found[k]), 1), likeness(t, found[k])), default=None)
        if best is None:
            verdicts.append(("lost", None, False))
            continue
        f = found[best]
        others = of[best] - {i}
        tall = f[3] - f[1] > 1.45 * (t[3] - t[1])
        if across(t, f) >= 0.9:
            merged = tall and any(not same_row(boxes[k], t) for k in others)
            verdicts.append(("merged" if merged else "whole", best, any(same_row(boxes[k], t) for k in others)))
            continue
        covered = sorted((max(found[k][0], t[0]), min(found[k][2], t[2])) for k in near)
        reach, total = t[0], 0.0
        for a, b in covered:
            total += max(0.0, b - max(a, reach))
            reach = max(reach, b)
        verdicts.append(("split" if total >= 0.85 * (t[2] - t[0]) and len(near) > 1 else "lost", best, False))
    return verdicts


def read(program, picture):
    """Boxes of the lines found, quarter turns, and seconds."""
    out = subprocess.run([program, picture], capture_output=True, text=True, check=True).stdout.splitlines()
    boxes = [[float(v) for v in line.split(":")[1].split(",")[0].split()] for line in out if line.startswith("line ")]
    return boxes, int(out[0].split()[1].rstrip(",")), float(out[0].split()[-2])


def main():
    parser = argparse.ArgumentParser(description="Scores the lines that the page reader finds.")
    parser.add_argument("program", help="page_strips")
    parser.add_argument("folders", nargs="+", help="with labels.jsonl")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    print(f"{'pages':24}{'lines':>6}{'whole':>8}{'joined':>8}{'merged':>8}{'split':>7}{'lost':>7}"
          f"{'medicine':>10}{'struck':>8}{'order':>8}{'extra':>7}{'turned':>8}{'s':>7}")
    for folder in map(Path, options.folders):
        count, medicines, struck = Counter(), Counter(), Counter()
        pairs = right = extra = turned = pages = 0
        seconds = 0.0
        for line in open(folder / "labels.jsonl", encoding="utf-8"):
            label = json.loads(line)
            found, turns, spent = read(options.program, folder / label["image"])
            pages += 1
            seconds += spent
            turned += turns != 0
            truth = label["lines"]
            verdicts = judge(truth, found)
            for t, (verdict, _, joined) in zip(truth, verdicts):
                count[verdict] += 1
                count["joined"] += verdict == "whole" and joined
                if "medicine" in t:
                    medicines[verdict] += 1
                if t["struck"]:
                    struck[verdict] += 1
                if options.verbose and verdict != "whole":
                    print(f"  {folder.name}/{label['image']} {verdict:6} {'M' if 'medicine' in t else ' '} {t['text']!r} "
                          + " ".join(f"{v:.3f}" for v in t["box"]))
            for a, b in zip(verdicts, verdicts[1:]):
                if a[0] == b[0] == "whole":
                    pairs += 1
                    right += a[1] <= b[1]
            extra += sum(1 for f in found if not any(across(f, t["box"]) > 0 and down(f, t["box"]) > 0.3 for t in truth))
        total = sum(count[v] for v in ("whole", "merged", "split", "lost"))

        def share(part, of):
            return f"{100 * part / of:.1f}%" if of else "-"
        print(f"{folder.name + ' (' + str(pages) + ')':24}{total:6}{share(count['whole'], total):>8}{share(count['joined'], total):>8}"
              f"{share(count['merged'], total):>8}{share(count['split'], total):>7}{share(count['lost'], total):>7}"
              f"{share(medicines['whole'], sum(medicines.values())):>10}{share(struck['whole'], sum(struck.values())):>8}"
              f"{share(right, pairs):>8}{extra / pages:7.2f}{turned:8}{seconds / pages:7.3f}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
