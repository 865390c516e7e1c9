"""Turns data/rx/*.tsv into the sorted C table of src/rx/phrases.h: phrases.py OUT.c IN.tsv..."""
import sys

SIGNS = str.maketrans({"°": "\x06", "→": "\x07"})  # as src/rx/fold.h folds them


def rows(path):
    with open(path, encoding="utf-8") as lines:
        table = [line.rstrip("\n").split("\t") for line in lines if "\t" in line]
    for phrases, kind, value, number, when, caution in table[1:]:
        for phrase in phrases.split(";"):
            words = " ".join(phrase.split()).translate(SIGNS)
            yield words, kind, value, number, when, caution


def quoted(text):
    return '"' + "".join(c if " " <= c <= "~" and c not in '"\\' else f"\\{ord(c):03o}" for c in text) + '"'


def main(target, *sources):
    seen = set()
    with open(target, "w", encoding="ascii") as out:
        out.write('#include "rx/phrases.h"\n\nconst rx_phrase RX_PHRASES[] = {\n')
        for words, kind, value, number, when, caution in sorted(row for source in sources for row in rows(source)):
            if (words, kind) in seen:
                sys.exit(f"'{words}' is twice a {kind}")
            seen.add((words, kind))
            out.write(f"    {{{quoted(words)}, RX_PHRASE_{kind.upper()}, {quoted(value)}, {number or 0}, "
                      f"{'RX_WHEN_' + when if when else 0}, {quoted(caution) if caution else 'NULL'}}},\n")
        out.write(f"}};\n\nconst size_t RX_NUM_PHRASES = {len(seen)};\n")


main(*sys.argv[1:])
