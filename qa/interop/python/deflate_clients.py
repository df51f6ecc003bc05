"""Libraries as clients of the compressing echo_server, with each kind of
offer, and of the servers on the drivers."""

import asyncio

import aiohttp
import websockets
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
)

from deflate_peers import Tap, check_wire, exchange
from driver_peers import MAX, Aiohttp, Quiet, Websockets, echoed
from harness import CASES, content, environment

SERVERS = [line.split() for line in environment("DEFLATE_URLS").splitlines()]
PROGRAM = environment("DEFLATE_SERVER")


DEFAULT = (False, False, None, True)


def offers():
    """Takeover and windows of both ends."""
    for server_alone in (False, True):
        for client_alone in (False, True):
            yield server_alone, client_alone, None, None
            yield server_alone, client_alone, None, True
            for bits in range(8, 16):
                yield server_alone, client_alone, bits, max(23 - bits, 9)


async def with_websockets(part, tap, offer, agrees):
    server_alone, client_alone, server_bits, client_bits = offer
    factory = ClientPerMessageDeflateFactory(
        server_no_context_takeover=server_alone,
        client_no_context_takeover=client_alone,
        server_max_window_bits=server_bits,
        client_max_window_bits=client_bits,
    )
    async with websockets.connect(
        tap.url,
        compression=None,
        extensions=[factory],
        proxy=None,
        max_size=MAX,
        ping_interval=None,
    ) as ws:
        peer = Websockets(ws)
        await exchange(part, peer, offer == DEFAULT)
        part.equal("the Close", await peer.close(4000, "bye"), (4000, "bye"))
    check_wire(part, tap, agrees)


async def with_aiohttp(part, tap, bits, agrees):
    async with aiohttp.ClientSession() as session:
        ws = await session.ws_connect(
            tap.url,
            compress=bits,
            max_msg_size=MAX,
            autoping=False,
            autoclose=False,
        )
        peer = Aiohttp(ws)
        await exchange(part, peer, bits == 15)
        part.equal("the Close", await peer.close(4000, "bye"), (4000, "bye"))
    check_wire(part, tap, agrees)


async def large(part, tap):
    async with websockets.connect(tap.url, proxy=None, max_size=MAX) as ws:
        message = content(CASES["driver_large"])
        answer = await echoed(Websockets(ws), message)
        part.equal("16 MB", answer == message, True)
    part.held("a message of 16 MB comes back")


async def main():
    failures = 0
    for name, url in SERVERS:
        agrees = name != "without"
        async with Tap(int(url.rstrip("/").rsplit(":", 1)[1])) as tap:
            part = Quiet(f"websockets client, {PROGRAM} {name}")
            tried = list(offers())[:: 1 if name == "with" else 4]
            for offer in tried:
                # a client that does not let the server limit its window
                own = name == "with_small_windows" and offer[3] is None
                talk = with_websockets(part, tap, offer, agrees and not own)
                await part.scenario(f"offer {offer}", talk)
            part.held(f"{len(tried)} offers: messages, fragments, Pings")
            failures += part.failures
            part = Quiet(f"aiohttp client, {PROGRAM} {name}")
            for bits in range(9, 16):
                talk = with_aiohttp(part, tap, bits, agrees)
                await part.scenario(f"offer {bits}", talk)
            part.held("7 offers: messages, Pings")
            failures += part.failures
            if name == "with":
                part = Quiet("websockets client, echo_server with")
                await part.scenario("16 MB", large(part, tap))
                failures += part.failures
    part.failures = failures
    part.finish()


asyncio.run(main())
