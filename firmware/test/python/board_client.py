"""Servers for the client on the board, which reads their URIs from its serial line."""

import asyncio
import socket
import threading
from http import HTTPStatus

import raw
import websockets
from harness import Part, environment
from interrupts import INTERRUPT

part = Part("board client")

# The lengths of the messages that the board sends, texts first.
LENGTHS = [22, 125, 126, 70_000, 0, 1, 125, 126, 65_535, 65_536, 10_000, 200_000]
# The address of this machine in the user network of the emulator.
HOST = "10.0.2.2"


class Board:
    """The serial line of a board that runs the client."""

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            *environment("CLIENT_COMMAND").split("\n"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        await self.line_with("board-client: ")

    async def line_with(self, *words):
        while line := (await self.process.stdout.readline()).decode():
            print("   ", line.strip(), flush=True)
            if any(word in line for word in words):
                return line.strip()
        return "the board has stopped"

    async def visit(self, uri):
        """Returns the result of a visit."""
        self.process.stdin.write(uri.encode() + b"\n")
        line = await self.line_with("ok ", "bad URI", "failed", "refused")
        self.stack = await self.line_with("stack ")
        return line

    async def stop(self):
        self.process.kill()
        await self.process.wait()


def depth(line):
    """Returns N of `stack N of M bytes`."""
    return int(line.split()[1])


async def library(board):
    """An echo by a library, which refuses unmasked frames."""
    got = []

    async def echo(ws):
        async for message in ws:
            got.append(message)
            await ws.send(message)
        got.append((ws.close_code, ws.close_reason))

    async with websockets.serve(
        echo, "127.0.0.1", 0, max_size=None, ping_interval=None
    ) as server:
        port = server.sockets[0].getsockname()[1]
        line = await board.visit(f"ws://{HOST}:{port}/a?b=c")
    end = (1000, "done")
    part.equal(
        "the board receives its messages back",
        line,
        "ok 12 messages came back, closed with 1000",
    )
    part.equal(
        "the server receives all of them, and the Close",
        [*map(len, got[:-1]), got[-1]],
        [*LENGTHS, end],
    )
    text = ("Hello from the board! " * 4000)[:70_000]
    kinds = [isinstance(message, str) for message in got[:-1]]
    part.equal("a long text is correct", got[3] == text, True)
    part.equal("4 texts, 8 binary", kinds, [True] * 4 + [False] * 8)


async def refusals(board):
    async def never(_):
        raise AssertionError

    for status in (401, 403, 503):

        def refuse(connection, _, status=status):
            return connection.respond(HTTPStatus(status), "not for you\n")

        async with websockets.serve(
            never, "127.0.0.1", 0, process_request=refuse
        ) as server:
            port = server.sockets[0].getsockname()[1]
            line = await board.visit(f"ws://{HOST}:{port}/")
        part.equal(f"a refusal with {status} is reported", line, f"refused: {status}")


def listen():
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(30)
    return listener, listener.getsockname()[1]


async def against(board, handler):
    """Visits a server without a library. Returns both of their results."""
    listener, port = listen()

    def serve():
        with raw.Stream(listener.accept()[0]) as stream:
            return handler(stream)

    with listener:
        return await asyncio.gather(
            board.visit(f"ws://{HOST}:{port}/"), asyncio.to_thread(serve)
        )


async def masks(board):
    """Every frame and every handshake has a key of its own."""

    def keys(stream):
        head = stream.head()
        stream.send(raw.response_to(head))
        seen = [head]
        first = 0
        while first != 0x88:
            first, second = stream.reader.read(2)
            size = second & 0x7F
            if size > 125:
                length = stream.reader.read(2 if size == 126 else 8)
                size = int.from_bytes(length, "big")
            key = stream.reader.read(4) if second & 0x80 else None
            payload = stream.reader.read(size)
            if key:
                stretched = (key * (size // 4 + 1))[:size]
                pairs = zip(payload, stretched)
                payload = bytes(byte ^ mask for byte, mask in pairs)
            seen.append(key)
            # Echo frame by frame.
            answer = 0x8A if first == 0x89 else first
            stream.send(raw.frame(answer, payload, False))
        return seen

    runs = [await against(board, keys) for _ in range(2)]
    heads, all_keys = [], []
    for line, (head, *of_frames) in runs:
        part.equal(
            "the echo of a bare server is accepted",
            line,
            "ok 12 messages came back, closed with 1000",
        )
        heads.append(head)
        all_keys += of_frames
    part.equal("44 frames, all masked", (len(all_keys), None in all_keys), (44, False))
    part.equal("no two keys are the same", len(set(all_keys)), 44)
    part.equal("a new handshake has a new key", heads[0] != heads[1], True)


async def bad_servers(board):
    def wrong_accept(stream):
        stream.head()
        stream.send(raw.response_to(raw.REQUEST))
        return stream.at_end()

    def masked(stream):
        frame = raw.frame(0x81, b"a", True)
        stream.send(raw.response_to(stream.head()) + frame)
        return stream.close_code()

    def wrong_echo(stream):
        frame = raw.frame(0x81, b"a", False)
        stream.send(raw.response_to(stream.head()) + frame)

    line, at_end = await against(board, wrong_accept)
    part.equal(
        "an accept value for another key is reported",
        (line, at_end),
        ("failed: Sec-WebSocket-Accept does not match the key", True),
    )
    line, code = await against(board, masked)
    part.equal(
        "a masked frame is reported, also to the server",
        (line[:7], code),
        ("failed:", 1002),
    )
    line, _ = await against(board, wrong_echo)
    part.equal(
        "a message that was not sent is reported",
        line,
        "failed: message 0 came back changed",
    )
    line, _ = await against(board, lambda stream: stream.head())
    part.equal("a server that disconnects", line, "failed: no connection")
    listener, port = listen()
    listener.close()
    line = await board.visit(f"ws://{HOST}:{port}/")
    part.equal("a server that is not there", line, "failed: no connection")


async def uris(board):
    for uri, start in [
        ("http://10.0.2.2/", "bad URI: "),
        ("ws://", "bad URI: "),
        ("wss://10.0.2.2/", "bad URI: TLS is not supported"),
        ("ws://localhost/", "bad URI: its host must be an IPv4 address"),
    ]:
        line = await board.visit(uri)
        part.equal(f"{uri} is reported", line[: len(start)], start)


async def hundred(board):
    """100 connections in a row, of which some fail in each way."""
    begun, closed = [], []

    def refuse(connection, _):
        begun.append(connection)
        if len(begun) % 7 == 0:
            return connection.respond(HTTPStatus(503), "later\n")
        return None

    async def echo(ws):
        number = len(begun)
        async for message in ws:
            if number % 5 == 0:
                ws.transport.abort()
                return
            if number % 11 == 0:
                await ws.close(1012, "restart")
                return
            await ws.send(message)
        closed.append(ws.close_code)

    async with websockets.serve(
        echo, "127.0.0.1", 0, process_request=refuse, ping_interval=None
    ) as server:
        port = server.sockets[0].getsockname()[1]
        line = await board.visit(f"100 ws://{HOST}:{port}/")
    words = line.replace(",", "").split()
    # of the others, each fifth breaks off, and each eleventh closes
    refused = 100 // 7
    gone = sum(n % 7 > 0 and (n % 5 == 0 or n % 11 == 0) for n in range(1, 101))
    good = 100 - refused - gone
    part.equal(
        "100 connections, refused, broken off, closed and good",
        (list(map(int, words[1::2])), len(begun), closed),
        ([good, refused, gone, 0], 100, [1000] * good),
    )


async def thousand(board):
    """If each connection left a byte on the stack, the second half would leave 500.

    A way that is taken rarely, such as one for a lost segment, may be deeper when it is taken first.
    """
    for number in range(10):
        await part.scenario(f"hundred {number}", hundred(board))
        if number == 4:
            half = depth(board.stack)
    deeper = depth(board.stack) - half
    part.equal("500 connections more need no more stack", deeper < 500, True)


async def main():
    board = Board()
    try:
        await board.start()
        for run in (library, refusals, masks, bad_servers, uris):
            await part.scenario(run.__name__, run(board))
        await thousand(board)
        before = board.stack
        await part.scenario("once more", library(board))
        deeper = depth(board.stack) - depth(before)
        part.equal("the stack is not deeper than before", deeper <= INTERRUPT, True)
    finally:
        await board.stop()
    part.finish()


asyncio.run(main())
