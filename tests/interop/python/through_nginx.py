"""The library `websockets`, and HTTP requests, on `push_server` behind nginx.

nginx runs with examples/nginx.conf.
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
from harness import CASES, Part, environment

ADDRESS = environment("NGINX_ADDRESS")
PUSH_SERVER = int(environment("PUSH_SERVER_PID"))
part = Part("through nginx")


def connect(path="/ws", **options):
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


async def news(way, since):
    """What a poll gets, long or not."""
    status, fields, body = await fetch("GET", f"/{way}?since={since}")
    if status != 200 or fields.get_content_type() != "application/json":
        return status, fields.get_content_type()
    return json.loads(body)


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


async def push():
    connections = await asyncio.gather(*(connect() for _ in range(20)))
    before = time.time() * 1000
    status = await publish("rain 🦀")
    part.equal("publishing gets 204", status, 204)
    pushed = [await ws.recv() for ws in connections]
    part.equal(
        "the news is pushed to 20 connections",
        [message.startswith('{"news":') for message in pushed],
        [True] * 20,
    )
    item = json.loads(pushed[0])["news"]
    part.equal("it has its text", item["text"], "rain 🦀")
    part.equal(
        "it is as old as it should be",
        before - 1000 < item["at"] < time.time() * 1000 + 1000,
        True,
    )
    await asyncio.gather(*(ws.close() for ws in connections))

    last = item["id"]
    polled = await news("poll", last - 1)
    part.equal("a poll gets the same", polled, [item])
    polled = await news("long-poll", last - 1)
    part.equal("a long poll gets what is there at once", polled, [item])
    polled = await news("poll", last)
    part.equal("a poll for later news gets none", polled, [])
    waiting = asyncio.create_task(news("long-poll", last))
    await asyncio.sleep(0.5)
    part.equal("a long poll for later news waits", waiting.done(), False)
    await publish("sun")
    texts = [item["text"] for item in await waiting]
    part.equal("and gets them when they come", texts, ["sun"])


async def end_of_the_server():
    async with connect() as ws:
        os.kill(PUSH_SERVER, signal.SIGINT)
        part.equal("a server that ends says 1001", await code_seen(ws), 1001)


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
