"""Compares naive.py with the committed values, stage by stage, and springs its traps.

    python check_naive.py [CASE...]            every stage within 1e-5, or exit status 1
    python check_naive.py --traps [CASE...]    how far each trap moves the logits of each case

Needs NumPy and Pillow, not transformers.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
from PIL import Image

from naive import TRAPS, Naive, read_safetensors

MODELS = pathlib.Path(__file__).parent / "models"
TOLERANCE = 1e-5
DETECTABLE = 1e-4  # the tolerance that an F32 engine is held to


def difference(a, b):
    """Relative, Frobenius."""
    if a.shape != b.shape:
        return float("inf")
    return float(np.linalg.norm(a.astype(np.float64) - b) / np.linalg.norm(b.astype(np.float64)))


class Case:
    def __init__(self, name):
        self.directory = MODELS / name
        self.about = json.loads((self.directory / "expected.json").read_text())
        tensors = read_safetensors(self.directory / "expected.safetensors")
        self.expected = {key: value for key, (value, _) in tensors.items()}
        self.pictures = [
            np.asarray(Image.open(self.directory / file)) for file in self.about["images"]
        ]

    def run(self, trap=None, prompts=None):
        """{name in expected.safetensors: value} of the naive implementation."""
        naive = Naive(self.directory, trap)
        stages = naive.run_vision(self.pictures)
        for prompt in self.about["prompts"][:prompts]:
            prefix = prompt["prefix"]
            found = naive.run_prompt(
                self.expected[prefix + "input_ids"],
                stages["projector"],
                self.expected[prefix + "generated.ids"],
            )
            stages |= {prefix + key: value for key, value in found.items()}
        return stages


def check(name):
    case = Case(name)
    stages = case.run()
    distances = {key: difference(value, case.expected[key]) for key, value in stages.items()}
    worst = max(distances, key=distances.get)
    unseen = [
        key
        for key in case.expected
        if key not in stages
        and not key.startswith("batch.")
        and not key.endswith(("input_ids", "generated.ids", "resized"))
        and "own_dtype" not in key
    ]
    assert not unseen, unseen
    print(f"{name}: {len(distances)} stages, worst {distances[worst]:.1e} ({worst})", flush=True)
    return distances[worst] <= TOLERANCE


def spring(name):
    """{trap: (shift of `logits`, of `logits_capped`, of `generated.logits`)}"""
    case = Case(name)
    prefix = case.about["prompts"][0]["prefix"]
    keys = [prefix + key for key in ("logits", "logits_capped", "generated.logits")]
    return {
        trap: [difference(stages[key], case.expected[key]) for key in keys]
        for trap, stages in ((trap, case.run(trap, prompts=1)) for trap in TRAPS)
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--traps", action="store_true")
    parser.add_argument("cases", nargs="*", help="default: all")
    arguments = parser.parse_args()
    cases = arguments.cases or sorted(path.name for path in MODELS.iterdir())
    if not arguments.traps:
        sys.exit(0 if all([check(name) for name in cases]) else 1)
    for name in cases:
        print(f"{name}\n{'':28}{'logits':>10}{'capped':>10}{'generated':>10}")
        for trap, shifts in spring(name).items():
            quiet = "" if max(shifts) > DETECTABLE else "  not seen here"
            print(
                f"  {trap:26}" + "".join(f"{shift:10.1e}" for shift in shifts) + quiet, flush=True
            )


if __name__ == "__main__":
    main()
