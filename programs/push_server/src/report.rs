//! News about the server itself.

use crate::site::Site;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Publishes a report at each of these times, if somebody has asked for something meanwhile.
pub async fn publish(site: Arc<Site>, every: Duration) {
    let start = Instant::now();
    loop {
        tokio::time::sleep(every).await;
        let requests = site.requests.swap(0, Ordering::Relaxed);
        let websockets = site.websockets();
        if requests > 0 || websockets > 0 {
            let text = text(start.elapsed(), every, requests, websockets);
            if let Err(error) = site.board.publish(&text).await {
                eprintln!("push_server: a report was not published: {error}");
            }
        }
    }
}

fn text(up: Duration, every: Duration, requests: usize, websockets: usize) -> String {
    let (up, every) = (up.as_secs(), every.as_secs());
    format!(
        "up for {up} s: {} in the last {every} s, {} open",
        count(requests, "request"),
        count(websockets, "WebSocket")
    )
}

fn count(n: usize, name: &str) -> String {
    if n == 1 { format!("1 {name}") } else { format!("{n} {name}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        let seconds = Duration::from_secs;
        assert_eq!(text(seconds(61), seconds(5), 1, 1), "up for 61 s: 1 request in the last 5 s, 1 WebSocket open");
        assert_eq!(text(seconds(1), seconds(5), 0, 12), "up for 1 s: 0 requests in the last 5 s, 12 WebSockets open");
    }
}
