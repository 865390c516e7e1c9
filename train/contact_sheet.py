"""Forty generated pages on one picture: what the generator's pages look like (docs/generated-pages.jpg).

    python -m train.contact_sheet --material DIR -o docs/generated-pages.jpg
"""
import argparse
import io

from PIL import Image

from .pages import CLASSES, Generator

SEED, ACROSS, DOWN, CELL, GAP = 40, 8, 5, (300, 400), 6


def main():
    parser = argparse.ArgumentParser(description="Draws forty generated pages of all classes.")
    parser.add_argument("--material")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    generator = Generator(options.material, "test")
    width, height = CELL
    sheet = Image.new("RGB", (ACROSS * (width + GAP) + GAP, DOWN * (height + GAP) + GAP), (96, 96, 96))
    for k in range(ACROSS * DOWN):
        data, _ = generator.page(CLASSES[k % len(CLASSES)], SEED, k)
        page = Image.open(io.BytesIO(data)).convert("RGB")
        page.thumbnail(CELL, Image.Resampling.LANCZOS)
        x, y = GAP + k % ACROSS * (width + GAP), GAP + k // ACROSS * (height + GAP)
        sheet.paste(page, (x + (width - page.width) // 2, y + (height - page.height) // 2))
    sheet.save(options.output, quality=82)


if __name__ == "__main__":
    main()
