//! The responses to HTTP requests.

use crate::WEB_SOCKETS;
use crate::desk::Desk;
use crate::packed::{Handshake, handshake};
use crate::session::Session;
use smoltcp::socket::tcp::Socket;
use upframe::connection::{Limits, Settings};
use upframe::handshake::{Outcome, Refusal, ServerOptions, Upgrade};
use upframe::http::{Head, HeadLimits, Method, Response, WriteError};

/// The page. It is longer than a ring, so it is sent in pieces, from flash.
static PAGE: &[u8] = include_bytes!("page.html");

/// The subprotocol of clients that want telemetry.
pub const TELEMETRY: &str = "telemetry";

const OPTIONS: ServerOptions =
    ServerOptions::new().with_subprotocols(&[TELEMETRY]).with_limits(HeadLimits::SMALL_DEVICE);

/// An echo needs no memory for a message, so it may be long: 16 MiB. The other limits are those of a small device.
const SETTINGS: Settings = Settings::new().with_limits(
    Limits::SMALL_DEVICE.with_message(16 << 20).with_frame(16 << 20).with_fragments(Limits::SERVER.fragments),
);

/// A request that is being received.
pub struct Request {
    handshake: Handshake,
}

/// What follows a request.
#[expect(clippy::large_enum_variant, reason = "there is no heap, and the value is moved to its slot at once")]
pub enum Answer {
    /// The whole response is in the ring.
    Whole,
    /// The head of the page's response is in the ring.
    Page(&'static [u8]),
    /// The request was a WebSocket handshake.
    Upgraded(Session),
}

impl Request {
    /// The fields that matter here, in addition to those of the handshake.
    pub const FIELDS: &[&str] = &["host", "origin"];

    /// Nothing has come yet.
    pub const fn new() -> Self {
        Self { handshake: handshake(OPTIONS) }
    }

    /// Reads more. Returns the answer once there is one. The send ring is empty, so it has room for any response but
    /// the page.
    pub fn turn(&mut self, socket: &mut Socket, head: &mut Head, desk: &mut Desk) -> Option<Answer> {
        let mut outcome = None;
        while outcome.is_none() && socket.can_recv() {
            let received = socket.recv(|ring| {
                let len = ring.len();
                let mut input = ring;
                let outcome = self.handshake.receive_with(&mut input, |span| head.push(span));
                // Frames may already follow the head: they stay in the ring.
                (len - input.len(), outcome)
            });
            outcome = received.ok().flatten();
        }
        let outcome = outcome?;
        desk.counts.requests += 1;
        let method = self.handshake.method();
        let answer = match outcome {
            Outcome::Refusal(refusal) => refuse(refusal, method, socket, desk),
            // The memory for the head was too short for the parts that matter.
            _ if head.left_out() > 0 => error(431, "Request Header Fields Too Large", method, socket, desk),
            Outcome::Upgrade(upgrade) => self.upgrade(&upgrade, socket, head, desk),
            Outcome::PlainHttp(_) => plain_http(method, socket, head, desk),
        };
        Some(answer)
    }

    fn upgrade(&self, upgrade: &Upgrade<'static>, socket: &mut Socket, head: &Head, desk: &mut Desk) -> Answer {
        if path(head) != b"/ws" {
            return error(404, "Not Found", Method::GET, socket, desk);
        }
        if !is_own_page(head) {
            return refuse(Refusal::Origin, Method::GET, socket, desk);
        }
        if desk.in_phase("websocket") >= WEB_SOCKETS {
            return error(503, "Service Unavailable", Method::GET, socket, desk);
        }
        let (upgrade, mut pack) = desk.packs.take(&self.handshake, *upgrade);
        let mut session = None;
        put(socket, |ring| {
            let (response, connection) = self.handshake.accept(&upgrade, SETTINGS, &[], ring)?;
            let telemetry = upgrade.subprotocol() == Some(TELEMETRY);
            session = Some(Session::new(connection, pack.take(), telemetry, desk.now));
            Ok(response)
        });
        desk.counts.upgrades += 1;
        session.map_or(Answer::Whole, Answer::Upgraded)
    }
}

/// Answers a request that is not a handshake.
fn plain_http(method: Method, socket: &mut Socket, head: &Head, desk: &mut Desk) -> Answer {
    match (head.method().unwrap_or_default(), path(head)) {
        (b"GET", b"/") => {
            let fields = &[("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")];
            put(socket, |ring| Response::new(200, "OK").with_fields(fields).with_body(PAGE).write_head(ring));
            Answer::Page(PAGE)
        }
        (b"GET", b"/stats") => {
            let stats = desk.stats();
            let fields = &[("Content-Type", "application/json"), ("Cache-Control", "no-store")];
            put(socket, |ring| {
                Response::new(200, "OK").with_fields(fields).with_body(stats.as_bytes()).write(method, ring)
            });
            Answer::Whole
        }
        (b"GET", b"/ws") => refuse(Refusal::UpgradeRequired, method, socket, desk),
        (b"GET", _) => error(404, "Not Found", method, socket, desk),
        _ => refuse(Refusal::Method, method, socket, desk),
    }
}

/// Returns the path without its query.
fn path<'h>(head: &'h Head) -> &'h [u8] {
    let path = head.path().unwrap_or_default();
    path.split(|byte| *byte == b'?').next().unwrap_or_default()
}

/// Whether the request comes from no page or from a page of this board (RFC 6455 §10.2), under any of its names.
fn is_own_page(head: &Head) -> bool {
    match (head.field("origin"), head.host()) {
        (Ok(None), _) => true,
        (Ok(Some(origin)), Ok(Some(host))) => origin
            .split_at_checked(7)
            .is_some_and(|(scheme, rest)| scheme == b"http://" && rest.eq_ignore_ascii_case(host)),
        _ => false,
    }
}

fn refuse(refusal: Refusal, method: Method, socket: &mut Socket, desk: &mut Desk) -> Answer {
    desk.counts.refused += 1;
    put(socket, |ring| refusal.write(method, ring));
    Answer::Whole
}

fn error(status: u16, reason: &str, method: Method, socket: &mut Socket, desk: &mut Desk) -> Answer {
    desk.counts.refused += 1;
    let fields = &[("Content-Type", "text/plain"), ("Retry-After", "5")];
    // Only a busy server tells when to try again.
    let fields = if status == 503 { &fields[..] } else { &fields[..1] };
    put(socket, |ring| {
        Response::new(status, reason).with_fields(fields).with_body(reason.as_bytes()).write(method, ring)
    });
    Answer::Whole
}

/// Writes directly into the ring.
fn put(socket: &mut Socket, write: impl for<'r> FnOnce(&'r mut [u8]) -> Result<&'r [u8], WriteError>) {
    // The ring has room. If the peer has disconnected, nobody misses the response.
    let _ = socket.send(|ring| (write(ring).map_or(0, <[u8]>::len), ()));
}
