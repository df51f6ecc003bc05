"""hypercorn as a server of our client in HTTP/2: all WebSockets of a run of the
program are in one connection.
"""

import asyncio
import logging
from asyncio.subprocess import PIPE, create_subprocess_exec

from hypercorn.asyncio import serve
from hypercorn.config import Config

from driver_peers import DRIVER_CLOSES, MAX, Quiet, hundred_messages
from harness import CASES, content, environment

CERT = environment("DRIVER_CERT")


class Peer:
    """A WebSocket of an ASGI server. It shows neither fragments nor Pings, and
    no close code of its client.
    """

    def __init__(self, receive, send):
        self.receive, self.put = receive, send

    async def send(self, message):
        kind = "text" if isinstance(message, str) else "bytes"
        await self.put({"type": "websocket.send", kind: message})

    async def recv(self):
        event = await self.receive()
        if event["type"] != "websocket.receive":
            return event
        text = event.get("text")
        return event["bytes"] if text is None else text

    async def close(self, code, reason):
        await self.put({"type": "websocket.close", "code": code, "reason": reason})


class Server:
    """hypercorn on a free port. Each connection goes to `handler`."""

    def __init__(self, secure):
        self.secure = secure
        self.clients = set()
        self.versions = set()
        self.wrong = []
        self.end = asyncio.Event()

    async def app(self, scope, receive, send):
        if scope["type"] == "lifespan":
            while (event := await receive())["type"] != "lifespan.shutdown":
                await send({"type": event["type"] + ".complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.clients.add(scope["client"])
        self.versions.add(scope["http_version"])
        await receive()
        if scope["path"] == "/refused":
            start = {"type": "websocket.http.response.start", "status": 403}
            await send({**start, "headers": []})
            end = {"type": "websocket.http.response.body", "body": b"not here\n"}
            await send(end)
            return
        await send({"type": "websocket.accept"})
        try:
            await self.handler(Peer(receive, send))
        except Exception as error:
            self.wrong.append(error)

    async def start(self):
        config = Config()
        config.bind = ["localhost:0"]
        config.websocket_max_message_size = MAX
        config.errorlog = logging.getLogger("hypercorn")
        config.graceful_timeout = 1
        if self.secure:
            config.certfile, config.keyfile = CERT, environment("DRIVER_KEY")
        # it does not tell the port that it was given
        sockets = config.create_sockets()
        which = sockets.secure_sockets or sockets.insecure_sockets
        self.port = which[0].getsockname()[1]
        # a client may come before hypercorn begins to listen
        for of_server in which:
            of_server.listen()
        config.create_sockets = lambda: sockets
        self.serving = asyncio.create_task(
            serve(self.app, config, shutdown_trigger=self.end.wait)
        )

    async def visit(self, handler, count=1, path="/a?b=c"):
        """Serves one run of the program: exit status and complaints."""
        self.handler, self.wrong = handler, []
        self.clients.clear()
        process = await create_subprocess_exec(
            environment("DRIVER_ECHO"),
            *("--driver", "http2", "--role", "client", "--cacert", CERT),
            *("--connections", str(count)),
            f"ws{'s' * self.secure}://localhost:{self.port}{path}",
            stderr=PIPE,
        )
        err = (await process.communicate())[1]
        if self.wrong:
            print(f"the client ended with {process.returncode}: {err.decode()}")
            raise self.wrong[0]
        return process.returncode, err.decode()


async def conversation(part, server):
    async def handler(peer):
        for case in CASES["messages"]:
            message = content(case)
            await peer.send(message)
            part.equal(case["name"], await peer.recv(), message)
        await peer.close(1000, "")

    part.equal("exit status", await server.visit(handler), (0, ""))
    part.equal("version", server.versions, {"2"})
    part.held("messages of 0 B to 1 MB come back")


async def closes(part, server):
    for case in CASES["closes"]:
        if case["code"] is None:
            continue

        async def handler(peer):
            await peer.close(case["code"], case["reason"])

        part.equal(case, await server.visit(handler), (0, ""))
    part.held("close codes and reasons of the server are answered")
    for case in DRIVER_CLOSES:

        async def handler(peer):
            await peer.send(f"/close {case['code']} {case['reason']}")
            part.equal("end", (await peer.recv())["type"], "websocket.disconnect")

        part.equal(case, await server.visit(handler), (0, ""))
    part.held("close codes and reasons of the client are answered")


async def fifty(part, server):
    ready = asyncio.Barrier(50)
    numbers = iter(range(50))
    done = []

    async def handler(peer):
        number = next(numbers)
        await hundred_messages(number, ready, peer)
        done.append(number)
        await ready.wait()

    # hypercorn ends the whole connection with the first of its WebSockets
    await server.visit(handler, 50)
    part.equal("all of them", len(done), 50)
    part.equal("connections", len(server.clients), 1)
    part.held("50 WebSockets in one connection get their own messages")


async def stalled(part, server):
    """The program reads no more than it can send back."""
    ready = asyncio.Barrier(2)
    numbers = iter(range(2))
    over = asyncio.Event()

    async def handler(peer):
        number = next(numbers)
        await ready.wait()
        if number == 0:
            await over.wait()
        else:
            for _ in range(5):
                message = content(CASES["messages"][-1])
                await peer.send(message)
                part.equal("1 MB", await peer.recv() == message, True)
            over.set()
        await peer.close(1000, "")

    part.equal("exit status", await server.visit(handler, 2), (0, ""))
    part.held("5 MB on a WebSocket beside a silent one")


async def refused(part, server):
    status, complaint = await server.visit(None, path="/refused")
    told = "status 403" in complaint
    part.equal("refused", (status, told), (1, True))
    part.held("a refusal is told with its status")


async def main():
    # its complaint then
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    logging.getLogger("hypercorn").setLevel(logging.CRITICAL)
    failures = 0
    for secure in (True, False):
        server = Server(secure)
        await server.start()
        part = Quiet(f"hypercorn, {'wss' if secure else 'ws'} client in HTTP/2")
        for check in (conversation, closes, fifty, stalled, refused):
            await part.scenario(check.__name__, check(part, server))
        failures += part.failures
        server.end.set()
        server.serving.cancel()
    part.failures = failures
    part.finish()


asyncio.run(main())
