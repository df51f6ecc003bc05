//! Compares the crate with its twin.

use super::super::laws::{Seen, note};
use super::super::scripts::{cut, heads, streams};
use super::super::twin::{self, Observed, Op, Rules, Said, digest, request, response};
use upframe::connection::{Connection, Endpoint, Entropy, Fragment, Limits, MessageKind, NoEntropy, Role, Settings};
use upframe::frame::{CloseCode, ReservedBits};
use upframe::handshake::{
    Answer, ClientHandshake, ClientRequest, OriginPolicy, Outcome, RequestJudge, ServerHandshake, ServerOptions, Uri,
};
use upframe::http::{Body, HeadLimits, Method};

/// Predictable masking keys, each used once.
struct Keys(u32);

impl Entropy for Keys {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        self.0 += 1;
        bytes.copy_from_slice(&twin::key(self.0));
        Ok(())
    }
}

pub fn settings(rules: &Rules) -> Settings {
    let limits = Limits::NONE
        .with_message(rules.message)
        .with_frame(rules.frame)
        .with_fragments(rules.fragments)
        .with_empty_fragments(rules.empty_fragments);
    Settings::new()
        .with_limits(limits)
        .with_reserved_bits(ReservedBits::of_first_byte(rules.owned))
        .with_automatic_pong(rules.automatic_pong)
        .with_unmasked_frames_trusted(rules.unmasked_frames_trusted)
}

/// Asserts that the end observes what the twin observes if the bytes of its peer come whole, cut, and one by one.
/// Returns the observation.
pub fn streams(case: &streams::Case) -> Observed {
    let want = twin::End::run(case.rules, &case.ops);
    let settings = settings(&case.rules);
    let run = |sizes| match case.rules.server {
        true => run(Connection::server(settings), &case.ops, sizes),
        false => run(Connection::client(Keys(0), settings), &case.ops, sizes),
    };
    assert_eq!(run([usize::MAX; 3]), want, "whole, {case:?}");
    let endpoint = if case.rules.server { Endpoint::Server } else { Endpoint::Client(Keys(0)) };
    assert_eq!(self::run(Connection::endpoint(endpoint, settings), &case.ops, case.sizes), want, "cut, {case:?}");
    assert_eq!(run([1; 3]), want, "byte by byte, {case:?}");
    want
}

fn run<R: Role>(mut end: Connection<R>, ops: &[Op], sizes: [usize; 3]) -> Observed {
    let (mut seen, mut out, mut pending) = (vec![], vec![], vec![]);
    let said = ops
        .iter()
        .map(|op| {
            let said = apply(&mut end, op, sizes, (&mut seen, &mut pending), &mut out);
            if matches!(op, Op::Transmit(_)) {
                receive(&mut end, &mut pending, &mut seen);
            }
            said
        })
        .collect();
    Observed {
        seen,
        said,
        offset: end.offset(),
        state: end.state(),
        close_code: end.close_code().map(|code| code.0),
        close_reason: end.close_reason().into(),
        may_disconnect: end.may_disconnect(),
        wants_transmit: end.wants_transmit(),
    }
}

/// Receives what has come. Input is left only if there is no room for the payload of a control frame: then it is pending.
fn receive<R: Role>(end: &mut Connection<R>, pending: &mut Vec<u8>, seen: &mut Vec<Seen>) {
    let mut input = &mut pending[..];
    while let Some(event) = end.receive(&mut input) {
        note(seen, end, &event);
    }
    let consumed = input.is_empty();
    assert!(
        consumed || (seen.last() == Some(&Seen::TransmitFirst) && end.wants_transmit()),
        "None although input is left"
    );
    let rest = input.len();
    pending.drain(..pending.len() - rest);
}

