"""Kills a long scan at random moments and resumes it: nothing may be lost, nothing read twice.

    python3 tests/scan/kill.py build/rxscan [MODEL] [--pages 200] [--kills 50] [--seed 1]

Each run is ended with SIGKILL, at moments that are spread over the whole; the last one may finish. Then
the store must hold every page once and verify, the audit trail must tell of exactly as many readings, and
what the last run delivered must be what the store hands out.
"""
import argparse
import contextlib
import json
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import zlib


def png(width, height, rows):
    """A grey picture; `rows` are bytes of `width` each."""
    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def page(number):
    """Two lines of strokes, like print from afar; no two pages are the same."""
    draw = random.Random(number)
    rows = []
    for _ in range(2):
        strokes = bytes(40 if draw.random() < 0.4 else 245 for _ in range(90))
        line = b"\xf5" * 30 + bytes(v for v in strokes for _ in range(6)) + b"\xf5" * 30
        rows += [b"\xf5" * 600] * 45 + [line] * 22
    return png(600, 179, rows + [b"\xf5" * 600] * 45)


def count(store, mode):
    """Pages in the store: "ro" while it is being written, "rw" after a kill, whose half transaction must be taken back
    before anything can be read."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{store}?mode={mode}", uri=True, timeout=10)) as db:
            return db.execute("SELECT count(*) FROM results").fetchone()[0]
    except sqlite3.OperationalError:  # not made yet
        return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rxscan")
    parser.add_argument("model", nargs="?")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    moments = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        inbox, store, out = (str(pathlib.Path(folder, name)) for name in ("inbox", "s.db", "out.jsonl"))
        pathlib.Path(inbox).mkdir()
        for i in range(args.pages):
            pathlib.Path(inbox, f"{i:04}.png").write_bytes(page(i))
        scan = [args.rxscan, "scan", inbox, "--store", store, "--resume", "--quiet",
                "--format", "jsonl", "-o", out] + (["--model", args.model] if args.model else [])
        kills, known = 0, 0
        for target in sorted(moments.uniform(-1, args.pages) for _ in range(args.kills)):
            run = subprocess.Popen(scan)
            while target > 0 and count(store, "ro") < target and run.poll() is None:
                time.sleep(0.01)
            time.sleep(moments.uniform(0, 0.4))
            run.kill()
            kills += run.wait() == -9
            now = count(store, "rw")
            assert now >= known, f"{known - now} pages were lost"
            known = now
            print(f"kill {kills}: {known} pages", file=sys.stderr)
        subprocess.run(scan, check=True)
        verified = subprocess.run([args.rxscan, "results", store, "--verify"], capture_output=True,
                                  text=True)
        assert verified.returncode == 0, verified.stderr
        delivered = [json.loads(line) for line in open(out)]
        inputs = [result["input"] for result in delivered]
        assert inputs == sorted(set(inputs)) and len(inputs) == args.pages, "pages lost or repeated"
        kept = subprocess.run([args.rxscan, "results", store, "--format", "jsonl"],
                              capture_output=True, text=True)
        assert [json.loads(line) for line in kept.stdout.splitlines()] == delivered
        print(f"{kills} kills; {len(inputs)} pages, each once")
        print(verified.stdout, end="")
        assert f"trail: {args.pages + 1} entries" in verified.stdout, "a page was read twice"


if __name__ == "__main__":
    main()
