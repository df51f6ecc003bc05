//! Requests: the page, the news for those who ask, news from the page, and the opening handshake.

use super::board::News;
use super::linger::linger;
use super::live::{self, STALL};
use super::{Counted, Site};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use upframe::connection::{Limits, Settings};
use upframe::handshake::{Outcome, PlainHttp, Refusal, ServerHandshake, ServerOptions, Upgrade};
use upframe::http::{Field, Head, Response};

const PAGE: &str = include_str!("page.html");

/// How long a peer has for a request head, and may do nothing between two.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a long poll is held where there are no news: less than proxies wait.
const LONG_POLL: Duration = Duration::from_secs(25);

/// The longest body of a request, in bytes.
const MAX_BODY: usize = 2000;

const OPTIONS: ServerOptions = ServerOptions::new().with_subprotocols(&["chat"]);

/// A message may have any length: it is echoed as it streams by.
const SETTINGS: Settings = Settings::new().with_limits(Limits::SERVER.with_fragments(u32::MAX));

/// What has come from a peer, and what is done with it.
struct Peer {
    stream: TcpStream,
    buf: Vec<u8>,
    /// What has come and is not taken lies at `start..end`.
    start: usize,
    end: usize,
}

/// Serves a connection to its end: requests, one after the other, or a WebSocket.
pub fn serve(site: &'static Site, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(STALL))?;
    let mut peer = Peer { stream, buf: vec![0; 4 << 10], start: 0, end: 0 };
    let mut memory = vec![0; 4 << 10];
    loop {
        let mut head = Head::wanting(&["host", "origin", "content-length"], &mut memory);
        let mut handshake = ServerHandshake::new(OPTIONS);
        let Some((outcome, len)) = peer.read_head(&mut handshake, &mut head)? else { return Ok(()) };
        let mut out = [0; 1024];
        match outcome {
            Outcome::Upgrade(upgrade) => match refused(&head) {
                Some(refusal) => peer.stream.write_all(refusal.write(&mut out).map_err(io::Error::other)?)?,
                None => return upgraded(site, peer, &handshake, &upgrade, &head, len),
            },
            Outcome::PlainHttp(ordinary) => {
                site.requests.fetch_add(1, Ordering::Relaxed);
                peer.answer(site, ordinary, &head, len)?;
                if ordinary.may_keep_alive() && !site.board.is_closed() {
                    continue;
                }
            }
            Outcome::Refusal(refusal) => peer.stream.write_all(refusal.write(&mut out).map_err(io::Error::other)?)?,
        }
        return linger(&peer.stream);
    }
}

/// Why a good request for a WebSocket gets none here.
fn refused(head: &Head) -> Option<Response<'static>> {
    let path = head.path().split(|byte| *byte == b'?').next();
    match path {
        Some(b"/ws") if is_same_origin(head) => None,
        Some(b"/ws") => Some(Response::new(403, "Forbidden").with_body(b"only pages of this server may connect\n")),
        _ => Some(Response::new(404, "Not Found").with_body(b"there is no WebSocket here, but at /ws\n")),
    }
}

/// Whether a request comes from a page of this server, or from none. A browser lets every page connect to every server, with
/// the user's cookies: it is the server who must look (RFC 6455 §10.2).
fn is_same_origin(head: &Head) -> bool {
    let Some(origin) = head.field("origin") else { return true };
    let authority = origin.strip_prefix(b"http://").or_else(|| origin.strip_prefix(b"https://"));
    authority.zip(head.host()).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host))
}

fn upgraded(
    site: &'static Site,
    mut peer: Peer,
    handshake: &ServerHandshake,
    upgrade: &Upgrade,
    head: &Head,
    len: usize,
) -> io::Result<()> {
    // before it is open, so that it misses neither news nor the server's end
    let (_counted, seen) = (Counted::new(&site.sockets), site.board.latest());
    let mut out = [0; 512];
    let (response, connection) = handshake.accept(upgrade, SETTINGS, &[], &mut out).map_err(io::Error::other)?;
    peer.stream.write_all(response)?;
    let report = head.path().ends_with(b"?report").then_some(len + response.len());
    live::serve(site, &peer.stream, connection, &peer.buf[peer.start..peer.end], seen, report)?;
    linger(&peer.stream)
}

