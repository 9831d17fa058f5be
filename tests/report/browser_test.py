"""Draws a seven on the page of `reel-mnist train --report`, and compares what the page computes with
`reel-mnist predict`.

usage: browser_test.py REEL_MNIST [FOLDER FOR PICTURES]. Returns 77 without chromium or chromedriver.
"""
import base64, json, math, os, random, shutil, socket, struct, subprocess, sys, tempfile, time
import urllib.error, urllib.request

# Seven-segment digits; the corners (x, y) of each segment in a box 1 wide and 2 high.
SEGMENTS = {"a": ((0, 0), (1, 0)), "b": ((1, 0), (1, 1)), "c": ((1, 1), (1, 2)),
            "d": ((0, 2), (1, 2)), "e": ((0, 1), (0, 2)), "f": ((0, 0), (0, 1)),
            "g": ((0, 1), (1, 1))}
DIGITS = ["abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg"]


def distance(px, py, a, b):
    (ax, ay), (bx, by) = a, b
    t = ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
    t = min(1, max(0, t))
    return math.hypot(px - ax - t * (bx - ax), py - ay - t * (by - ay))


def picture(digit, generator):
    """28×28 bytes: the digit, 20 pixels high, with its centre of mass near the middle."""
    lines = [SEGMENTS[s] for s in DIGITS[digit]]
    slant = generator.uniform(-0.2, 0.2)
    scale = generator.uniform(8, 9.5)
    points = [[(scale * (x + slant * y), scale * y) for x, y in line] for line in lines]
    centre = [sum(p[k] for line in points for p in line) / (2 * len(points)) for k in (0, 1)]
    shift = [14 - c + generator.uniform(-1, 1) for c in centre]
    points = [[(x + shift[0], y + shift[1]) for x, y in line] for line in points]
    width = generator.uniform(0.9, 1.4)
    return bytes(round(255 * min(1, max(0, width + 0.5 - min(distance(x + 0.5, y + 0.5, *line) for line in points))))
                 for y in range(28) for x in range(28))


def write_set(folder, name, images, labels):
    with open(f"{folder}/{name}-images-idx3-ubyte", "wb") as file:
        file.write(struct.pack(">IIII", 0x803, len(images), 28, 28) + b"".join(images))
    with open(f"{folder}/{name}-labels-idx1-ubyte", "wb") as file:
        file.write(struct.pack(">II", 0x801, len(labels)) + bytes(labels))


class Browser:
    """A session of WebDriver (w3.org/TR/webdriver2) with chromium."""

    def __init__(self, chromium, chromedriver, profile, dark, width):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.driver = subprocess.Popen([chromedriver, f"--port={self.port}"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        self.session = ""
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     "--hide-scrollbars", f"--user-data-dir={profile}", "--window-size=1400,1000"]
        if dark:
            arguments.append("--blink-settings=preferredColorScheme=0")
        capabilities = {"alwaysMatch": {"goog:chromeOptions": {"binary": chromium, "args": arguments}}}
        for _ in range(100):
            try:
                self.session = self.call("POST", "", {"capabilities": capabilities})["sessionId"]
                break
            except (urllib.error.URLError, ConnectionError) as error:
                if isinstance(error, urllib.error.HTTPError):
                    raise RuntimeError(error.read().decode()) from error
                time.sleep(0.1)
        # A window is at least 500 wide; the emulation of a device is not limited.
        self.devtools("Emulation.setDeviceMetricsOverride",
                      {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False})

    def call(self, method, path, body=None):
        url = f"http://127.0.0.1:{self.port}/session" + (f"/{self.session}" if self.session else "") + path
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def devtools(self, command, parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def run(self, script):
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def open(self, path):
        self.call("POST", "/url", {"url": "file://" + path})

    def draw(self, points):
        """A stroke through points, given as fractions of the board."""
        self.run("document.getElementById('pad').scrollIntoView()")
        box = self.run("const b = document.getElementById('pad').getBoundingClientRect();"
                       "return [b.left, b.top, b.width, b.height]")
        places = [(round(box[0] + x * box[2]), round(box[1] + y * box[3])) for x, y in points]
        move = lambda p: {"type": "pointerMove", "duration": 30, "x": p[0], "y": p[1]}
        steps = [move(places[0]), {"type": "pointerDown", "button": 0}, *map(move, places[1:]),
                 {"type": "pointerUp", "button": 0}]
        self.call("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": steps}]})
        time.sleep(0.2)

    def press(self, *keys):
        steps = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": steps}]})
        time.sleep(0.2)

    def photograph(self, path):
        height = self.run("return document.documentElement.scrollHeight")
        size = self.run("return innerWidth")
        picture = self.devtools("Page.captureScreenshot", {
            "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": size, "height": min(height, 9000), "scale": 1}})
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def print(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("POST", "/print", {"background": True})))

    def close(self):
        if self.session:
            self.call("DELETE", "")
        self.driver.terminate()
        self.driver.wait()


