"""What is asked about a view of a page, and what is right to answer (train/tasks.py); the pieces of its vocabulary."""
import random
import unittest
from types import SimpleNamespace

from train import page_tokenizer, scan_grammar, tasks


def medicine(name, **fields):
    values = dict.fromkeys(scan_grammar.FIELDS) | {"name": name, "struck": False, "unscored": []} | fields
    return SimpleNamespace(**values)


def line(text, y, index=None, struck=False, left=0.1, right=0.9, height=0.03):
    found = {"text": text, "box": [left, y, right, y + height], "hand": True, "struck": struck}
    return found if index is None else found | {"medicine": index}


SAID = SimpleNamespace(age="45 yrs", medicines=[
    medicine("Augmentin", strength="625 mg", form="Tab.", frequency="1-0-1", duration="5 days"),
    medicine("Wrong", struck=True),
    medicine("Dolo", strength="650", frequency="SOS", dose="2", unscored=["dose"])])
LABEL = {"patient": "Asha Rao", "prescriber": "Dr. Nair", "date": "1/2/24", "diagnoses": ["HTN", "DM"],
         "lines": [line("Name: Asha Rao 45 yrs", 0.1), line("HTN, DM", 0.2),
                   line("Tab. Augmentin 625 mg", 0.3, 0), line("1-0-1 x 5 days", 0.35, 0),
                   line("Wron", 0.45, 1, struck=True), line("Dolo 650 2 SOS", 0.6, 2)],
         "text": "Name: Asha Rao 45 yrs\nHTN, DM\nTab. Augmentin 625 mg\n1-0-1 x 5 days\nDolo 650 2 SOS"}


def seen(box=(0, 0, 1, 1), label=LABEL, side=448):
    return tasks.Seen(label, SAID, tasks.View(box, 1000, 1000), side)


class Tasks(unittest.TestCase):
    def test_a_whole_page_is_told_whole(self):
        page = seen()
        self.assertEqual(page.text, LABEL["text"])
        self.assertEqual(scan_grammar.write(page.medicines), "Augmentin|625 mg|Tab.|||1-0-1|5 days\nDolo|650||||SOS")
        self.assertEqual(page.answer("medicines"), "Augmentin, Dolo")
        self.assertEqual(page.answer("diagnoses"), "HTN, DM")
        self.assertEqual(page.answer("patient"), "Asha Rao")
        self.assertEqual(page.answer("age"), "45 yrs")
        self.assertEqual(page.answer("count"), "2")
        self.assertEqual(page.of_one("strength", "Augmentin"), "625 mg")
        self.assertEqual(page.of_one("duration", "Dolo"), tasks.ABSENT)

    def test_what_the_view_does_not_show_is_not_told(self):
        low = seen((0, 0.33, 1, 1))
        self.assertEqual(low.text, "1-0-1 x 5 days\nDolo 650 2 SOS")
        self.assertEqual(low.answer("medicines"), "Dolo")
        self.assertEqual(low.answer("patient"), tasks.ABSENT)
        left = seen((0, 0, 0.6, 1))
        self.assertEqual(left.text, "Name: Asha\nHTN,\nTab. Augmentin\n1-0-1 x\nDolo 650")
        self.assertEqual(scan_grammar.write(left.medicines), "Augmentin||Tab.|||1-0-1\nDolo|650")

    def test_what_is_too_small_is_unreadable(self):
        small = seen(side=100)
        self.assertEqual(small.answer("patient"), tasks.UNREADABLE)
        self.assertEqual(small.answer("date"), tasks.ABSENT)
        self.assertEqual(scan_grammar.write(small.medicines), "?\n?")
        self.assertFalse(small.readable())
        self.assertTrue(seen().readable())

    def test_places_are_tokens_of_the_view(self):
        page = seen()
        self.assertEqual(len(page.boxes("medicine line")), 3)
        self.assertEqual(len(page.boxes("struck out line")), 1)
        self.assertEqual(tasks.location(page.boxes("patient")[0]), "<loc0102><loc0102><loc0133><loc0921>")
        half = seen((0, 0, 1, 0.5)).boxes("patient")[0]
        self.assertEqual(tasks.location(half), "<loc0204><loc0102><loc0266><loc0921>")

    def test_every_kind_is_asked_and_scans_are_of_the_grammar(self):
        source = tasks.prompts(seen((0, 0, 0.8, 0.9)), random.Random(2))
        found = [next(source) for _ in range(400)]
        self.assertEqual({prompt.split(" ")[0] for prompt, _ in found}, {"scan", "ocr", "answer", "detect", "caption"})
        for prompt, answer in found:
            if prompt == "scan en":
                scan_grammar.read(answer)


class Pieces(unittest.TestCase):
    def test_the_vocabulary_is_as_large_as_it_says_and_figures_are_spelt(self):
        pieces = page_tokenizer.pieces()
        self.assertEqual(len(pieces), page_tokenizer.IMAGE)
        self.assertEqual(len(set(pieces)), len(pieces))
        self.assertEqual(pieces.index("<loc0000>"), len(pieces) - 1024 - 128)
        for pair in page_tokenizer.merges():
            piece = "".join(pair)
            self.assertIsNone(page_tokenizer.re.search(r"\d|\||.▁", piece), piece)

    def test_the_commonest_neighbours_are_merged_first(self):
        words = {"▁tab": 5, "▁tap": 3, "cab": 4}
        self.assertEqual(page_tokenizer.learnt(words, 4), [("a", "b"), ("▁", "t"), ("▁t", "ab"), ("c", "ab")])
        self.assertEqual(page_tokenizer.learnt(dict(reversed(words.items())), 4), page_tokenizer.learnt(words, 4))


if __name__ == "__main__":
    unittest.main()
