"""The scores of docs/evaluation.md, on cases counted by hand."""
import random
import unittest

from train.compare import in_lines, stands_in
from train.evaluate import Score, distance, evaluate, field_form, name_form, pairs, text_form


def table_distance(a, b):
    row = list(range(len(b) + 1))
    for i, c in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, d in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (c != d))
    return row[-1]


def read(text, confidence=1.0):
    return {"text": text, "confidence": confidence}


class Forms(unittest.TestCase):
    def test_names_lose_case_spaces_and_signs(self):
        self.assertEqual(name_form("Montair-L’s (10)"), "montairls10")
        self.assertEqual(name_form("ÀÉ×"), "àé×")

    def test_points_count_only_between_digits(self):
        self.assertEqual(field_form("Tab."), "tab")
        self.assertEqual(field_form("625 mg"), field_form("625mg"))
        self.assertNotEqual(field_form("2.5"), field_form("25"))
        self.assertEqual(field_form("1 – 0 – 1"), "1-0-1")
        self.assertEqual(field_form("×5"), "x5")

    def test_other_shapes_of_a_number_are_the_same(self):
        self.assertEqual(field_form("I\u00a0Tab."), field_form("1 tab"))
        self.assertEqual(field_form("i"), "1")
        self.assertEqual(field_form("1 -- O –– o"), "1-0-0")
        for other in "I.V.", "itab", "ii tab", "2i tab":
            self.assertIn("i", field_form(other), other)
        self.assertNotEqual(field_form("OD"), field_form("0D"))

    def test_white_space_is_one_space_and_case_counts(self):
        self.assertEqual(text_form(" a\n\n b\u00a0c "), "a b c")
        self.assertEqual(text_form("Ab"), "Ab")


class Distance(unittest.TestCase):
    def test_bit_vectors_equal_the_table(self):
        rng = random.Random(5)
        for _ in range(400):
            a, b = ("".join(rng.choice("abcé ") for _ in range(rng.randrange(90))) for _ in range(2))
            self.assertEqual(distance(a, b), table_distance(a, b))


def unmeasured(*names):
    return [(name, "") for name in names]


class Pairs(unittest.TestCase):
    def test_exact_pairs_come_before_near_ones(self):
        self.assertEqual(pairs(unmeasured("aspirin", "aspirim"), unmeasured("aspirim")), [(1, 0, True)])

    def test_one_edit_in_five_letters_is_near(self):
        self.assertEqual(pairs(unmeasured("amlod"), unmeasured("amlop")), [(0, 0, False)])
        self.assertEqual(pairs(unmeasured("amlo"), unmeasured("amlp")), [])

    def test_the_strength_tells_two_of_one_name_apart(self):
        labels = [("voveran", "75mg"), ("voveran", "1%"), ("voveran", "50mg")]
        self.assertEqual(pairs(labels, [("voveran", "1%")]), [(1, 0, True)])
        self.assertEqual(pairs(labels, [("voveran", "1%"), ("voveran", "15mg")]), [(1, 0, True), (0, 1, True)])

    def test_a_prediction_is_taken_once(self):
        self.assertEqual(len(pairs(unmeasured("dolo", "dolo"), unmeasured("dolo"))), 1)


LABEL = {"image": "a.jpg", "text": "Tab Dolo 650 BD", "patient": "Ravi Kumar", "date": None, "diagnoses": ["Fever"],
         "medicines": [{"name": "Dolo", "strength": "650 mg", "duration": None, "unseen": True},
                       {"name": "Augmentin", "strength": "625", "duration": None, "label_confidence": "high"},
                       {"name": "Crocin", "label_confidence": "low"}]}