SEVEN = [(0.3, 0.2), (0.7, 0.2), (0.68, 0.5), (0.66, 0.8)]


def check(holds, what):
    if not holds:
        raise SystemExit(f"not true: {what}")


def compare(program, folder, network, drawing):
    """Gives the drawn image to the program, and compares the probabilities."""
    other = f"{folder}/drawn"
    os.makedirs(other, exist_ok=True)
    image = bytes(drawing["pixels"])
    write_set(other, "train", [image] * 10, list(range(10)))
    write_set(other, "t10k", [image], [7])
    line = subprocess.run([program, "predict", "--load", network, "--data", other, "--json"], check=True,
                          capture_output=True, text=True).stdout.splitlines()[-1]
    expected = list(json.loads(line)["probabilities"].values())
    worst = max(abs(a - b) for a, b in zip(expected, drawing["probabilities"], strict=True))
    check(worst < 2e-5, f"the page's probabilities are those of predict (difference {worst})")
    return worst


def train(program, folder, name, *options):
    page, network = f"{folder}/{name}.html", f"{folder}/{name}.safetensors"
    subprocess.run([program, "train", "--data", f"{folder}/digits", "--optimizer", "adam", "--lr", "0.003",
                    "--report", page, "--save", network, *options], check=True, stdout=subprocess.DEVNULL)
    return page, network


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
            # Every activation, and batch norm: the page computes what the program does.
            names = ["relu", "tanh", "sigmoid", "leaky_relu", "elu", "selu", "gelu", "silu", "mish",
                     "softplus", "softsign", "hard_tanh", "hard_sigmoid", "hard_swish", "identity"]
            for i, name in enumerate(names):
                norm = ["--batch-norm"] if i % 3 == 1 else []
                page, network = train(program, folder, name, "--layers", "784-24-16-10", "--activation", name,
                                      "--epochs", "6", *norm)
                browser.open(page)
                browser.draw(SEVEN)
                worst = compare(program, folder, network, browser.run("return drawing"))
                print(f"{name} {' '.join(norm)}: largest difference of a probability {worst:.1e}")

            page, network = train(program, folder, "seven", "--layers", "784-64-10", "--epochs", "25")
            browser.open(page)
            check(browser.run("return document.getElementById('verdict').textContent") == "Draw something.",
                  "an empty board has no verdict")
            browser.draw(SEVEN)
            verdict = browser.run("return document.getElementById('verdict').textContent")
            print("a drawn seven is", verdict)
            check(verdict.startswith("7 ("), "a drawn seven is a 7")
            drawing = browser.run("return drawing")
            check([len(v) for v in drawing["values"]] == [64, 64, 10], "each layer shows its values")
            compare(program, folder, network, drawing)

            # As MNIST does it: the drawing is 20 high, and its centre of mass is the middle.
            ink = [(i // 28 + 0.5, i % 28 + 0.5, v) for i, v in enumerate(drawing["pixels"]) if v]
            mass = sum(v for _, _, v in ink)
            for axis in (0, 1):
                centre = sum(p[axis] * p[2] for p in ink) / mass
                check(abs(centre - 14) < 0.1, f"the centre of mass is the middle (axis {axis}: {centre})")
            rows = [p[0] for p in ink]
            check(20 <= max(rows) - min(rows) + 1 <= 21, "the drawing is 20 pixels high")

            alone = f"{folder}/alone.html"
            subprocess.run([program, "export", "--load", network, "--data", f"{folder}/digits", "--page", alone],
                           check=True, stdout=subprocess.DEVNULL)
            browser.open(alone)
            browser.draw(SEVEN)
            check(browser.run("return document.getElementById('verdict').textContent").startswith("7 ("),
                  "a seven that is drawn on the page of export is a 7")
            compare(program, folder, network, browser.run("return drawing"))

            browser.run("document.getElementById('clear').click()")
            check(not any(browser.run("return drawing.pixels")), "the button clears the board")
            browser.run("document.getElementById('pad').focus()")
            right, down = "\ue014", "\ue015"
            browser.press(" ", *[right] * 6, *[down] * 9, " ")
            check(any(browser.run("return drawing.pixels")), "the keyboard draws")
            browser.press("\ue017")
            check(not any(browser.run("return drawing.pixels")), "Delete clears the board")
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
