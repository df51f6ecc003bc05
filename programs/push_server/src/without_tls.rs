//! `--tls` in a program without it: there is no such value.

use crate::arguments::Files;
use crate::wire::Transport;
use tokio::net::TcpStream;

#[derive(Clone)]
pub enum Tls {}

#[derive(Clone, Copy)]
#[expect(dead_code, reason = "without TLS, nothing is agreed")]
pub enum Agreed {
    Http1,
    Http2,
}

impl Tls {
    pub fn new(_files: &Files) -> Result<Self, String> {
        Err("--tls: this program was built without it; build it with --features tls".into())
    }

    pub async fn accept(&self, _stream: TcpStream, _may_be_http_2: bool) -> Option<(Box<dyn Transport>, Agreed)> {
        match *self {}
    }
}
