"""Draws the sample pages with the training's page generator, and writes what they say to labels.jsonl.

    python -m samples.render --material DIR [-o samples]

Patients, prescribers and clinics are invented. Fonts are of the families that training never sees (OFL-1.1); which ones is
in the labels. The same fonts and versions of libraries (train/requirements.txt) give the same bytes.
"""
import argparse
import json
from pathlib import Path

from train import layouts
from train.language import Medicine, Prescription
from train.pages import Generator

SEED = 2026
FORMS = {"Tab.": "tab", "Cap.": "cap", "Syp.": "syp", "Inj.": "inj"}


def medicine(number, form, name, strength, dose, frequency, duration, instructions, as_needed=False):
    """On one line, as on Indian pads; in a table, the days have a column of their own."""
    m = Medicine(name, FORMS[form], number, strength, form, dose, None, frequency, duration, None, instructions, as_needed)
    head = " ".join(filter(None, (form, name, strength)))
    how = " ".join(filter(None, (dose, frequency)))
    m.lines = [f"{number}. " + " ".join(filter(None, (head, how, duration and f"x {duration}", instructions)))]
    m.cells = {"name": head, "directions": " ".join(filter(None, (how, instructions))), "quantity": duration or ""}
    return m


def prescription(clinic, clinic_lines, prescriber, prescriber_lines, patient, age, sex, date, diagnoses, complaints, vitals, tests,
                 advice, follow_up, rows):
    return Prescription("in", clinic, clinic_lines, prescriber, prescriber_lines, patient, age, sex, date, diagnoses, complaints,
                        vitals, [], tests, advice, follow_up, [medicine(n, *row) for n, row in enumerate(rows, 1)])


PAGES = {
    "prescription": ("print", layouts.e_prescription, 1, lambda: prescription(
        "Riverside Family Clinic", ["14, Canal Road, Pune - 411004", "Phone: 555 0134", "Mon - Sat: 9 am to 1 pm"],
        "Dr. Meera Nair", ["MBBS, MD (Medicine)", "Physician", "Reg. No. 40127"], "Ravi Kumar", "52 years", "M", "12/03/2024",
        ["Hypertension", "Type 2 Diabetes Mellitus"], [], ["BP: 150/90 mmHg", "RBS: 210"], ["HbA1c", "Lipid profile"],
        ["low salt diet"], "Review after 1 month",
        [("Tab.", "Telmisartan", "40 mg", None, "1-0-0", "30 days", None),
         ("Tab.", "Glycomet", "500 mg", None, "1-0-1", "30 days", "after food"),
         ("Tab.", "Atorvastatin", "10 mg", None, "0-0-1", "30 days", None),
         ("Tab.", "Ecosprin", "75 mg", None, "0-1-0", "30 days", "after lunch")])),
    "letterhead": ("neat", layouts.clinic_pad, 11, lambda: prescription(
        "Green Valley Clinic", ["27, Lake View Road, Kochi", "Ph. 555 0172"], "Dr. Anil Thomas",
        ["MBBS, DNB", "Chest Physician", "Reg. No. 58213"], "Sara Joseph", "34 y", "F", "05/11/2024", ["Acute bronchitis"],
        ["fever x 3 days", "cough"], ["Temp: 101 F"], [], ["steam inhalation"], "Review after 5 days",
        [("Tab.", "Augmentin", "625 mg", None, "1-0-1", "5 days", None),
         ("Tab.", "Dolo", "650 mg", None, "SOS", None, "for fever", True),
         ("Syp.", "Ascoril", None, "10 ml", "TDS", "5 days", None),
         ("Tab.", "Montair-LC", None, None, "HS", "10 days", None)])),
    "table": ("print", layouts.chart, 16, lambda: prescription(
        "Kingsway General Hospital", ["3, Station Road, Nagpur", "Emergency 24 x 7", "Phone: 555 0118"], "Dr. Farhan Ali",
        ["MD, DM (Cardiology)", "Cardiologist", "Reg. No. 77120"], "Grace D'Souza", "67 years", "F", "21/08/2024",
        ["Unstable angina", "Hypothyroidism"], [], ["BP: 132/78 mmHg", "Pulse: 72/min"], ["2D Echo"], [], "Review after 2 weeks",
        [("Tab.", "Clopidogrel", "75 mg", None, "0-1-0", "30 days", "after food"),
         ("Tab.", "Rosuvastatin", "20 mg", None, "0-0-1", "30 days", None),
         ("Tab.", "Metoprolol", "25 mg", None, "1-0-1", "30 days", None),
         ("Cap.", "Ramipril", "2.5 mg", None, "1-0-0", "30 days", None),
         ("Tab.", "Thyronorm", "50 mcg", None, "1-0-0", "30 days", "before breakfast"),
         ("Cap.", "Pantoprazole", "40 mg", None, "1-0-0", "14 days", "before food")])),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--material", required=True, help="folder with fonts/")
    parser.add_argument("-o", "--output", default=str(Path(__file__).parent))
    options = parser.parse_args()
    folder, generator = Path(options.output), Generator(options.material, "test")
    with open(folder / "labels.jsonl", "w", encoding="utf-8") as labels:
        for name, (cls, layout, index, said) in PAGES.items():
            data, label = generator.page(cls, SEED, index, layout, "photo", said())
            (folder / f"{name}.jpg").write_bytes(data)
            labels.write(json.dumps({"image": f"{name}.jpg", **label}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
