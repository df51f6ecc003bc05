"""A WebSocket of wsproto on a stream of a client or server of HTTP/2 or HTTP/3."""

import asyncio
import math

import wsproto.events as ws_events
from wsproto.connection import Connection, ConnectionType
from wsproto.extensions import PerMessageDeflate

from harness import CASES, content, fragments, octets


class Socket:
    """A WebSocket as a peer: as the libraries in driver_peers.

    `streams` has `send`, `data` and `end` for a stream.
    """

    def __init__(self, streams, stream, fields, extensions, server=False):
        self.streams, self.stream, self.fields = streams, stream, fields
        kind = ConnectionType.SERVER if server else ConnectionType.CLIENT
        self.ws = Connection(kind, extensions)
        self.events = []
        self.whole = []

    async def put(self, event):
        await self.streams.send(self.stream, self.ws.send(event))

    async def next(self):
        while not self.events:
            data = await self.streams.data(self.stream)
            self.ws.receive_data(data)
            self.events.extend(self.ws.events())
        return self.events.pop(0)

    async def send(self, message):
        await self.put(ws_events.Message(data=message))

    async def recv(self):
        while True:
            event = await self.next()
            if isinstance(event, ws_events.Ping):
                await self.put(event.response())
            elif isinstance(event, ws_events.Message):
                self.whole.append(event.data)
                if event.message_finished:
                    pieces, self.whole = self.whole, []
                    empty = "" if isinstance(pieces[0], str) else b""
                    return empty.join(pieces)
            else:
                return event

    async def send_fragments(self, pieces, text):
        """wsproto cuts text at code points only, and so sends bytes."""
        for piece in pieces[:-1]:
            await self.put(ws_events.BytesMessage(piece, message_finished=False))
        await self.put(ws_events.BytesMessage(pieces[-1]))

    async def ping(self, payload):
        await self.put(ws_events.Ping(payload))
        while not isinstance(event := await self.next(), ws_events.Pong):
            pass
        return bytes(event.payload)

    async def close(self, code, reason):
        if code is None:
            # wsproto sends no Close without a code
            empty = b"\x88\x80\0\0\0\0" if self.ws.client else b"\x88\0"
            await self.streams.send(self.stream, empty)
        else:
            await self.put(ws_events.CloseConnection(code, reason))
        return await self.closed()

    async def closed(self):
        while not isinstance(event := await self.next(), ws_events.CloseConnection):
            pass
        if event.code != 1005 and self.ws.state.name == "REMOTE_CLOSING":
            await self.put(event.response())
        return event.code, event.reason or ""

    async def ends(self):
        """Waits for the end of the stream, in order."""
        while await self.streams.data(self.stream) is not None:
            pass
        self.streams.end(self.stream)


def offered(deflate):
    """The extensions of a client, and the fields that offer them."""
    if not deflate:
        return [], []
    extension = PerMessageDeflate()
    offer = f"permessage-deflate; {extension.offer()}"
    return [extension], [("sec-websocket-extensions", offer)]


async def echoes(part, socket, limit=math.inf):
    """All messages of the cases up to this length, and Pings, come back."""

    async def comes_back(case, sending):
        sending = asyncio.create_task(sending)
        part.equal(case["name"], await socket.recv() == content(case), True)
        await sending

    for case in CASES["messages"]:
        if len(content(case)) <= limit:
            await comes_back(case, socket.send(content(case)))
    for case in CASES["fragmented"]:
        if isinstance(content(case), bytes) and len(content(case)) <= limit:
            await comes_back(case, socket.send_fragments(fragments(case), False))
    for case in CASES["pings"]:
        payload = octets(content(case))
        part.equal(case["name"], await socket.ping(payload), payload)
