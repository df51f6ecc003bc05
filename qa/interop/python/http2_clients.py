"""hyper-h2 and wsproto as a client of push_server in HTTP/2: directly and
through proxies, with HTTP/1.1 or HTTP/2 behind them.
"""

import asyncio
import http.client
import json
import os
import re
import signal
import ssl

from driver_peers import Quiet
from harness import CASES, content, environment
from http2_peers import Client
from wsproto_socket import echoes

CAFILE = environment("DRIVER_CERT")
# name, port, whether over TLS, and the version in which push_server gets it
WAYS = [line.split(",") for line in environment("HTTP2_WAYS").splitlines()]


async def counters(name):
    """The counters of push_server by version, read over HTTP/1.1."""

    def ask():
        if name == "directly over TLS":
            address = environment("HTTP2_TLS_ADDRESS")
            context = ssl.create_default_context(cafile=CAFILE)
            connection = http.client.HTTPSConnection(
                address, timeout=60, context=context
            )
        else:
            address = environment("HTTP2_PLAIN_ADDRESS")
            connection = http.client.HTTPConnection(address, timeout=60)
        connection.request("GET", "/healthz")
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    counted = {}
    for line in (await asyncio.to_thread(ask)).splitlines()[1:]:
        version, numbers = line.split(": ")
        names = ["connections", "of", "websockets", "opened", "requests"]
        values = map(int, re.findall(r"\d+", numbers))
        counted[version] = dict(zip(names, values, strict=True))
    return counted


async def websockets_open(name, version, wanted):
    """Waits until so many are open: a server learns of an end later."""
    for _ in range(200):
        if (got := (await counters(name))[version]["websockets"]) == wanted:
            break
        await asyncio.sleep(0.02)
    return got


async def many_in_one(part, client, name, inside):
    before = await counters(name)
    sockets = [await client.open("/echo") for _ in range(10)]
    for round in range(3):
        for number, socket in enumerate(sockets):
            await socket.send(f"{round} {number}")
        status, fields, page = await client.fetch("GET", "/")
        part.equal("the page", (status, page[:15]), (200, "<!doctype html>"))
        for number, socket in enumerate(sockets):
            part.equal("its own", await socket.recv(), f"{round} {number}")
    after = await counters(name)
    opened = after[inside]["opened"] - before[inside]["opened"]
    requests = after[inside]["requests"] - before[inside]["requests"]
    part.equal("in this version", (opened, requests), (10, 13))
    if inside == "HTTP/2":
        connections = after[inside]["of"] - before[inside]["of"]
        # a proxy opens one when it needs it, or uses one of another client
        part.equal("in one connection", connections <= 1, True)
    for number, socket in enumerate(sockets):
        end = await socket.close(4000 + number, "bye")
        part.equal("close code", end, (4000 + number, "bye"))
    part.equal("and none is left", await websockets_open(name, inside, 0), 0)
    part.held(f"10 WebSockets and pages in one connection, {inside} inside")


async def news(part, client):
    sockets = [await client.open("/ws", deflate=d) for d in (False, True, False)]
    for socket in sockets:
        hello = json.loads(await socket.recv())
        part.equal("hello", list(hello), ["hello"])
    status, fields, _ = await client.fetch("POST", "/news", b"it rains")
    part.equal("published", status, 204)
    item = {"id": fields["x-id"], "text": "it rains"}
    for socket in sockets:
        part.equal("news", json.loads(await socket.recv()), item)
    await sockets[1].send("it pours")
    for socket in sockets:
        part.equal("news", json.loads(await socket.recv())["text"], "it pours")
    for socket in sockets:
        part.equal("close", await socket.close(1000, ""), (1000, ""))
    part.held("news arrive in all WebSockets, compressed and not")


async def messages(part, client, limit):
    for deflate in (False, True):
        socket = await client.open("/echo", deflate=deflate)
        await echoes(part, socket, limit)
        await socket.close(1000, "")
    largest = "1 MB" if limit > 100_000 else "65,536 B"
    part.held(f"messages of 0 B to {largest}, fragments and Pings come back")


