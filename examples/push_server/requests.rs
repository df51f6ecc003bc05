//! HTTP requests: the page, the news for those who ask, news from the page, and the opening handshake.

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
use upframe::handshake::{OriginPolicy, Outcome, PlainHttp, Refusal, ServerHandshake, ServerOptions, Upgrade};
use upframe::http::{Field, Head, Method, Response};

const PAGE: &str = include_str!("page.html");

/// How long a peer may take to send a request head, and may stay idle between two requests.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a long poll is held if there is no news: less than proxies wait.
const LONG_POLL: Duration = Duration::from_secs(25);

/// The longest body of a request, in bytes.
const MAX_BODY: usize = 2000;

const OPTIONS: ServerOptions = ServerOptions::new().with_subprotocols(&["chat"]);

/// A message may have any length: it is echoed piece by piece.
const SETTINGS: Settings = Settings::new().with_limits(Limits::SERVER.with_fragments(u32::MAX));

/// A connection with an HTTP client.
struct Peer {
    stream: TcpStream,
    buf: Vec<u8>,
    /// The bytes that were read and not yet consumed are at `buf[start..end]`.
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
                Some(refusal) => {
                    peer.stream.write_all(refusal.write(handshake.method(), &mut out).map_err(io::Error::other)?)?;
                }
                None => return upgraded(site, peer, &handshake, &upgrade, &head, len),
            },
            Outcome::PlainHttp(plain) => {
                site.requests.fetch_add(1, Ordering::Relaxed);
                peer.answer(site, plain, &head, len)?;
                if plain.may_keep_alive() && !site.board.is_closed() {
                    continue;
                }
            }
            Outcome::Refusal(refusal) => {
                peer.stream.write_all(refusal.write(handshake.method(), &mut out).map_err(io::Error::other)?)?;
            }
        }
        return linger(&peer.stream);
    }
}

/// Returns the response if a valid WebSocket request is refused here.
fn refused(head: &Head) -> Option<Response<'static>> {
    let Ok(path) = head.path() else { return Some(too_large()) };
    match path.split(|byte| *byte == b'?').next() {
        Some(b"/ws") if is_same_origin(head) => None,
        Some(b"/ws") => Some(Response::new(403, "Forbidden").with_body(b"only pages from this server may connect\n")),
        _ => Some(Response::new(404, "Not Found").with_body(b"the WebSocket is at /ws\n")),
    }
}

/// Whether a request comes from a page of this server or from no page. A browser lets every page connect to every
/// server, with the user's cookies: the server must check (RFC 6455 §10.2).
fn is_same_origin(head: &Head) -> bool {
    // A field that did not fit is not an absent one.
    let (Ok(origin), Ok(host)) = (head.field("origin"), head.host()) else { return false };
    let text = |value| String::from_utf8_lossy(value);
    OriginPolicy::same_host().allows(origin.map(text).as_deref(), host.map(text).as_deref())
}

/// The response to a head whose elements do not fit in the memory for them.
fn too_large() -> Response<'static> {
    Response::new(431, "Request Header Fields Too Large").with_body(b"the head is too large\n")
}

fn upgraded(
    site: &'static Site,
    mut peer: Peer,
    handshake: &ServerHandshake,
    upgrade: &Upgrade,
    head: &Head,
    len: usize,
) -> io::Result<()> {
    // Before the connection is open, so that it misses neither news nor the shutdown.
    let (_counted, seen) = (Counted::new(&site.sockets), site.board.latest());
    let mut out = [0; 512];
    let (response, connection) = handshake.accept(upgrade, SETTINGS, &[], &mut out).map_err(io::Error::other)?;
    peer.stream.write_all(response)?;
    let report = head.path().is_ok_and(|path| path.ends_with(b"?report")).then_some(len + response.len());
    live::serve(site, &peer.stream, connection, &peer.buf[peer.start..peer.end], seen, report)?;
    linger(&peer.stream)
}

impl Peer {
    /// Reads a head. Returns its outcome and its length, or `None` if the peer disconnected or was too slow.
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
            // A head that arrives byte by byte gets no more time.
            if Instant::now() > end || !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Reads more, after all earlier bytes were consumed. Returns `false` at the end of the stream.
    fn fill(&mut self) -> io::Result<bool> {
        (self.start, self.end) = (0, self.stream.read(&mut self.buf)?);
        Ok(self.end > 0)
    }

