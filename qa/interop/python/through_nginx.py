"""The library `websockets`, and HTTP requests, on `push_server` through nginx.

nginx runs with programs/push_server/nginx.conf.
"""

import asyncio
import http.client
import json
import os
import re
import signal
import time

import websockets

import raw
from exchange import SUITES, close
from harness import CASES, Part, Wrong, environment

ADDRESS = environment("NGINX_ADDRESS")
PUSH_SERVER = int(environment("PUSH_SERVER_PID"))
part = Part("through nginx")


def connect(path="/echo", **options):
    return websockets.connect(
        f"ws://{ADDRESS}{path}",
        proxy=None,
        max_size=None,
        ping_interval=None,
        **options,
    )


async def fetch(method, path, body=None, fields={}):
    """Status, fields and body of an answer."""

    def exchange():
        connection = http.client.HTTPConnection(ADDRESS, timeout=60)
        connection.request(method, path, body, fields)
        answer = connection.getresponse()
        whole = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, whole

    return await asyncio.to_thread(exchange)


async def publish(text):
    kind = {"Content-Type": "text/plain"}
    status, _, _ = await fetch("POST", "/news", text.encode(), kind)
    return status


async def ordinary_requests():
    status, fields, page = await fetch("GET", "/")
    ids = ["polling", "long-polling", "websocket", "publish", "text"]
    part.equal(
        "the page comes as HTML with its three columns and a form",
        (
            status,
            fields.get_content_type(),
            [name for name in ids if not re.search(f'id="?{name}\\b', page)],
        ),
        (200, "text/html", []),
    )
    status, _, _ = await fetch("GET", "/nowhere")
    part.equal("another path gets 404", status, 404)
    fields = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": raw.KEY,
        "Sec-WebSocket-Version": "8",
    }
    status, fields, _ = await fetch("GET", "/ws", None, fields)
    part.equal(
        "version 8 gets 426 and the version to use",
        (status, fields["Sec-WebSocket-Version"]),
        (426, "13"),
    )
    try:
        async with connect("/nowhere"):
            status = 101
    except websockets.InvalidStatus as refused:
        status = refused.response.status_code
    part.equal("a handshake for another path gets 404", status, 404)


async def opening_handshake():
    async with connect(
        subprotocols=["superchat", "chat"], origin=f"http://{ADDRESS}"
    ) as ws:
        fields = ws.response.headers
        part.equal(
            "101 with its fields, chat chosen, permessage-deflate declined",
            (
                ws.response.status_code,
                fields["Upgrade"].lower(),
                fields["Connection"].lower(),
                ws.subprotocol,
                fields.get("Sec-WebSocket-Extensions"),
            ),
            (101, "websocket", "upgrade", "chat", None),
        )


async def suite(run):
    async with connect() as ws:
        await run(part, ws)


async def closing(case):
    async with connect() as ws:
        await close(part, ws, case)


async def code_seen(ws):
    """The code of the server's Close frame."""
    try:
        while True:
            await ws.recv()
    except websockets.ConnectionClosed as closed:
        return closed.rcvd and closed.rcvd.code


async def failing():
    async with connect() as ws:
        await ws.send(b"\xff", text=True)
        part.equal("a text that is not UTF-8", await code_seen(ws), 1007)


async def item_with(text, news):
    async for item in news:
        if item["text"] == text:
            return item


async def pushed(ws):
    async for message in ws:
        item = json.loads(message)
        if "text" in item:
            yield item


def when(item):
    """The milliseconds of an ID."""
    return int(item["id"].split("-")[0])


def order(id):
    return tuple(map(int, id.split("-")))


async def polled(way, since):
    """Polls once, or long until it is left."""
    while True:
        status, fields, body = await fetch("GET", f"/{way}?since={since}")
        kind = fields.get_content_type()
        if (status, kind) != (200, "application/json"):
            raise Wrong(f"{way} after {since} gets {status} {kind}: {body}")
        answer = json.loads(body)
        if "gap" in answer or not answer["news"]:
            raise Wrong(f"{way} after {since} gets {body}")
        for item in answer["news"]:
            if order(item["id"]) <= order(since):
                raise Wrong(f"{way} after {since} gets number {item['id']}")
            yield item
        if way == "poll":
            return
        since = answer["latest"]


async def push():
    connections = await asyncio.gather(*(connect("/ws") for _ in range(20)))
    hellos = [json.loads(await ws.recv())["hello"] for ws in connections]
    part.equal(
        "each is told where its news begin, and what the handshake took",
        [(len(order(hello["since"])), hello["bytes"] > 200) for hello in hellos],
        [(2, True)] * 20,
    )
    before = time.time() * 1000
    part.equal("publishing gets 204", await publish("rain 🦀"), 204)
    items = [await item_with("rain 🦀", pushed(ws)) for ws in connections]
    item = items[0]
    part.equal("20 connections get the same", items, [item] * 20)
    part.equal(
        "it is as old as it should be",
        before - 1000 < when(item) < time.time() * 1000 + 1000,
        True,
    )
    await asyncio.gather(*(ws.close() for ws in connections))

    last = item["id"]
    start = hellos[0]["since"]
    for way in ("poll", "long-poll"):
        got = await item_with("rain 🦀", polled(way, start))
        part.equal(f"a {way} gets it, too", got, item)
    async with connect(f"/ws?since={start}") as ws:
        got = await item_with("rain 🦀", pushed(ws))
        part.equal("a WebSocket that comes later gets it, too", got, item)
    waiting = asyncio.create_task(item_with("sun", polled("long-poll", last)))
    await asyncio.sleep(0.5)
    done = waiting.done()
    part.equal("a long poll for what is not there yet waits", done, False)
    await publish("sun")
    item = await waiting
    part.equal("and gets it when it comes", order(item["id"]) > order(last), True)
    async with connect("/ws") as ws:
        await ws.send("snow 🦀")
        part.equal(
            "what a WebSocket sends becomes news",
            (await item_with("snow 🦀", pushed(ws)))["text"],
            "snow 🦀",
        )


async def end_of_the_server():
    async with connect() as echo, connect("/ws") as ws:
        await echo.send("are you there?")
        await echo.recv()
        await ws.recv()
        os.kill(PUSH_SERVER, signal.SIGINT)
        codes = [await code_seen(echo), await code_seen(ws)]
        part.equal("a server that ends sends 1001", codes, [1001, 1001])


async def main():
    await part.scenario("ordinary requests", ordinary_requests())
    await part.scenario("opening handshake", opening_handshake())
    for run in SUITES:
        await part.scenario(run.__name__, suite(run))
    for case in CASES["closes"]:
        await part.scenario(f"close {case['code']}", closing(case))
    await part.scenario("failing", failing())
    await part.scenario("push", push())
    await part.scenario("end of the server", end_of_the_server())
    part.finish()


asyncio.run(main())
