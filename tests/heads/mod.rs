//! Heads that both handshakes receive at any cut, and what can be seen of it.
#![allow(dead_code, reason = "each user takes a part")]

pub mod server;

use upframe::connection::{NoEntropy, Settings};
use upframe::handshake::{
    Agreed, Answer, ClientHandshake, ClientRequest, Extensions, Failure, Origins, Outcome, PlainHttp, Refusal,
    ServerHandshake, Upgrade,
};
use upframe::http::{Body, HeadError, HeadViolation, Method, Source, Span};

/// Its key is `dGhlIHNhbXBsZSBub25jZQ==` (RFC 6455 §1.3).
pub const NONCE: [u8; 16] = *b"the sample nonce";
pub const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

pub fn nonce(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    bytes.copy_from_slice(&NONCE);
    Ok(())
}

/// Lines, each with its CR LF, and the empty line.
pub fn head(lines: &[&str]) -> Vec<u8> {
    let mut bytes: Vec<u8> = lines.iter().flat_map(|line| [line.as_bytes(), b"\r\n"].concat()).collect();
    bytes.extend(b"\r\n");
    bytes
}

/// Returns these lines, with `others` in place of those that begin with `name`, or at the end if there are none.
pub fn replace(lines: &[&str], name: &str, others: &[&str]) -> Vec<u8> {
    let at = lines.iter().position(|line| !name.is_empty() && line.starts_with(name)).unwrap_or(lines.len());
    let (front, back) = lines.split_at(at);
    let back: Vec<&str> = back.iter().copied().filter(|line| name.is_empty() || !line.starts_with(name)).collect();
    head(&[front, others, &back].concat())
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Method,
    Target,
    Reason,
    Name,
    Value,
}

/// An element of a head with its runs joined.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Element {
    Run { kind: Kind, bytes: Vec<u8>, whole: bool },
    Version(u8, u8),
    Status(u16),
    End,
    Failed(HeadError),
}

impl Element {
    pub fn run(kind: Kind, bytes: &[u8]) -> Self {
        Self::Run { kind, bytes: bytes.into(), whole: true }
    }

    pub fn open(kind: Kind, bytes: &[u8]) -> Self {
        Self::Run { kind, bytes: bytes.into(), whole: false }
    }

    pub fn failed(violation: HeadViolation, offset: usize) -> Self {
        Self::Failed(HeadError { violation, offset: u32::try_from(offset).unwrap() })
    }
}

/// Records a span.
pub fn note(span: &Span, elements: &mut Vec<Element>) {
    let (new, run) = match *span {
        Span::Method(run) => (Kind::Method, run),
        Span::Target(run) => (Kind::Target, run),
        Span::Reason(run) => (Kind::Reason, run),
        Span::Name(run) => (Kind::Name, run),
        Span::Value(run) => (Kind::Value, run),
        Span::Version(version) => return elements.push(Element::Version(version.major, version.minor)),
        Span::Status(status) => return elements.push(Element::Status(status)),
        Span::End => return elements.push(Element::End),
        Span::Failed(error) => return elements.push(Element::Failed(error)),
    };
    assert!(run.last || !run.bytes.is_empty(), "a run says nothing");
    match elements.last_mut() {
        Some(Element::Run { kind, bytes, whole }) if !*whole => {
            assert_eq!(*kind, new, "an element has not ended");
            bytes.extend_from_slice(run.bytes);
            *whole = run.last;
        }
        _ => elements.push(Element::Run { kind: new, bytes: run.bytes.into(), whole: run.last }),
    }
}

/// Returns the fields among the elements.
pub fn fields(elements: &[Element]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let bytes = |element: &Element, wanted| match element {
        Element::Run { kind, bytes, whole: true } if *kind == wanted => Some(bytes.clone()),
        _ => None,
    };
    elements.windows(2).filter_map(|pair| Some((bytes(&pair[0], Kind::Name)?, bytes(&pair[1], Kind::Value)?))).collect()
}

/// What can be seen of a handshake that received these bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Seen<T> {
    pub elements: Vec<Element>,
    pub came: Option<T>,
    /// The bytes that are left in the input.
    pub left: Vec<u8>,
    pub is_begun: bool,
}

/// The outcome of a request, and the answer to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Came {
    Upgrade { accept: String, subprotocol: Option<String>, answer: String },
    PlainHttp(PlainHttp),
    Refused(Refusal, String),
}

/// The outcome of a response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Heard {
    /// The subprotocol.
    Agreed(Option<String>),
    Refused(u16, Body),
    Failed(Failure),
}

pub fn upgrade_of(upgrade: &Upgrade, answer: String) -> Came {
    let subprotocol = upgrade.subprotocol().map(Into::into);
    Came::Upgrade { accept: upgrade.accept_value().as_str().into(), subprotocol, answer }
}

/// Everything in `out` after what was written is unchanged.
pub fn refusal_text(refusal: Refusal) -> String {
    let mut out = [0xEE; 256];
    let written = refusal.write(Method::GET, &mut out).expect("256 bytes are enough for any");
    let written = String::from_utf8(written.to_vec()).unwrap();
    let len = written.len();
    assert!(out[len..].iter().all(|byte| *byte == 0xEE));
    let required = upframe::http::WriteError::BufferTooSmall { required: len };
    for short in [0, 1, len / 2, len - 1] {
        let mut out = [0xEE; 256];
        assert_eq!(refusal.write(Method::GET, &mut out[..short]), Err(required));
        assert_eq!(out, [0xEE; 256]);
    }
    // the answer to a HEAD is the same without its body
    let (head, _) = written.split_once("\r\n\r\n").unwrap();
    let without = refusal.write(Method::HEAD, &mut out).unwrap();
    assert_eq!(without, [head.as_bytes(), b"\r\n\r\n"].concat());
    written
}

