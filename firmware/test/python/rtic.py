"""A WebSocket over the serial line of a board, whose server is a task of RTIC."""

import asyncio
import socket

import websockets
from harness import Part, environment

part = Part("rtic")


async def connect(line):
    return await websockets.connect(
        "ws://board/", sock=line, proxy=None, compression=None, ping_interval=None
    )


async def echo(ws):
    messages = ["Hello", "", "naïve", b"\0" * 300, "x" * 500]
    for message in messages:
        await ws.send(message)
        part.equal("the same comes back", await ws.recv(), message)
    await ws.send(["in ", "three ", "pieces"])
    part.equal("fragments come back", await ws.recv(), "in three pieces")
    await (await ws.ping())
    await ws.close(4000, "bye")
    part.equal("the Close comes back", (ws.close_code, ws.close_reason), (4000, "bye"))


async def main():
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    board = await asyncio.create_subprocess_exec(
        *environment("RTIC_COMMAND").split("\n"),
        "-serial",
        f"tcp:127.0.0.1:{port}",
        stdin=asyncio.subprocess.DEVNULL,
    )
    try:
        line = await asyncio.to_thread(lambda: listener.accept()[0])
        # The line does not end: a connection has a copy of it, and closes only that.
        for number in range(3):
            await part.scenario(
                f"connection {number}", echo(await connect(line.dup()))
            )
    finally:
        board.kill()
        await board.wait()
    part.finish()


asyncio.run(main())
