//! Receive ∘ send is the identity, in both roles: fragments, frames sent in place, streamed and prepared, whole
//! messages.

use super::super::laws::Role;
use super::super::scripts::{Result, Unstructured, cut, once_in, pick, sizes};
use upframe::connection::{
    Connection, DataFrame, Endpoint, Entropy, Event, Fragment, MessageKind, NoEntropy, Place, Settings,
};
use upframe::frame::{CloseCode, Header};
use upframe::message::{Message, MessageAssembler, MessageTooBig, Prepared};

/// What one end sends, and what the other must therefore observe.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Said {
    Message(MessageKind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
}

/// The way in which a fragment is sent.
#[derive(Clone, Copy, Debug)]
enum Way {
    Send,
    InPlace,
    Streamed,
    Prepared,
}

/// Masking keys made from the choices.
struct Keys(u32);

impl Entropy for Keys {
    fn fill(&mut self, bytes: &mut [u8]) -> core::result::Result<(), NoEntropy> {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.copy_from_slice(&self.0.to_be_bytes());
        Ok(())
    }
}

type End = Connection<Endpoint<Keys>>;

fn end(role: Role, seed: u32) -> End {
    let endpoint = if role == Role::Server { Endpoint::Server } else { Endpoint::Client(Keys(seed)) };
    // The answers are not written in this test.
    Connection::endpoint(endpoint, Settings::new().with_automatic_pong(false))
}

/// How many bytes at each end of a wire are read in small pieces. What is between them comes whole, so a run is fast.
const CUT: usize = 1000;

/// Longer messages do not fit the receiver's buffer, unless they come whole.
const MEMORY: usize = 600;

pub fn run(u: &mut Unstructured) -> Result<()> {
    let from = if u.arbitrary()? { Role::Server } else { Role::Client };
    let (seed, sizes) = (u.arbitrary()?, sizes(u)?);
    let mut sender = end(from, seed);
    let (mut wire, mut want) = (vec![], vec![]);
    for _ in 0..u.int_in_range(0..=6)? {
        match u.int_in_range(0..=7)? {
            0..=5 => message(u, from, &mut sender, &mut wire, &mut want)?,
            _ => control(u, &mut sender, &mut wire, &mut want)?,
        }
    }
    if once_in(u, 3)? {
        let (code, reason) = (pick(u, &[1000, 1014, 3000, 4999])?, pick(u, &["", "bye", "世"])?);
        sender.close(CloseCode(code), reason).unwrap();
        transmit(&mut sender, &mut wire);
        want.push(Said::Close(code, reason.into()));
    }
    for sizes in [sizes, [usize::MAX; 3], [1; 3]] {
        assert_eq!(receive(from.peer(), &wire, sizes), want, "{from:?} {sizes:?} {}", wire.escape_ascii());
    }
    Ok(())
}

fn control(u: &mut Unstructured, sender: &mut End, wire: &mut Vec<u8>, want: &mut Vec<Said>) -> Result<()> {
    let payload = vec![u.arbitrary()?; pick(u, &[0, 1, 4, 77, 125])?];
    if u.arbitrary()? {
        sender.ping(&payload).unwrap();
        want.push(Said::Ping(payload));
    } else {
        sender.pong(&payload).unwrap();
        want.push(Said::Pong(payload));
    }
    transmit(sender, wire);
    Ok(())
}

fn transmit(sender: &mut End, wire: &mut Vec<u8>) {
    let mut out = [0; 131];
    let n = sender.poll_transmit(&mut out);
    wire.extend_from_slice(&out[..n]);
}

