//! What a connection of HTTP/2 does: whether it is idle, and whether its client reads.

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// How many bytes of a response are passed on at once: as soon as the client has room.
const PIECE: usize = 16 << 10;

/// The streams of a connection.
pub struct Streams(Mutex<State>);

struct State {
    next: u64,
    open: HashMap<u64, Open>,
    idle_since: Instant,
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    /// There is no response yet.
    Request,
    /// When a piece of the response was taken last.
    Response(Instant),
    WebSocket,
}

impl Streams {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { next: 0, open: HashMap::new(), idle_since: Instant::now() })))
    }

    /// Begins a request, which ends when the value is dropped.
    pub fn begin(self: &Arc<Self>) -> Stream {
        self.add(Open::Request)
    }

    /// Begins a WebSocket, which ends when the value is dropped.
    pub fn begin_websocket(self: &Arc<Self>) -> Stream {
        self.add(Open::WebSocket)
    }

    fn add(self: &Arc<Self>, open: Open) -> Stream {
        let id = self.with(|state| {
            state.next += 1;
            state.open.insert(state.next, open);
            state.next
        });
        Stream { streams: self.clone(), id }
    }

    /// Returns whether there has been no stream for so long.
    pub fn are_idle(&self, time: Duration) -> bool {
        self.with(|state| state.open.is_empty() && state.idle_since.elapsed() >= time)
    }

    /// Returns whether the client has taken nothing of a response for so long.
    pub fn are_stalled(&self, time: Duration) -> bool {
        let is_stalled = |open: &Open| matches!(open, Open::Response(taken) if taken.elapsed() >= time);
        self.with(|state| state.open.values().any(is_stalled))
    }

    pub fn have_websockets(&self) -> bool {
        self.with(|state| state.open.values().any(|open| *open == Open::WebSocket))
    }

    fn with<T>(&self, use_state: impl FnOnce(&mut State) -> T) -> T {
        use_state(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub struct Stream {
    streams: Arc<Streams>,
    id: u64,
}

impl Stream {
    /// Notes that the client takes the response.
    fn takes(&self) {
        self.streams.with(|state| state.open.insert(self.id, Open::Response(Instant::now())));
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.streams.with(|state| {
            state.open.remove(&self.id);
            if state.open.is_empty() {
                state.idle_since = Instant::now();
            }
        });
    }
}

/// The body of a response, in pieces. hyper takes the next one when the window of the stream has room.
pub struct InPieces {
    body: Body,
    /// What of the body was not passed on.
    rest: Bytes,
    stream: Stream,
}

impl InPieces {
    pub fn new(body: Body, stream: Stream) -> Self {
        stream.takes();
        Self { body, rest: Bytes::new(), stream }
    }
}

impl HttpBody for InPieces {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.stream.takes();
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)).map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(bytes))) => self.rest = bytes,
                Some(Ok(Err(trailers))) => return Poll::Ready(Some(Ok(trailers))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        let len = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(len)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}