    /// Answers a request that does not ask for a WebSocket.
    fn answer(&mut self, site: &Site, plain: PlainHttp, head: &Head, len: usize) -> io::Result<()> {
        let (Ok(method), Ok(target)) = (head.method(), head.path()) else {
            return self.write(plain.method(), &too_large());
        };
        let target = String::from_utf8_lossy(target);
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let since = query.split('&').find_map(|pair| pair.strip_prefix("since=")?.parse().ok()).unwrap_or(0);
        let html = [("Content-Type", "text/html; charset=utf-8")];
        let text = [("Content-Type", "text/plain")];
        let page = |status, reason, fields, body| Response::new(status, reason).with_fields(fields).with_body(body);
        let response = match (method, path) {
            (b"GET", "/") => page(200, "OK", &html[..], PAGE.as_bytes()),
            (b"GET", "/poll") => return self.tell(plain, &site.board.since(since), len),
            (b"GET", "/long-poll") => return self.tell(plain, &site.board.wait_since(since, LONG_POLL), len),
            (b"POST", "/news") if !is_same_origin(head) => {
                page(403, "Forbidden", &text, b"only pages from this server may send news\n")
            }
            (b"POST", "/news") => match self.body(head)? {
                Ok(body) => {
                    site.board.publish(&body);
                    Response::new(204, "No Content")
                }
                Err(response) => response,
            },
            (_, "/ws") => {
                let mut out = [0; 256];
                let refusal = Refusal::UpgradeRequired.write(plain.method(), &mut out).map_err(io::Error::other)?;
                self.stream.write_all(refusal)?;
                return Ok(());
            }
            (_, "/news") => page(405, "Method Not Allowed", &[("Allow", "POST")][..], b"only POST is allowed\n"),
            (_, "/" | "/poll" | "/long-poll") => {
                page(405, "Method Not Allowed", &[("Allow", "GET")][..], b"only GET is allowed\n")
            }
            _ => page(404, "Not Found", &text, b"not found\n"),
        };
        self.write(plain.method(), &response.with_keep_alive(plain.may_keep_alive()))
    }

    /// Answers with news, and reports in `X-Bytes` how many bytes the request and this response take on the wire.
    fn tell(&mut self, plain: PlainHttp, news: &[Arc<News>], len: usize) -> io::Result<()> {
        let list: Vec<_> = news.iter().map(|news| news.json.as_str()).collect();
        let body = format!("[{}]", list.join(","));
        let mut bytes = String::from("000000");
        let mut out = vec![0; body.len() + 1024];
        // The second pass writes the real number in the place of the zeros: it has as many digits.
        for _ in 0..2 {
            let fields: [Field; 3] =
                [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("X-Bytes", &bytes)];
            let response = Response::new(200, "OK").with_fields(&fields).with_body(body.as_bytes());
            let response = response.with_keep_alive(plain.may_keep_alive());
            let written = response.write(plain.method(), &mut out).map_err(io::Error::other)?.len();
            bytes = format!("{:06}", len + written);
            out.truncate(written);
        }
        self.stream.write_all(&out)
    }

    /// Reads the text in a request's body. The inner error is the response to a request without a valid body.
    fn body(&mut self, head: &Head) -> io::Result<Result<String, Response<'static>>> {
        let bad = |status, reason, body| Ok(Err(Response::new(status, reason).with_body(body)));
        let Ok(len) = head.field("content-length") else { return Ok(Err(too_large())) };
        let len = len.and_then(|len| str::from_utf8(len).ok()?.parse::<usize>().ok());
        let len = match len {
            Some(len) if len <= MAX_BODY => len,
            Some(_) => return bad(413, "Content Too Large", b"the text is too long\n"),
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
            Ok(_) => bad(400, "Bad Request", b"the text is empty\n"),
            Err(_) => bad(400, "Bad Request", b"the text is not UTF-8\n"),
        }
    }

    fn write(&mut self, method: Method, response: &Response) -> io::Result<()> {
        let mut out = vec![0; PAGE.len() + 1024];
        self.stream.write_all(response.write(method, &mut out).map_err(io::Error::other)?)
    }
}
