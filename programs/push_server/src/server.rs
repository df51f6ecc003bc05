//! Accepts connections, within bounds of number and of time.

use crate::files::Room;
use crate::routes;
use crate::site::Site;
use crate::wire::Wire;
use axum::body::Body;
use axum::http::header::{CONNECTION, RETRY_AFTER};
use axum::http::{HeaderValue, Request, Response, StatusCode};
use axum::routing::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::fs::File;
use std::future::Future;
use std::io::{self, Write};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// How long a request head may take from its first byte on, and how long a connection may be idle between two requests.
const HEAD_WITHIN: Duration = Duration::from_secs(20);

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 << 10;

/// How long a connection that is too many may take to send its request.
const REFUSED_WITHIN: Duration = Duration::from_secs(5);

/// How long connections may take to end when the server shuts down.
const FAREWELL: Duration = Duration::from_secs(4);

/// The answer to a connection for which there is not even room to read its request.
const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A place for a connection, free again when the last clone is dropped. A WebSocket keeps it after HTTP has ended.
pub type Place = Arc<OwnedSemaphorePermit>;

/// How many bytes a request took, from its first byte to the end of its head.
#[derive(Clone, Copy)]
pub struct RequestSize(pub u64);

/// How many bytes were sent on a connection, as it goes on.
#[derive(Clone)]
pub struct Sent(pub Arc<AtomicU64>);

pub struct Server {
    listener: TcpListener,
    site: Arc<Site>,
    router: Router,
    places: Arc<Semaphore>,
    count: usize,
    refusals: Arc<Semaphore>,
}

impl Server {
    pub fn new(listener: TcpListener, site: Arc<Site>, room: Room) -> Self {
        let router = routes::router(site.clone());
        let places = Arc::new(Semaphore::new(room.connections));
        Self {
            listener,
            site,
            router,
            places,
            count: room.connections,
            refusals: Arc::new(Semaphore::new(room.refused)),
        }
    }

    /// Serves until the future is ready, then ends all connections.
    pub async fn run(self, end: impl Future<Output = ()>) {
        let Self { places, count, .. } = &self;
        tokio::select! {
            never = self.accept() => match never {},
            () = end => {}
        }
        let (places, count, site) = (places.clone(), *count, self.site.clone());
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
                        refuse(stream);
                    }
                    spare = self::spare();
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn serve(&self, stream: TcpStream) {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            tokio::spawn(serve(stream, self.router.clone(), self.site.clone(), Arc::new(place)));
        } else if let Ok(refusal) = self.refusals.clone().try_acquire_owned() {
            tokio::spawn(async move {
                too_many(stream).await;
                drop(refusal);
            });
        } else {
            refuse(stream);
        }
    }
}

/// Serves a connection to the end of its HTTP.
async fn serve(stream: TcpStream, router: Router, site: Arc<Site>, place: Place) {
    let wire = Wire::new(stream);
    let (received, sent) = (wire.received(), Sent(wire.sent()));
    let before = Arc::new(AtomicU64::new(0));
    let site_of_http = TowerToHyperService::new(router);
    let service = service_fn(|mut request: Request<Incoming>| {
        let (received, before) = (received.clone(), before.clone());
        let head = received.load(Ordering::Relaxed) - before.load(Ordering::Relaxed);
        request.extensions_mut().insert(RequestSize(head));
        request.extensions_mut().insert(place.clone());
        request.extensions_mut().insert(sent.clone());
        let response = site_of_http.call(request);
        async move {
            let response = response.await;
            // the next request comes after this response
            before.store(received.load(Ordering::Relaxed), Ordering::Relaxed);
            response
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_header_size(MAX_HEAD)
        .serve_connection(TokioIo::new(wire), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    // A peer that disconnects is not an error of the server.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = site.ending() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Answers the first request of a connection with 503.
async fn too_many(stream: TcpStream) {
    let service = service_fn(|_: Request<Incoming>| async {
        let mut response = Response::new(Body::from("too many connections\n"));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        Ok::<_, Infallible>(response)
    });
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REFUSED_WITHIN)
        .max_header_size(MAX_HEAD)
        .serve_connection(TokioIo::new(Wire::new(stream)), service)
        .await;
}

/// Tells a client that there is no room, as far as that is possible without waiting.
fn refuse(stream: TcpStream) {
    // tokio would have to wait until it knows that there is room, and a new connection has room
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(TOO_MANY);
    }
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
