"""Three libraries under one interface, and what holds on any connection to a
driver, whichever end shook hands first.

A peer sends and receives whole messages, and as far as its library can do it,
fragments, Pings and all closes.
"""

import asyncio
import ssl

import aiohttp
import curl_cffi
import websockets
from aiohttp import WSMsgType
from curl_cffi.const import CurlWsFlag

from harness import CASES, Part, Wrong, content, fragments, octets

# At most 32 MB in a message; no Pings but those of the checks.
MAX = 32 << 20


def close_payload(code, reason):
    return b"" if code is None else code.to_bytes(2, "big") + reason.encode()


class Websockets:
    def __init__(self, ws):
        self.ws = ws

    async def send(self, message):
        await self.ws.send(message)

    async def recv(self):
        return await self.ws.recv()

    async def send_fragments(self, pieces, text):
        await self.ws.send(pieces, text=text)

    async def ping(self, payload):
        await (await self.ws.ping(payload))
        return payload

    async def close(self, code, reason):
        if code is None:
            # close() of the library always sends a code
            async with self.ws.send_context():
                self.ws.protocol.send_close()
        else:
            await self.ws.close(code, reason)
        return await self.closed()

    async def closed(self):
        await self.ws.wait_closed()
        frame = self.ws.protocol.close_rcvd
        return frame and (frame.code, frame.reason)

    @staticmethod
    def connect(url, context):
        return websockets.connect(
            url,
            proxy=None,
            max_size=MAX,
            ping_interval=None,
            ssl=context if url.startswith("wss") else None,
        )


class Aiohttp:
    """It sends no fragments."""

    send_fragments = None

    def __init__(self, ws):
        self.ws = ws

    async def send(self, message):
        if isinstance(message, str):
            await self.ws.send_str(message)
        else:
            await self.ws.send_bytes(message)

    async def recv(self):
        return (await self.ws.receive()).data

    async def ping(self, payload):
        await self.ws.ping(payload)
        message = await self.ws.receive()
        return bytes(message.data) if message.type == WSMsgType.PONG else message

    async def close(self, code, reason):
        """Its close() hides the reason of the answer."""
        frame = close_payload(code, reason)
        await self.ws.send_frame(frame, WSMsgType.CLOSE)
        return await self.closed()

    async def closed(self):
        message = await self.ws.receive()
        if message.type != WSMsgType.CLOSE:
            return message
        await self.ws.close(code=message.data or 1000)
        return message.data or 1005, message.extra or ""

    @staticmethod
    def connect(url, context):
        return AiohttpConnection(url, context)


class AiohttpConnection:
    def __init__(self, url, context):
        self.url, self.context = url, context

    async def __aenter__(self):
        self.session = aiohttp.ClientSession()
        return await self.session.ws_connect(
            self.url,
            ssl=self.context,
            max_msg_size=MAX,
            autoping=False,
            autoclose=False,
        )

    async def __aexit__(self, *_):
        await self.session.close()


class Curl:
    """libcurl. It hides Pongs."""

    ping = None

    def __init__(self, ws):
        self.ws = ws

    async def send(self, message):
        kind = CurlWsFlag.TEXT if isinstance(message, str) else CurlWsFlag.BINARY
        await self.ws.send(octets(message), kind)

    async def recv(self):
        data, kind = await self.ws.recv()
        return data.decode() if kind & CurlWsFlag.TEXT else bytes(data)

    async def send_fragments(self, pieces, text):
        kind = CurlWsFlag.TEXT if text else CurlWsFlag.BINARY
        for piece in pieces[:-1]:
            await self.ws.send(piece, kind | CurlWsFlag.CONT)
        await self.ws.send(pieces[-1], kind)

    async def close(self, code, reason):
        """Its close() hides the answer."""
        await self.ws.send(close_payload(code, reason), CurlWsFlag.CLOSE)
        return await self.closed()

    async def closed(self):
        data, kind = await self.ws.recv()
        if not kind & CurlWsFlag.CLOSE:
            return data, kind
        if not data:
            return 1005, ""
        return int.from_bytes(data[:2], "big"), data[2:].decode()

    @staticmethod
    def connect(url, context):
        return CurlConnection(url, context.cafile)


