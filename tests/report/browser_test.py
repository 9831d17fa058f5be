"""Draws a seven on the page of `reel-mnist train --report`, and compares what the page computes with
`reel-mnist predict` and with reference.py; and opens the page without scripts.

usage: browser_test.py REEL_MNIST [FOLDER FOR PICTURES]. Returns 77 without chromium or chromedriver.
"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

from browser import Browser
from digit_images import picture, write_set
from reference import ACTIVATIONS, image_of, values_of_layers

SEVEN = [(0.3, 0.2), (0.7, 0.2), (0.68, 0.5), (0.66, 0.8)]
SIDE = 280  # of the board, in pixels
NO_SCRIPT = "To draw needs JavaScript."


def check(holds, what):
    if not holds:
        raise SystemExit(f"not true: {what}")


def largest_difference(a, b):
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def predict(program, folder, network, pixels):
    """The probabilities by the program."""
    other = f"{folder}/drawn"
    os.makedirs(other, exist_ok=True)
    write_set(other, "train", [pixels] * 10, list(range(10)))
    write_set(other, "t10k", [pixels], [7])
    line = subprocess.run([program, "predict", "--load", network, "--data", other, "--json"], check=True,
                          capture_output=True, text=True).stdout.splitlines()[-1]
    return list(json.loads(line)["probabilities"].values())


def verdict(browser):
    return browser.run("return document.getElementById('verdict').textContent")


def check_image(browser, centred):
    """The image in the page is that of the ink on the board."""
    board = browser.run("const pad = document.getElementById('pad');"
                        "return Array.from(pad.getContext('2d').getImageData(0, 0, pad.width, pad.height).data"
                        ".filter((_, i) => i % 4 === 3))")
    pixels = browser.run("return drawing.pixels")
    worst = largest_difference(image_of(board, SIDE, 28, centred), pixels)
    check(worst < 0.51, f"the image is that of the board, in whole levels (difference {worst})")
    seen = browser.run("const seen = document.getElementById('seen');"
                       "return Array.from(seen.getContext('2d').getImageData(0, 0, 28, 28).data)")
    check(seen == [level for p in pixels for level in (p, p, p, 255)], "the page shows the image")
    return board


def check_layers(browser, network):
    """Every value of every layer, computed and shown. Returns the largest difference."""
    expected = values_of_layers(network, browser.run("return drawing.pixels"))
    found = browser.run("return drawing.values")
    check(len(found) == len(expected), "each layer has values")
    worst = max(largest_difference(*pair) / (1 + max(map(abs, pair[1]))) for pair in zip(found, expected))
    check(worst < 1e-5, f"the values of the layers are right (difference {worst})")
    cells = browser.run("""
      return Array.from(document.querySelectorAll('.layer canvas'), canvas => {
        const {width, height} = canvas, cells = [];
        const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
        for (let y = 4; y < height; y += 9)
          for (let x = 4; x < width; x += 9) {
            const at = 4 * (y * width + x);
            cells.push(Array.from(data.slice(at, at + 4)));
          }
        return cells;
      })""")
    for layer, (values, shown) in enumerate(zip(expected, cells, strict=True)):
        most = max(1e-30, *map(abs, values))
        for i, (value, (red, _, blue, alpha)) in enumerate(zip(values, shown)):
            where = f"layer {layer + 1} shows value {i}, {value}"
            check(abs(alpha / 255 - abs(value) / most) < 0.02, f"{where}, by its strength, {alpha} of 255")
            check(alpha < 30 or (blue > red) == (value > 0), f"{where}, by its colour")
    return worst


def check_drawing(browser, program, folder, network, centred=True):
    """All that the page makes of a drawing. Returns the largest difference of a value."""
    check_image(browser, centred)
    drawing = browser.run("return drawing")
    expected = predict(program, folder, network, bytes(drawing["pixels"]))
    worst = largest_difference(expected, drawing["probabilities"])
    check(worst < 2e-5, f"the page's probabilities are those of predict (difference {worst})")
    shares = browser.run("return Array.from(document.querySelectorAll('#chances i'),"
                         "                  bar => Number(bar.style.getPropertyValue('--share')))")
    check(shares == drawing["probabilities"], "the bars are the probabilities")
    best = max(range(10), key=expected.__getitem__)
    check(f"({100 * expected[best]:.1f} %)" in verdict(browser), "the verdict is the largest probability")
    return max(worst, check_layers(browser, network))


def check_empty(browser, network, what):
    """An empty board has no verdict and no bars, and the layers compute the black image."""
    check(verdict(browser) == "Draw something.", f"{what}: no verdict")
    check(not any(check_image(browser, True)), f"{what}: no ink")
    check(browser.run("return Array.from(document.querySelectorAll('#chances i'),"
                      "  bar => bar.style.getPropertyValue('--share'))") == ["0"] * 10, f"{what}: no bars")
    check_layers(browser, network)


def check_seven(browser):
    """The pen is 2.2 of 28 wide, and the drawing as MNIST has it: 20 high, its centre of mass in the
    middle."""
    board = check_image(browser, True)
    bar = [board[y * SIDE + SIDE // 2] for y in range(SIDE)]
    check(21.5 <= sum(bar) / 255 <= 22.5, f"the pen is 22 pixels wide ({sum(bar) / 255})")
    ink = [(i // 28 + 0.5, i % 28 + 0.5, v) for i, v in enumerate(browser.run("return drawing.pixels")) if v]
    mass = sum(v for _, _, v in ink)
    for axis in (0, 1):
        centre = sum(p[axis] * p[2] for p in ink) / mass
        check(abs(centre - 14) < 0.1, f"the centre of mass is the middle (axis {axis}: {centre})")
    rows = [p[0] for p in ink]
    check(20 <= max(rows) - min(rows) + 1 <= 21, "the drawing is 20 pixels high")


def check_without_scripts(browser, page, sections):
    """Without scripts, a sentence stands in place of the board, and all else can be read."""
    browser.devtools("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.requests()
    browser.open(page)
    text = browser.visible_text()
    asked = browser.requests()
    browser.devtools("Emulation.setScriptExecutionDisabled", {"value": False})
    check(NO_SCRIPT in text, "without scripts, a sentence says so")
    for part in ("Draw with the mouse", "Clear", "What each layer computes"):
        check(part not in text, f"without scripts, the page does not show '{part}'")
    with open(page, encoding="utf-8") as file:
        html = file.read()
    titles = re.findall(r"<h2>([^<]*)</h2>", html)
    check(len(titles) >= sections, f"the page has {sections} sections")
    for part in titles:
        check(part in text, f"without scripts, the section '{part}' can be read")
    check([url.split(":")[0] for url in asked if not url.startswith("data:")] == ["file"],
          f"the page asks for no other file: {asked}")
    outside = [url for url in re.findall(r"""(?:https?:)?//[\w.-]+\.\w+[^\s"'<]*""", html)
               if url != "http://www.w3.org/2000/svg"]
    check(not outside, f"the page has no address of another place: {outside}")


