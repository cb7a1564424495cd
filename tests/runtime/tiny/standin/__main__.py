import argparse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"stand-in")


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
asked, _ = parser.parse_known_args()
ThreadingHTTPServer(("127.0.0.1", asked.port), Page).serve_forever()
