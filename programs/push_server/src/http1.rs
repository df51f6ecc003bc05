//! A connection of HTTP/1.1.

use crate::server::{HEAD_WITHIN, MAX_HEAD, Place, RequestSize, Shared};
use crate::wire::Wire;
use axum::http::{Request, Version};
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Serves a connection to the end of its HTTP.
pub async fn serve(wire: Wire, Shared { site, router, .. }: Shared, place: Place) {
    let _counted = site.counters.of(Version::HTTP_11).connections.count();
    let received = wire.received();
    let before = Arc::new(AtomicU64::new(0));
    let site_of_http = TowerToHyperService::new(router);
    let service = service_fn(|mut request: Request<Incoming>| {
        let (received, before) = (received.clone(), before.clone());
        let head = received.load(Ordering::Relaxed) - before.load(Ordering::Relaxed);
        request.extensions_mut().insert(RequestSize(head));
        request.extensions_mut().insert(place.clone());
        let response = site_of_http.call(request);
        async move {
            let response = response.await;
            // the next request comes after this response
            before.store(received.load(Ordering::Relaxed), Ordering::Relaxed);
            response
        }
    });
    let connection = Builder::new()
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
