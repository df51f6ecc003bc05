"""Cases, checks and scenarios for the Python drivers."""

import array
import asyncio
import itertools
import json
import os
import sys
import traceback
from pathlib import Path

CASES = json.loads(
    (Path(__file__).parents[1] / "cases.json").read_text("utf-8")
)

# A guard against hanging, not a measure: even a loaded machine is far faster.
SCENARIO_SECONDS = 60


def text_of(size):
    """A text of `size` bytes in UTF-8, different at each place."""
    units = []
    for number in itertools.count():
        unit = f"{number}é€🦀"
        if size < len(unit.encode()):
            return "".join(units) + "." * size
        units.append(unit)
        size -= len(unit.encode())


def binary_of(size):
    """Bytes that look random but are the same in every run and language."""
    words = ((i * 0x9E3779B1) & 0xFFFFFFFF for i in range(1, size // 4 + 2))
    return array.array("I", words).tobytes()[:size]


def content(case):
    """The message of a case: `str` for a text, `bytes` for a binary one."""
    if "text" in case:
        return case["text"]
    if "text_bytes" in case:
        return text_of(case["text_bytes"])
    return binary_of(case["binary_bytes"])


def octets(message):
    return message.encode() if isinstance(message, str) else message


def fragments(case):
    """The bytes of a case, cut as it asks."""
    whole = octets(content(case))
    cuts = case.get("cuts") or range(case["every"], len(whole), case["every"])
    edges = [0, *cuts, len(whole)]
    return [whole[a:b] for a, b in zip(edges, edges[1:])]


def environment(name):
    """What `run` hands over."""
    if name not in os.environ:
        sys.exit(f"{name} is not set: qa/interop/run starts the drivers")
    return os.environ[name]


def example(name):
    folder = "PROGRAMS" if name == "ws" else "EXAMPLES"
    return str(Path(environment(folder)) / name)


class Wrong(Exception):
    """A value is not what it must be."""


def shortened(value):
    """Enough of a value to see what is wrong with it."""
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:300]}… (length {len(value)})"


class Part:
    """Counts what holds and what fails."""

    def __init__(self, name):
        self.name = name
        self.failures = 0

    def equal(self, what, got, wanted):
        """One check; a scenario ends with the first that does not hold."""
        if got == wanted:
            print(f"ok  {self.name}: {what}", flush=True)
            return
        where = ""
        if isinstance(got, type(wanted)) and isinstance(wanted, (str, bytes)):
            pairs = enumerate(zip(got, wanted))
            place = next((i for i, (a, b) in pairs if a != b), None)
            if place is None:
                place = min(len(got), len(wanted))
            where = (
                f" (lengths {len(got)} and {len(wanted)}, "
                f"the first difference is at {place})"
            )
        raise Wrong(
            f"{what}{where}\n  got    {shortened(got)}\n"
            f"  wanted {shortened(wanted)}"
        )

    async def scenario(self, name, coroutine):
        """Runs checks that belong together; the others go on if one fails."""
        task = asyncio.create_task(coroutine)
        # not cancelled: a connection that hangs may hang in its clean-up too
        await asyncio.wait({task}, timeout=SCENARIO_SECONDS)
        if not task.done():
            error = Wrong(f"not done after {SCENARIO_SECONDS} s")
        elif (error := task.exception()) is None:
            return
        self.failures += 1
        print(f"FAILED  {self.name}: {name}: {error}")
        if not isinstance(error, Wrong):
            traceback.print_exception(error, file=sys.stdout)

    def finish(self):
        """Ends the process, whatever still hangs."""
        sys.stdout.flush()
        os._exit(1 if self.failures else 0)
