"""The medicines that generated pages name: what they are called, and the forms and strengths they come in.

`train/data/formulary.tsv` is written for this generator: common medicines with plausible products, directions
and the conditions (`conditions.tsv`) they are given for. A folder of material adds tens of thousands of names;
files that are not there are passed over.
"""
import csv
import os
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from .alphabet import ALPHABET

HERE = Path(__file__).resolve().parent
TEST_SHARE = 10  # one name in so many is kept from training

# key: (words before the name, words after the name, dispensing units, route as written)
FORMS = {
    "tab": (["Tab.", "Tab", "T.", "T", "TAB", "Tab:", "TAB."], ["tablet", "tab", "tabs", "tablets", "Tab", "TABLET"]),
    "cap": (["Cap.", "Cap", "C.", "CAP", "CAP."], ["capsule", "cap", "caps", "capsules", "CAPSULE"]),
    "syp": (["Syp.", "Syp", "Syr.", "Syr", "SYP", "Syrup", "Sy.", "Susp."], ["syrup", "suspension", "susp", "syp"]),
    "inj": (["Inj.", "Inj", "INJ", "I."], ["injection", "inj", "vial", "amp"]),
    "pen": (["Inj.", "Inj", "Insulin", "INJ"], ["pen", "injection", "cartridge", "flexpen", "vial"]),
    "cream": (["Cream", "Cr.", "Crm"], ["cream", "cr", "CREAM"]),
    "oint": (["Oint.", "Oint", "Ointment"], ["ointment", "oint", "oint."]),
    "gel": (["Gel", "GEL"], ["gel", "GEL"]),
    "lot": (["Lotion", "Lot."], ["lotion", "solution"]),
    "eye": (["E/D", "Eye drops", "Eye drop", "ED", "Drops"], ["eye drops", "e/d", "ophth soln", "eye drop", "EYE DROPS"]),
    "ear": (["Ear drops", "Drops", "Ear drop"], ["ear drops", "otic soln"]),
    "nasal": (["Nasal spray", "N/D", "Nasal drops", "N/S"], ["nasal spray", "nasal drops", "NS spray", "spray"]),
    "inh": (["Inh.", "MDI", "Inhaler", "Rotacap", "Inh"], ["inhaler", "MDI", "rotacaps", "HFA", "Inhaler"]),
    "neb": (["Neb.", "Neb", "Nebs", "Respules"], ["respules", "neb soln", "nebules", "neb"]),
    "sach": (["Sachet", "Sach.", "Pwd."], ["sachet", "sachets", "powder"]),
    "supp": (["Supp.", "Supp"], ["suppository", "supp", "suppositories"]),
    "drops": (["Drops", "Drop"], ["drops", "oral drops"]),
    "spray": (["Spray"], ["spray", "SL spray"]),
    "loz": (["Loz.", "Lozenges"], ["lozenges", "troche"]),
    "garg": (["Gargle", "M/W", "Mouthwash"], ["gargle", "mouthwash", "mouth wash"]),
}


@dataclass(frozen=True)
class Drug:
    """`products`: (form key, strength or ""); `frequencies`: keys of language.FREQUENCY."""
    name: str
    products: tuple
    frequencies: tuple = ()
    conditions: tuple = ()
    brand: bool = False


@dataclass
class Drugs:
    common: list = field(default_factory=list)     # the formulary and its brands
    by_condition: dict = field(default_factory=dict)
    wide: list = field(default_factory=list)       # everything else
    conditions: dict = field(default_factory=dict)  # key: dict of lists


def in_test(name):
    """Whether a name is one of those kept from training: by its first word, so that brands of one family stay together."""
    first = re.match(r"[a-z0-9]+", name.lower())
    return zlib.crc32((first.group() if first else name).encode()) % TEST_SHARE == 0


def writable(name, longest=34):
    return 2 < len(name) <= longest and all(c in ALPHABET for c in name) and "~" not in name


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def parse_products(text):
    products = []
    for group in text.split(";"):
        form, _, strengths = group.partition(" ")
        for strength in re.split(r"(?<!\d),", strengths):
            products.append((form, "" if strength == "-" else strength))
    return tuple(products)


def load_conditions():
    return {row["key"]: {name: [w for w in row[name].split(";") if w]
                         for name in ("written", "complaints", "tests", "advice")}
            for row in rows(HERE / "data" / "conditions.tsv")}


def load_formulary():
    return [Drug(row["generic"], parse_products(row["products"]), tuple(row["frequencies"].split()),
                 tuple(row["conditions"].split())) for row in rows(HERE / "data" / "formulary.tsv")]


def lexicon_folders(material):
    """Folders that may hold lists of names, the best first."""
    root = Path(material) if material else None
    found = [root / part for part in ("lexicon/own", "data/lexicon/own", "lexicon/open", "data/lexicon/open")] if root else []
    return [folder for folder in found if folder.is_dir()]


# ---- readers of one kind of file each: they yield (name, products, generic or None, is a brand) ----

FDA_FORMS = (("Tablet", "tab"), ("Capsule", "cap"), ("Inject", "inj"), ("Solution/Drops", "eye"), ("Suspension/Drops", "eye"),
             ("Cream", "cream"), ("Ointment", "oint"), ("Gel", "gel"), ("Lotion", "lot"), ("Syrup", "syp"), ("Elixir", "syp"),
             ("For Suspension", "syp"), ("Suspension", "syp"), ("Spray", "nasal"), ("Aerosol", "inh"), ("Supposit", "supp"),
             ("Troche", "loz"), ("Solution", "syp"))