fn apply<R: Role>(
    end: &mut Connection<R>,
    op: &Op,
    sizes: [usize; 3],
    (seen, pending): (&mut Vec<Seen>, &mut Vec<u8>),
    out: &mut Vec<u8>,
) -> Said {
    let room = match op {
        Op::Transmit(size) => *size,
        Op::Send { room, .. } => *room,
        _ => 0,
    };
    out.clear();
    out.resize(room, 0xEE);
    let wrote = match op {
        Op::Receive(bytes) => {
            for piece in cut(bytes, sizes) {
                pending.extend_from_slice(piece);
                receive(end, pending, seen);
            }
            return Said::Nothing;
        }
        Op::Skip => return Said::Skips(end.skip_message()),
        Op::EndOfStream => return Said::Ended(end.receive_eof()),
        Op::Transmit(_) => {
            let n = end.poll_transmit(out);
            Ok(&out[..n])
        }
        Op::Send { kind, place, bytes, .. } => {
            let message = match kind {
                MessageKind::Text => Fragment::text(std::str::from_utf8(bytes).unwrap()),
                MessageKind::Binary => Fragment::binary(bytes),
            };
            end.send(message.at(*place), out)
        }
        Op::Ping(payload) => return Said::Queued(end.ping(payload)),
        Op::Pong(payload) => return Said::Queued(end.pong(payload)),
        Op::Close(code, reason) => return Said::Queued(end.close(CloseCode(*code), reason)),
    };
    let wrote = wrote.map(<[u8]>::to_vec);
    let untouched = wrote.as_ref().map_or(0, Vec::len);
    assert!(out[untouched..].iter().all(|byte| *byte == 0xEE), "bytes were written after the returned length");
    Said::Wrote(wrote)
}

/// The verdict on a head.
#[derive(Clone, Debug, PartialEq)]
pub enum Judged {
    Request(request::Verdict),
    Response(response::Verdict),
}

/// Asserts that the head whole, cut, and byte by byte, and its fields as pairs, all lead to the verdict of the twin.
/// Returns the verdict.
pub fn heads(case: &heads::Case) -> Option<Judged> {
    let (want, run) = (twin_heads(case), if case.server { serve } else { ask });
    let shown = || case.wire.escape_ascii();
    assert_eq!(run(case, &[&case.wire]), want, "whole, {}, {case:?}", shown());
    assert_eq!(run(case, &cut(&case.wire, case.sizes)), want, "cut, {}, {case:?}", shown());
    assert_eq!(run(case, &cut(&case.wire, [1; 3])), want, "byte by byte, {}, {case:?}", shown());
    if case.server {
        pairs(case, want.as_ref().map(|(judged, _)| judged));
    }
    want.map(|(judged, _)| judged)
}

/// Returns the twin's verdict and the number of bytes that it consumes.
pub fn twin_heads(case: &heads::Case) -> Option<(Judged, usize)> {
    if case.server {
        return request::judge(&server(case), &case.wire).map(|(verdict, taken)| (Judged::Request(verdict), taken));
    }
    let key = digest::base64(&case.nonce);
    let asked = response::Asked { key: &key, subprotocols: case.subprotocols, limits: case.limits };
    response::judge(&asked, &case.wire).map(|(verdict, taken)| (Judged::Response(verdict), taken))
}

fn server(case: &heads::Case) -> request::Server<'static> {
    request::Server { subprotocols: case.subprotocols, origins: case.origins, limits: case.limits }
}

fn limits(case: &heads::Case) -> HeadLimits {
    HeadLimits::DEFAULT.with_bytes(case.limits.0).with_fields(case.limits.1)
}

fn options(case: &heads::Case) -> ServerOptions<'static, OriginPolicy<'static>> {
    let policy = case.origins.map_or(OriginPolicy::any(), |(list, same_host, required)| {
        let policy = OriginPolicy::list(list).unwrap();
        let policy = if same_host { policy.or_same_host() } else { policy };
        if required { policy.required() } else { policy }
    });
    ServerOptions::new().with_subprotocols(case.subprotocols).with_limits(limits(case)).with_origins(policy)
}

