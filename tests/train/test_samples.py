"""The sample pages and their labels belong together."""
import json
import unittest
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


class Samples(unittest.TestCase):
    def setUp(self):
        with open(SAMPLES / "labels.jsonl", encoding="utf-8") as file:
            self.labels = [json.loads(line) for line in file]

    def test_each_picture_has_its_label_and_each_label_its_picture(self):
        self.assertEqual(sorted(label["image"] for label in self.labels), sorted(p.name for p in SAMPLES.glob("*.jpg")))

    def test_every_medicine_stands_whole_on_its_page(self):
        for label in self.labels:
            told = label["text"].replace("\n", " ")
            for medicine in label["medicines"]:
                for field in ("name", "strength", "form", "frequency", "duration"):
                    self.assertIn(medicine[field] or "", told)

    def test_the_repository_stays_small(self):
        for picture in SAMPLES.glob("*.jpg"):
            self.assertLess(picture.stat().st_size, 250_000, picture.name)


if __name__ == "__main__":
    unittest.main()
