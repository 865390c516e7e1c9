"""Shares a cache between rxscan and Python's huggingface_hub, both ways, with a Hub on loopback.

    python check_shared_cache.py RXSCAN MODEL_DIR

MODEL_DIR is served as org/tiny. What one fetched, the other finds without fetching it again; the files
have the same names; what Python left unfinished is resumed.
"""
import hashlib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SNAPSHOT = 'from huggingface_hub import snapshot_download as s; print(s("org/tiny", local_files_only={}))'
FILES, REQUESTS = {}, []


def is_large(name):
    return name.endswith(".safetensors")


def etag(name):
    data = FILES[name]
    return (hashlib.sha256(data) if is_large(name) else hashlib.sha1(b"blob %d\0" % len(data) + data)).hexdigest()


class Hub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, code, body, headers=None):
        self.send_response(code)
        for name, value in {"Content-Length": len(body), **(headers or {})}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        path = self.path.split("?")[0]
        part = self.headers.get("Range")
        REQUESTS.append((self.command, path, part))
        if "/tree/" in path:
            listing = [{"type": "file", "path": name, "size": len(data), "oid": etag(name)}
                       for name, data in FILES.items()]
            return self.reply(200, json.dumps(listing).encode())
        if path.startswith("/api/models/org/tiny"):
            siblings = [{"rfilename": name} for name in FILES]
            return self.reply(200, json.dumps({"id": "org/tiny", "sha": COMMIT, "siblings": siblings}).encode())
        name = path.rsplit("/", 1)[-1]
        if not path.startswith("/org/tiny/resolve/") or name not in FILES:
            return self.reply(404, b"", {"X-Error-Code": "EntryNotFound"})
        data = FILES[name]
        headers = {"X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes", "ETag": f'"{etag(name)}"'}
        if is_large(name):
            headers |= {"X-Linked-Size": len(data), "X-Linked-Etag": f'"{etag(name)}"'}
        if not part:
            return self.reply(200, data, headers)
        begin = int(part.split("=")[1].split("-")[0])
        headers["Content-Range"] = f"bytes {begin}-{len(data) - 1}/{len(data)}"
        return self.reply(206, data[begin:], headers)

    do_HEAD = do_GET


def said_by(endpoint, home, *command, **more):
    REQUESTS.clear()
    environment = dict(os.environ, HF_ENDPOINT=endpoint, HF_HOME=home, **more)
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def contents():
    """What was asked for of the files' content."""
    return [request for request in REQUESTS if request[0] == "GET" and "/resolve/" in request[1]]


def names(home):
    root = pathlib.Path(home, "hub", "models--org--tiny")
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def main():
    rxscan, folder = sys.argv[1:]
    for path in sorted(pathlib.Path(folder).glob("*")):
        if path.suffix in (".json", ".safetensors") and not path.stem.startswith("expected"):
            FILES[path.name] = path.read_bytes()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    at = f"http://127.0.0.1:{server.server_port}"
    python = [sys.executable, "-c"]
    with tempfile.TemporaryDirectory() as base:
        ours, theirs, cut = (os.path.join(base, name) for name in ("ours", "theirs", "cut"))
        place = said_by(at, theirs, *python, SNAPSHOT.format(False))
        assert "org/tiny" in said_by(at, theirs, rxscan, "models") and not REQUESTS
        assert said_by(at, theirs, rxscan, "pull", "org/tiny") == place and not contents()
        assert said_by(at, theirs, rxscan, "pull", "org/tiny", HF_HUB_OFFLINE="1") == place and not REQUESTS

        place = said_by(at, ours, rxscan, "pull", "org/tiny")
        assert len(contents()) == len(FILES)
        assert said_by(at, ours, *python, SNAPSHOT.format(True)) == place and not REQUESTS
        assert said_by(at, ours, *python, SNAPSHOT.format(False)) == place and not contents()
        assert names(ours) == names(theirs), (names(ours), names(theirs))

        large = max(filter(is_large, FILES), key=lambda name: len(FILES[name]))
        blobs = pathlib.Path(cut, "hub", "models--org--tiny", "blobs")
        blobs.mkdir(parents=True)
        (blobs / f"{etag(large)}.incomplete").write_bytes(FILES[large][:50000])
        said_by(at, cut, rxscan, "pull", "org/tiny")
        assert [part for _, _, part in contents() if part] == ["bytes=50000-"]
    print(f"{len(FILES)} files: found both ways without fetching again, the same names, resumed at byte 50000")


main()
