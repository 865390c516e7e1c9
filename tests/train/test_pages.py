"""Generated pages are what their labels say."""
import dataclasses
import json
import unittest
from types import SimpleNamespace
from unittest import mock

try:
    import cv2
    import numpy as np

    from PIL import Image, ImageDraw

    from train import camera, freetype_of_pillow, materials, real_words, runs
    from train.glyphs import Face, face_at
    from train.pages import Generator
    from train.sheet import Sheet
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

    def test_text_is_drawn_and_measured_as_pillow_does(self):
        rng = np.random.default_rng(3)
        fonts = materials.all_fonts()
        for font in [fonts[i] for i in rng.permutation(len(fonts))[:40]]:
            face, ink = face_at(font.path, int(rng.integers(9, 60))), int(rng.choice([255, 140, 0]))
            under = rng.integers(0, 256, (120, 300), np.uint8) * np.uint8(rng.random() < 0.5)
            image = Image.fromarray(under)
            for text in ("".join(rng.choice(sorted(font.glyphs), 5)), "AVA. Tj", "f"):
                x, y, anchor = rng.uniform(-20, 280), rng.uniform(0, 130), str(rng.choice(["l", "m", "r"]))
                ImageDraw.Draw(image).text((x, y), text, fill=ink, font=face.font, anchor=anchor + "s")
                put = face.put(under, x, y, text, ink, anchor)
                self.assertEqual(face.advance(text), face.font.getlength(text), font.path)
                self.assertEqual(put, face.font.getbbox(text, anchor=anchor + "s"), font.path)
                self.assertEqual(face.extent(text, anchor), put)
                self.assertTrue(np.array_equal(under, np.asarray(image)), (font.path, text, x, y))

    def test_a_glyph_is_loaded_as_pillow_draws_it(self):
        if not freetype_of_pillow.LIBRARY:
            self.skipTest("Pillow shows no FreeType: it draws all glyphs")
        rng = np.random.default_rng(6)
        for font in materials.all_fonts():
            face = Face(font.path, int(rng.integers(8, 70)))
            if face.kerned:
                continue
            for c in (" ", *rng.choice(sorted(font.glyphs), 8)):
                fast, plain = face.loaded(c), face.drawn_by_pillow(c)
                for name in ("left", "top", "right", "bottom", "advance"):
                    self.assertEqual(getattr(fast, name), getattr(plain, name), (font.path, face.size, c, name))
                clear = np.full_like(plain.clear, 255)
                height, width = fast.clear.shape
                clear[fast.y - plain.y:, fast.x - plain.x:][:height, :width] = fast.clear
                self.assertTrue(np.array_equal(clear, plain.clear), (font.path, face.size, c))

    def test_runs_show_all_ink_that_the_whole_picture_shows(self):
        rng = np.random.default_rng(4)
        for kind in ("scan", "photo", "snap", "snap", "snap"):
            look = camera.look(rng, kind)
            layer = np.zeros((int(rng.integers(500, 700)), int(rng.integers(400, 600))), np.uint8)
            for _ in range(60):  # points and lines, at the edges as well
                x, y = int(rng.integers(layer.shape[1])), int(rng.integers(layer.shape[0]))
                layer[y:y + int(rng.choice([1, 1, 30])), x:x + int(rng.choice([1, 1, 90]))] = 255
            layer[-1], layer[:, -1] = 255, 255
            height, width = layer.shape
            mesh = camera.Bend(rng, look, width, height, (40, 40, width - 40, height - 40)).mesh()
            mesh += rng.uniform(-12, 12, mesh.shape).astype(np.float32)
            size = round(width * look.scale), round(height * look.scale)
            whole = cv2.remap(layer, cv2.resize(mesh, size), None, cv2.INTER_LINEAR)
            where, seen = runs.bent(layer, mesh, size)
            plane = np.zeros(size[::-1], np.uint8)
            runs.put(plane, where, seen)
            self.assertTrue(np.array_equal(plane, whole), kind)
            self.assertTrue(np.array_equal(runs.taken(whole, where), seen))
            self.assertLess(seen.size, 0.9 * whole.size)

    def test_the_desk_is_all_that_is_beside_the_sheet(self):
        rng = np.random.default_rng(8)
        for kind in ("scan", "photo", "snap", "snap", "snap"):
            look, (width, height) = camera.look(rng, kind), rng.integers(300, 500, 2)
            look.border = rng.uniform(-0.02, 0.1)
            bend = camera.Bend(rng, look, width, height, (60, 60, width - 60, height - 60))
            size = round(height * look.scale), round(width * look.scale)
            picture = np.full((*size, 3), 255, np.uint8)
            camera.on_desk(rng, look, bend, picture)
            t, edge = np.linspace(0, 1, 24), np.ones(24)
            outline = bend.forward(width * np.concatenate((t, edge, t[::-1], 0 * t)), height * np.concatenate((0 * t, t, edge, t[::-1])))
            paper = np.zeros(size, np.uint8)
            cv2.fillPoly(paper, [(np.stack(outline, 1) * look.scale).round().astype(np.int32)], 255)
            self.assertTrue(np.array_equal(picture.min(2) == 255, paper == 255), kind)

    def test_a_hand_of_capitals_is_labelled_as_it_looks(self):
        fonts = materials.fonts

        def written_in_print(cls, *which):
            return fonts("print", *which)

        def in_capitals(*which):
            return tuple(dataclasses.replace(font, one_case=True) for font in written_in_print(*which))
        by_hand = printed = 0
        for index in range(4):
            with mock.patch.object(materials, "fonts", written_in_print):
                data, label = self.generator.page("neat", 7, index)
            with mock.patch.object(materials, "fonts", in_capitals):
                same, seen = self.generator.page("neat", 7, index)
            self.assertEqual(data, same)
            self.assertEqual(json.dumps(label).lower(), json.dumps(seen).lower())
            for line, shown in zip(label["lines"], seen["lines"]):
                if not line["hand"]:
                    self.assertEqual(line, shown)
                by_hand += line["hand"] and line["text"] != shown["text"]
                printed += not line["hand"] and any(c.islower() for c in shown["text"])
            for m in seen["medicines"]:
                for field in ("name", "strength", "form", "frequency", "line"):
                    self.assertEqual(m.get(field) or "", (m.get(field) or "").translate(materials.CAPITALS))
            for value in (seen["patient"], seen["prescriber"], seen["date"], *seen["diagnoses"]):
                self.assertIn(value or "", seen["text"].replace("\n", " "))
        sheet, hand = Sheet(None, 10, 10), SimpleNamespace(font=in_capitals("sans")[0])
        sheet.real = {"Dolo": None}  # pasted as somebody wrote it
        self.assertEqual(sheet.shown("Dolo tab", hand), "Dolo TAB")
        self.assertGreater(by_hand, 10)
        self.assertGreater(printed, 10)

    def test_a_word_that_somebody_wrote_stands_on_the_line(self):
        sheet, ink = Sheet(np.random.default_rng(3), 400, 200), np.full((40, 60), 255, np.uint8)
        for x, (word, below, above) in enumerate((("mane", 0, 1), ("Dolo", 0, 1.8), ("gyp", 0.6, 1))):
            sheet.real = {word: ink}
            sheet.pasted(100 * x, 100, word, 20, 255)
            rows = np.flatnonzero(sheet.pen[:, 100 * x + sheet.margin + 20]) - 100
            self.assertAlmostEqual(rows[-1] / 20, below * 1.25, delta=0.2)
            self.assertAlmostEqual(-rows[0] / 20, above * 1.25, delta=0.35)

    def test_the_words_of_a_medicines_line_are_written_in_real_letters(self):
        letters = real_words.Word(np.full((9, 26), 255, np.uint8), "abcdefghijklmnopqrstuvwxyz", tuple(range(1, 26)))
        self.generator.real, self.generator.pieces = [letters], real_words.pieces([letters])
        said = SimpleNamespace(medicines=[SimpleNamespace(name="Dolo 650", lines=["tab Dolo 650", "one at night"], cells={"x": "od"})],
                               diagnoses=["a cold"], patient="Asha hill")
        font, rng = SimpleNamespace(glyphs=set("abcdefhilnot"), shown=None), np.random.default_rng(1)
        found = [set(self.generator.really_written(rng, said, font)) for _ in range(60)]
        words = {"tab", "one", "at", "od", "cold", "hill"}  # "night" has a letter that the font lacks
        self.assertEqual({frozenset(f & (words | {"night", "Asha", "650", "a"})) for f in found}, {frozenset(), frozenset(words)})

    def test_only_capitals_of_one_size_hide_their_case(self):
        for font in materials.all_fonts():
            self.assertFalse(font.one_case and font.cls in materials.PRINT, font.path)
            small, large = (face_at(font.path, 200).extent(text)[1] for text in ("aenox", "AENOX"))
            self.assertFalse(font.one_case and small > 0.8 * large, font.path)

    def test_a_page_without_ink_is_a_picture(self):
        mesh = np.zeros((6, 10, 2), np.float32)
        self.assertEqual(runs.bent(np.zeros((50, 100), np.uint8), mesh, (100, 50))[1].max(), 0)

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
