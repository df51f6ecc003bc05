"""Libraries as servers of the compressing echo_client, with each kind of
parameters, or of a client on a driver, with some."""

import asyncio
import contextlib
from asyncio.subprocess import PIPE, create_subprocess_exec

import websockets
from aiohttp import web
from websockets.extensions.permessage_deflate import (
    ServerPerMessageDeflateFactory,
)

from deflate_peers import Tap, check_wire, exchange
from driver_peers import MAX, Aiohttp, Quiet, Websockets
from harness import environment

CLIENT = environment("DEFLATE_CLIENT").split(" ")
NAME = environment("DEFLATE_CLIENT_NAME")
# one of so many parameters is tried
STEP = int(environment("DEFLATE_STEP"))


@contextlib.asynccontextmanager
async def websockets_server(handler, extensions):
    async def handled(ws):
        await handler(Websockets(ws))

    async with websockets.serve(
        handled,
        "127.0.0.1",
        0,
        compression=None,
        extensions=extensions,
        max_size=MAX,
        ping_interval=None,
    ) as server:
        yield server.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def aiohttp_server(handler, compress):
    async def handled(request):
        ws = web.WebSocketResponse(
            max_msg_size=MAX,
            autoping=False,
            autoclose=False,
            compress=compress,
        )
        await ws.prepare(request)
        await handler(Aiohttp(ws))
        return ws

    app = web.Application()
    app.router.add_get("/{path:.*}", handled)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def visit(part, server, options, parameters, agreed, long=False):
    """Serves one run of the program, which must end with 0."""
    wrong = []

    async def handler(peer):
        try:
            await exchange(part, peer, long)
            end = await peer.close(4001, "bye")
            part.equal("the Close", end, (4001, "bye"))
        except Exception as error:
            wrong.append(error)

    async with server(handler, options) as port, Tap(port) as tap:
        process = await create_subprocess_exec(
            *CLIENT,
            tap.url,
            f"--deflate={parameters}",
            stderr=PIPE,
        )
        err = (await process.communicate())[1]
    if wrong:
        raise wrong[0]
    part.equal("the program", (process.returncode, err), (0, b""))
    check_wire(part, tap, agreed)


TAKEOVERS = [
    "",
    "server_no_context_takeover",
    "client_no_context_takeover",
    "server_no_context_takeover,client_no_context_takeover",
]


def parameters():
    for takeover in TAKEOVERS:
        yield takeover
        for bits in range(9, 16):
            windows = f"server_max_window_bits={bits}"
            windows += f",client_max_window_bits={24 - bits}"
            yield f"{takeover},{windows}"


async def main():
    part = Quiet(f"websockets server, {NAME}")
    default = [ServerPerMessageDeflateFactory()]
    talk = visit(part, websockets_server, [], "", False)
    await part.scenario("without", talk)
    tried = list(parameters())[::STEP]
    for number, asked in enumerate(tried):
        talk = visit(
            part, websockets_server, default, asked, True, number in (0, 1)
        )
        await part.scenario(asked, talk)
    part.held(f"{len(tried)} offers: messages, fragments, Pings")
    for server_alone in (False, True):
        for client_alone in (False, True):
            for bits in range(9, 16)[::STEP]:
                factory = ServerPerMessageDeflateFactory(
                    server_no_context_takeover=server_alone,
                    client_no_context_takeover=client_alone,
                    server_max_window_bits=bits,
                    client_max_window_bits=24 - bits,
                )
                talk = visit(part, websockets_server, [factory], "", True)
                await part.scenario(f"{factory.__dict__}", talk)
    part.held("as many answers: messages, fragments, Pings")
    other = Quiet(f"aiohttp server, {NAME}")
    talk = visit(other, aiohttp_server, False, "", False)
    await other.scenario("without", talk)
    for asked in tried:
        talk = visit(other, aiohttp_server, True, asked, True, asked == "")
        await other.scenario(asked, talk)
    other.held(f"{len(tried)} offers: messages, Pings")
    part.failures += other.failures
    part.finish()


asyncio.run(main())
