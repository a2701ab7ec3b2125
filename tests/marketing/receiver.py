"""A server on loopback that notes what it is sent."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event as Flag
from threading import Thread


class Receiver:
    """A server that notes what comes and answers as ``answers`` says by path: a status, or a verb
    that is given the handler.
    """

    def __init__(self):
        self.heard, self.answers, self.over = [], {}, Flag()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def end(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def _handler(receiver):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.heard.append((self.path, dict(self.headers), body))
                answer = receiver.answers.get(self.path, 204)
                if callable(answer):
                    answer(self)
                    return
                status, *more = answer if isinstance(answer, tuple) else (answer,)
                self.send_response(status)
                for name, value in more:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"said <so>\x00" if status != 204 else b"")

            def log_message(self, *_):
                """Say nothing."""

        return Handler
