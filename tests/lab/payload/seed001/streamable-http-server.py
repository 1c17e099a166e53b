"""The coordination server, as far as its incident needs it."""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# It lives for about a second before it fails, like the original.
STARTUP_SECONDS = 1.0
WRITE_SECONDS = 3.0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.path == "/health"
        body = json.dumps({"status": "healthy"} if known else {"error": "not found"}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def write_forever(inbox):
    """Users at work: every few seconds the live data changes."""
    count = 0
    while True:
        count += 1
        inbox.write(json.dumps({"n": count, "at": time.time(), "from": "Kai"}) + "\n")
        inbox.flush()
        with open("data/instances.json", "w") as instances:
            json.dump({"active": ["Kai", "Zara", "Viktor", "Nova", "Phoenix", "Lupo"], "messages": count}, instances)
        time.sleep(WRITE_SECONDS)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    host, port = os.environ.get("SSE_HOST", "localhost"), int(os.environ.get("SSE_PORT", "3444"))
    print("coordination server starting, data in", os.path.abspath("data"), flush=True)
    time.sleep(STARTUP_SECONDS)
    # First the data, then the port: of its two faults the sandbox shows first.
    inbox = open("data/messages/inbox.jsonl", "a")
    server = ThreadingHTTPServer((host, port), Handler)
    print(f"listening on {host}:{port}", flush=True)
    threading.Thread(target=write_forever, args=(inbox,), daemon=True).start()
    server.serve_forever()


main()
