"""wsproto at the end of a pipe. A request and its answer are lists of byte strings: how many, then each after its length, in
four bytes, big-endian. The first string of a request is the command."""

import sys

import wsproto
import wsproto.handshake
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import RemoteProtocolError


def receive(end, pieces):
    """What an end sees; its answers are those of its events."""
    connection = Connection(end)
    seen, written, message = [], b"", b""
    for piece in pieces:
        if connection.state is not ConnectionState.OPEN:
            break
        connection.receive_data(piece)
        for event in connection.events():
            if isinstance(event, (TextMessage, BytesMessage)):
                text = isinstance(event, TextMessage)
                message += event.data.encode() if text else bytes(event.data)
                if event.message_finished:
                    seen.append((b"t" if text else b"b") + message)
                    message = b""
            elif isinstance(event, Ping):
                seen.append(b"p" + bytes(event.payload))
                written += connection.send(event.response())
            elif isinstance(event, Pong):
                seen.append(b"o" + bytes(event.payload))
            elif connection.state is ConnectionState.OPEN:
                # its Close for what it could not read
                return [*seen, b"f%d" % event.code, b"w" + (event.reason or "").encode(), b"a" + written]
            else:
                seen.append(b"c%d " % event.code + (event.reason or "").encode())
                written += connection.send(event.response())
    return [*seen, b"a" + written]


def serve(wire):
    """The answer to a request."""
    server = wsproto.WSConnection(ConnectionType.SERVER)
    try:
        server.receive_data(wire)
    except RemoteProtocolError as error:
        return [b"r%d" % error.event_hint.status_code, str(error).encode()]
    if not any(isinstance(event, Request) for event in server.events()):
        return [b"w"]
    response = server.send(AcceptConnection())
    return [b"y", response, b"1" if list(server.events()) else b"0"]


def connect(key, subprotocols, wire):
    """What a client makes of a response; it draws this key."""
    wsproto.handshake.generate_nonce = lambda: key
    client = wsproto.WSConnection(ConnectionType.CLIENT)
    client.send(Request(host="server.example.com", target="/chat", subprotocols=subprotocols))
    try:
        client.receive_data(wire)
    except RemoteProtocolError as error:
        return [b"r", str(error).encode()]
    for event in client.handshake.events():
        if isinstance(event, AcceptConnection):
            kept = b"1" if client.connection is not None and list(client.connection.events()) else b"0"
            return [b"y", b"" if event.subprotocol is None else event.subprotocol.encode(), kept]
        if isinstance(event, RejectConnection):
            return [b"r%d" % event.status_code, b""]
    return [b"w"]


def answer(kind, rest):
    try:
        if kind == b"server":
            return receive(ConnectionType.SERVER, rest)
        if kind == b"client":
            return receive(ConnectionType.CLIENT, rest)
        if kind == b"serve":
            return serve(*rest)
        key, subprotocols, wire = rest
        return connect(key, subprotocols.decode().split(",") if subprotocols else [], wire)
    except Exception as error:  # whatever it raises, it should not
        return [b"x", f"{type(error).__name__}: {error}".encode()]


def main():
    source, sink = sys.stdin.buffer, sys.stdout.buffer

    def number():
        return int.from_bytes(source.read(4), "big")

    while head := source.read(4):
        kind, *rest = [source.read(number()) for _ in range(int.from_bytes(head, "big"))]
        strings = answer(kind, rest)
        parts = [len(strings).to_bytes(4, "big")]
        for string in strings:
            parts += [len(string).to_bytes(4, "big"), string]
        sink.write(b"".join(parts))
        sink.flush()


main()
