"""Access to the board for its peers."""

import http.client
import json
import time

import raw
import websockets
from harness import environment

ADDRESS = environment("BOARD")
URL = f"ws://{ADDRESS}/ws"
raw.REQUEST = raw.REQUEST.replace(b"GET /raw", b"GET /ws")


def connect(url=URL, **options):
    # No keepalive: only the tests send Pings.
    return websockets.connect(
        url, proxy=None, max_size=None, ping_interval=None, **options
    )


def get(path, method="GET", fields={}, body=None):
    """Returns the response to a request, with its whole body."""
    connection = http.client.HTTPConnection(ADDRESS, timeout=30)
    connection.request(method, path, body, fields)
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    return answer


def stats():
    """Returns the counters of the board, without the socket of this request."""
    all_stats = json.loads(get("/stats").body)
    sockets = all_stats["sockets"]
    sockets.remove(next(s for s in sockets if s["phase"] == "request"))
    return all_stats


def phases():
    """Returns the number of sockets in each phase."""
    counted = {}
    for socket in stats()["sockets"]:
        counted[socket["phase"]] = counted.get(socket["phase"], 0) + 1
    return counted


def soon(question, wanted):
    """Asks repeatedly until the answer is the wanted one. Returns the last answer.

    Each time takes a socket, and puts it into TIME-WAIT for half a second. The
    end is a guard against hanging, not a measure.
    """
    end = time.monotonic() + 20
    while (answer := question()) != wanted and time.monotonic() < end:
        time.sleep(0.7)
    return answer
