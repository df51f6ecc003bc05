"""Many peers, slow peers, and peers that disconnect or send noise."""

import asyncio
import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import raw
from board import URL, connect, get, phases, soon, stats
from harness import Part, binary_of, environment

part = Part("hardship")
ALL_LISTEN = {"listening": 7}


async def at_once():
    """Four peers echo their own data at the same time. Six fit, a seventh does not."""

    async def one(number):
        async with connect() as ws:
            for i in range(10):
                message = f"{number}.{i} " + f"{number}" * (number * 3000 + i)
                await ws.send(message)
                if await ws.recv() != message:
                    return False
            return True

    # Earlier tests may still occupy some sockets.
    await asyncio.to_thread(soon, phases, ALL_LISTEN)
    same = await asyncio.gather(*(one(number) for number in range(1, 5)))
    part.equal("four at once get their own messages back", same, [True] * 4)
    part.equal(
        "their sockets listen again",
        await asyncio.to_thread(soon, phases, ALL_LISTEN),
        ALL_LISTEN,
    )
    six = [await connect() for _ in range(6)]
    try:
        for i, ws in enumerate(six):
            await ws.send(f"I am {i}")
        answers = [await ws.recv() for ws in six]
        part.equal(
            "six at once are served", answers, [f"I am {i}" for i in range(6)]
        )
        status = await asyncio.to_thread(seventh)
        part.equal("a seventh gets 503", status, b"503")
        page = await asyncio.to_thread(get, "/")
        part.equal("and the page still has a socket", page.status, 200)
    finally:
        for ws in six:
            await ws.close()


def seventh():
    with raw.connect(URL) as stream:
        stream.send(raw.REQUEST)
        return stream.head().split()[1]


async def thousand():
    refused = stats()["refused"]
    for number in range(1000):
        async with connect() as ws:
            await ws.send(f"number {number}")
            answer = await ws.recv()
            if answer != f"number {number}":
                part.equal(f"connection {number}", answer, f"number {number}")
    part.equal("1,000 connections in a row are served", number, 999)
    part.equal("and none was refused", stats()["refused"], refused)


def full_rings():
    """Returns the number of sockets whose rings are full."""
    return sum(s["queued"] > 2500 for s in stats()["sockets"])


def slow_reader():
    """Sends and does not read: nothing is lost, and other peers go on."""
    data = binary_of(12_000_000)
    with raw.shaken(URL) as stream:
        stream.sock.settimeout(60)
        wire = raw.frame(0x82, data, True)
        sender = threading.Thread(target=stream.send, args=(wire,))
        sender.start()
        full = soon(full_rings, 1)
        part.equal("a peer that does not read fills only its own rings", full, 1)
        begin = time.monotonic()
        with raw.shaken(URL) as other:
            count = 0
            while time.monotonic() - begin < 3:
                other.send(raw.frame(0x81, b"%d" % count, True))
                if other.frame() != (0x81, 0, b"%d" % count):
                    break
                count += 1
        part.equal(
            "others are served meanwhile", (count > 20, full_rings()), (True, 1)
        )
        received = bytearray()
        first_byte = 0
        while not first_byte & 0x80:
            first_byte, _, payload = stream.frame()
            received += payload
        sender.join()
        part.equal("then it receives everything", bytes(received) == data, True)


def garbage():
    """Random bytes, the same in every run, as requests and as frames."""
    source = random.Random(1)

    def still_served(number):
        witness.send(raw.frame(0x81, b"%d" % number, True))
        if (answer := witness.frame()) != (0x81, 0, b"%d" % number):
            part.equal("others do not notice", answer, number)

    with raw.shaken(URL) as witness:
        for number in range(60):
            still_served(number)
            with raw.connect(URL) as stream:
                stream.send(source.randbytes(source.randrange(1, 2000)))
                stream.close(reset=source.random() < 0.5)
        failed = stats()["failed"]
        codes = set()
        for number in range(60):
            still_served(number)
            with raw.shaken(URL) as stream:
                stream.send(source.randbytes(source.randrange(200, 2000)))
                stream.sock.shutdown(socket.SHUT_WR)
                code = whatever_code(stream)
                codes.add(code)
        part.equal(
            "frames of noise fail with a code, or are cut by the end",
            codes <= {1002, 1007, 1008, 1009, None},
            True,
        )
        part.equal(
            "at least half of them fail", stats()["failed"] - failed > 30, True
        )
        still_served(number)
        part.equal("others do not notice", number, 59)


