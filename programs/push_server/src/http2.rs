//! A connection of HTTP/2: WebSockets (RFC 8441) and other requests at the same time.

use crate::server::{HEAD_WITHIN, MAX_HEAD, Place, RequestSize, Shared, busy};
use crate::streams::{InPieces, Streams};
use crate::wire::{STALL, Wire};
use axum::http::{Method, Request, Version};
use hyper::body::Incoming;
use hyper::server::conn::http2::Builder;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, interval};

/// How many streams a client may have open at once.
const STREAMS: u32 = 128;

/// How many bytes of a stream may come before they are read.
const STREAM_WINDOW: u32 = 64 << 10;

/// The same for all streams together: so much that streams which are not read leave room for the others.
const WINDOW: u32 = STREAMS * STREAM_WINDOW;

/// How many bytes of a stream may wait to be sent.
const SEND_BUFFER: usize = 64 << 10;

/// A connection on which nothing comes for so long gets a Ping of HTTP/2, and as long for its answer.
const PING_AFTER: Duration = Duration::from_secs(20);

/// How often a connection is looked after.
const LOOK: Duration = Duration::from_secs(5);

/// The same while WebSockets get their Close, because the server shuts down.
const LOOK_FOR_CLOSES: Duration = Duration::from_millis(20);

/// How long that may take.
const CLOSES_WITHIN: Duration = Duration::from_secs(3);

/// How long a connection that was asked to end may go on without a stream.
const GOODBYE: Duration = Duration::from_secs(5);

/// Serves a connection to its end.
pub async fn serve(wire: Wire, Shared { site, router, places, .. }: Shared, place: Place) {
    let _counted = site.counters.of(Version::HTTP_2).connections.count();
    let (received, before) = (wire.received(), Arc::new(AtomicU64::new(0)));
    let streams = Streams::new();
    let site_of_http = TowerToHyperService::new(router);
    let service = service_fn(|mut request: Request<Incoming>| {
        let now = received.load(Ordering::Relaxed);
        // what came for other streams counts, too
        request.extensions_mut().insert(RequestSize(now - before.swap(now, Ordering::Relaxed)));
        let stream = streams.begin();
        // a WebSocket counts as a connection
        let permit = match *request.method() {
            Method::CONNECT => places.clone().try_acquire_owned().map(Some),
            _ => Ok(None),
        };
        let response = permit.map(|permit| {
            let place =
                permit.map_or_else(|| place.clone(), |permit| Place::new(permit, Some(streams.begin_websocket())));
            request.extensions_mut().insert(place);
            site_of_http.call(request)
        });
        async move {
            let response = match response {
                Ok(response) => response.await.unwrap_or_else(|never| match never {}),
                Err(_) => busy(),
            };
            Ok::<_, Infallible>(response.map(|body| InPieces::new(body, stream)))
        }
    });
    let connection = Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .enable_connect_protocol()
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(MAX_HEAD as u32)
        .keep_alive_interval(PING_AFTER)
        .keep_alive_timeout(PING_AFTER)
        .serve_connection(TokioIo::new(wire), service);
    let mut connection = pin!(connection);
    let mut look = interval(LOOK);
    let mut closes_until = None;
    loop {
        // A peer that disconnects is not an error of the server.
        tokio::select! {
            _ = connection.as_mut() => return,
            () = site.ending(), if closes_until.is_none() => {
                closes_until = Some(Instant::now() + CLOSES_WITHIN);
                look = interval(LOOK_FOR_CLOSES);
            }
            _ = look.tick() => {}
        }
        if streams.are_stalled(STALL) {
            return;
        }
        let is_over = match closes_until {
            // Some clients take the good-bye of HTTP/2 for the end of all streams: a WebSocket gets its Close first.
            Some(until) => !streams.have_websockets() || Instant::now() >= until,
            None => streams.are_idle(HEAD_WITHIN),
        };
        if is_over {
            break;
        }
    }
    connection.as_mut().graceful_shutdown();
    let said = Instant::now();
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = look.tick() => {}
        }
        if streams.are_stalled(STALL) || (streams.are_idle(GOODBYE) && said.elapsed() >= GOODBYE) {
            return;
        }
    }
}