class CurlConnection:
    def __init__(self, url, cafile):
        self.url, self.cafile = url, cafile

    async def __aenter__(self):
        self.session = curl_cffi.requests.AsyncSession()
        return await self.session.ws_connect(
            self.url, verify=self.cafile, max_message_size=MAX
        )

    async def __aexit__(self, *_):
        await self.session.close()


def trusting(cafile):
    context = ssl.create_default_context(cafile=cafile)
    context.cafile = cafile
    return context


class Quiet(Part):
    """Compares many values, and prints one line for them when all held."""

    def __init__(self, name):
        super().__init__(name)
        self.count = 0

    def equal(self, what, got, wanted):
        if got == wanted:
            self.count += 1
        else:
            super().equal(what, got, wanted)

    def held(self, what):
        print(f"ok  {self.name}: {what}: {self.count} values", flush=True)
        self.count = 0


async def echoed(peer, message):
    """Reads while it sends: a long message comes back before it is out."""
    sending = asyncio.create_task(peer.send(message))
    answer = await peer.recv()
    await sending
    return answer


async def messages(part, peer):
    for case in [*CASES["messages"], CASES["driver_large"]]:
        message = content(case)
        part.equal(case["name"], await echoed(peer, message), message)
    part.held("messages of 0 B to 16 MB come back")


async def cut(part, peer):
    if peer.send_fragments is None:
        return
    for case in CASES["fragmented"]:
        message = content(case)
        await peer.send_fragments(fragments(case), isinstance(message, str))
        part.equal(case["name"], await peer.recv(), message)
    part.held("messages in fragments come back")


async def pings(part, peer):
    if peer.ping is None:
        return
    for case in CASES["pings"]:
        payload = octets(content(case))
        part.equal(case["name"], await peer.ping(payload), payload)
    part.equal("and a message", await echoed(peer, "after"), "after")
    part.held("Pings are answered with their payload")


async def peer_closes(part, connect, case):
    async with connect() as peer:
        part.equal("a message", await echoed(peer, "a"), "a")
        answer = await peer.close(case["code"], case["reason"])
        wanted = 1005 if case["code"] is None else case["code"]
        part.equal(case["code"], answer, (wanted, case["reason"]))


async def driver_closes(part, connect, case):
    async with connect() as peer:
        await peer.send(f"/close {case['code']} {case['reason']}")
        answer = await peer.closed()
        part.equal(case["code"], answer, (case["code"], case["reason"]))


# A program closes with a code.
DRIVER_CLOSES = [case for case in CASES["closes"] if case["code"] is not None]


async def all_of_it(part, connect):
    """`connect()` makes a connection, which is a context of a peer."""

    async def one_connection():
        async with connect() as peer:
            for suite in (messages, cut, pings):
                await suite(part, peer)
            await peer.close(1000, "")

    async def all_closes():
        for case in CASES["closes"]:
            await peer_closes(part, connect, case)
        part.held("close codes and reasons of the peer come back")
        for case in DRIVER_CLOSES:
            await driver_closes(part, connect, case)
        part.held("close codes and reasons of the driver arrive")

    await part.scenario("messages", one_connection())
    await part.scenario("closes", all_closes())


class Entered:
    """A connection of a library as a peer."""

    def __init__(self, kind, context):
        self.kind, self.context = kind, context

    async def __aenter__(self):
        return self.kind(await self.context.__aenter__())

    async def __aexit__(self, *why):
        await self.context.__aexit__(*why)


async def hundred_messages(number, ready, peer):
    """One of 100 connections that are open at the same time."""
    await ready.wait()
    for i in range(5):
        message = f"🦀 {number}.{i} " + "x" * (number * 50)
        if await echoed(peer, message) != message:
            raise Wrong(f"connection {number} got the message of another")


