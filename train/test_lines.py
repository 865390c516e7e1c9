"""Claims about the line reader's training: `python -m unittest train.test_lines` (needs torch, transformers,
numpy, Pillow, opencv)."""
import dataclasses
import itertools
import json
import os
import tempfile
import unittest
from types import SimpleNamespace

import numpy as np
import torch

from . import (align_words, cpu, evaluate_lines, export, materials, native_library, page_lines, pages, real_words, strips,
               tokenizer, weights)
from .alphabet import ALPHABET, IDS
from .model import PaliGemma
from .train import PROMPT, Losses

torch.set_num_threads(1)


def small_model(blocks=None, decoder_blocks=None):
    torch.manual_seed(3)
    config = json.load(open(os.path.join(os.path.dirname(__file__), "lines.json")))
    config["vision_config"]["num_hidden_layers"] = blocks or config["vision_config"]["num_hidden_layers"]
    config["text_config"]["num_hidden_layers"] = decoder_blocks or config["text_config"]["num_hidden_layers"]
    config["text_config"]["vocab_size"] = tokenizer.VOCAB_SIZE
    model = PaliGemma(config)
    for p in model.parameters():  # norms and biases too: where they are 0, mistakes hide
        p.data += 0.1 * p.data.std().nan_to_num(1) * torch.randn_like(p) + 0.02 * torch.randn_like(p)
    return model


