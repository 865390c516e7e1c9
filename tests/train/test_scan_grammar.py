"""The grammar of `scan en`: what is written is read again, what is none is refused (docs/scan-grammar.md)."""
import random
import unittest

from train import scan_grammar as grammar
from train.language import Language


class Grammar(unittest.TestCase):
    def test_pages_of_the_language_are_read_as_they_were_written(self):
        language = Language(None, "all")
        for seed in range(300):
            page = language.prescription(random.Random(seed))
            medicines = [{f: getattr(m, f) for f in grammar.FIELDS if getattr(m, f)} for m in page.medicines]
            self.assertEqual(grammar.read(grammar.write(medicines)), medicines)

    def test_signs_of_the_grammar_are_escaped(self):
        for value in ("a|b", "\\", "?", "-", "|", "a\\|b", "½ | x", "1-0-1", "?a"):
            medicines = [{"name": value, "instructions": value}, {"name": "x", "form": value}]
            self.assertEqual(grammar.read(grammar.write(medicines)), medicines)
        self.assertEqual(grammar.write([{"name": "-"}]), "\\-")
        self.assertEqual(grammar.write([{"name": "A|", "form": "x"}]), "A\\|||x")

    def test_an_unreadable_field_is_not_one_that_says_so(self):
        medicines = [{"name": grammar.UNREADABLE, "strength": "5 mg"}]
        text = grammar.write(medicines)
        self.assertEqual(text, "?|5 mg")
        self.assertIs(grammar.read(text)[0]["name"], grammar.UNREADABLE)

    def test_nothing_is_said_to_be_nothing(self):
        self.assertEqual(grammar.write([]), "-")
        self.assertEqual(grammar.read("-"), [])

    def test_what_is_no_answer_is_refused(self):
        for text in ("", "a|", "|a", "a||", "a\n", "\na", "a\n-", " a", "a ", "a  b", "a| b", "a\\", "a\\x", "a|-", "-|a",
                     "a" + 9 * "|b", "a\tb", "a\n\nb"):
            with self.assertRaises(grammar.Wrong, msg=repr(text)):
                grammar.read(text)


if __name__ == "__main__":
    unittest.main()