def whatever_code(stream):
    """Returns the code of the Close, or `None` if the stream ends without one."""
    try:
        return stream.close_code()
    except (ValueError, OSError):
        return None


def disconnects():
    """Peers that disconnect. A peer that came before them is still served."""
    with raw.shaken(URL) as witness:
        whole = raw.frame(0x82, bytes(70_000), True)
        for size in (1, 5, 13, 20, 2000, 66_000):
            for reset in (True, False):
                with raw.shaken(URL) as stream:
                    stream.send(whole[:size])
                    stream.close(reset)
        for reset in (True, False):
            with raw.connect(URL) as stream:
                stream.send(raw.REQUEST[:40])
                stream.close(reset)
            with raw.connect(URL) as stream:
                stream.close(reset)
            # This peer never reads what comes back.
            with raw.shaken(URL) as stream:
                stream.send(whole)
                stream.close(reset)
            # This peer asks for the page and disconnects.
            with raw.connect(URL) as stream:
                stream.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                stream.close(reset)
        witness.send(raw.frame(0x81, b"still there?", True))
        part.equal(
            "20 peers that disconnect do not disturb others",
            witness.frame(),
            (0x81, 0, b"still there?"),
        )
    part.equal(
        "and all of their sockets listen again",
        soon(phases, ALL_LISTEN),
        ALL_LISTEN,
    )


def half_closed():
    """A peer that sends FIN after a request still gets the response."""
    with raw.connect(URL) as stream:
        stream.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        stream.sock.shutdown(socket.SHUT_WR)
        status = stream.head().split()[1]
        part.equal("a half-closed request is answered", status, b"200")
    with raw.shaken(URL) as stream:
        stream.send(raw.frame(0x82, bytes(5000), True))
        stream.sock.shutdown(socket.SHUT_WR)
        received = 0
        while received < 5000:
            received += len(stream.frame()[2])
        part.equal(
            "and so is a message; then the stream ends",
            (received, stream.at_end()),
            (5000, True),
        )


def silent_request():
    """A connection that sends nothing, and one that never finishes its request."""
    with raw.connect(URL) as nothing, raw.connect(URL) as half:
        half.send(raw.REQUEST[:50])
        # Each as it comes: the forwarding may deliver one to the board seconds
        # after the other, and a FIN that nobody reads becomes a RST.
        with ThreadPoolExecutor() as pool:
            ends = list(pool.map(raw.Stream.at_end, (nothing, half)))
        part.equal("incomplete requests are ended", ends, [True] * 2)


def silent_peer():
    """A quiet peer gets a Ping, and is closed if it does not answer."""
    with raw.shaken(URL) as stream:
        stream.sock.settimeout(60)
        begin = time.monotonic()
        ping = stream.frame()
        part.equal("a quiet peer gets a Ping", ping, (0x89, 0, b""))
        stream.send(raw.frame(0x8A, b"", True))
        part.equal("and another one if it answers", stream.frame(), (0x89, 0, b""))
        try:
            over = stream.at_end()
        except ConnectionResetError:
            over = True
        seconds = time.monotonic() - begin
        # 10 s to the first Ping, 30 s after the Pong.
        part.equal(
            "and without an answer it is closed, not before 30 s",
            (over, seconds > 30),
            (True, True),
        )


async def main():
    await part.scenario("at once", at_once())
    quiet = asyncio.create_task(
        part.scenario("silent peer", asyncio.to_thread(silent_peer))
    )
    for run in (slow_reader, garbage, half_closed, silent_request):
        await part.scenario(run.__name__, asyncio.to_thread(run))
    await quiet
    await part.scenario("disconnects", asyncio.to_thread(disconnects))
    # All kinds of peers have connected: from now on the stack must not get deeper.
    Path(environment("STACK_FILE")).write_text(str(stats()["stack"]))
    await part.scenario("thousand", thousand())
    part.finish()


asyncio.run(main())
