"""Libraries as clients of the echo servers on the drivers."""

import asyncio

from driver_peers import (
    Aiohttp,
    Curl,
    Entered,
    Quiet,
    Websockets,
    all_of_it,
    hundred_messages,
    trusting,
)
from harness import environment

SERVERS = [line.split() for line in environment("DRIVER_URLS").splitlines()]
CONTEXT = trusting(environment("DRIVER_CERT"))
KINDS = {"websockets": Websockets, "aiohttp": Aiohttp, "curl": Curl}


async def hundred_connections(part, url):
    ready = asyncio.Barrier(100)

    async def one(number):
        async with Entered(Websockets, Websockets.connect(url, CONTEXT)) as it:
            await hundred_messages(number, ready, it)
            return await it.close(4000 + number, "bye")

    ends = await asyncio.gather(*(one(number) for number in range(100)))
    wanted = [(4000 + number, "bye") for number in range(100)]
    part.equal("the ends", ends, wanted)
    part.held("100 connections at once get their own messages and closes")


async def main():
    failures = 0
    for driver, url in SERVERS:
        scheme = url.split(":")[0]
        for name, kind in KINDS.items():
            part = Quiet(f"{name} client, {scheme} server on {driver}")

            def connect():
                return Entered(kind, kind.connect(url, CONTEXT))

            await all_of_it(part, connect)
            failures += part.failures
        part = Quiet(f"websockets client, {scheme} server on {driver}")
        await part.scenario("100 connections", hundred_connections(part, url))
        failures += part.failures
    part.failures = failures
    part.finish()


asyncio.run(main())