fn request_verdict(outcome: &Outcome) -> Judged {
    Judged::Request(match outcome {
        Outcome::Upgrade(upgrade) => request::Verdict::Upgrade {
            accept: upgrade.accept_value().as_str().into(),
            subprotocol: upgrade.subprotocol().map(Into::into),
        },
        Outcome::PlainHttp(ordinary) => {
            assert_eq!(ordinary.has_body(), ordinary.body() != Body::None);
            let is_head = ordinary.method() == Method::HEAD;
            request::Verdict::PlainHttp { body: ordinary.body(), is_head, may_keep_alive: ordinary.may_keep_alive() }
        }
        Outcome::Refusal(refusal) => request::Verdict::Refusal(*refusal),
    })
}

fn serve(case: &heads::Case, pieces: &[&[u8]]) -> Option<(Judged, usize)> {
    let mut handshake = ServerHandshake::new(options(case));
    let mut taken = 0;
    for piece in pieces {
        let mut input = *piece;
        let outcome = handshake.receive(&mut input);
        taken += piece.len() - input.len();
        let Some(outcome) = outcome else {
            assert!(input.is_empty(), "None although input is left");
            continue;
        };
        if let Outcome::Upgrade(upgrade) = outcome {
            // The twin's client reads the response.
            let mut out = [0; 512];
            let (answer, _) = handshake.accept(&upgrade, Settings::new(), &[], &mut out).unwrap();
            let chosen = upgrade.subprotocol().map(String::from);
            let fields = twin::head::naive(&case.wire, false, (case.wire.len(), usize::MAX)).fields;
            let key = String::from_utf8(twin::lists::lines(&fields, "sec-websocket-key").concat()).unwrap();
            let asked = response::Asked { key: &key, subprotocols: case.subprotocols, limits: (600, 9) };
            assert_eq!(response::judge(&asked, answer), Some((response::Verdict::Agreed(chosen), answer.len())));
        }
        return Some((request_verdict(&outcome), taken));
    }
    None
}

/// The same fields, passed as pairs.
fn pairs(case: &heads::Case, want: Option<&Judged>) {
    let read = twin::head::naive(&case.wire, false, (case.limits.0 as usize, case.limits.1.into()));
    if read.end == Some(Ok(())) {
        let mut judge = RequestJudge::new(options(case));
        judge.request_line(&read.method, &read.target, read.minor.unwrap());
        read.fields.iter().for_each(|(name, value)| judge.field(name, value));
        assert_eq!(Some(&request_verdict(&judge.finish())), want, "as pairs, {}", case.wire.escape_ascii());
    }
}

fn ask(case: &heads::Case, pieces: &[&[u8]]) -> Option<(Judged, usize)> {
    let request = ClientRequest::new(Uri::parse("ws://a/").unwrap());
    let request = request.with_subprotocols(case.subprotocols).with_limits(limits(case));
    let nonce = case.nonce;
    let mut entropy = |bytes: &mut [u8]| {
        bytes.copy_from_slice(&nonce);
        Ok(())
    };
    let mut handshake = ClientHandshake::new(request, &mut entropy).unwrap();
    // The twin's server reads the request.
    let mut out = [0; 512];
    let written = handshake.write_request(&mut out).unwrap();
    let twin = request::Server { subprotocols: case.subprotocols, origins: None, limits: (600, 9) };
    let accept = digest::accept_value(&digest::base64(&nonce));
    let subprotocol = case.subprotocols.first().map(|name| name.to_string());
    let upgrade = request::Verdict::Upgrade { accept, subprotocol };
    assert_eq!(request::judge(&twin, written), Some((upgrade, written.len())));

    let mut taken = 0;
    for piece in pieces {
        let mut input = *piece;
        let answer = handshake.receive(&mut input);
        taken += piece.len() - input.len();
        let Some(answer) = answer else {
            assert!(input.is_empty(), "None although input is left");
            continue;
        };
        let verdict = match answer {
            Answer::Agreed(agreed) => response::Verdict::Agreed(agreed.subprotocol().map(Into::into)),
            Answer::Refused { status, body } => response::Verdict::Refused(status, body),
            Answer::Failed(failure) => response::Verdict::Failed(failure),
        };
        return Some((Judged::Response(verdict), taken));
    }
    None
}