/// Passes pieces to `receive` until it returns an outcome, then checks that nothing more is consumed.
fn give<T>(
    pieces: &[&[u8]],
    mut shared: impl FnMut(&mut &[u8], &mut Vec<Element>) -> Option<T>,
    mut owned: impl FnMut(&mut &mut [u8], &mut Vec<Element>) -> Option<T>,
) -> (Vec<Element>, Option<T>, Vec<u8>) {
    let (mut elements, mut came, mut left) = (vec![], None, vec![]);
    for (i, piece) in pieces.iter().enumerate() {
        // both sources behave the same; a unique one is used every other time
        let mut copy = piece.to_vec();
        let (mut mutable, mut input) = (&mut copy[..], *piece);
        let got = if i % 2 == 0 {
            shared(&mut input, &mut elements)
        } else {
            let got = owned(&mut mutable, &mut elements);
            input = &piece[piece.len() - mutable.len()..];
            got
        };
        match (&came, got) {
            (None, None) => assert!(input.is_empty(), "None, and input is left"),
            (None, Some(got)) => {
                came = Some(got);
                left.extend_from_slice(input);
                let (len, seen) = (input.len(), elements.len());
                assert!(shared(&mut input, &mut elements).is_none(), "it came twice");
                assert_eq!((input.len(), elements.len()), (len, seen), "taken after the end");
            }
            (Some(_), None) => {
                assert_eq!(input.len(), piece.len(), "taken after the end");
                left.extend_from_slice(input);
            }
            (Some(_), Some(_)) => panic!("it came twice"),
        }
    }
    (elements, came, left)
}

fn take<'p, 'b, X: Extensions, O: Origins>(
    handshake: &mut ServerHandshake<'p, X, O>,
    input: &mut impl Source<'b>,
    elements: &mut Vec<Element>,
) -> Option<Outcome<'p>> {
    handshake.receive_with(input, |span| note(span, elements))
}

/// Receives a request in pieces, and returns the handshake, too.
pub fn serve<'p, X: Extensions, O: Origins>(
    handshake: ServerHandshake<'p, X, O>,
    pieces: &[&[u8]],
) -> (ServerHandshake<'p, X, O>, Seen<Came>) {
    let cell = core::cell::RefCell::new(handshake);
    let (elements, outcome, left) = give(
        pieces,
        |input, elements| take(&mut cell.borrow_mut(), input, elements),
        |input, elements| take(&mut cell.borrow_mut(), input, elements),
    );
    let handshake = cell.into_inner();
    let came = outcome.map(|outcome| match outcome {
        Outcome::Upgrade(upgrade) => {
            let mut out = [0xEE; 512];
            let (answer, _) = handshake.accept(&upgrade, Settings::new(), &[], &mut out).unwrap();
            upgrade_of(&upgrade, String::from_utf8(answer.to_vec()).unwrap())
        }
        Outcome::PlainHttp(plain) => Came::PlainHttp(plain),
        Outcome::Refusal(refusal) => Came::Refused(refusal, refusal_text(refusal)),
    });
    let is_begun = handshake.is_begun();
    (handshake, Seen { elements, came, left, is_begun })
}

fn hear<'a, 'b, X: Extensions>(
    handshake: &mut ClientHandshake<'a, X>,
    input: &mut impl Source<'b>,
    elements: &mut Vec<Element>,
) -> Option<Answer<'a>> {
    handshake.receive_with(input, |span| note(span, elements))
}

/// Receives a response in pieces, and returns what was agreed on, too.
pub fn ask<'a, X: Extensions>(
    handshake: ClientHandshake<'a, X>,
    pieces: &[&[u8]],
) -> (ClientHandshake<'a, X>, Option<Agreed<'a>>, Seen<Heard>) {
    let cell = core::cell::RefCell::new(handshake);
    let (elements, answer, left) = give(
        pieces,
        |input, elements| hear(&mut cell.borrow_mut(), input, elements),
        |input, elements| hear(&mut cell.borrow_mut(), input, elements),
    );
    let handshake = cell.into_inner();
    let agreed = answer.and_then(|answer| if let Answer::Agreed(agreed) = answer { Some(agreed) } else { None });
    let came = answer.map(|answer| match answer {
        Answer::Agreed(agreed) => Heard::Agreed(agreed.subprotocol().map(Into::into)),
        Answer::Refused { status, body } => Heard::Refused(status, body),
        Answer::Failed(failure) => Heard::Failed(failure),
    });
    let is_begun = handshake.is_begun();
    (handshake, agreed, Seen { elements, came, left, is_begun })
}

/// A client with the key of RFC 6455 §1.3.
pub fn client<'a, X: Extensions>(request: ClientRequest<'a>, extension: X) -> ClientHandshake<'a, X> {
    ClientHandshake::with_extension(request, extension, &mut nonce).unwrap()
}

/// Returns what is seen of some bytes, which must be the same if they come whole, cut in two at every byte, and in
/// short pieces.
pub fn every_cut<T: Clone + std::fmt::Debug + PartialEq>(wire: &[u8], run: impl Fn(&[&[u8]]) -> Seen<T>) -> Seen<T> {
    let whole = run(&[wire]);
    let show = || wire[..wire.len().min(600)].escape_ascii();
    for len in [1, 2, 3, 5, 7, 8, 9, 64] {
        assert_eq!(run(&wire.chunks(len).collect::<Vec<_>>()), whole, "in pieces of {len}: {}", show());
    }
    for cut in 0..=wire.len() {
        let (a, b) = wire.split_at(cut);
        assert_eq!(run(&[a, b]), whole, "cut at {cut}: {}", show());
    }
    whole
}
