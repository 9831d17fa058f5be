"""A browser that tests drive: chromium by chromedriver, without packages of Python."""
import base64
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request


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
        capabilities = {"alwaysMatch": {"goog:chromeOptions": {"binary": chromium, "args": arguments},
                                        "goog:loggingPrefs": {"performance": "ALL"}}}
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

    def requests(self):
        """The addresses that were asked for since the last call."""
        events = [json.loads(entry["message"])["message"]
                  for entry in self.call("POST", "/se/log", {"type": "performance"})]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]

    def visible_text(self):
        """All text that has a place on the page, found without a script."""
        page = self.devtools("DOMSnapshot.captureSnapshot", {"computedStyles": []})
        layout = page["documents"][0]["layout"]
        return "\n".join(page["strings"][text] for text, box in zip(layout["text"], layout["bounds"])
                         if text >= 0 and box[2] > 0 and box[3] > 0)

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
