//! Accepts connections, within bounds of number and of time.

use crate::files::Room;
use crate::site::Site;
use crate::streams::Stream;
use crate::tls::{Agreed, Tls};
use crate::wire::{Transport, Wire};
use crate::{http1, http2, routes};
use axum::body::Body;
use axum::http::header::{CONNECTION, RETRY_AFTER};
use axum::http::{HeaderValue, Request, Response, StatusCode};
use axum::routing::Router;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::fs::File;
use std::future::Future;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// How long a request head may take from its first byte on, and how long a connection may be idle between two requests.
pub const HEAD_WITHIN: Duration = Duration::from_secs(20);

/// The longest head of a request, in bytes.
pub const MAX_HEAD: usize = 16 << 10;

/// How long a connection that is too many may take to send its request.
const REFUSED_WITHIN: Duration = Duration::from_secs(5);

/// How long connections may take to end when the server shuts down.
const FAREWELL: Duration = Duration::from_secs(4);

/// The answer to a connection for which there is not even room to read its request.
const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A place for a connection, free again when the last clone is dropped. A WebSocket keeps it after HTTP has ended. In
/// HTTP/2, a WebSocket has one for itself, and keeps its stream.
#[derive(Clone)]
pub struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
    _stream: Option<Arc<Stream>>,
}

impl Place {
    pub fn new(permit: OwnedSemaphorePermit, stream: Option<Stream>) -> Self {
        Self { _permit: Arc::new(permit), _stream: stream.map(Arc::new) }
    }
}

/// How many bytes a request took, from its first byte to the end of its head.
#[derive(Clone, Copy)]
pub struct RequestSize(pub u64);

/// What all connections are served with.
#[derive(Clone)]
pub struct Shared {
    pub site: Arc<Site>,
    pub router: Router,
    pub places: Arc<Semaphore>,
    pub tls: Option<Tls>,
}

pub struct Server {
    listener: TcpListener,
    shared: Shared,
    count: usize,
    refusals: Arc<Semaphore>,
}

impl Server {
    pub fn new(listener: TcpListener, site: Arc<Site>, tls: Option<Tls>, room: Room) -> Self {
        let router = routes::router(site.clone());
        let places = Arc::new(Semaphore::new(room.connections));
        let shared = Shared { site, router, places, tls };
        Self { listener, shared, count: room.connections, refusals: Arc::new(Semaphore::new(room.refused)) }
    }

    /// Serves until the future is ready, then ends all connections.
    pub async fn run(self, end: impl Future<Output = ()>) {
        tokio::select! {
            never = self.accept() => match never {},
            () = end => {}
        }
        let (Shared { places, site, .. }, count) = (self.shared.clone(), self.count);
        // nobody else can connect
        drop(self);
        site.end();
        let all = u32::try_from(count).unwrap_or(u32::MAX);
        let _ = timeout(FAREWELL, places.acquire_many(all)).await;
    }

    async fn accept(&self) -> Infallible {
        let mut spare = spare();
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => self.serve(stream),
                Err(error) if is_of_one_connection(&error) => {}
                Err(_) => {
                    // Out of files, most likely. The connection would wait in the queue, and its client would not know
                    // why: the spare file makes room for an answer.
                    drop(spare.take());
                    if let Ok(Ok((stream, _))) = timeout(Duration::from_millis(10), self.listener.accept()).await {
                        self.refuse(stream);
                    }
                    spare = self::spare();
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn serve(&self, stream: TcpStream) {
        if let Ok(permit) = self.shared.places.clone().try_acquire_owned() {
            tokio::spawn(serve(stream, self.shared.clone(), Place::new(permit, None)));
        } else if let Ok(refusal) = self.refusals.clone().try_acquire_owned() {
            let tls = self.shared.tls.clone();
            tokio::spawn(async move {
                too_many(stream, tls).await;
                drop(refusal);
            });
        } else {
            self.refuse(stream);
        }
    }

    /// Tells a client that there is no room, as far as that is possible without waiting.
    fn refuse(&self, stream: TcpStream) {
        // There is no time for a TLS handshake. Without TLS, the answer fits the empty buffer of a new connection: it is
        // written without tokio, which would first wait to hear that it fits.
        if self.shared.tls.is_none()
            && let Ok(mut stream) = stream.into_std()
        {
            let _ = stream.write(TOO_MANY);
        }
    }
}

/// Does the handshake of TLS, if there is one, and finds out which version of HTTP the client speaks.
async fn serve(stream: TcpStream, shared: Shared, place: Place) {
    // An answer is one segment: it should not wait for the next one.
    let _ = stream.set_nodelay(true);
    let Some((transport, agreed)) = open(stream, shared.tls.as_ref(), true).await else { return };
    let mut wire = Wire::new(transport);
    let is_http_2 = match agreed {
        Some(Agreed::Http1) => false,
        Some(Agreed::Http2) => true,
        // a proxy may know that this is a server of HTTP/2 (RFC 9113 §3.3)
        None => match timeout(HEAD_WITHIN, wire.begins_with_http_2()).await {
            Ok(Ok(is_http_2)) => is_http_2,
            Ok(Err(_)) | Err(_) => return,
        },
    };
    if is_http_2 { http2::serve(wire, shared, place).await } else { http1::serve(wire, shared, place).await }
}

/// Returns what HTTP is spoken on. `None`: the handshake of TLS failed.
async fn open(
    stream: TcpStream,
    tls: Option<&Tls>,
    may_be_http_2: bool,
) -> Option<(Box<dyn Transport>, Option<Agreed>)> {
    match tls {
        None => Some((Box::new(stream), None)),
        Some(tls) => tls.accept(stream, may_be_http_2).await.map(|(stream, agreed)| (stream, Some(agreed))),
    }
}

/// Answers the first request of a connection with 503.
async fn too_many(stream: TcpStream, tls: Option<Tls>) {
    let _ = stream.set_nodelay(true);
    let Some((transport, _)) = open(stream, tls.as_ref(), false).await else { return };
    let service = service_fn(|_: Request<Incoming>| async {
        let mut response = busy();
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        Ok::<_, Infallible>(response)
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REFUSED_WITHIN)
        .max_header_size(MAX_HEAD)
        .serve_connection(TokioIo::new(Wire::new(transport)), service)
        .await;
}

/// The answer to a client for which there is no place.
pub fn busy() -> Response<Body> {
    let mut response = Response::new(Body::from("too many connections\n"));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// Returns a file that can be closed when there are too many.
fn spare() -> Option<File> {
    File::open(std::env::current_exe().ok()?).ok()
}

/// Whether an error of `accept` is about a connection that is gone already.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