impl Peer {
    /// Reads a head; what it came to, and its length. None where the peer has gone without one.
    fn read_head<'p>(
        &mut self,
        handshake: &mut ServerHandshake<'p>,
        head: &mut Head,
    ) -> io::Result<Option<(Outcome<'p>, usize)>> {
        let (end, mut len) = (Instant::now() + PATIENCE, 0);
        loop {
            let mut input = &mut self.buf[self.start..self.end];
            let before = input.len();
            let outcome = handshake.receive_with(&mut input, |span| head.push(span));
            len += before - input.len();
            self.start = self.end - input.len();
            if let Some(outcome) = outcome {
                return Ok(Some((outcome, len)));
            }
            // a head that comes byte by byte is not waited for longer
            if Instant::now() > end || !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Reads more, once all that had come is taken. False at the end of the stream.
    fn fill(&mut self) -> io::Result<bool> {
        (self.start, self.end) = (0, self.stream.read(&mut self.buf)?);
        Ok(self.end > 0)
    }

    /// Answers a request that asks for no WebSocket.
    fn answer(&mut self, site: &Site, ordinary: PlainHttp, head: &Head, len: usize) -> io::Result<()> {
        let target = String::from_utf8_lossy(head.path());
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let since = query.split('&').find_map(|pair| pair.strip_prefix("since=")?.parse().ok()).unwrap_or(0);
        let html = [("Content-Type", "text/html; charset=utf-8")];
        let text = [("Content-Type", "text/plain")];
        let page = |status, reason, fields, body| Response::new(status, reason).with_fields(fields).with_body(body);
        let response = match (head.method(), path) {
            (b"GET", "/") => page(200, "OK", &html[..], PAGE.as_bytes()),
            (b"GET", "/poll") => return self.tell(ordinary, &site.board.since(since), len),
            (b"GET", "/long-poll") => return self.tell(ordinary, &site.board.wait_since(since, LONG_POLL), len),
            (b"POST", "/news") if !is_same_origin(head) => page(403, "Forbidden", &text, b"not from this page\n"),
            (b"POST", "/news") => match self.body(head)? {
                Ok(body) => {
                    site.board.publish(&body);
                    Response::new(204, "No Content")
                }
                Err(response) => response,
            },
            (_, "/ws") => {
                let mut out = [0; 256];
                let refusal = Refusal::UpgradeRequired.write(&mut out).map_err(io::Error::other)?;
                self.stream.write_all(refusal)?;
                return Ok(());
            }
            (_, "/news") => page(405, "Method Not Allowed", &[("Allow", "POST")][..], b"POST a text\n"),
            (_, "/" | "/poll" | "/long-poll") => {
                page(405, "Method Not Allowed", &[("Allow", "GET")][..], b"only GET\n")
            }
            _ => page(404, "Not Found", &text, b"not here\n"),
        };
        self.write(&response.with_keep_alive(ordinary.may_keep_alive()))
    }

    /// Answers with news, and says how many bytes the request and this answer take on the wire.
    fn tell(&mut self, ordinary: PlainHttp, news: &[Arc<News>], len: usize) -> io::Result<()> {
        let list: Vec<_> = news.iter().map(|news| news.json.as_str()).collect();
        let body = format!("[{}]", list.join(","));
        let mut bytes = String::from("000000");
        let mut out = vec![0; body.len() + 1024];
        // a number of as many digits takes the place of the first
        for _ in 0..2 {
            let fields: [Field; 3] =
                [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("X-Bytes", &bytes)];
            let response = Response::new(200, "OK").with_fields(&fields).with_body(body.as_bytes());
            let response = response.with_keep_alive(ordinary.may_keep_alive());
            let written = response.write(&mut out).map_err(io::Error::other)?.len();
            bytes = format!("{:06}", len + written);
            out.truncate(written);
        }
        self.stream.write_all(&out)
    }

    /// The text in a request's body; or why there is none.
    fn body(&mut self, head: &Head) -> io::Result<Result<String, Response<'static>>> {
        let bad = |status, reason, body| Ok(Err(Response::new(status, reason).with_body(body)));
        let len = head.field("content-length").and_then(|len| str::from_utf8(len).ok()?.parse::<usize>().ok());
        let len = match len {
            Some(len) if len <= MAX_BODY => len,
            Some(_) => return bad(413, "Content Too Large", b"too long\n"),
            None => return bad(411, "Length Required", b"Content-Length is missing\n"),
        };
        let mut body = Vec::with_capacity(len);
        loop {
            let n = (self.end - self.start).min(len - body.len());
            body.extend_from_slice(&self.buf[self.start..self.start + n]);
            self.start += n;
            if body.len() == len {
                break;
            }
            if !self.fill()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        match String::from_utf8(body) {
            Ok(text) if !text.trim().is_empty() => Ok(Ok(text)),
            Ok(_) => bad(400, "Bad Request", b"empty\n"),
            Err(_) => bad(400, "Bad Request", b"not UTF-8\n"),
        }
    }

    fn write(&mut self, response: &Response) -> io::Result<()> {
        let mut out = vec![0; PAGE.len() + 1024];
        self.stream.write_all(response.write(&mut out).map_err(io::Error::other)?)
    }
}
