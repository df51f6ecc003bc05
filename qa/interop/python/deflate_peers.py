"""What holds on any compressed connection to an echo, and a relay that sees
what is on the wire."""

import asyncio
import contextlib
import re

from driver_peers import echoed
from harness import CASES, content, fragments, octets


class Direction:
    """A head, then frames: counts the messages, and the bytes of their
    payloads."""

    def __init__(self):
        self.head = b""
        self.compressed = self.plain = self.bytes = 0
        self.rest = bytearray()
        self.skip = 0

    def push(self, data):
        if not self.head.endswith(b"\r\n\r\n"):
            whole = self.head + data
            end = whole.find(b"\r\n\r\n")
            if end < 0:
                self.head = whole
                return
            self.head, data = whole[: end + 4], whole[end + 4 :]
        self.rest += data
        while True:
            skipped = min(self.skip, len(self.rest))
            del self.rest[:skipped]
            self.skip -= skipped
            if self.skip or len(self.rest) < 2:
                return
            first, second = self.rest[:2]
            extra = {126: 2, 127: 8}.get(second & 0x7F, 0)
            header = 2 + extra + (4 if second & 0x80 else 0)
            if len(self.rest) < header:
                return
            size = second & 0x7F
            if extra:
                size = int.from_bytes(self.rest[2 : 2 + extra], "big")
            opcode = first & 0x0F
            if opcode < 8:
                self.bytes += size
            if opcode in (1, 2):
                if first & 0x40:
                    self.compressed += 1
                else:
                    self.plain += 1
            self.skip = header + size

    @property
    def extensions(self):
        field = rb"(?im)^sec-websocket-extensions: *(.*?)\r?$"
        found = re.search(field, self.head)
        return found[1].decode() if found else ""


class Tap:
    """Relays to a port. `up` and `down` have what passed on the newest
    connection."""

    def __init__(self, port):
        self.target = port

    async def relay(self, reader, writer):
        self.up, self.down = up, down = Direction(), Direction()
        there = await asyncio.open_connection("127.0.0.1", self.target)

        async def one_way(source, target, direction):
            with contextlib.suppress(ConnectionError):
                while data := await source.read(1 << 16):
                    direction.push(data)
                    target.write(data)
                    await target.drain()
            target.close()

        await asyncio.gather(
            one_way(reader, there[1], up), one_way(there[0], writer, down)
        )

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.relay, "127.0.0.1", 0)
        port = self.server.sockets[0].getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}/"
        return self

    async def __aexit__(self, *_):
        self.server.close()


def json(size):
    """Lines of JSON, as telemetry has them."""
    lines, length = [], 0
    while length < size:
        i = len(lines)
        at, celsius = 1700000000 + i * 10, 60 + (i * 37) % 100 / 10
        lines.append(f'{{"sensor":{i % 7},"at":{at},"celsius":{celsius}}}\n')
        length += len(lines[-1])
    return "".join(lines)[:size]


MESSAGES = [content(case) for case in CASES["messages"]]
SHORT = [message for message in MESSAGES if len(message) < 100_000]
LONG = [message for message in MESSAGES if len(message) >= 100_000]
LONG.append(json(1_000_000))


async def exchange(part, peer, long):
    """Messages, fragments, Pings, and many at once. `long`: also 1 MB."""
    messages = [*SHORT, json(200), json(200), json(40_000)]
    for message in messages + (LONG if long else []):
        what = f"a message of {len(message)}"
        part.equal(what, await echoed(peer, message), message)
    if peer.send_fragments is not None:
        for case in CASES["fragmented"]:
            message = content(case)
            if long or len(message) < 100_000:
                is_text = isinstance(message, str)
                await peer.send_fragments(fragments(case), is_text)
                part.equal(case["name"], await peer.recv(), message)
    for case in CASES["pings"]:
        payload = octets(content(case))
        part.equal(case["name"], await peer.ping(payload), payload)
    many = [json(40 + 3 * i)[i % 30 :] for i in range(100)]
    for message in many:
        await peer.send(message)
    for message in many:
        part.equal("one of 100 in a row", await peer.recv(), message)


def check_wire(part, tap, agreed):
    """What passed was compressed, both ways, if that was agreed on."""
    part.equal("agreed", tap.down.extensions != "", agreed)
    for way in (tap.up, tap.down):
        share = way.compressed / (way.compressed + way.plain)
        part.equal(f"compressed ({share})", share > 0.3, agreed)
