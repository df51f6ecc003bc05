"""A client of HTTP/2 on hyper-h2, with WebSockets on wsproto (RFC 8441)."""

import asyncio
import contextlib
import ssl

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from harness import Wrong
from wsproto_socket import Socket, offered

# More than the streams that are not read can hold back.
WINDOW = 16 << 20


class Reset(Exception):
    """The server has reset a stream, or ended the connection."""


class Client:
    """A connection, which may carry any number of streams."""

    def __init__(self, reader, writer, authority, scheme):
        self.reader, self.writer = reader, writer
        self.authority, self.scheme = authority, scheme
        config = h2.config.H2Configuration(header_encoding="utf-8")
        self.h2 = h2.connection.H2Connection(config)
        self.queues = {}
        self.room = asyncio.Condition()
        self.settled = asyncio.Event()
        self.ended = False
        self.h2.initiate_connection()
        self.h2.increment_flow_control_window(WINDOW)
        self.flush()
        self.reading = asyncio.create_task(self.read())

    @classmethod
    async def connect(cls, port, cafile=None):
        context = None
        if cafile:
            context = ssl.create_default_context(cafile=cafile)
            context.set_alpn_protocols(["h2"])
        reader, writer = await asyncio.open_connection(
            "localhost", port, ssl=context
        )
        if cafile:
            agreed = writer.get_extra_info("ssl_object").selected_alpn_protocol()
            if agreed != "h2":
                raise Wrong(f"ALPN agreed on {agreed}")
        scheme = "https" if cafile else "http"
        client = cls(reader, writer, f"localhost:{port}", scheme)
        await client.settled.wait()
        return client

    def allows_websockets(self):
        return bool(self.h2.remote_settings.enable_connect_protocol)

    def flush(self):
        self.writer.write(self.h2.data_to_send())

    async def read(self):
        try:
            while data := await self.reader.read(1 << 16):
                for event in self.h2.receive_data(data):
                    await self.take(event)
                self.flush()
        except (ConnectionError, h2.exceptions.ProtocolError) as error:
            print(f"the connection ends: {error!r}")
        self.ended = True
        self.settled.set()
        for queue in self.queues.values():
            queue.put_nowait(None)
        async with self.room:
            self.room.notify_all()

    async def take(self, event):
        if isinstance(event, h2.events.RemoteSettingsChanged):
            self.settled.set()
        if isinstance(event, (h2.events.WindowUpdated, h2.events.RemoteSettingsChanged)):
            async with self.room:
                self.room.notify_all()
        queue = self.queues.get(getattr(event, "stream_id", None))
        if queue is not None:
            queue.put_nowait(event)

    def request(self, headers, end):
        stream = self.h2.get_next_available_stream_id()
        self.queues[stream] = asyncio.Queue()
        self.h2.send_headers(stream, headers, end_stream=end)
        self.flush()
        return stream

    async def response(self, stream):
        """Status and fields."""
        while not isinstance(
            event := await self.event(stream), h2.events.ResponseReceived
        ):
            pass
        fields = dict(event.headers)
        return int(fields[":status"]), fields

    async def event(self, stream):
        event = await self.queues[stream].get()
        if event is None or isinstance(event, h2.events.StreamReset):
            raise Reset(event)
        return event

    async def data(self, stream):
        """The next bytes of a stream; `None` at its end. Makes room."""
        while True:
            event = await self.event(stream)
            if isinstance(event, h2.events.DataReceived):
                # the stream may be over by now
                with contextlib.suppress(h2.exceptions.StreamClosedError):
                    self.h2.acknowledge_received_data(
                        event.flow_controlled_length, stream
                    )
                    self.flush()
                return event.data
            if isinstance(event, h2.events.StreamEnded):
                return None

    async def send(self, stream, data):
        """Sends as far as the windows have room, and waits for more."""
        while data:
            if self.ended:
                raise Reset("the connection")
            room = min(
                self.h2.local_flow_control_window(stream),
                self.h2.max_outbound_frame_size,
            )
            if room <= 0:
                async with self.room:
                    await self.room.wait()
                continue
            self.h2.send_data(stream, data[:room])
            data = data[room:]
            self.flush()
            await self.writer.drain()

    async def fetch(self, method, path, body=b""):
        """Status, fields and body of an ordinary request."""
        headers = [
            (":method", method),
            (":scheme", self.scheme),
            (":authority", self.authority),
            (":path", path),
        ]
        stream = self.request(headers, not body)
        if body:
            await self.send(stream, body)
            self.h2.end_stream(stream)
            self.flush()
        status, fields = await self.response(stream)
        whole = b""
        while (data := await self.data(stream)) is not None:
            whole += data
        return status, fields, whole.decode()

    def ask(self, path, extra=(), protocol="websocket"):
        """Asks for a WebSocket; the stream."""
        headers = [
            (":method", "CONNECT"),
            (":protocol", protocol),
            (":scheme", self.scheme),
            (":authority", self.authority),
            (":path", path),
            ("sec-websocket-version", "13"),
            *extra,
        ]
        return self.request(headers, False)

    async def open(self, path, extra=(), deflate=False):
        """A WebSocket, or the status and fields of a refusal."""
        extensions, fields = offered(deflate)
        extra = [*extra, *fields]
        stream = self.ask(path, extra)
        status, fields = await self.response(stream)
        if status != 200:
            return status, fields
        if deflate:
            extensions[0].finalize(fields["sec-websocket-extensions"])
        return Socket(self, stream, fields, extensions)

    def end(self, stream):
        # the server has reset the half that it does not read any more
        with contextlib.suppress(h2.exceptions.StreamClosedError):
            self.h2.end_stream(stream)
            self.flush()

    async def close(self):
        self.h2.close_connection()
        self.flush()
        self.writer.close()
        self.reading.cancel()
