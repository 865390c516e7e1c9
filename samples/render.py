"""Draws prescription.jpg: an invented patient on an invented clinic's pad, as a phone would photograph it.

    python samples/render.py --print PRINT.ttf --hand HANDWRITING.ttf -o samples/prescription.jpg

The committed picture was made with Lato and Kalam (both OFL-1.1), Pillow 11 and NumPy, seed 7.
"""
import argparse

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

INK, PRINT, PAPER = (28, 42, 110), (40, 40, 40), (250, 248, 242)
MEDICINES = [
    ("Tab. Amlodipine 5 mg", "1-0-0 x 30 days"),
    ("Tab. Metformin 500 mg", "1-0-1 x 30 days, after food"),
    ("Cap. Omeprazole 20 mg", "1-0-0 x 14 days, before food"),
    ("Syr. Ascoril 10 ml", "1-1-1 x 5 days"),
]


def draw_page(print_font, hand_font, rng):
    """The flat sheet, 1200 x 1600."""
    page = Image.new("RGB", (1200, 1600), PAPER)
    draw = ImageDraw.Draw(page)

    def typed(x, y, text, size):
        draw.text((x, y), text, PRINT, ImageFont.truetype(print_font, size))

    def written(x, y, text, size=50):
        font = ImageFont.truetype(hand_font, size)
        for word in text.split(" "):
            draw.text((x, y + rng.integers(-4, 5)), word, INK, font)
            x += draw.textlength(word + " ", font)

    typed(90, 80, "Riverside Family Clinic", 60)
    typed(90, 160, "Dr. Meera Nair, MD (General Medicine)   Reg. No. 40127", 28)
    typed(90, 200, "14 Canal Road, Springfield   Tel. 555 0134", 28)
    draw.line((90, 255, 1110, 255), PRINT, 3)
    typed(90, 290, "Name:", 30)
    written(200, 275, "Ravi Kumar")
    typed(560, 290, "Age / Sex:", 30)
    written(720, 275, "52 / M")
    typed(900, 290, "Date:", 30)
    written(985, 275, "12/03/24", 40)
    typed(90, 375, "Diagnosis:", 30)
    written(270, 358, "Hypertension, Diabetes")
    typed(90, 470, "Rx", 64)
    y = 570
    for number, (medicine, directions) in enumerate(MEDICINES, 1):
        written(110, y, f"{number}. {medicine}", 56)
        written(180, y + 80, directions, 48)
        y += 185
    written(110, y + 20, "Low salt diet. Review after 1 month", 44)
    written(830, 1440, "M. Nair", 60)
    draw.line((800, 1515, 1090, 1515), PRINT, 2)
    return page


def photograph(page, rng):
    """The sheet on a desk, seen at an angle, with uneven light and noise: 1224 x 1632."""
    width, height = 1224, 1632
    corners = np.array([[62, 48], [1180, 30], [1200, 1598], [30, 1570]], float)
    source = np.array([[0, 0], [1200, 0], [1200, 1600], [0, 1600]], float)
    rows, right = [], []
    for (x, y), (u, v) in zip(corners, source):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    coefficients = np.linalg.solve(np.array(rows), np.array(right))
    sheet = page.transform((width, height), Image.Transform.PERSPECTIVE, coefficients,
                           Image.Resampling.BICUBIC, fillcolor=(0, 0, 0))
    mask = Image.new("L", page.size, 255).transform(
        (width, height), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR)
    desk = Image.new("RGB", (width, height), (112, 84, 62))
    photo = Image.composite(sheet, desk, mask).filter(ImageFilter.GaussianBlur(0.8))
    y, x = np.mgrid[0:height, 0:width]
    light = 0.78 + 0.24 * np.exp(-((x / width - 0.4) ** 2 + (y / height - 0.3) ** 2) / 0.5)
    pixels = np.asarray(photo, float) * light[..., None] * (1.0, 0.985, 0.95)
    pixels += rng.normal(0, 4, pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--print", dest="print_font", required=True)
    arguments.add_argument("--hand", dest="hand_font", required=True)
    arguments.add_argument("-o", "--output", default="prescription.jpg")
    options = arguments.parse_args()
    rng = np.random.default_rng(7)
    photograph(draw_page(options.print_font, options.hand_font, rng), rng).save(
        options.output, quality=82)


if __name__ == "__main__":
    main()