class Model(unittest.TestCase):
    def test_equals_transformers_through_the_exported_files(self):
        from transformers import PaliGemmaForConditionalGeneration
        model, prompt = small_model(), tokenizer.prompt("ocr")
        tokens = torch.tensor([prompt + tokenizer.encode("Tab. A")])
        pixels = torch.randn(1, 3, 128, 128).clamp(-1, 1)
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            export.write({"config": model.config, "model": model.state_dict()}, folder)
            reference = PaliGemmaForConditionalGeneration.from_pretrained(folder, attn_implementation="eager")
            n = 64
            ids = torch.cat((torch.full((1, n), tokenizer.IMAGE), tokens), 1)
            answer = torch.arange(ids.shape[1])[None] >= n + len(prompt)
            theirs = reference(input_ids=ids, pixel_values=pixels, token_type_ids=answer.long(),
                               attention_mask=torch.ones_like(ids)).logits[:, n:]
            ours = model(model.encode(pixels), tokens, len(prompt))
        capped = 30 * torch.tanh(ours / 30)  # training leaves the final soft-cap out
        self.assertLess(float((theirs - capped).norm() / theirs.norm()), 1e-5)

    def test_a_run_and_its_export_read_the_same(self):
        model = small_model()
        rng = np.random.default_rng(1)
        squares = [strips.Square(rng.integers(0, 256, (128, 128), np.uint8), "", None) for _ in range(2)]
        with tempfile.TemporaryDirectory() as folder:
            state = {"config": model.config, "model": model.state_dict()}
            torch.save(state, os.path.join(folder, "state.pt"))
            export.write(state, os.path.join(folder, "exported"))
            answers = [evaluate_lines.read(evaluate_lines.load(os.path.join(folder, name)), squares)
                       for name in ("state.pt", "exported")]
        self.assertEqual(answers[0], answers[1])

    def test_a_run_meets_the_model_that_it_began_with_half_way(self):
        before, after = small_model(), small_model()
        for p in after.parameters():
            p.data += 0.5
        state = {"config": after.config, "model": after.state_dict(), "step": 7}
        with tempfile.TemporaryDirectory() as folder:
            export.write({"config": before.config, "model": before.state_dict()}, folder)
            mean = export.mean_with(state, folder)
        self.assertEqual(mean["step"], 7)
        for name, value in before.state_dict().items():
            torch.testing.assert_close(mean["model"][name], value + 0.25)

    def test_a_model_grows_without_another_output(self):
        pixels, tokens = torch.randn(2, 3, 128, 128).clamp(-1, 1), torch.randint(4, 200, (2, 9))
        before = small_model(3, 2)
        for blocks, decoder_blocks in ((3, 2), (4, 2), (3, 3), (5, 3)):
            grown = small_model(blocks, decoder_blocks)
            with tempfile.TemporaryDirectory() as folder, torch.no_grad():
                export.write({"config": before.config, "model": before.state_dict()}, folder)
                weights.load(grown, folder)
                torch.testing.assert_close(grown.encode(pixels), before.encode(pixels), rtol=0, atol=0)
                torch.testing.assert_close(grown(grown.encode(pixels), tokens, 3), before(before.encode(pixels), tokens, 3),
                                           rtol=0, atol=0)
            silent = [name for name, value in grown.state_dict().items() if name.endswith("fc2.weight") and not value.any()]
            self.assertEqual(len(silent), blocks - 3)

    def test_a_model_does_not_shrink(self):
        with tempfile.TemporaryDirectory() as folder:
            before = small_model(3, 2)
            export.write({"config": before.config, "model": before.state_dict()}, folder)
            for fewer in ((2, 2), (3, 1)):
                with self.assertRaises(ValueError):
                    weights.load(small_model(*fewer), folder)

    def test_a_packed_matrix_comes_out_as_it_went_in(self):
        rows, columns = 21, 10
        codes = np.random.default_rng(5).integers(-127, 128, (rows, columns))
        scales = np.linspace(0.01, 0.2, rows, dtype=np.float32)
        packed = np.full((2, 3 * 64 + 64), 128, np.uint8)
        for r in range(rows):
            panel, lane = packed[r // 16], r % 16
            for c in range(columns):
                panel[c // 4 * 64 + lane * 4 + c % 4] = codes[r, c] + 128
            panel[3 * 64 + lane * 4:][:4] = np.frombuffer(scales[r].tobytes(), np.uint8)
        np.testing.assert_array_equal(weights.unpacked(packed.ravel(), rows, columns),
                                      codes.astype(np.float32) * scales[:, None])


@unittest.skipUnless(native_library.runs_here(), "no AMX")
class Gradients(unittest.TestCase):
    """Of native/gradients.c, held against autograd in f32. BF16 keeps eight bits: what differs is noise of a hundredth or two,
    as autograd's own in bfloat16."""

    def setUp(self):
        self.model = small_model(1, 1)
        with torch.no_grad():  # large enough for the bend of GELU and of the cap
            for name, p in self.model.named_parameters():
                if name.endswith(("mlp.fc1.weight", "mlp.gate_proj.weight")):
                    p *= 2
                if name.startswith("language") and name.endswith("self_attn.q_proj.weight"):
                    p *= 4
        rng = np.random.default_rng(7)
        self.pixels = torch.from_numpy(rng.integers(0, 256, (19, 1, 128, 128), np.uint8))  # more than a thread takes at once
        self.tokens = torch.full((19, 31), tokenizer.PAD)
        for row, length in zip(self.tokens, rng.integers(6, 32, 19)):
            row[:length] = torch.from_numpy(rng.integers(4, 300, length))
        self.prefix = len(PROMPT)

    def of_autograd(self):
        self.model.zero_grad()
        Losses(self.model, None)(self.pixels, self.tokens, None, True, False)[0].backward()
        return {name: p.grad.clone() for name, p in self.model.named_parameters()}

    def of_library(self, threads):
        self.model.zero_grad()
        loss = cpu.Learner(self.model, threads).loss(self.pixels, self.tokens, self.prefix, tokenizer.PAD)
        loss.backward()
        return loss.item(), {name: p.grad.clone() for name, p in self.model.named_parameters()}

    def test_every_parameter_has_its_place(self):
        self.assertEqual(sorted(cpu.order(self.model.config)), sorted(name for name, _ in self.model.named_parameters()))

    def test_loss_and_gradients_are_those_of_autograd(self):
        with torch.no_grad():
            true_loss, _ = Losses(self.model, None)(self.pixels, self.tokens, None, True, False)
        truth = self.of_autograd()
        largest = max(g.norm() for g in truth.values())
        for threads in (1, 3):
            loss, found = self.of_library(threads)
            self.assertAlmostEqual(loss, true_loss.item(), delta=0.01 * true_loss.item())
            for name, g in truth.items():
                # That of the keys' biases is zero: what is found there is noise alone.
                self.assertLess((found[name] - g).norm(), 0.035 * g.norm() + 1e-4 * largest, name)

    def test_widths_that_it_does_not_take_are_told(self):
        for part, name, value in (("vision_config", "hidden_size", 200), ("text_config", "intermediate_size", 580),
                                  ("text_config", "head_dim", 80), ("text_config", "num_key_value_heads", 3)):
            config = json.loads(json.dumps(self.model.config))
            config[part][name] = value
            with self.subTest(name=name), self.assertRaises(RuntimeError):
                cpu.Learner(SimpleNamespace(config=config, named_parameters=self.model.named_parameters), 1)

    def test_a_step_against_them_lowers_the_loss(self):
        loss, gradients = self.of_library(2)
        size = sum(g.square().sum() for g in gradients.values())
        with torch.no_grad():
            for name, p in self.model.named_parameters():
                p -= 0.02 * loss / size * gradients[name]
        after, _ = self.of_library(2)
        self.assertAlmostEqual(after, 0.98 * loss, delta=0.005 * loss)


class Scores(unittest.TestCase):
    def test_edits_are_counted_by_character_and_by_line(self):
        self.assertEqual(evaluate_lines.score(["Tab", "Cab", "nexe"], ["Tab", "Cap.", "Nexe."]),
                         {"lines": 3, "cer": 4 / 12, "exact": 1 / 3, "as_names": 2 / 3})

    def test_a_word_lies_on_the_first_row_dark_on_white(self):
        square = evaluate_lines.word_square(np.full((60, 60), 255, np.uint8), "Dolo")
        self.assertTrue((square.picture[2:30, 6:50] == 0).all())
        self.assertTrue((square.picture[32:] == 255).all())

    def test_a_word_is_drawn_as_long_as_the_scanner_draws_it(self):
        strokes = np.zeros((28, 44), np.uint8)
        strokes[:, ::4] = 255
        self.assertTrue((evaluate_lines.word_square(strokes, "Dolo").picture[2:30, 60:] < 128).any())


class Tokenizer(unittest.TestCase):
    def test_equals_the_tokenizers_package(self):
        from tokenizers import Tokenizer as Reference
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "tokenizer.json")
            tokenizer.write_json(path)
            reference = Reference.from_file(path)
        text = ALPHABET + "\n" + ALPHABET[::-1]
        self.assertEqual(reference.encode(text).ids, tokenizer.encode(text))
        self.assertEqual(reference.decode(tokenizer.encode(text)), text)
        self.assertEqual(tokenizer.decode(tokenizer.encode(ALPHABET)), ALPHABET)


class Fold(unittest.TestCase):
    def test_every_column_lies_on_one_row(self):
        rng = np.random.default_rng(0)
        for width in (1, 127, 128, 129, 400, 512, 513, 2000):
            strip = rng.integers(0, 256, (strips.ROW, width), dtype=np.uint8)
            squares = strips.fold(strip)
            rows = [row for square in squares for row in square]
            self.assertEqual([b for b, _ in rows] + [width], [0] + [e for _, e in rows])
            self.assertTrue(all(0 < e - b <= strips.SIDE for b, e in rows))
            self.assertTrue(all(len(square) <= strips.ROWS for square in squares))
            for square in squares:
                picture = strips.lay_out(strip, square)
                begin, end = square[0]
                np.testing.assert_array_equal(picture[:strips.ROW, :end - begin], strip[:, begin:end])

    def test_a_character_is_labelled_on_the_row_where_its_centre_lies(self):
        text, frames = strips.frame_labels("ab c", np.array([4.0, 100, 130, 200]), [(0, 110), (110, 210)])
        self.assertEqual(text, "ab c")
        slots = {i: ALPHABET[c - 1] for i, c in enumerate(frames) if c}
        self.assertEqual(slots, {1: "a", 25: "b", 32 + 5: " ", 32 + 22: "c"})


def slanted_strokes(pitch):
    """Strokes of two pixels, so far apart, with a gap in their middle: as in tests/page/test_strip.c."""
    strip = np.full((strips.ROW, 62 * pitch), 255, np.uint8)
    for k in (*range(20), *range(40, 60)):
        for y in range(16):
            strip[8 + y, k * pitch + y * pitch // 16:][:2] = 0
    return strip


class Truth(unittest.TestCase):
    def test_a_diagnosis_that_goes_on_below_is_labelled(self):
        written = [SimpleNamespace(text=text, hand=True, struck=False, medicine=None, box=[0, 0, 1, 1])
                   for text in ("Dx: Asthma, Vit B12", "deficiency")]
        sheet, bend = SimpleNamespace(lines=lambda: written, pieces=written), SimpleNamespace(boxes=lambda boxes: boxes)
        said = SimpleNamespace(medicines=[], patient=None, prescriber=None, date=None,
                               diagnoses=["Asthma", "Vit B12 deficiency", "Gout"])
        self.assertEqual(pages.truth(sheet, said, bend, "us_pad")["diagnoses"], ["Asthma", "Vit B12 deficiency"])


    def test_a_part_of_a_line_says_its_own_pieces(self):
        pieces = [{"text": text, "struck": text == "Pan", "box": box}
                  for text, box in (("Asha Rao", [0.16, 0.09, 0.3, 0.13]), ("Name:", [0.1, 0.1, 0.15, 0.12]), ("Dolo", [0.1, 0.2, 0.2, 0.22]), ("Pan", [0.1, 0.4, 0.2, 0.42]))]
        for box, text in (([0.09, 0.09, 0.155, 0.125], "Name:"), ([0.15, 0.08, 0.31, 0.13], "Asha Rao"),
                          ([0.09, 0.08, 0.31, 0.13], "Name: Asha Rao"), ([0.09, 0.08, 0.23, 0.13], None),
                          ([0.2, 0.1, 0.21, 0.12], None), ([0.09, 0.08, 0.31, 0.23], None), ([0.5, 0.5, 0.6, 0.52], ""), ([0.09, 0.39, 0.21, 0.43], "~Pan")):
            self.assertEqual(page_lines.said(box, pieces), text, box)


class Words(unittest.TestCase):
    def test_letters_are_placed_where_they_are_likeliest_together(self):
        rng = np.random.default_rng(4)
        for text in ("a", "ab", "abb", "aabab"):
            scores = rng.normal(0, 12, (6, len(IDS) + 1))
            paths = list(itertools.combinations(range(5), len(text)))
            gains = [sum(max(scores[slot, IDS[c]] - scores[slot, 0], align_words.LEAST) for slot, c in zip(path, text))
                     for path in paths]
            path, gain = align_words.placed(scores, text, 5)
            self.assertEqual(tuple(path), paths[int(np.argmax(gains))])
            self.assertAlmostEqual(gain, max(gains))
        self.assertEqual(align_words.placed(scores, "abbaab", 5), (None, -np.inf))

    def test_a_text_is_as_it_looks_where_that_is_sure(self):
        def scores(text, lead):
            table = np.zeros((10, len(IDS) + 1))
            for slot, c in enumerate(text):
                table[slot, IDS[c]] = lead
            return table
        self.assertEqual(align_words.as_seen(scores("Napa", 2.5), "napa", 10), "Napa")
        self.assertEqual(align_words.as_seen(scores("Napa", 1.5), "napa", 10), "napa")
        self.assertEqual(align_words.as_seen(scores("OMEPRAZOLE", 5), "Omeprazole", 10), "OMEPRAZOLE")
        self.assertEqual(align_words.as_seen(scores("tab.", 5), "Tablet", 10), "tab.")
        self.assertEqual(align_words.as_seen(scores("tablet", 5), "tablets", 10), "tablets")

    def test_a_cut_is_where_least_ink_is_crossed(self):
        picture = np.full((128, 128), 255, np.uint8)
        picture[8:24, 10:50] = 0
        picture[8:24, 22:25] = 255
        square = strips.Square(picture, "ab", None)
        self.assertEqual(align_words.cuts(square, [3, 10]), [round(1000 * (23 - 10) / 40)])
        picture[8:24, 22:25] = 0
        picture[8:24, 46:48] = 255  # too far from the middle between the letters
        self.assertLess(align_words.cuts(square, [3, 10])[0], 800)

    def test_a_joined_word_begins_as_one_and_ends_as_the_other(self):
        first = real_words.Word(np.repeat(np.uint8([[110, 120, 130]]), 40, 1).repeat(50, 0), "Abc", (40, 80))
        second = real_words.Word(np.repeat(np.uint8([[210, 220, 230, 240]]), 25, 1).repeat(90, 0), "wxyz", (25, 50, 75))
        shades = dict(zip("Abcwxyz", (110, 120, 130, 210, 220, 230, 240)))
        rng, seen, letter, x = np.random.default_rng(2), set(), real_words.LETTER, real_words.X_HEIGHT
        for _ in range(200):
            ink, text = real_words.joined(rng, first, second)
            base = round(x * real_words.ASCENDER) + x  # the first word has a capital, the second a "y"
            self.assertEqual(ink.shape, (base + round(x * real_words.DESCENDER), letter * len(text)))
            self.assertEqual(list(ink[base - 1, letter // 2::letter]), [shades[c] for c in text])
            of_first = np.array([c in first.text for c in text])
            self.assertTrue(np.array_equal(ink[0, letter // 2::letter] > 0, of_first))
            self.assertTrue(np.array_equal(ink[-1, letter // 2::letter] > 0, ~of_first))
            seen.add(text)
        self.assertEqual(seen, {"Abc"[:i] + "wxyz"[j:] for i in (1, 2, 3) for j in range(4)})

    def test_a_composed_word_is_of_runs_of_letters(self):
        word = real_words.Word(np.repeat(np.uint8([[10, 20, 30, 30, 40]]), 20, 1).repeat(50, 0), "abcb-", (20, 40, 40, 80))
        pieces, rng = real_words.pieces([word, real_words.Word(word.ink, "z", ())]), np.random.default_rng(2)
        self.assertEqual({text: [place[1:] for place in places] for text, places in pieces.items()},
                         {"a": [(0, 1)], "ab": [(0, 2)], "abc": [(0, 3)], "abcb": [(0, 4)], "b": [(1, 2), (3, 4)],
                          "bc": [(1, 3)], "bcb": [(1, 4)], "bcb-": [(1, 5)], "c": [(2, 3)], "cb": [(2, 4)], "cb-": [(2, 5)],
                          "b-": [(3, 5)], "-": [(4, 5)]})
        self.assertIsNone(real_words.composed(rng, pieces, "abz"))
        self.assertIsNotNone(real_words.composed(rng, pieces, "ca"))  # a letter without width
        word = real_words.Word(np.repeat(np.uint8([[110, 120, 130, 140]]), 24, 1).repeat(72, 0), "wxnz", (24, 48, 72))
        for _ in range(20):
            ink = real_words.composed(rng, real_words.pieces([word]), "wxnzxnw")
            self.assertEqual(ink.shape, (real_words.X_HEIGHT, 7 * real_words.LETTER))
            self.assertEqual(list(ink[9, real_words.LETTER // 2::real_words.LETTER]), [110, 120, 130, 140, 120, 130, 110])

    def test_the_characters_of_a_word_that_is_put_together_are_where_their_letters_are(self):
        rng = np.random.default_rng(2)
        word = real_words.Word(np.full((72, 4 * real_words.LETTER), 200, np.uint8), "wxnz", (8, 40, 60))
        for _ in range(9):
            ink, centres = real_words.spelt(rng, real_words.pieces([word]), "zwxnz")
            self.assertEqual(list(centres), [18, 36 + 4, 36 + 24, 36 + 50, 36 + 78])
            self.assertEqual(ink.shape[1], 36 + 96)
        self.assertEqual(np.flatnonzero(ink[:, 0])[-1] + 1, real_words.BASE)

    def test_hardly_any_figures_were_written(self):
        pieces = dict.fromkeys("ab1.")
        self.assertEqual([word for word in ("ab", "a", "ab.", "abc", "a1", "") if real_words.spellable(pieces, word)],
                         ["ab", "ab."])

    def test_words_whose_letters_do_not_show_stay_whole(self):
        ink, rng = np.zeros((9, 9), np.uint8), np.random.default_rng(2)
        whole, cut = real_words.Word(ink, "ab", ()), real_words.Word(ink, "cd", (4,))
        self.assertEqual({real_words.drawn(rng, [whole, cut])[1] for _ in range(100)}, {"ab", "cd", "ccd", "cdd", "cdcd"})

    def test_the_cuts_that_come_with_the_project_fit_their_texts(self):
        with open(real_words.CUTS, encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file]
        self.assertGreater(sum(len(row) > 2 for row in rows), 3000)
        for name, text, *cuts in rows:
            self.assertIn(len(cuts), (0, len(text) - 1), name)
            self.assertEqual(sorted(map(int, cuts)), list(map(int, cuts)), name)


class Strips(unittest.TestCase):
    def said(self, kind, **font):
        """What 200 lines say that are drawn of one text by a writer of a kind."""
        printed = materials.fonts("print")[:1]
        fonts = {"print": printed, kind: [dataclasses.replace(printed[0], **font)]}
        source = strips.StripRenderer(fonts, {kind: 1}, lambda rng: "Dolo 650 tab")
        rng = np.random.default_rng(5)
        return [source.ink(rng, kind)[1] for _ in range(200)]

    def test_a_hand_of_capitals_says_capitals(self):
        said = self.said("casual", one_case=True)
        self.assertTrue(all(text.endswith("DOLO 650 TAB") for text in said))
        self.assertTrue(any(text != text.upper() for text in said))  # with a printed label before it

    def test_some_lines_are_written_in_capitals_but_not_in_a_flowing_hand(self):
        in_capitals = sum(text.endswith("DOLO 650 TAB") for text in self.said("casual", one_case=False))
        self.assertTrue(15 < in_capitals < 50)
        self.assertTrue(all(text.endswith("Dolo 650 tab") for text in self.said("cursive", one_case=False)))

    def test_a_line_whose_letters_left_no_ink_is_not_drawn(self):
        word = real_words.Word(np.full((72, 96), 1, np.uint8), "Dalo", (24, 48, 72))
        font = materials.fonts("print")[0]
        source = strips.StripRenderer({"print": [font], "casual": [font]}, {"casual": 1}, lambda rng: "Dalo ola", [word])
        rng = np.random.default_rng(5)
        drawn = [source.ink(rng, "casual") for _ in range(200)]
        self.assertTrue(any(line is None for line in drawn))       # in real letters, beside a label or a gap too
        self.assertTrue(any(line is not None for line in drawn))

    def test_a_line_in_real_letters_keeps_its_figures_and_its_places(self):
        word = real_words.Word(np.full((72, 96), 100, np.uint8), "Dalo", (24, 48, 72))
        font = dataclasses.replace(materials.fonts("print")[0], one_case=True)
        source = strips.StripRenderer({"print": [font], "casual": [font]}, {"casual": 1}, lambda rng: "Dol 650 tab", [word])
        rng, height = np.random.default_rng(5), 20
        ink, centres = source.really_written(rng, font.path, "Dol 650 ola", height, 0.5)
        self.assertEqual(len(centres), len("Dol 650 ola"))
        self.assertTrue(np.all(np.diff(centres) > 0))
        letter = real_words.LETTER * height / real_words.X_HEIGHT * 0.5
        for first in (0, 8):
            self.assertTrue(np.allclose(np.diff(centres[first:first + 3]), letter, atol=1))
            for x in centres[first:first + 3]:
                self.assertEqual(ink[len(ink) * 2 // 3 - 3, round(x)], round(100 * strips.DARKER))
                self.assertAlmostEqual(np.flatnonzero(ink[:, round(x)])[-1] + 1, len(ink) * 2 / 3, delta=2)
        said = {source.ink(rng, "casual")[1].removesuffix("650 TAB")[-4:] for _ in range(100)}
        self.assertEqual(said, {"Dol ", "DOL "})  # the font has capitals alone; "tab" was never written

    def test_narrow_letters_are_stretched_to_the_usual_pitch(self):
        for pitch, stretch in ((4, 1.6), (7, 10.3 / 7), (8, 10.3 / 8), (12, 1)):
            self.assertAlmostEqual(strips.stretch_of(slanted_strokes(pitch)), stretch, delta=0.08)
        self.assertEqual(strips.stretch_of(np.full((strips.ROW, 90), 255, np.uint8)), 1)

    def test_characters_move_with_the_letters(self):
        strip = slanted_strokes(7)
        wider, centres = strips.stretched(strip, np.array([0.0, 100.0]))
        self.assertEqual(centres[0], 0)
        self.assertAlmostEqual(centres[1] / 100, wider.shape[1] / strip.shape[1], delta=0.01)


if __name__ == "__main__":
    unittest.main()