async def closes(part, client):
    for case in CASES["closes"]:
        socket = await client.open("/echo")
        answer = await socket.close(case["code"], case["reason"])
        wanted = 1005 if case["code"] is None else case["code"]
        part.equal(case["code"], answer, (wanted, case["reason"]))
        await socket.ends()
    part.held("close codes and reasons come back, and then the stream ends")


async def stalled(part, client):
    socket = await client.open("/echo")
    # the masking key is zero, so that nothing is to be masked
    size = 20_000_000
    frame = b"\x82\xff" + size.to_bytes(8, "big") + bytes(4 + size)
    sending = asyncio.create_task(client.send(socket.stream, frame))
    other = await client.open("/echo")
    message = content(next(c for c in CASES["messages"] if "1 MB" in c["name"]))
    for _ in range(2):
        answering = asyncio.create_task(other.recv())
        await other.send(message)
        part.equal("1 MB", await answering == message, True)
    part.equal("the page", (await client.fetch("GET", "/"))[0], 200)
    part.equal("20 MB are not taken", sending.done(), False)
    sending.cancel()
    part.equal("close", await other.close(1000, ""), (1000, ""))
    client.h2.reset_stream(socket.stream, 8)
    client.flush()
    part.held("one socket stalls, and another one goes on with 2 MB")


async def refusals(part, client, directly):
    evil = [("origin", "https://evil.test")]
    part.equal("evil", (await client.open("/echo", evil))[0], 403)
    own = [("origin", f"https://{client.authority}")]
    socket = await client.open("/echo", [*own, ("sec-websocket-protocol", "x, chat")])
    part.equal("chat", socket.fields.get("sec-websocket-protocol"), "chat")
    await socket.close(1000, "")
    part.equal("no path", (await client.open("/nothing"))[0], 404)
    if directly:
        other = client.ask("/echo", protocol="connect-udp")
        part.equal("other", (await client.response(other))[0], 501)
    status, _, _ = await client.fetch("GET", "/")
    part.equal("and it goes on", status, 200)
    part.held("refusals have their status, and the connection goes on")


async def none(part, client):
    """The proxy does not allow it, and browsers use HTTP/1.1 then."""
    part.equal("allowed", client.allows_websockets(), False)
    part.equal("the page", (await client.fetch("GET", "/"))[0], 200)
    part.held("pages in HTTP/2, and no WebSockets in it")


async def way(name, port, tls, inside):
    part = Quiet(f"hyper-h2 and wsproto, {name}")
    if inside == "-":
        checks = [none]
    else:
        checks = [many_in_one, messages, news, closes, stalled, refusals]
    # HAProxy 2.6 stops when more than some 100 KB are on the way in both
    # directions of a stream, with other servers, too
    limited = name == "through HAProxy to HTTP/2"
    arguments = {
        many_in_one: (name, inside),
        messages: (70_000 if limited else 1 << 30,),
        refusals: ("directly" in name,),
    }
    for check in checks:
        if check is stalled and limited:
            continue
        client = await Client.connect(int(port), CAFILE if tls == "tls" else None)
        if check is not none:
            part.equal("allowed", client.allows_websockets(), True)
        more = arguments.get(check, ())
        await part.scenario(check.__name__, check(part, client, *more))
        await client.close()
    return part


async def end(parts):
    """The server without TLS ends: through each way a Close arrives."""
    part = Quiet("hyper-h2 and wsproto, the end of the server")

    async def check():
        sockets = []
        for name, port, tls, inside in WAYS:
            if inside != "-" and name != "directly over TLS":
                client = await Client.connect(
                    int(port), CAFILE if tls == "tls" else None
                )
                sockets.append(await client.open("/echo"))
        os.kill(int(environment("HTTP2_PLAIN_PID")), signal.SIGINT)
        for socket in sockets:
            wanted = (1001, "the server shuts down")
            part.equal("1001", await socket.closed(), wanted)
        part.held("a Close with 1001 arrives through each way")

    await part.scenario("end", check())
    parts.append(part)


async def main():
    parts = [await way(*they) for they in WAYS]
    await end(parts)
    part = parts[-1]
    part.failures = sum(part.failures for part in parts)
    part.finish()


asyncio.run(main())
