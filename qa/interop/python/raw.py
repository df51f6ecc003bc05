"""Frames on a bare socket: for what a library refuses to send."""

import base64
import hashlib
import re
import socket
import struct

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # for this key, in RFC 6455 §1.3
REQUEST = (
    "GET /raw HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Key: {KEY}\r\n\r\n"
).encode()
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MASK = b"\x37\xfa\x21\x3d"


def response_to(request):
    """What a server answers (RFC 6455 §4.2.2)."""
    key = re.search(rb"(?i)\r\nsec-websocket-key: *(\S+)", request)[1]
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def frame(first_byte, payload, masked):
    """One frame, its length in as few bytes as it takes."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first_byte, masked << 7 | size)
    elif size < 65536:
        head = struct.pack("!BBH", first_byte, masked << 7 | 126, size)
    else:
        head = struct.pack("!BBQ", first_byte, masked << 7 | 127, size)
    if not masked:
        return head + payload
    coded = bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))
    return head + MASK + coded


class Stream:
    """A TCP connection that is read by the byte."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(30)  # a guard against hanging
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self, reset=False):
        """Ends the connection: with its last byte, or with a TCP RST."""
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.reader.close()
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def send_byte_by_byte(self, data):
        for byte in data:
            self.sock.sendall(bytes([byte]))

    def head(self):
        """An HTTP head with its last, empty line."""
        lines = []
        while not lines or lines[-1] not in (b"\r\n", b""):
            lines.append(self.reader.readline())
        return b"".join(lines)

    def frame(self):
        """The next frame: first byte, whether it is masked, payload."""
        first_byte, second = self.reader.read(2)
        size, masked = second & 0x7F, second >> 7
        if size == 126:
            (size,) = struct.unpack("!H", self.reader.read(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self.reader.read(8))
        mask = self.reader.read(4) if masked else bytes(4)
        payload = self.reader.read(size)
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        return first_byte, masked, payload

    def close_code(self):
        """The code of the Close frame that comes next, after any echo."""
        while True:
            first_byte, _, payload = self.frame()
            if first_byte == 0x88:
                return int.from_bytes(payload[:2], "big")

    def at_end(self):
        return self.reader.read(1) == b""


def connect(url):
    """A connection to the server of a URL, before any handshake."""
    host, port = url.split("/")[2].split(":")
    return Stream(socket.create_connection((host, int(port))))


def shaken(url):
    """The same after the opening handshake."""
    stream = connect(url)
    stream.send(REQUEST)
    stream.head()
    return stream
