"""aioquic and wsproto as a server of our client in HTTP/3: all WebSockets of a
run of the program are in one connection.
"""

import asyncio
from asyncio.subprocess import PIPE, create_subprocess_exec

from aioquic.h3.connection import ErrorCode, Setting

from driver_peers import DRIVER_CLOSES, Quiet, hundred_messages
from harness import CASES, environment
from http3_peers import Reset, Server, accept, encoded
from wsproto_socket import Socket, echoes

CERT, KEY = environment("DRIVER_CERT"), environment("DRIVER_KEY")


class Ours(Server):
    async def visit(self, handler, *options, count=1):
        """Serves one run of the program with so many requests: exit status
        and complaints.
        """
        wrong = []
        ended = asyncio.Semaphore(0)

        async def handling(streams, stream):
            try:
                await handler(streams, stream)
            except Exception as error:
                wrong.append(error)
            ended.release()

        self.handler = handling
        process = await create_subprocess_exec(
            environment("DRIVER_ECHO"),
            *("--driver", "http3", "--role", "client", "--cacert", CERT),
            *options,
            f"wss://localhost:{self.port}/a?b=c",
            stderr=PIPE,
        )
        err = (await process.communicate())[1]
        # what the program sent at last may come after its end
        for _ in range(count):
            await ended.acquire()
        if wrong:
            print(f"the client ended with {process.returncode}: {err.decode()}")
            raise wrong[0]
        return process.returncode, err.decode()


async def goodbye(part, socket, code, reason):
    part.equal("close", await socket.close(code, reason), (code, reason))
    # the server ends the stream first
    socket.streams.end(socket.stream)


async def conversation(part, server):
    for deflate in (False, True):

        async def handler(streams, stream):
            socket = await accept(streams, stream, deflate)
            wanted = {
                ":method": "CONNECT",
                ":protocol": "websocket",
                ":scheme": "https",
                ":authority": f"localhost:{server.port}",
                ":path": "/a?b=c",
                "sec-websocket-version": "13",
            }
            offered = socket.fields.pop("sec-websocket-extensions", "")
            part.equal("the request", socket.fields, wanted)
            part.equal("offered", offered.startswith("permessage-deflate"), deflate)
            await echoes(part, socket)
            await goodbye(part, socket, 1000, "")

        options = ["--deflate"] if deflate else []
        part.equal("exit", await server.visit(handler, *options), (0, ""))
    part.held("messages of 0 B to 1 MB, plain and compressed, fragments and Pings")


async def closes(part, server):
    for case in CASES["closes"]:

        async def handler(streams, stream):
            socket = await accept(streams, stream)
            answer = await socket.close(case["code"], case["reason"])
            wanted = 1005 if case["code"] is None else case["code"]
            part.equal("answer", answer, (wanted, case["reason"]))
            streams.end(stream)

        part.equal(case, await server.visit(handler), (0, ""))
    part.held("close codes and reasons of the server are answered")
    for case in DRIVER_CLOSES:

        async def handler(streams, stream):
            socket = await accept(streams, stream)
            await socket.send(f"/close {case['code']} {case['reason']}")
            wanted = (case["code"], case["reason"])
            part.equal("end", await socket.closed(), wanted)
            streams.end(stream)

        part.equal(case, await server.visit(handler), (0, ""))
    part.held("close codes and reasons of the client arrive")


async def fifty(part, server):
    ready = asyncio.Barrier(50)
    numbers = iter(range(50))
    connections = set()

    async def handler(streams, stream):
        connections.add(streams)
        number = next(numbers)
        socket = await accept(streams, stream)
        await hundred_messages(number, ready, socket)
        await goodbye(part, socket, 4000 + number, "bye")

    result = await server.visit(handler, "--connections", "50", count=50)
    part.equal("exit status", result, (0, ""))
    part.equal("connections", len(connections), 1)
    part.held("50 WebSockets in one connection get their own messages and codes")


async def refused(part, server):
    async def handler(streams, stream):
        await streams.event(stream)
        answer = [(":status", "403"), ("content-type", "text/plain")]
        streams.h3.send_headers(stream, encoded(answer))
        streams.h3.send_data(stream, b"not here\n", end_stream=True)
        streams.transmit()

    wanted = (1, "server answered with status 403: not here\n")
    part.equal("refused", await server.visit(handler), wanted)

    async def handler(streams, stream):
        for status in ("103", "200"):
            answer = [(":status", status), ("server", "aioquic")]
            streams.h3.send_headers(stream, encoded(answer))
        streams.transmit()
        await streams.event(stream)
        socket = Socket(streams, stream, {}, [], server=True)
        await goodbye(part, socket, 1000, "")

    part.equal("interim", await server.visit(handler), (0, ""))
    part.held("a refusal is told with its status, an interim response is none")


async def resets(part, server):
    async def handler(streams, stream):
        socket = await accept(streams, stream)
        await socket.send("a message")
        part.equal("echo", await socket.recv(), "a message")
        streams.reset(stream)

    status, complaint = await server.visit(handler)
    part.equal("reset", (status, "reset by peer" in complaint), (1, True))

    # answers that break a rule of WebSocket, and of HTTP/3
    for answer, code in (
        (("sec-websocket-protocol", "other"), ErrorCode.H3_REQUEST_CANCELLED),
        (("sec-websocket-accept", "x"), ErrorCode.H3_REQUEST_CANCELLED),
        (("upgrade", "websocket"), ErrorCode.H3_MESSAGE_ERROR),
    ):

        async def handler(streams, stream):
            await accept(streams, stream, extra=[answer])
            try:
                part.equal(answer, await streams.event(stream), Reset)
            except Reset as reset:
                part.equal(answer, reset.code, code)
            # it waits for this, so that its reset is not lost
            streams.close()

        part.equal(answer, (await server.visit(handler))[0], 1)
    part.held("a reset is an error of the client, and so is an answer that is wrong")


async def not_allowed(part):
    server = Ours()
    await server.start(CERT, KEY, without=Setting.ENABLE_CONNECT_PROTOCOL)

    async def handler(streams, stream):
        raise AssertionError("a request")

    wanted = (1, "server does not allow WebSockets in HTTP/3\n")
    part.equal("not asked", await server.visit(handler, count=0), wanted)
    part.held("a server that does not allow it is not asked")


async def main():
    part = Quiet("aioquic and wsproto, client in HTTP/3")
    server = Ours()
    await server.start(CERT, KEY)
    for check in (conversation, closes, fifty, refused, resets):
        await part.scenario(check.__name__, check(part, server))
    await part.scenario("not_allowed", not_allowed(part))
    part.finish()


asyncio.run(main())
