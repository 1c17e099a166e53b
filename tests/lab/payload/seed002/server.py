"""One of the services: it is healthy and says which it is."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = os.path.basename(os.path.dirname(os.path.abspath(__file__)))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.path == "/health"
        body = json.dumps({"status": "healthy" if known else "not found", "service": NAME}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
port = int(os.environ["SERVICE_PORT"])
server = ThreadingHTTPServer(("", port), Handler)
print(f"{NAME} listening on {port}", flush=True)
server.serve_forever()
