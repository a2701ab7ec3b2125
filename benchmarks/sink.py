"""A mail server that takes every mail and keeps none; it prints the port it listens on."""

import socketserver
import sys

HELLO = b"250-sink\r\n250 8BITMIME\r\n"
ANSWERS = {
    b"EHLO": HELLO,
    b"HELO": b"250 sink\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}
OK = b"250 ok\r\n"


class Conversation(socketserver.StreamRequestHandler):
    """One connection of a sender."""

    def handle(self):
        """Say yes to everything."""
        self.wfile.write(b"220 sink\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            self.wfile.write(ANSWERS.get(word.strip(), OK))
            if word == b"DATA":
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.wfile.write(OK)
            if word == b"QUIT":
                return


class Sink(socketserver.ThreadingTCPServer):
    """Listens on a port of its own choice."""

    daemon_threads = True
    disable_nagle_algorithm = True


if __name__ == "__main__":
    with Sink(("127.0.0.1", 0), Conversation) as sink:
        sys.stdout.write(f"{sink.server_address[1]}\n")
        sys.stdout.flush()
        sink.serve_forever()