def train(program, folder, name, *options):
    page, network = f"{folder}/{name}.html", f"{folder}/{name}.safetensors"
    subprocess.run([program, "train", "--data", f"{folder}/digits", "--optimizer", "adam", "--lr", "0.003",
                    "--report", page, "--save", network, *options], check=True, stdout=subprocess.DEVNULL)
    return page, network


def export_page(program, network, data, page):
    subprocess.run([program, "export", "--load", network, "--data", data, "--page", page], check=True,
                   stdout=subprocess.DEVNULL)


def write_named_classes(folder):
    """A set whose classes have names of more than one letter: a drawing is not centred for it."""
    for part in ("train", "test"):
        for digit in range(10):
            os.makedirs(f"{folder}/{part}/class{digit}")
            with open(f"{folder}/{part}/class{digit}/one.pgm", "wb") as file:
                file.write(b"P5 28 28 255\n" + picture(digit, random.Random(digit)))


def main():
    program = sys.argv[1]
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    chromedriver = shutil.which("chromedriver")
    if not chromium or not chromedriver:
        print("skipped: needs chromium and chromedriver")
        return 77
    generator = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/digits")
        for name, count in (("train", 600), ("t10k", 100)):
            labels = [i % 10 for i in range(count)]
            write_set(f"{folder}/digits", name, [picture(d, generator) for d in labels], labels)
        browser = Browser(chromium, chromedriver, f"{folder}/profile", False, 1000)
        try:
            for i, name in enumerate(ACTIVATIONS):
                norm = ["--batch-norm"] if i % 3 == 1 else []
                page, network = train(program, folder, name, "--layers", "784-24-16-10", "--activation", name,
                                      "--epochs", "6", *norm)
                browser.open(page)
                browser.draw(SEVEN)
                worst = check_drawing(browser, program, folder, network)
                print(f"{name} {' '.join(norm)}: largest difference {worst:.1e}")

            page, network = train(program, folder, "seven", "--layers", "784-64-10", "--epochs", "25")
            check_without_scripts(browser, page, 6)
            browser.open(page)
            check(NO_SCRIPT not in browser.visible_text(), "with scripts, no sentence says that there are none")
            check_empty(browser, network, "a new page")
            browser.draw(SEVEN)
            print("a drawn seven is", verdict(browser))
            check(verdict(browser).startswith("7 ("), "a drawn seven is a 7")
            check_drawing(browser, program, folder, network)
            check_seven(browser)
            browser.run("document.getElementById('clear').click()")
            check_empty(browser, network, "after Clear")

            alone = f"{folder}/alone.html"
            export_page(program, network, f"{folder}/digits", alone)
            check_without_scripts(browser, alone, 0)
            browser.open(alone)
            browser.draw(SEVEN)
            check(verdict(browser).startswith("7 ("), "a seven that is drawn on the page of export is a 7")
            check_drawing(browser, program, folder, network)
            browser.press("\ue017")  # Delete
            check_empty(browser, network, "after Delete")
            right, down = "\ue014", "\ue015"
            browser.press(" ", *[right] * 9, *[down] * 4, " ")  # wider than high, unlike the seven
            check(any(browser.run("return drawing.pixels")), "the keyboard draws")
            check_drawing(browser, program, folder, network)

            write_named_classes(f"{folder}/named")
            export_page(program, network, f"{folder}/named", alone)
            browser.open(alone)
            browser.draw(SEVEN)
            check(verdict(browser).startswith("class"), "the verdict has the name of the class")
            check_drawing(browser, program, folder, network, centred=False)
        finally:
            browser.close()
        if len(sys.argv) > 2:
            photograph(chromium, chromedriver, folder, page, sys.argv[2])
    return 0


def photograph(chromium, chromedriver, folder, page, to):
    """Pictures of the page for a reader's eyes: light and dark, narrow and wide, printed."""
    if os.path.isfile(f"{to}/report.html"):
        page = f"{to}/report.html"
    for dark in (False, True):
        for width in (400, 1400):
            name = f"{to}/{'dark' if dark else 'light'}-{width}"
            browser = Browser(chromium, chromedriver, f"{folder}/profile-{dark}-{width}", dark, width)
            try:
                browser.open(page)
                browser.draw(SEVEN)
                browser.photograph(name + ".png")
                if width == 1400 and not dark:
                    browser.print(name + ".pdf")
            finally:
                browser.close()


if __name__ == "__main__":
    sys.exit(main())
