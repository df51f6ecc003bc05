"""aioquic and wsproto as a client of our server in HTTP/3."""

import asyncio

from aioquic.h3.connection import ErrorCode

from driver_peers import DRIVER_CLOSES, Quiet
from harness import CASES, environment
from http3_peers import Client, Reset
from wsproto_socket import echoes

CAFILE = environment("DRIVER_CERT")
PORT = int(environment("HTTP3_ADDRESS").split(":")[1])
PAGE = [
    (":method", "GET"),
    (":scheme", "https"),
    (":authority", f"localhost:{PORT}"),
    (":path", "/"),
]


async def many_in_one(part, client):
    sockets = [await client.open("/") for _ in range(20)]
    for round in range(3):
        for number, socket in enumerate(sockets):
            await socket.send(f"{round} {number}")
        part.equal("the page", await client.fetch(PAGE), (200, "page"))
        for number, socket in enumerate(sockets):
            part.equal("its own", await socket.recv(), f"{round} {number}")
    for number, socket in enumerate(sockets):
        end = await socket.close(4000 + number, "bye")
        part.equal("close code", end, (4000 + number, "bye"))
    part.held("20 WebSockets and pages in one connection")


async def messages(part, client):
    for deflate in (False, True):
        socket = await client.open("/", deflate=deflate)
        agreed = "sec-websocket-extensions" in socket.fields
        part.equal("compressed", agreed, deflate)
        await echoes(part, socket)
        part.equal("close", await socket.close(1000, ""), (1000, ""))
    part.held("messages of 0 B to 1 MB, plain and compressed, fragments and Pings")


async def closes(part, client):
    for case in CASES["closes"]:
        socket = await client.open("/")
        answer = await socket.close(case["code"], case["reason"])
        wanted = 1005 if case["code"] is None else case["code"]
        part.equal(case["code"], answer, (wanted, case["reason"]))
        await socket.ends()
    part.held("close codes and reasons of the client, and then the stream ends")
    for case in DRIVER_CLOSES:
        socket = await client.open("/")
        await socket.send(f"/close {case['code']} {case['reason']}")
        wanted = (case["code"], case["reason"])
        part.equal(case["code"], await socket.closed(), wanted)
        await socket.ends()
    part.held("close codes and reasons of the server, and then the stream ends")


async def violations(part, client):
    for case in CASES["violations"]:
        socket = await client.open("/")
        for first, payload in case["frames"]:
            payload = bytes.fromhex(payload)
            head = bytes.fromhex(first) + bytes([0x80 | len(payload)])
            # the masking key is zero
            await client.send(socket.stream, head + bytes(4) + payload)
        part.equal(case["name"], (await socket.closed())[0], case["code"])
    part.held("violations are answered with their close codes")


async def refusals(part, client):
    evil = [("origin", "https://evil.test")]
    part.equal("evil", (await client.open("/", evil))[0], 403)
    own = [("origin", f"https://{client.authority}")]
    socket = await client.open("/", [*own, ("sec-websocket-protocol", "x, chat")])
    part.equal("chat", socket.fields.get("sec-websocket-protocol"), "chat")
    part.equal("close", await socket.close(1000, ""), (1000, ""))
    asked = [pair for pair in client.asked("/") if pair[0] != "sec-websocket-version"]
    asked.append(("sec-websocket-version", "8"))
    refused = await client.fetch(asked)
    wanted = (400, "Sec-WebSocket-Version is not 13\n")
    part.equal("version 8", refused, wanted)
    for protocol in ("connect-udp", "webtransport", "websocket2"):
        other = client.asked("/", protocol=protocol)
        part.equal(protocol, (await client.fetch(other))[0], 501)
    part.equal("and it goes on", await client.fetch(PAGE), (200, "page"))
    part.held("refusals have their status, and another protocol is a 501")


async def code_of_reset(client, stream):
    """`None` if the stream ends in order."""
    try:
        while await client.event(stream) is not None:
            pass
    except Reset as reset:
        return reset.code


async def resets(part, client):
    kept = await client.open("/")
    reset = await client.open("/")
    await reset.send("a message")
    part.equal("echo", await reset.recv(), "a message")
    client.reset(reset.stream)
    # a request with a field of HTTP/1.1 is malformed
    for extra in (("connection", "upgrade"), ("upgrade", "websocket")):
        stream = client.request([*client.asked("/"), extra], False)
        code = await code_of_reset(client, stream)
        part.equal(extra, code, ErrorCode.H3_MESSAGE_ERROR)
    # the end of the stream without a Close is not an orderly end
    ended = await client.open("/")
    client.end(ended.stream)
    code = await code_of_reset(client, ended.stream)
    part.equal("no Close", code, ErrorCode.H3_REQUEST_CANCELLED)
    await kept.send("still here")
    part.equal("echo", await kept.recv(), "still here")
    part.equal("close", await kept.close(1000, ""), (1000, ""))
    part.held("resets of either side end one stream, and others go on")


async def main():
    part = Quiet("aioquic and wsproto, server in HTTP/3")
    for check in (many_in_one, messages, closes, violations, refusals, resets):
        client = await Client.connect(PORT, CAFILE)
        part.equal("allowed", client.allows_websockets(), True)
        await part.scenario(check.__name__, check(part, client))
        client.close()
    part.finish()


asyncio.run(main())
