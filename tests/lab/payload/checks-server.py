"""A service with a page for each way to answer: healthy, ill, slow, huge, round and round."""
import http.server
import ssl
import sys
import time


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            ill = open("/run/ill").read() if __import__("os").path.exists("/run/ill") else ""
            body = ill or '{"status":"healthy","database":"connected"}'
            self.head(503 if ill else 200, "application/json", len(body))
            self.wfile.write(body.encode())
        elif self.path == "/slow":
            time.sleep(30)
        elif self.path == "/round":
            self.send_response(302)
            self.send_header("Location", "/round")
            self.end_headers()
        elif self.path == "/huge":
            self.head(200, "text/plain", 1 << 30)
            for _ in range(1 << 14):
                self.wfile.write(b"x" * 65536)
        elif self.path == "/events":
            self.head(200, "text/event-stream", None)
            self.wfile.write(b"event: beat\ndata: 1\n\n")
            self.wfile.flush()
            time.sleep(30)

    def head(self, status, kind, length):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()


port = int(sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1" if port != 8443 else "0.0.0.0", port), Pages)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
