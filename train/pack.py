"""What a machine without network needs to train, as one archive; and its model, in parts, on the way back.

    python -m train.pack make --material DIR [--program build/bench/page_squares] -o material.tar.xz
    python -m train.pack split FILE... -o DIR [--size 15]
    python -m train.pack join DIR -o DIR

`make` takes from the material what training reads (fonts, names, real words), and adds the page reader's program with
the libraries that it is linked to, so that it runs where these are not installed: `bin/page_squares` in the archive.
`split` cuts files into parts of so many MB; `join` puts together what `split` cut, and says what does not arrive whole.
"""
import argparse
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

FOLDERS = ("fonts", "data/lexicon", "data/words")
# The machine's own: they belong to its kernel and its loader.
OWN = re.compile(r"(linux-vdso|ld-linux|libc\.|libm\.|libpthread|libdl|librt)")
START = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH=$here/lib exec "$here/lib/page_squares"
"""
MB = 1 << 20


def libraries(program):
    """The shared libraries of a program, as `ldd` finds them, without the system's own."""
    listing = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    found = re.findall(r"(\S+) => (\S+)", listing)
    return [(name, path) for name, path in found if not OWN.match(name)]


def plain(entry):
    """Without owner and date: the same material gives the same archive."""
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


def make(material, program, output):
    with tarfile.open(output, "w:xz", preset=3) as archive:
        for folder in FOLDERS:
            for path in sorted((Path(material) / folder).rglob("*")):
                if path.is_file():
                    archive.add(path, path.relative_to(material).as_posix(), filter=plain)
        if program:
            start = plain(tarfile.TarInfo("bin/page_squares"))
            start.size, start.mode = len(START), 0o755
            archive.addfile(start, io.BytesIO(START.encode()))
            for name, path in [("page_squares", program), *libraries(program)]:
                archive.add(Path(path).resolve(), f"bin/lib/{name}", filter=plain)
    print(f"{output}: {Path(output).stat().st_size / MB:.1f} MB", file=sys.stderr)


def split(files, output, size):
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    whole = {}
    for path in map(Path, files):
        data = path.read_bytes()
        parts = [data[k:k + size * MB] for k in range(0, max(len(data), 1), size * MB)]
        whole[path.name] = {"parts": len(parts), "sha256": hashlib.sha256(data).hexdigest()}
        for k, part in enumerate(parts):
            (folder / f"{path.name}.{k:02}").write_bytes(part)
    (folder / "parts.json").write_text(json.dumps(whole, indent=1) + "\n")


def join(folder, output):
    whole = json.loads((Path(folder) / "parts.json").read_text())
    Path(output).mkdir(parents=True, exist_ok=True)
    for name, told in whole.items():
        parts = [Path(folder) / f"{name}.{k:02}" for k in range(told["parts"])]
        missing = [part.name for part in parts if not part.is_file()]
        if missing:
            sys.exit(f"{folder}: missing {', '.join(missing)}")
        data = b"".join(part.read_bytes() for part in parts)
        if hashlib.sha256(data).hexdigest() != told["sha256"]:
            sys.exit(f"{folder}: {name} did not arrive as it was sent")
        (Path(output) / name).write_bytes(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    of_make = commands.add_parser("make")
    of_make.add_argument("--material", required=True)
    of_make.add_argument("--program", help="the built bench/page_squares")
    of_split = commands.add_parser("split")
    of_split.add_argument("files", nargs="+")
    of_split.add_argument("--size", type=int, default=15, metavar="MB")
    of_join = commands.add_parser("join")
    of_join.add_argument("folder")
    for command in (of_make, of_split, of_join):
        command.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    if args.command == "make":
        make(args.material, args.program, args.output)
    elif args.command == "split":
        split(args.files, args.output, args.size)
    else:
        join(args.folder, args.output)


if __name__ == "__main__":
    main()