FDA_STRENGTH = re.compile(r"(?:EQ )?([\d,]*\.?\d+)\s*(MG|MCG|GM|%|UNITS|MEQ)(?: BASE)?(/(?:\d+ ?ML|ML))?$")
FDA_UNITS = {"MG": "mg", "MCG": "mcg", "GM": "g", "%": "%", "UNITS": "units", "MEQ": "mEq"}


def fda_strength(text):
    """"EQ 250MG BASE/5ML" to "250 mg/5 ml"; "25MG;40MG" to "25/40 mg"; None where it is nothing a hand would write."""
    parts = [FDA_STRENGTH.match(part.strip()) for part in text.split(";")]
    if not all(parts) or len(parts) > 3:
        return None
    unit = FDA_UNITS[parts[0][2]]
    numbers = "/".join(("0" + p[1]) if p[1].startswith(".") else p[1] for p in parts)
    per = re.sub(r"/(\d*) ?ML", lambda m: f"/{m[1]} ml" if m[1] else "/ml", parts[0][3] or "") if len(parts) == 1 else ""
    return f"{numbers}{'' if unit == '%' else ' '}{unit}{per}"


def fda_products(path):
    names = {}
    for row in rows(path):
        strength = fda_strength(row["strength"])
        form = next((key for word, key in FDA_FORMS if row["form"].startswith(word)), None)
        if strength and form:
            entry = names.setdefault(row["name"], (set(), row["active_ingredient"]))
            entry[0].add((form, strength))
    for name, (products, generic) in sorted(names.items()):
        written = " ".join(w.capitalize() if len(w) > 2 else w for w in name.split())
        yield written.replace(" And ", " and "), tuple(sorted(products)), None, name.lower() != generic


PMBJP = re.compile(r"([A-Z][A-Za-z +\-]+?)(?: (?:IP|BP|USP))?(?: (?:[A-Z][a-z]+[ -]?[a-z]* ){0,2}"
                   r"(Tablets?|Capsules?|Injection|Cream|Ointment|Gel|Syrup|Oral Suspension|Eye Drops|Lotion))?"
                   r"(?: (?:IP|BP|USP))? (\d[\d.]*) ?(mg|mcg|g|%)(?: ?per ?(\d*) ?ml)?", re.I)
PMBJP_FORMS = {"t": "tab", "ca": "cap", "i": "inj", "cr": "cream", "o": "oint", "g": "gel", "s": "syp", "or": "syp",
               "e": "eye", "l": "lot"}


def pmbjp_products(path):
    names = {}
    for row in rows(path):
        m = PMBJP.match(row["generic_name_strength_form"])
        if not m or "Surgical" in row["group"] or re.search(r"\b(Suspension|Cap|Tablet|Drops|Release)", m[1]):
            continue
        word = (m[2] or "tablet").lower()
        form = PMBJP_FORMS.get(word[:2]) or PMBJP_FORMS[word[0]]
        per = f"/{m[5]} ml" if m[5] else ("/ml" if m[5] == "" and "per" in m[0] else "")
        strength = f"{m[3]}%" if m[4] == "%" else f"{m[3]} {m[4].lower()}{per}"
        names.setdefault(m[1].strip(), set()).add((form, strength))
    for name, products in sorted(names.items()):
        yield name, tuple(sorted(products)), None, False


def india_brands(path):
    for row in rows(path):
        if row.get("check_against_1mg_sample", "confirmed") == "confirmed":
            yield row["brand"], (), row["generic"].replace("+", " "), True


def ema_brands(path):
    for row in rows(path):
        yield row["brand"].split(" (")[0], (), row["inn"], True


def plain_names(path):
    for row in rows(path):
        yield row["name"].split(" (")[0].split(" for ")[0], (), None, False


def drugbank_names(path):
    for row in rows(path):
        if re.fullmatch(r"[A-Z][a-z]{4,18}(?: [a-z]{4,12})?", row["name"]):
            yield row["name"], (), None, False


READERS = {"india_brands_curated.tsv": india_brands, "us_fda_products.tsv": fda_products,
           "india_pmbjp_generics.tsv": pmbjp_products, "eu_ema_medicines_atc.tsv": ema_brands,
           "uk_dmd_vtm.tsv": plain_names, "uk_nhs_medicines_a_z.tsv": plain_names,
           "drugbank_open_vocab.tsv": drugbank_names}


def load(material=None):
    """All medicines. `material`: a folder, or None for environment RXSCAN_MATERIAL."""
    material = material or os.environ.get("RXSCAN_MATERIAL")
    drugs = Drugs(common=load_formulary(), conditions=load_conditions())
    by_generic = {drug.name: drug for drug in drugs.common}
    seen = set(by_generic)
    for folder in lexicon_folders(material):
        for path in sorted(folder.glob("*.tsv")):
            reader = READERS.get(path.name)
            for name, products, generic, brand in (reader(path) if reader else ()):
                if name.lower() in seen or not writable(name):
                    continue
                seen.add(name.lower())
                like = by_generic.get((generic or name).lower())
                if like:
                    drugs.common.append(Drug(name, like.products, like.frequencies, like.conditions, brand))
                else:
                    drugs.wide.append(Drug(name, products, brand=brand))
    for drug in drugs.common:
        for key in drug.conditions:
            drugs.by_condition.setdefault(key, []).append(drug)
    return drugs
