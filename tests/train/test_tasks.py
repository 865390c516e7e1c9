"""What is asked about a view of a page, and what is right to answer (train/tasks.py); the pieces of its vocabulary."""
import itertools
import json
import os
import random
import tempfile
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
                   line("Wrong 5 mg", 0.45, 1, struck=True), line("Dolo 650 2 SOS", 0.6, 2)],
         "text": "Name: Asha Rao 45 yrs\nHTN, DM\nTab. Augmentin 625 mg\n1-0-1 x 5 days\nDolo 650 2 SOS"}


# The same in print but for a line, with a doctor and a date; Dolo twice, in two strengths; a diagnosis struck out.
TWICE = SimpleNamespace(age=None, medicines=[*SAID.medicines, medicine("Dolo", strength="500", frequency="SOS")])
PRINTED = LABEL | {"diagnoses": ["HTN", "GERD"], "lines": [
    line("Dr. Nair 1/2/24", 0.02), *LABEL["lines"], line("GERD", 0.7, struck=True), line("Dolo 500 SOS", 0.8, 3)]}
PRINTED["lines"] = [found | {"hand": "500" in found["text"]} for found in PRINTED["lines"]]
FACTS = {"medicines": "Augmentin, Dolo", "diagnoses": "HTN", "patient": "Asha Rao", "prescriber": "Dr. Nair", "date": "1/2/24",
         "age": tasks.ABSENT, "count": "3"}
FIELDS = {("strength", "Augmentin"): "625 mg", ("strength", "Dolo"): "650, 500", ("dose", "Augmentin"): tasks.ABSENT,
          ("dose", "Dolo"): tasks.ABSENT, ("frequency", "Augmentin"): "1-0-1", ("frequency", "Dolo"): "SOS",
          ("duration", "Augmentin"): "5 days", ("duration", "Dolo"): tasks.ABSENT}
TOPS = {"medicine line": [0.3, 0.35, 0.6, 0.8], "struck out line": [0.45, 0.7], "patient": [0.1], "doctor": [0.02], "date": [0.02],
        "diagnosis": [0.2]}


def seen(box=(0, 0, 1, 1), label=LABEL, side=448, said=SAID):
    return tasks.Seen(label, said, tasks.View(box, 1000, 1000), side)


def right_answers():
    """Of every prompt about the printed page."""
    page = {"ocr": "\n".join(found["text"] for found in PRINTED["lines"] if not found["struck"]),
            "scan en": "Augmentin|625 mg|Tab.|||1-0-1|5 days\nDolo|650||||SOS\nDolo|500||||SOS",
            "caption en": "a handwritten prescription with three medicines"}
    for topic, questions in tasks.QUESTIONS.items():
        page |= {"answer en " + question: FACTS[topic] for question in questions}
    for (topic, name), value in FIELDS.items():
        page |= {"answer en " + question.format(name): value for question in tasks.OF_ONE[topic]}
    for asked in [(kind,) for kind in TOPS] + list(itertools.permutations(TOPS, 2)):
        page["detect " + " ; ".join(asked)] = " ; ".join(
            tasks.location((0.1, top, 0.9, top + 0.03)) + " " + kind for kind in asked for top in TOPS[kind])
    return page


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


    def test_every_prompt_has_its_answer(self):
        right, source, asked = right_answers(), tasks.prompts(seen(label=PRINTED, said=TWICE), random.Random(5)), set()
        for prompt, answer in itertools.islice(source, 4000):
            self.assertEqual(answer, right[prompt], prompt)
            asked.add(prompt)
        self.assertEqual(asked, set(right))

    def test_of_what_is_too_small_nothing_is_transcribed_or_asked_by_name(self):
        source = tasks.prompts(seen(side=100, label=PRINTED, said=TWICE), random.Random(5))
        answers = dict(itertools.islice(source, 1000))
        self.assertNotIn("ocr", answers)
        self.assertEqual(answers["scan en"], "?\n?\n?")
        self.assertEqual(answers["answer en List the medicines"], tasks.UNREADABLE)
        self.assertFalse([prompt for prompt in answers if "Dolo" in prompt or "None" in prompt])
        # x-heights of 0.03 * 0.42 of the side: 3 pixels from a side of 239 on.
        self.assertEqual(seen(side=237).answer("patient"), tasks.UNREADABLE)
        self.assertEqual(seen(side=239).answer("patient"), "Asha Rao")

    def test_a_line_shows_with_most_of_its_height_and_words_beside_the_edge_do_not(self):
        self.assertEqual(seen((0, 0.103, 1, 1)).answer("patient"), "Asha Rao")
        self.assertEqual(seen((0, 0.109, 1, 1)).answer("patient"), tasks.ABSENT)
        self.assertEqual(seen((0, 0, 1, 0.122)).answer("patient"), tasks.ABSENT)
        self.assertEqual(seen((0.95, 0, 1, 1)).lines, [])
        self.assertEqual(seen((0, 0, 0.05, 1)).lines, [])

    def test_what_is_struck_out_is_no_answer(self):
        struck = [found | {"struck": "Asha" in found["text"]} for found in LABEL["lines"]]
        page = seen(label=LABEL | {"lines": struck})
        self.assertEqual(page.answer("patient"), tasks.ABSENT)
        self.assertEqual((page.boxes("patient"), len(page.boxes("diagnosis"))), ([], 1))

    def test_a_field_of_which_a_sign_is_beyond_the_edge_is_not_told(self):
        part = seen((0, 0, 0.75, 1))
        self.assertEqual([m["name"] for m in part.medicines], ["Augmentin", "Dolo"])
        self.assertNotIn("5 days", part.text)
        self.assertEqual(part.of_one("duration", "Augmentin"), tasks.ABSENT)

    def test_captions_count_and_tell_hand_from_print_and_parts(self):
        printed = LABEL | {"lines": [found | {"hand": False} for found in LABEL["lines"]]}
        self.assertEqual(seen(label=printed).caption(), "a printed prescription with two medicines")
        self.assertEqual(seen((0, 0.5, 1, 1)).caption(), "a part of a handwritten prescription with one medicine")
        self.assertEqual(seen((0, 0, 1, 0.25)).caption(), "a part of a handwritten prescription with no medicines")
        many = SimpleNamespace(age=None, medicines=[medicine("Dolo")] * 11)
        page = seen(label=LABEL | {"lines": [line("Dolo", 0.05 * k, k) for k in range(11)]}, said=many)
        self.assertEqual(page.caption(), "a handwritten prescription with 11 medicines")

    def test_the_last_place_is_a_token_too(self):
        self.assertEqual(tasks.location((0, 0, 1, 1)), "<loc0000><loc0000><loc1023><loc1023>")