/// A message in fragments, each sent in one of the ways. A message is observed with its last byte, after what came
/// between its frames.
fn message(u: &mut Unstructured, from: Role, sender: &mut End, wire: &mut Vec<u8>, want: &mut Vec<Said>) -> Result<()> {
    let text = u.arbitrary()?;
    let payload = if text {
        let (text, times) =
            pick(u, &[("", 0), ("a", 1), ("aé世😀", 3), ("x", 125), ("x", 126), ("世", 100), ("é", 350)])?;
        text.repeat(times).into_bytes()
    } else {
        let long = once_in(u, 40)?;
        let len = if long { pick(u, &[65_535, 65_536])? } else { pick(u, &[0, 1, 2, 5, 125, 126, 599, 600, 601])? };
        let salt: u8 = u.arbitrary()?;
        (0..len).map(|i: usize| (i as u8).wrapping_mul(31) ^ salt).collect()
    };
    let kind = if text { MessageKind::Text } else { MessageKind::Binary };
    let fragments = pick(u, &[1, 1, 2, 3, 4])?;
    // Only a streamed frame may end inside a code point, and only another streamed frame may follow it.
    let streamed = once_in(u, 4)?;
    let mut rest = &payload[..];
    for i in 1..=fragments {
        let mut way =
            if streamed { Way::Streamed } else { pick(u, &[Way::Send, Way::InPlace, Way::Streamed, Way::Prepared])? };
        let mut n = if i == fragments { rest.len() } else { u.int_in_range(0..=rest.len())? };
        while text && !streamed && rest.get(n).is_some_and(|byte| byte & 0xC0 == 0x80) {
            n += 1;
        }
        let (part, after) = rest.split_at(n);
        let place = Place::new(i == 1, i == fragments);
        if place != Place::Whole && matches!(way, Way::Prepared) {
            way = Way::Send;
        }
        let chunk = usize::from(pick(u, &[1u8, 3, 64, 255])?);
        send(from, sender, way, kind, place, part, chunk, wire);
        rest = after;
        if once_in(u, 5)? && i < fragments {
            control(u, sender, wire, want)?;
        }
    }
    want.push(Said::Message(kind, payload));
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "a single caller")]
fn send(
    from: Role,
    sender: &mut End,
    way: Way,
    kind: MessageKind,
    place: Place,
    part: &[u8],
    chunk: usize,
    wire: &mut Vec<u8>,
) {
    let frame = if kind == MessageKind::Text { DataFrame::TEXT } else { DataFrame::BINARY }.at(place);
    let fragment = || match kind {
        MessageKind::Text => Fragment::text(std::str::from_utf8(part).unwrap()).at(place),
        MessageKind::Binary => Fragment::binary(part).at(place),
    };
    let mut out = vec![0; part.len() + Header::MAX_LEN];
    match way {
        Way::Send => wire.extend(sender.send(fragment(), &mut out).unwrap()),
        Way::InPlace => {
            out[Header::MAX_LEN..].copy_from_slice(part);
            wire.extend(sender.send_in_place(frame, &mut out, Header::MAX_LEN).unwrap());
        }
        Way::Streamed => {
            wire.extend(sender.begin_frame(frame, part.len() as u64, &mut out).unwrap());
            let mut left = part.len() as u64;
            for chunk in part.chunks(chunk.max(part.len() / 100)) {
                let mut chunk = chunk.to_vec();
                left -= chunk.len() as u64;
                assert_eq!(sender.frame_payload(&mut chunk), Ok(left));
                wire.extend(chunk);
            }
        }
        // Only servers send prepared messages.
        Way::Prepared if from == Role::Server => {
            let prepared = Prepared::new(fragment(), Settings::new(), out).unwrap();
            wire.extend(Connection::server(Settings::new()).send_prepared(&prepared).unwrap());
        }
        Way::Prepared => wire.extend(sender.send(fragment(), &mut out).unwrap()),
    }
}

/// Returns what an end observes, with whole messages assembled in a caller-provided buffer.
fn receive(role: Role, wire: &[u8], sizes: [usize; 3]) -> Vec<Said> {
    let (mut end, mut said) = (end(role, 0), vec![]);
    let mut memory = [0; MEMORY];
    let mut assembler = MessageAssembler::new(&mut memory);
    // The bytes of a message that did not fit.
    let mut pieces: Vec<u8> = vec![];
    let ends = CUT.max(*sizes.iter().min().unwrap());
    let (start, rest) = wire.split_at(wire.len().min(ends));
    let (middle, end_of_wire) = rest.split_at(rest.len().saturating_sub(ends));
    for piece in cut(start, sizes).into_iter().chain([middle]).chain(cut(end_of_wire, sizes)) {
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        while let Some(event) = end.receive(&mut input) {
            let (place, bytes, kind) = match &event {
                Event::Text(text) => (text.place(), text.as_bytes(), MessageKind::Text),
                Event::Binary(binary) => (binary.place(), binary.as_bytes(), MessageKind::Binary),
                Event::Ping => {
                    said.push(Said::Ping(end.control_payload().unwrap().to_vec()));
                    continue;
                }
                Event::Pong => {
                    said.push(Said::Pong(end.control_payload().unwrap().to_vec()));
                    continue;
                }
                Event::Close(code) => {
                    said.push(Said::Close(code.0, end.close_reason().into()));
                    continue;
                }
                _ => panic!("{event:?}"),
            };
            if place.is_first() {
                pieces.clear();
            }
            let before = pieces.len();
            pieces.extend(bytes);
            let pushed = match event {
                Event::Text(text) => assembler.push(text),
                Event::Binary(binary) => assembler.push(binary),
                _ => unreachable!(),
            };
            let fits = place == Place::Whole || pieces.len() <= MEMORY;
            match pushed {
                Ok(Some(message)) => {
                    assert!(place.is_last() && fits);
                    assert_eq!((message.kind(), message.as_bytes()), (kind, &pieces[..]));
                    if let Message::Text(text) = message {
                        assert_eq!(text.as_str().as_bytes(), &pieces[..]);
                    }
                }
                Ok(None) => assert!(!place.is_last() || !fits, "a message was lost"),
                Err(MessageTooBig { limit }) => assert!(limit == MEMORY && !fits && before <= MEMORY, "once"),
            }
            if place.is_last() {
                said.push(Said::Message(kind, pieces.clone()));
            }
        }
        assert!(input.is_empty(), "None although input is left");
    }
    said
}
