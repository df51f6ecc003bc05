"""The library `websockets` as a client of `echo_server`."""

import asyncio

import websockets

from exchange import SUITES, close, echoed
from harness import CASES, Part, content, environment

URL = environment("ECHO_URL")
SHORT_URL = environment("ECHO_SHORT_URL")
SHORT_MAX = int(environment("ECHO_SHORT_MAX"))
part = Part("python client")


def connect(url=URL, **options):
    # no keepalive: only the Pings of the checks are sent
    return websockets.connect(
        url, proxy=None, max_size=None, ping_interval=None, **options
    )


async def suite(run):
    async with connect() as ws:
        await run(part, ws)


async def large_message():
    case = CASES["large"]
    async with connect() as ws:
        message = content(case)
        answer = await echoed(ws, message)
        part.equal(f"{case['name']} comes back", answer, message)


async def opening_handshake():
    async with connect(subprotocols=["chat"]) as ws:
        offer = ws.request.headers["Sec-WebSocket-Extensions"]
        part.equal(
            "permessage-deflate is offered",
            offer.startswith("permessage-deflate"),
            True,
        )
        part.equal(
            "it is declined, and so is a subprotocol that nobody knows",
            (
                ws.response.status_code,
                ws.response.headers.get("Sec-WebSocket-Extensions"),
                ws.subprotocol,
            ),
            (101, None, None),
        )


async def closing(case):
    async with connect() as ws:
        await close(part, ws, case)


async def too_long():
    async with connect(SHORT_URL) as ws:
        message = "x" * SHORT_MAX
        await ws.send(message)
        part.equal("the longest message comes back", await ws.recv(), message)
        await ws.send(message + "x")
        try:
            await ws.recv()
            code = None
        except websockets.ConnectionClosed as closed:
            code = closed.rcvd and closed.rcvd.code
        part.equal("a message one byte too long fails with 1009", code, 1009)


async def hundred_connections():
    ready = asyncio.Barrier(100)

    async def one(number):
        async with connect() as ws:
            await ready.wait()
            messages = [
                f"🦀 {number}.{i} " + "x" * (number * 50) for i in range(5)
            ]
            answers = []
            for message in messages:
                await ws.send(message)
                answers.append(await ws.recv())
            return answers == messages

    same = await asyncio.gather(*(one(number) for number in range(100)))
    part.equal(
        "100 connections at once each get their own 5 messages back",
        same,
        [True] * 100,
    )


async def main():
    await part.scenario("opening handshake", opening_handshake())
    for run in SUITES:
        await part.scenario(run.__name__, suite(run))
    await part.scenario("large message", large_message())
    for case in CASES["closes"]:
        await part.scenario(f"close {case['code']}", closing(case))
    await part.scenario("too long", too_long())
    await part.scenario("hundred connections", hundred_connections())
    part.finish()


asyncio.run(main())