class Pieces(unittest.TestCase):
    def test_the_vocabulary_is_as_large_as_it_says_and_figures_are_spelt(self):
        pieces = page_tokenizer.pieces()
        self.assertEqual(len(pieces), page_tokenizer.IMAGE)
        self.assertEqual(len(set(pieces)), len(pieces))
        self.assertEqual(pieces.index("<loc0000>"), len(pieces) - 1024 - 128)
        self.assertEqual(len(page_tokenizer.merges()), page_tokenizer.NUM_MERGES)
        self.assertEqual([pieces.index(p) for p in ("<pad>", "<0x00>", "<0xFF>", "\n")], [0, 4, 259, 260])
        self.assertEqual(page_tokenizer.WORD.findall("▁Dolo|650mg▁x\n2"), ["▁Dolo", "mg", "▁x"])
        for pair in page_tokenizer.merges():
            piece = "".join(pair)
            self.assertIsNone(page_tokenizer.re.search(r"\d|\||.▁", piece), piece)

    def test_the_commonest_neighbours_are_merged_first(self):
        words = {"▁tab": 5, "▁tap": 3, "cab": 4}
        self.assertEqual(page_tokenizer.learnt(words, 4), [("a", "b"), ("▁", "t"), ("▁t", "ab"), ("c", "ab")])
        rarer = {"abc": 5, "bc": 3, "abx": 2}  # "ab" comes 7 times, but twice without "bc"
        self.assertEqual(page_tokenizer.learnt(rarer, 3), [("b", "c"), ("a", "bc"), ("a", "b")])
        self.assertEqual(page_tokenizer.learnt(dict(reversed(words.items())), 4), page_tokenizer.learnt(words, 4))

    def test_its_file_says_the_same_of_every_piece(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tokenizer.json")
            page_tokenizer.write_json(path)
            with open(path, encoding="utf-8") as file:
                document = json.load(file)
        vocabulary = document["model"]["vocab"]
        self.assertEqual(list(vocabulary), page_tokenizer.pieces())
        added = {token["content"]: token["id"] for token in document["added_tokens"]}
        self.assertEqual(added.pop("<image>"), page_tokenizer.IMAGE)
        self.assertEqual(len(added), 4 + 1024 + 128)
        self.assertLessEqual(added.items(), vocabulary.items())
        self.assertEqual([tuple(merge.split(" ")) for merge in document["model"]["merges"]], page_tokenizer.merges())

    def test_texts_come_back_and_prompts_are_closed(self):
        try:
            import tokenizers  # noqa: F401
        except ImportError as error:
            self.skipTest(str(error))
        text = "Tab. Augmentin 625 mg\n½ ✓ <loc0512>"
        ids = page_tokenizer.encode(text)
        self.assertEqual(page_tokenizer.decode(ids), text)
        spelt = [page_tokenizer.pieces()[i] for i in ids]
        self.assertTrue({"6", "2", "5", "<loc0512>", "<0xE2>"} <= set(spelt), spelt)
        self.assertEqual(page_tokenizer.prompt("ocr"), [page_tokenizer.BOS, *page_tokenizer.encode("ocr\n")])


if __name__ == "__main__":
    unittest.main()
