"""A web server that serves the files of a folder badly. Arguments: the folder, a file for its port.

/good/NAME   the file, or the part that the header Range asks for
/cut/NAME    the same, but the connection breaks after half of the bytes
/wrong/NAME  as many other bytes
/plain/NAME  the file, whatever Range says
Everything else is missing. Each request is a line of the file `requests`: its path and its Range."""
import http.server
import os
import sys

folder, port_file = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked = self.headers.get("Range", "")
        with open("requests", "a") as log:
            log.write(f"{self.path} {asked}\n")
        kind, _, name = self.path[1:].partition("/")
        path = os.path.join(folder, name)
        if kind not in ("good", "cut", "wrong", "plain") or not os.path.isfile(path):
            return self.send_error(404)
        with open(path, "rb") as file:
            body = file.read()
        if kind == "wrong":
            body = bytes(byte ^ 1 for byte in body)
        first = 0
        if asked and kind != "plain":
            first = int(asked.removeprefix("bytes=").split("-")[0])
            if first >= len(body):
                return self.send_error(416)
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        body = body[first:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if kind == "cut" else body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(port_file + ".new", "w") as port:
    port.write(str(server.server_port))
os.rename(port_file + ".new", port_file)
server.serve_forever()
