"""Generated pages are what their labels say."""
import json
import unittest

try:
    import cv2
    import numpy as np

    from train import materials
    from train.pages import Generator
    materials.fonts("print", "test")
    reason = None
except (ImportError, LookupError) as error:
    reason = f"pages cannot be generated here: {error}"


@unittest.skipIf(reason, reason)
class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.generator = Generator(split="test")

    def test_a_page_depends_on_its_seed_and_index_alone(self):
        data, label = self.generator.page("print", 1, 3)
        again, same = Generator(split="test").page("print", 1, 3)
        self.assertEqual(data, again)
        self.assertEqual(json.dumps(label), json.dumps(same))
        self.assertNotEqual(data, self.generator.page("print", 2, 3)[0])

    def test_there_is_ink_in_every_line_box_and_little_outside(self):
        inked = lines = 0
        for index in range(8):
            data, label = self.generator.page("print", 5, index)
            if label["look"] != "clean":
                continue
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
            h, w = picture.shape
            for line in label["lines"]:
                x0, y0, x1, y1 = (round(v * s) for v, s in zip(line["box"], (w, h, w, h)))
                lines += 1
                inked += picture[y0:y1 + 1, x0:x1 + 1].min() < 235
                picture[max(0, y0 - 2):y1 + 3, max(0, x0 - 3):x1 + 4] = 255
            ink = (picture < 128).astype(np.uint8)
            ink -= cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((25, 25), np.uint8))  # bands of colour are no writing
            self.assertLess(cv2.dilate(ink, np.ones((5, 5), np.uint8)).mean(), 0.02)  # rules, logos and stamps
        self.assertGreater(lines, 10)
        self.assertEqual(inked, lines)

    def test_medicines_say_what_their_lines_say(self):
        for index in range(6):
            _, label = self.generator.page("print", 6, index)
            for medicine in label["medicines"]:
                for field in ("name", "strength", "form", "dose", "frequency", "duration"):
                    if medicine.get(field):
                        self.assertIn(medicine[field].lower(), medicine["line"].lower())
            self.assertNotIn(None, [medicine["name"] for medicine in label["medicines"]])


if __name__ == "__main__":
    unittest.main()
