"""Compressed messages that no library sends, from bare sockets to
echo_server and to echo_client."""

import asyncio
import re
import socket
import subprocess
import zlib

from driver_peers import Quiet
from harness import environment, example
from raw import REQUEST, Stream, connect, frame, response_to

URL = environment("DEFLATE_URLS").split()[1]
SHORT_URL = environment("DEFLATE_SHORT_URL")
OFFER = b"permessage-deflate; client_max_window_bits"


def packed(data):
    maker = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (maker.compress(data) + maker.flush(zlib.Z_SYNC_FLUSH))[:-4]


HELLO = packed(b"Hello")

# What is sent: first bytes of frames and payloads; the close code.
BAD = [
    ("a block of a type that does not exist", [(0xC1, b"\x06")], 1007),
    ("a distance beyond the start", [(0xC1, b"\x02\x13\x00\x00")], 1007),
    ("a stored block with a wrong length", [(0xC2, b"\x00\x01\x00\x00\x00a")], 1007),
    ("a message that ends in a block", [(0xC1, HELLO[:4])], 1007),
    ("a compressed message of no bytes", [(0xC1, b"")], 1007),
    ("text that is not UTF-8", [(0xC1, packed(b"a\xff"))], 1007),
    ("a code point cut by the end", [(0xC1, packed(b"\xc3"))], 1007),
    ("RSV1 on a continuation", [(0x41, HELLO[:3]), (0xC0, HELLO[3:])], 1002),
    ("RSV1 on a Ping", [(0xC9, b"")], 1002),
    ("RSV2 on a message", [(0xA1, b"a")], 1002),
    ("RSV3 on a compressed message", [(0xD1, HELLO)], 1002),
]
# Each of them is legal, and so is what comes after it.
GOOD = [
    ("an empty message", [(0xC1, b"\x00")], b""),
    ("a block with BFINAL", [(0xC1, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00")], b"Hello"),
    ("BFINAL, no empty block", [(0xC1, b"\xf3\x48\xcd\xc9\xc9\x07\x00")], b"Hello"),
    ("a byte a fragment", [(0x41, HELLO[:1])]
     + [(0x00, HELLO[i : i + 1]) for i in range(1, len(HELLO))]
     + [(0x80, b"")], b"Hello"),
    ("a plain message", [(0x81, b"plain")], b"plain"),
    ("two blocks", [(0xC1, packed(b"Hel") + b"\x00\x00\xff\xff" + packed(b"lo"))], b"Hello"),
]


def message(stream, inflater):
    """The next message."""
    first, _, payload = stream.frame()
    data, compressed = payload, first & 0x40
    while not first & 0x80:
        first, _, payload = stream.frame()
        data += payload
    if not compressed:
        return data
    return inflater.decompress(data + b"\x00\x00\xff\xff")


def good(part, stream, masked):
    inflater = zlib.decompressobj(-15)
    for name, frames, wanted in GOOD:
        for first, payload in frames:
            stream.send(frame(first, payload, masked))
        part.equal(name, message(stream, inflater), wanted)


def server(url):
    """A connection to echo_server after the opening handshake."""
    stream = connect(url)
    field = b"Sec-WebSocket-Extensions: " + OFFER + b"\r\n\r\n"
    stream.send(REQUEST[:-2] + field)
    return stream, stream.head()


def failing(part, stream, name, frames, code, masked):
    for first, payload in frames:
        stream.send(frame(first, payload, masked))
    part.equal(name, stream.close_code(), code)


async def against_server(part):
    for case in BAD:
        stream, head = server(URL)
        part.equal("agreed", b"permessage-deflate" in head, True)
        failing(part, stream, *case, True)
        stream.close()
    part.held("malformed messages get 1007 or 1002")
    stream, _ = server(URL)
    good(part, stream, True)
    stream.close()
    part.held("legal ones of every kind come back")
    # 1,000 bytes are the longest message; 1 MiB of zeros is 1,033
    stream, _ = server(SHORT_URL)
    failing(part, stream, "a bomb", [(0xC2, packed(bytes(100_000)))], 1009, True)
    stream.close()
    stream, _ = server(SHORT_URL)
    inflater = zlib.decompressobj(-15)
    stream.send(frame(0xC2, packed(bytes(1000)), True))
    part.equal("the longest", message(stream, inflater), bytes(1000))
    failing(part, stream, "one more", [(0xC2, packed(bytes(1001)))], 1009, True)
    stream.close()
    stream = connect(URL)
    stream.send(REQUEST)
    part.equal("not agreed", b"permessage" in stream.head(), False)
    failing(part, stream, "RSV1", [(0xC1, HELLO)], 1002, True)
    stream.close()
    part.held("messages that inflate beyond the limit get 1009")


OFFERS = [
    ("permessage-deflate; server_max_window_bits=7", None),
    ("permessage-deflate; server_max_window_bits=16", None),
    ("permessage-deflate; server_max_window_bits=010", None),
    ("permessage-deflate; server_max_window_bits", None),
    ("permessage-deflate; server_no_context_takeover=1", None),
    ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", None),
    ("permessage-deflate; unknown", None),
    ("x-other, permessage-deflate; unknown, PerMessage-Deflate", "permessage-deflate"),
    ('permessage-deflate; server_max_window_bits="9"', "permessage-deflate; server_max_window_bits=9"),
    ("permessage-deflate; SERVER_MAX_WINDOW_BITS=9", "permessage-deflate; server_max_window_bits=9"),
    ("permessage-deflate; client_max_window_bits=8", "permessage-deflate; client_max_window_bits=8"),
]


async def offers(part):
    for offer, wanted in OFFERS:
        stream = connect(URL)
        field = f"Sec-WebSocket-Extensions: {offer}\r\n\r\n".encode()
        stream.send(REQUEST[:-2] + field)
        head = stream.head()
        part.equal(offer, head.startswith(b"HTTP/1.1 101 "), True)
        found = re.search(rb"(?im)^sec-websocket-extensions: *(.*?)\r?$", head)
        part.equal(offer, found and found[1].decode(), wanted)
        stream.close()
    part.held("offers that no library makes are declined or understood")


def visited(part, answer, talk):
    """Serves one run of echo_client. Returns its exit status."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = subprocess.Popen(
            [example("echo_client"), f"ws://127.0.0.1:{port}/", "--deflate"],
            stderr=subprocess.DEVNULL,
        )
        with Stream(listener.accept()[0]) as stream:
            request = stream.head()
            part.equal("the offer", OFFER in request, True)
            field = b"Sec-WebSocket-Extensions: " + answer + b"\r\n\r\n"
            stream.send(response_to(request)[:-2] + field)
            talk(stream)
        return client.wait(30)


async def against_client(part):
    for case in BAD:

        def talk(stream):
            failing(part, stream, *case, False)

        status = visited(part, b"permessage-deflate", talk)
        part.equal("exit status", status, 1)
    part.held("malformed messages get 1007 or 1002")

    def talk(stream):
        good(part, stream, False)
        stream.send(frame(0x88, b"\x03\xe8", False))
        part.equal("the Close", stream.close_code(), 1000)

    status = visited(part, b"permessage-deflate", talk)
    part.equal("exit status", status, 0)
    part.held("legal ones of every kind come back")
    for answer in [
        b"permessage-deflate; client_max_window_bits",
        b"permessage-deflate; server_max_window_bits=16",
        b"permessage-deflate; unknown",
        b"permessage-deflate, permessage-deflate",
        b"x-other",
    ]:

        def talk(stream):
            part.equal("no frame", stream.at_end(), True)

        part.equal(f"{answer}", visited(part, answer, talk), 1)
    part.held("answers that nobody asked for end it")


async def main():
    part = Quiet("bare sockets, echo_server")
    await part.scenario("messages", against_server(part))
    await part.scenario("offers", offers(part))
    other = Quiet("bare sockets, echo_client")
    await other.scenario("messages", against_client(other))
    part.failures += other.failures
    part.finish()


asyncio.run(main())
