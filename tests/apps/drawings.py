"""Writes sets of digits, and a seven as a photo, in colour and in the form of the sets:
python3 drawings.py FOLDER OF digit_images.py"""
import os
import random
import struct
import sys
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from digit_images import distance, picture, write_set  # noqa: E402


def write_pgm(path, columns, levels):
    with open(path, "wb") as file:
        file.write(b"P5 %d %d 255\n" % (columns, len(levels) // columns) + bytes(levels))


def write_png(path, columns, colours):
    """`colours`: (red, green, blue) of each pixel."""
    rows = [colours[i:i + columns] for i in range(0, len(colours), columns)]
    lines = b"".join(b"\0" + bytes(level for colour in row for level in colour) for row in rows)
    chunk = lambda kind, data: (struct.pack(">I", len(data)) + kind + data
                                + struct.pack(">I", zlib.crc32(kind + data)))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", columns, len(rows), 8, 2, 0, 0, 0))
                   + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def seven(rows, columns, left, top, height):
    """How much ink each pixel has: a seven at a place of the paper."""
    lines = [((left, top), (left + height / 2, top)), ((left + height / 2, top), (left + height / 2.6, top + height))]
    return [min(1, max(0, height / 15 + 0.5 - min(distance(j, i, *line) for line in lines)))
            for i in range(rows) for j in range(columns)]


inverse = lambda image: bytes(255 - v for v in image)
os.mkdir("digits")
os.mkdir("inverse")
generator = random.Random(1)
for name, count in (("train", 300), ("t10k", 30)):
    labels = [i % 10 for i in range(count)]
    images = [picture(digit, generator) for digit in labels]
    write_set("digits", name, images, labels)
    write_set("inverse", name, [inverse(image) for image in images], labels)
for part in ("train", "test"):
    for digit in range(10):
        os.makedirs(f"named/{part}/class{digit}")
        write_pgm(f"named/{part}/class{digit}/one.pgm", 28, picture(digit, random.Random(digit)))

own = picture(7, random.Random(3))
write_pgm("own.pgm", 28, own)
write_pgm("small-dark.pgm", 28, inverse(own))
for name, image in (("own.idx", own), ("dark.idx", inverse(own))):
    with open(name, "wb") as file:
        file.write(struct.pack(">4I", 0x803, 1, 28, 28) + image)

# The paper of the photo is darker to the right and below, and has noise.
ink = seven(150, 200, 110, 30, 90)
photo = []
for i in range(150):
    for j in range(200):
        paper = 225 - 0.15 * j - 0.1 * i + generator.uniform(-5, 5)
        level = round(paper + (50 - paper) * ink[200 * i + j])
        photo.append((level, level, round(level * 0.9)))
write_png("photo.png", 200, photo)
write_png("colour.png", 200, [tuple(round(p + (c - p) * v) for p, c in zip((255, 250, 160), (20, 30, 150)))
                              for v in ink])
write_pgm("large-light.pgm", 200, [round(10 + 230 * v) for v in ink])
