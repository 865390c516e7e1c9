"""What generated prescriptions promise, on the project's own lists of names."""
import random
import unittest

from train import phrases, sig
from train.alphabet import ALPHABET
from train.drugs import in_test
from train.language import Language

FIELDS = ("name", "strength", "form", "route", "dose", "frequency", "duration", "quantity")


class Lines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.language = Language(split="train")

    def lines(self, seed, count=3000):
        rng = random.Random(seed)
        return [self.language.line(rng) for _ in range(count)]

    def test_the_same_seed_gives_the_same_lines(self):
        self.assertEqual(self.lines(1), self.lines(1))
        self.assertNotEqual(self.lines(1), self.lines(2))

    def test_nothing_leaves_the_alphabet(self):
        self.assertLessEqual(set("".join(self.lines(3))), set(ALPHABET))

    def test_lines_are_neither_empty_nor_marked_as_struck(self):
        for line in self.lines(4):
            self.assertTrue(line.strip())
            self.assertEqual(line, line.strip())
            self.assertFalse(line.startswith("~"))


class People(unittest.TestCase):
    def said(self, people):
        language, rng = Language(split="test", people=people), random.Random(5)
        return [language.prescription(rng) for _ in range(300)]

    def test_other_people_have_no_name_of_training(self):
        listed = {name.lower() for firsts in phrases.FIRST.values() for names in firsts.values() for name in names}
        listed.update(name.lower() for names in phrases.LAST.values() for name in names)
        for said in self.said("other"):
            self.assertFalse(listed.intersection(f"{said.patient} {said.prescriber}".lower().split()))

    def test_most_people_of_training_are_on_no_list(self):
        listed = {name.lower() for names in phrases.LAST.values() for name in names}
        language, rng = Language(split="train"), random.Random(5)
        last = [language.prescription(rng).patient.lower().split()[-1] for _ in range(500)]
        self.assertTrue(0.4 < sum(name not in listed for name in last) / 500 < 0.75)

    def test_all_but_the_names_is_the_same(self):
        listed, other = self.said("listed"), self.said("other")
        self.assertEqual([s.medicines for s in listed], [s.medicines for s in other])
        self.assertEqual([s.date for s in listed], [s.date for s in other])


class Names(unittest.TestCase):
    def names(self, split, count=1500):
        language, rng = Language(split=split), random.Random(7)
        return [language.medicine(rng) for _ in range(count)]

    def test_names_kept_for_evaluation_never_occur_in_training(self):
        self.assertFalse([m.name for m in self.names("train") if in_test(m.name)])

    def test_names_kept_for_evaluation_are_a_good_part_of_it(self):
        unseen = sum(m.unseen for m in self.names("test"))
        self.assertTrue(0.15 < unseen / 1500 < 0.35, unseen)

    def test_fields_are_verbatim_pieces_of_the_lines(self):
        for m in self.names("all"):
            told = " ".join(m.lines).lower()
            for field in FIELDS:
                value = getattr(m, field)
                if value:
                    self.assertIn(value.lower(), told, field)

    def test_where_it_is_given_is_its_route(self):
        said = 0
        for m in self.names("all"):
            if m.instructions in sig.ROUTE_SAID:
                said += 1
                self.assertTrue(m.route == sig.ROUTE_SAID[m.instructions] or "route" in m.unscored, m.lines)
        self.assertGreater(said, 50)


class Prescriptions(unittest.TestCase):
    def test_medicines_fit_the_diagnoses(self):
        language, rng = Language(split="all"), random.Random(9)
        by_name = {d.name.lower(): d for d in language.common}
        written = {w: key for key, c in language.conditions.items() for w in c["written"]}
        fitting = known = 0
        for _ in range(300):
            p = language.prescription(rng)
            keys = {written[d] for d in p.diagnoses}
            for m in p.medicines:
                drug = by_name.get(m.name.lower())
                if keys and drug and drug.conditions:
                    known += 1
                    fitting += bool(keys & set(drug.conditions))
        self.assertGreater(fitting / known, 0.5)


if __name__ == "__main__":
    unittest.main()
