"""Several labelled folders as one: pictures linked under "<folder>-<name>", labels to match.

    python -m train.join FOLDER... -o DIR
"""
import argparse
import json
import os
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("-o", dest="output", required=True, type=Path)
    args = parser.parse_args()
    args.output.mkdir(parents=True)
    with open(args.output / "labels.jsonl", "w", encoding="utf-8") as out:
        for folder in args.folders:
            for line in open(folder / "labels.jsonl", encoding="utf-8"):
                label = json.loads(line)
                name = f"{folder.name}-{label['image']}"
                os.symlink((folder / label["image"]).resolve(), args.output / name)
                out.write(json.dumps(label | {"image": name}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
