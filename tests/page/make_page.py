"""Writes page.png, a synthetic prescription, and page.txt, where each of its lines lies
(x_min y_min x_max y_max in pixels, then the text). Pillow's own font; invented people."""
from PIL import Image, ImageDraw, ImageFont

LINES = [
    (70, 50, 44, "Riverside Family Clinic"),
    (70, 110, 20, "14 Canal Road, Springfield, phone 555 0134"),
    (70, 190, 24, "Patient: Jane Example"), (620, 190, 24, "Age: 52"),
    (70, 235, 24, "Diagnosis: hypertension, type 2 diabetes"),
    (70, 310, 36, "Rx"),
    (90, 375, 26, "1. Tab. Amlodipine 5 mg once daily"),
    (130, 418, 22, "take in the morning, for thirty days"),
    (90, 475, 26, "2. Tab. Metformin 500 mg twice daily with food"),
    (130, 518, 22, "take after breakfast and after the evening meal"),
    (90, 575, 26, "3. Cap. Omeprazole 20 mg before food"),
    (130, 618, 22, "for fourteen days, then stop"),
    (90, 675, 26, "4. Syr. Salbutamol 5 ml every 6 hours"),
    (130, 718, 22, "only when needed for cough"),
    (70, 800, 22, "Low salt diet. Walk thirty minutes every day. Bring the blood sugar diary."),
    (70, 840, 22, "Review after one month with kidney and liver function tests"),
    (560, 940, 24, "Dr. Alex Sample"),
]

picture = Image.new("L", (900, 1040), 255)
draw = ImageDraw.Draw(picture)
with open("page.txt", "w") as truth:
    for x, y, size, text in LINES:
        font = ImageFont.load_default(size)
        draw.text((x, y), text, fill=20, font=font)
        print(*draw.textbbox((x, y), text, font=font), text, file=truth)
picture.save("page.png", optimize=True)