RESULT = {"input": "/x/a.jpg", "text": "Tab Dolo 65O BD", "patient": {"name": read("RAVI KUMAR", 0.95)},
          "date": read("1/2/24", 0.55), "diagnoses": [read("fever", 0.85)], "review": [],
          "medicines": [{"name": read("dolo", 0.95), "strength": read("650mg", 0.95), "duration": read("5 days", 0.45),
                         "review": [{"code": "low-confidence", "field": "duration"}]},
                        {"name": read("Augmentim", 0.65), "strength": None, "review": []},
                        {"name": read("Zincovit", 0.75), "review": [{"code": "look-alike", "field": None}]}]}


class InLines(unittest.TestCase):
    def test_the_most_similar_piece_counts(self):
        self.assertEqual(stands_in("dolo", "tabdolo650"), 0)
        self.assertEqual(stands_in("dolo", "tabdoi0650"), 2)
        self.assertEqual(stands_in("dolo", ""), 4)

    def test_shares_of_names_in_the_text_as_read(self):
        labels = [{"image": "a.jpg", "medicines": [{"name": "Augmentin"}, {"name": "Dolo"}, {"name": "Zincovit",
                                                                                            "label_confidence": "low"}]},
                  {"image": "b.jpg", "medicines": [{"name": "Crocin"}]}]
        found = in_lines(labels, [{"input": "/x/a.jpg", "text": "Tab Augmentim 625\nDOLO 650"}])
        self.assertEqual(found, {"names": 3, "exact": 1 / 3, "near": 2 / 3})


class Report(unittest.TestCase):
    def setUp(self):
        self.report = evaluate([LABEL], [RESULT])

    def test_medicines(self):
        m = self.report["medicines"]
        self.assertEqual((m["labels"], m["predictions"]), (3, 3))
        self.assertAlmostEqual(m["exact"]["f1"], 1 / 3)
        self.assertAlmostEqual(m["near"]["f1"], 2 / 3)
        self.assertEqual(self.report["unseen_names"], {"labels": 1, "exact_recall": 1.0, "near_recall": 1.0})
        self.assertEqual(self.report["sure_names"], {"labels": 1, "exact_recall": 0.0, "near_recall": 1.0})

    def test_fields_count_on_medicines_found(self):
        strength = self.report["fields"]["strength"]
        self.assertEqual((strength["right"], strength["missing"]), (1, 1))
        duration = self.report["fields"]["duration"]  # null says that there is none
        self.assertEqual((duration["wrong"], duration["absent"], duration["exact_match"]), (1, 1, 0.5))
        self.assertEqual(self.report["fields"]["patient"]["exact_match"], 1)
        self.assertEqual(self.report["fields"]["date"]["wrong"], 1)
        self.assertAlmostEqual(self.report["medicine_fields_exact_match"], 2 / 4)

    def test_characters(self):
        self.assertAlmostEqual(self.report["cer"], 1 / 15)

    def test_calibration_error(self):
        # Bins: [.9, 1] three right of 0.95 each; .5 wrong 0.55; .8 right 0.85; .4 wrong 0.45; .6 wrong 0.65; .7 wrong 0.75.
        self.assertAlmostEqual(self.report["calibration_error"], (0.15 + 0.55 + 0.15 + 0.45 + 0.65 + 0.75) / 8)

    def test_review(self):
        whole = self.report["review"]["all"]
        self.assertEqual(whole["decisions"], 8)
        self.assertAlmostEqual(whole["marked"], 2 / 8)
        self.assertAlmostEqual(whole["wrong_among_unmarked"], 2 / 6)

    def test_a_page_that_was_not_read_counts(self):
        report = evaluate([LABEL], [])
        self.assertEqual(report["medicines"]["exact"]["recall"], 0)
        self.assertEqual(report["cer"], 1)
        self.assertIsNone(report["calibration_error"])

    def test_what_a_label_leaves_out_is_not_scored(self):
        score = Score()
        score.page({"image": "a.jpg"}, RESULT)
        self.assertEqual((score.decisions, score.outcomes, score.characters), ([], {}, 0))


if __name__ == "__main__":
    unittest.main()
