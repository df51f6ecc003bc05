"""HTTP/3 on aioquic, both ends, with WebSockets on wsproto (RFC 9220)."""

import asyncio
import contextlib

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import QuicServer
from aioquic.h3.connection import ErrorCode, FrameUnexpected, H3Connection, Setting
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, StreamReset
from wsproto.extensions import PerMessageDeflate

from wsproto_socket import Socket, offered


class Reset(Exception):
    """The peer has reset a stream, or ended the connection, with `code`."""

    def __init__(self, code):
        super().__init__(f"{code:#x}")
        self.code = code


def encoded(pairs):
    return [(name.encode(), value.encode()) for name, value in pairs]


class H3(H3Connection):
    """`without` is a setting that is not sent."""

    def __init__(self, quic, without=None):
        self.without = without
        super().__init__(quic)

    def _get_local_settings(self):
        settings = super()._get_local_settings()
        settings.pop(self.without, None)
        return settings


class Streams(QuicConnectionProtocol):
    """A connection, which may carry any number of streams of requests."""

    def __init__(self, quic, stream_handler=None, without=None):
        super().__init__(quic)
        self.h3 = H3(quic, without)
        self.queues = {}
        self.settled = asyncio.Event()

    def queue(self, stream):
        if stream not in self.queues:
            self.queues[stream] = asyncio.Queue()
        return self.queues[stream]

    def quic_event_received(self, event):
        if isinstance(event, StreamReset):
            self.queue(event.stream_id).put_nowait(Reset(event.error_code))
        if isinstance(event, ConnectionTerminated):
            for queue in self.queues.values():
                queue.put_nowait(Reset(event.error_code))
        for event in self.h3.handle_event(event):
            self.take(event)
        if self.h3.received_settings is not None:
            self.settled.set()

    def take(self, event):
        queue = self.queue(event.stream_id)
        if isinstance(event, HeadersReceived):
            pairs = [(name.decode(), value.decode()) for name, value in event.headers]
            queue.put_nowait(dict(pairs))
        elif isinstance(event, DataReceived) and event.data:
            queue.put_nowait(event.data)
        if event.stream_ended:
            queue.put_nowait(None)

    async def event(self, stream):
        """The fields of a message, bytes, or `None` at the end."""
        event = await self.queue(stream).get()
        if isinstance(event, Reset):
            raise event
        return event

    async def data(self, stream):
        return await self.event(stream)

    async def send(self, stream, data):
        self.h3.send_data(stream, data, end_stream=False)
        self.transmit()
        # what waits for room in a window, waits in aioquic
        await asyncio.sleep(0)

    def end(self, stream):
        # the server has stopped the half that it does not read any more
        with contextlib.suppress(FrameUnexpected):
            self.h3.send_data(stream, b"", end_stream=True)
            self.transmit()

    def reset(self, stream, code=ErrorCode.H3_REQUEST_CANCELLED):
        self._quic.reset_stream(stream, code)
        self._quic.stop_stream(stream, code)
        self.transmit()


class Client(Streams):
    @classmethod
    async def connect(cls, port, cafile):
        configuration = QuicConfiguration(
            is_client=True, alpn_protocols=["h3"], server_name="localhost"
        )
        configuration.load_verify_locations(cafile)
        _, client = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: cls(QuicConnection(configuration=configuration)),
            local_addr=("127.0.0.1", 0),
        )
        client.authority = f"localhost:{port}"
        QuicConnectionProtocol.connect(client, ("127.0.0.1", port))
        await client.wait_connected()
        await client.settled.wait()
        return client

    def allows_websockets(self):
        return self.h3.received_settings.get(Setting.ENABLE_CONNECT_PROTOCOL) == 1

    def request(self, headers, end):
        stream = self._quic.get_next_available_stream_id()
        self.h3.send_headers(stream, encoded(headers), end_stream=end)
        self.transmit()
        return stream

    def asked(self, path, extra=(), protocol="websocket"):
        return [
            (":method", "CONNECT"),
            (":protocol", protocol),
            (":scheme", "https"),
            (":authority", self.authority),
            (":path", path),
            ("sec-websocket-version", "13"),
            *extra,
        ]

    async def fetch(self, headers):
        """Status and body of a request that ends with its fields."""
        stream = self.request(headers, True)
        fields = await self.event(stream)
        whole = b""
        while (data := await self.data(stream)) is not None:
            whole += data
        return int(fields[":status"]), whole.decode()

    async def open(self, path, extra=(), deflate=False):
        """A WebSocket, or the status and fields of a refusal."""
        extensions, fields = offered(deflate)
        extra = [*extra, *fields]
        stream = self.request(self.asked(path, extra), False)
        fields = await self.event(stream)
        if fields[":status"] != "200":
            return int(fields[":status"]), fields
        if deflate:
            extensions[0].finalize(fields["sec-websocket-extensions"])
        return Socket(self, stream, fields, extensions)


class Server:
    """A server on a free port. Each request goes to `handler`."""

    async def start(self, cert, key, without=None):
        self.handler = None
        configuration = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
        configuration.load_cert_chain(cert, key)
        loop = asyncio.get_running_loop()
        server = self

        class Accepting(Streams):
            def take(self, event):
                super().take(event)
                if isinstance(event, HeadersReceived):
                    loop.create_task(server.handler(self, event.stream_id))

        def protocol(quic, stream_handler=None):
            return Accepting(quic, without=without)

        transport, _ = await loop.create_datagram_endpoint(
            lambda: QuicServer(configuration=configuration, create_protocol=protocol),
            local_addr=("127.0.0.1", 0),
        )
        self.port = transport.get_extra_info("sockname")[1]


async def accept(streams, stream, deflate=False, extra=()):
    """Answers a request for a WebSocket: the WebSocket."""
    fields = await streams.event(stream)
    extensions = []
    answer = [(":status", "200"), *extra]
    if deflate:
        offer = fields["sec-websocket-extensions"].split(",")[0]
        extensions = [PerMessageDeflate()]
        agreed = ["permessage-deflate", extensions[0].accept(offer)]
        value = "; ".join(filter(None, agreed))
        answer.append(("sec-websocket-extensions", value))
    streams.h3.send_headers(stream, encoded(answer))
    streams.transmit()
    return Socket(streams, stream, fields, extensions, server=True)
