//! Request and response heads over any bytes: cuts do not matter, what is kept fits, what is written is HTTP.

use upframe::connection::Settings;
use upframe::handshake::{
    Answer, ClientHandshake, ClientRequest, OriginPolicy, Outcome, Refusal, ServerHandshake, ServerOptions, Uri,
};
use upframe::http::{Head, HeadLimits, Span};

/// The outcome of a head: spans joined, the outcome, and how many bytes were consumed.
#[derive(Debug, PartialEq)]
struct Seen {
    spans: Vec<(u8, Vec<u8>, bool)>,
    outcome: String,
    taken: usize,
}

fn note(spans: &mut Vec<(u8, Vec<u8>, bool)>, span: &Span) {
    let (kind, run) = match span {
        Span::Method(run) => (b'M', run),
        Span::Target(run) => (b'T', run),
        Span::Reason(run) => (b'R', run),
        Span::Name(run) => (b'N', run),
        Span::Value(run) => (b'V', run),
        other => return spans.push((b'-', format!("{other:?}").into_bytes(), true)),
    };
    match spans.last_mut() {
        Some((last, bytes, ended)) if *last == kind && !*ended => {
            bytes.extend_from_slice(run.bytes);
            *ended = run.last;
        }
        _ => spans.push((kind, run.bytes.to_vec(), run.last)),
    }
}

fn server(wire: &[u8], cuts: &[usize], limits: HeadLimits) -> Seen {
    let options = ServerOptions::new().with_subprotocols(&["chat", "superchat"]).with_limits(limits);
    let mut handshake = ServerHandshake::new(options.with_origins(OriginPolicy::list(&["http://a"]).unwrap()));
    let (mut spans, mut memory, mut out, mut at) = (vec![], [0; 100], [0; 512], 0);
    let mut head = Head::new(&mut memory);
    for cut in cuts.iter().copied().chain([wire.len()]) {
        let cut = cut.clamp(at, wire.len());
        let mut input = &wire[at..cut];
        let outcome = handshake.receive_with(&mut input, |span| {
            note(&mut spans, span);
            head.push(span);
        });
        at = cut - input.len();
        let Some(outcome) = outcome else {
            assert!(input.is_empty(), "None although input is left");
            continue;
        };
        assert!(handshake.receive(&mut &b"more"[..]).is_none(), "an outcome is returned once");
        let answer = match outcome {
            Outcome::Upgrade(upgrade) => handshake.accept(&upgrade, Settings::new(), &[], &mut out).unwrap().0,
            Outcome::PlainHttp(plain) => Refusal::UpgradeRequired.write(plain.method(), &mut out).unwrap(),
            Outcome::Refusal(refusal) => refusal.write(handshake.method(), &mut out[..256]).unwrap(),
        };
        assert!(answer.starts_with(b"HTTP/1.1 ") && answer.windows(4).any(|end| end == b"\r\n\r\n"));
        assert!(head.kept().all(|(name, _)| !name.is_empty()));
        return Seen { spans, outcome: format!("{outcome:?} {}", answer.escape_ascii()), taken: at };
    }
    Seen { spans, outcome: String::new(), taken: at }
}

fn client(wire: &[u8], cuts: &[usize], limits: HeadLimits) -> Seen {
    let mut entropy = |bytes: &mut [u8]| {
        bytes.copy_from_slice(&b"the sample nonce"[..bytes.len()]);
        Ok(())
    };
    let request = ClientRequest::new(Uri::parse("ws://a").unwrap()).with_subprotocols(&["chat"]).with_limits(limits);
    let mut handshake = ClientHandshake::new(request, &mut entropy).unwrap();
    let (mut spans, mut at) = (vec![], 0);
    for cut in cuts.iter().copied().chain([wire.len()]) {
        let cut = cut.clamp(at, wire.len());
        let mut input = &wire[at..cut];
        let answer: Option<Answer> = handshake.receive_with(&mut input, |span| note(&mut spans, span));
        at = cut - input.len();
        if let Some(answer) = answer {
            return Seen { spans, outcome: format!("{answer:?}"), taken: at };
        }
        assert!(input.is_empty(), "None although input is left");
    }
    Seen { spans, outcome: String::new(), taken: at }
}

pub fn run(data: &[u8]) {
    let [flags, cut_a, cut_b, wire @ ..] = data else { return };
    let run = if flags & 1 == 0 { server } else { client };
    let limits = match flags & 6 {
        0 => HeadLimits::DEFAULT,
        2 => HeadLimits::DEFAULT.with_bytes(u32::from(*cut_b)),
        _ => HeadLimits::DEFAULT.with_fields(3),
    };
    let whole = run(wire, &[], limits);
    let mut cuts = [usize::from(*cut_a) * wire.len() / 255, usize::from(*cut_b) * wire.len() / 255];
    cuts.sort_unstable();
    assert_eq!(run(wire, &cuts, limits), whole);
    assert_eq!(run(wire, &(0..wire.len()).collect::<Vec<_>>(), limits), whole);
}
