//! News about the server itself.

use crate::site::Site;
use axum::http::Version;
use std::mem::replace;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Publishes a report at each of these times, if somebody has asked for something meanwhile.
pub async fn publish(site: Arc<Site>, every: Duration) {
    let start = Instant::now();
    let mut before = 0;
    loop {
        tokio::time::sleep(every).await;
        let all = site.counters.requests();
        let requests = all - replace(&mut before, all);
        let (websockets, in_http_2) = (site.counters.websockets(), &site.counters.of(Version::HTTP_2).websockets);
        if requests > 0 || websockets > 0 {
            let text = text(start.elapsed(), every, requests, websockets, in_http_2.open());
            if let Err(error) = site.board.publish(&text).await {
                eprintln!("push_server: a report was not published: {error}");
            }
        }
    }
}

fn text(up: Duration, every: Duration, requests: u64, websockets: u64, in_http_2: u64) -> String {
    let (up, every) = (up.as_secs(), every.as_secs());
    let (requests, websockets) = (count(requests, "request"), count(websockets, "WebSocket"));
    let in_http_2 = if in_http_2 == 0 { String::new() } else { format!(", {in_http_2} in HTTP/2") };
    format!("up for {up} s: {requests} in the last {every} s, {websockets} open{in_http_2}")
}

fn count(n: u64, name: &str) -> String {
    if n == 1 { format!("1 {name}") } else { format!("{n} {name}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        let seconds = Duration::from_secs;
        assert_eq!(text(seconds(61), seconds(5), 1, 1, 0), "up for 61 s: 1 request in the last 5 s, 1 WebSocket open");
        let many = "up for 1 s: 0 requests in the last 5 s, 12 WebSockets open, 7 in HTTP/2";
        assert_eq!(text(seconds(1), seconds(5), 0, 12, 7), many);
    }
}
