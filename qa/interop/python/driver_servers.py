"""Libraries as servers of the echo clients on the drivers, directly and
through proxies."""

import asyncio
import contextlib
import ssl
from asyncio.subprocess import PIPE, create_subprocess_exec

import websockets
from aiohttp import web

from driver_peers import (
    DRIVER_CLOSES,
    MAX,
    Aiohttp,
    Quiet,
    Websockets,
    cut,
    hundred_messages,
    messages,
    pings,
)
from harness import CASES, environment

DRIVERS = ["tokio", "std", "hyper", "embedded"]
CERT = environment("DRIVER_CERT")
PROXIES = [line.split() for line in environment("PEER_URLS").splitlines()]
PEER_PORT = int(environment("PEER_PORT"))


def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERT, environment("DRIVER_KEY"))
    return context


@contextlib.asynccontextmanager
async def websockets_server(handler, port, secure):
    async def handled(ws):
        await handler(Websockets(ws))

    async with websockets.serve(
        handled,
        "127.0.0.1",
        port,
        max_size=MAX,
        ping_interval=None,
        ssl=tls() if secure else None,
    ) as server:
        yield server.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def aiohttp_server(handler, port, secure):
    async def handled(request):
        ws = web.WebSocketResponse(
            max_msg_size=MAX, autoping=False, autoclose=False
        )
        await ws.prepare(request)
        await handler(Aiohttp(ws))
        return ws

    app = web.Application()
    app.router.add_get("/{path:.*}", handled)
    runner = web.AppRunner(app)
    await runner.setup()
    context = tls() if secure else None
    site = web.TCPSite(runner, "127.0.0.1", port, ssl_context=context)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


KINDS = {
    "websockets": (Websockets, websockets_server),
    "aiohttp": (Aiohttp, aiohttp_server),
}


async def visit(server, driver, handler, secure, url, port=0, count=1):
    """Serves one run of the program, which must end with 0."""
    wrong = []

    async def guarded(peer):
        try:
            await handler(peer)
        except Exception as error:
            wrong.append(error)

    async with server(guarded, port, secure) as port:
        process = await create_subprocess_exec(
            environment("DRIVER_ECHO"),
            *("--driver", driver, "--role", "client", "--cacert", CERT),
            *("--connections", str(count)),
            url or f"ws{'s' * secure}://localhost:{port}/a?b=c",
            stderr=PIPE,
        )
        err = (await process.communicate())[1]
    if wrong:
        print(f"{driver} ended with {process.returncode}: {err.decode()}")
        raise wrong[0]
    return process.returncode, err.decode()


async def conversation(part, serve):
    async def handler(peer):
        for suite in (messages, cut, pings):
            await suite(part, peer)
        await peer.close(1000, "")

    part.equal("exit status", await serve(handler), (0, ""))


async def all_closes(part, serve):
    for case in CASES["closes"]:

        async def handler(peer):
            answer = await peer.close(case["code"], case["reason"])
            wanted = 1005 if case["code"] is None else case["code"]
            part.equal(case["code"], answer, (wanted, case["reason"]))

        part.equal("exit status", await serve(handler), (0, ""))
    part.held("close codes and reasons of the peer come back")
    for case in DRIVER_CLOSES:

        async def handler(peer):
            await peer.send(f"/close {case['code']} {case['reason']}")
            answer = await peer.closed()
            part.equal(case["code"], answer, (case["code"], case["reason"]))

        part.equal("exit status", await serve(handler), (0, ""))
    part.held("close codes and reasons of the driver arrive")


async def hundred_connections(part, serve):
    ready = asyncio.Barrier(100)
    numbers = iter(range(100))
    ends = []

    async def handler(peer):
        number = next(numbers)
        await hundred_messages(number, ready, peer)
        end = await peer.close(4000 + number, "bye")
        ends.append(end == (4000 + number, "bye"))

    part.equal("exit status", await serve(handler), (0, ""))
    part.equal("the ends", ends, [True] * 100)
    part.held("100 connections at once get their own messages and closes")


async def main():
    failures = 0
    for driver in DRIVERS:
        for name, (kind, server) in KINDS.items():
            ways = [("", "ws", None), ("", "wss", None)]
            if kind is Websockets:
                for proxy, url in PROXIES:
                    ways.append((f" through {proxy}", url.split(":")[0], url))
            for through, scheme, url in ways:
                part = Quiet(f"{name} server, {scheme} client on {driver}{through}")
                # a proxy has ended TLS
                secure = scheme == "wss" and url is None
                port = PEER_PORT if url else 0

                def serve(handler, count=1):
                    return visit(server, driver, handler, secure, url, port, count)

                await part.scenario("messages", conversation(part, serve))
                if url is None or scheme == "ws":
                    await part.scenario("closes", all_closes(part, serve))
                if kind is Websockets and url is None:

                    def all_at_once(handler):
                        return serve(handler, 100)

                    await part.scenario(
                        "100 connections",
                        hundred_connections(part, all_at_once),
                    )
                failures += part.failures
    part.failures = failures
    part.finish()


asyncio.run(main())
