"""Joins data/lexicon/*.tsv into the list of names that the program carries, as a C string.

    lexicon.py OUT.c medicines.tsv names.tsv look_alike.tsv unii.tsv abbreviations.tsv

The list has the format of a user's own list (src/rx/lexicon.h): a name a line with its ingredients,
strengths, largest single dose and code behind tabs; "!" starts a pair of look-alike names, "?" an abbreviation and
what it stands for. What contradicts itself ends the build.
"""
import sys


def rows(path, columns):
    with open(path, encoding="utf-8") as lines:
        table = [line.rstrip("\n").split("\t") for line in lines if not line.startswith("#")]
    for row in table[1:]:
        if len(row) != columns:
            sys.exit(f"{path}: not {columns} columns: {row}")
        yield row


def key(name):
    return "".join(c for c in name.lower() if c.isalnum())


def joined(medicines, names, look_alike, unii, abbreviations):
    """Lines of the list."""
    generics = {}
    keys = set()
    for name, strengths, largest in rows(medicines, 3):
        generics[name] = (strengths, largest)
    codes = {name: f"UNII {code}" for name, code in rows(unii, 2)}
    if not codes.keys() <= generics.keys():
        sys.exit(f"{unii}: no such medicine: {sorted(codes.keys() - generics.keys())}")
    entries = [(name, "", *generics[name], codes.get(name, "")) for name in generics]
    for name, generic, _ in rows(names, 3):
        unknown = [part for part in generic.split(" / ") if part not in generics]
        if unknown:
            sys.exit(f"{names}: {name}: no such medicine: {unknown}")
        entries.append((name, generic, *generics.get(generic, ("", ""))))
    for name, *_ in entries:
        if key(name) in keys:
            sys.exit(f"'{name}' is there twice")
        keys.add(key(name))
    for entry in sorted(entries, key=lambda entry: key(entry[0])):
        yield "\t".join(entry).rstrip("\t")
    for one, other in rows(look_alike, 2):
        if key(one) not in keys or key(other) not in keys or key(one) == key(other):
            sys.exit(f"{look_alike}: not two names of the lexicon: {one}, {other}")
        yield f"!{one}\t{other}"
    for short, name in rows(abbreviations, 2):
        if key(short) in keys or key(name) not in keys:
            sys.exit(f"{abbreviations}: no abbreviation of a name of the lexicon: {short}, {name}")
        keys.add(key(short))
        yield f"?{short}\t{name}"


def main(target, *tables):
    quoted = str.maketrans({'"': '\\"', "\\": "\\\\", "\t": "\\t"})
    with open(target, "w", encoding="utf-8") as out:
        out.write('#include "rx/name_list.h"\n\nconst char RX_NAMES[] =\n')
        size = 0
        for line in joined(*tables):
            size += len(line.encode()) + 1
            out.write(f'    "{line.translate(quoted)}\\n"\n')
        out.write(f"    ;\n\nconst size_t RX_NAMES_SIZE = {size};\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
