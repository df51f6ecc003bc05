//! Posts news, each until it is confirmed.

use std::time::Duration;
use ureq::typestate::WithBody;
use ureq::{Agent, RequestBuilder};

/// What a server said about a piece of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It is in the stream.
    Confirmed,
    /// It waits for Redis.
    Accepted,
    /// Nobody knows: the connection broke, or the server is full or going away.
    Unknown,
}

pub struct Poster {
    agent: Agent,
    url: String,
}

impl Poster {
    pub fn new(address: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60)));
        Self { agent: config.build().into(), url: format!("http://{address}/news") }
    }

    /// Posts once. It may be posted again: a text is its own key.
    pub fn post(&self, text: &str) -> Posted {
        self.send(text, self.agent.post(&self.url).header("Idempotency-Key", text.replace(' ', "-")))
    }

    /// Posts without a key.
    pub fn post_once(&self, text: &str) -> Posted {
        self.send(text, self.agent.post(&self.url))
    }

    fn send(&self, text: &str, request: RequestBuilder<WithBody>) -> Posted {
        match request.send(text) {
            Ok(response) => match response.status().as_u16() {
                204 => Posted::Confirmed,
                202 => Posted::Accepted,
                500.. => Posted::Unknown,
                status => panic!("POST /news was answered with {status}"),
            },
            Err(_) => Posted::Unknown,
        }
    }

    /// Returns the status of the health check.
    pub fn health(&self) -> Option<u16> {
        let url = self.url.replace("/news", "/healthz");
        self.agent.get(url).call().ok().map(|response| response.status().as_u16())
    }
}
