//! The laws of the connection, each as one function over any bytes. Properties, the corpus and fuzzing use them; your
//! tests can, too.
//!
//! Each function panics with what it observed if its law does not hold.
#![allow(dead_code, reason = "each test uses a part")]

use upframe::connection::{
    self, Connection, Endpoint, Event, Fragment, MessageKind, NoEntropy, ProtocolError, Settings, State,
};
use upframe::frame::ReservedBits;
use upframe::message::{MessageInBuffer, MessageReader, Next};

/// An end whose role is chosen at run time, with predictable masking keys.
pub type End = Connection<Endpoint<fn(&mut [u8]) -> Result<(), NoEntropy>>>;

/// The end that receives a wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    Server,
    Client,
}

impl Role {
    pub fn end(self, settings: Settings) -> End {
        fn keys(bytes: &mut [u8]) -> Result<(), NoEntropy> {
            bytes.copy_from_slice(&[0x37, 0xfa, 0x21, 0x3d]);
            Ok(())
        }
        Connection::endpoint(if self == Self::Server { Endpoint::Server } else { Endpoint::Client(keys) }, settings)
    }

    pub fn peer(self) -> Self {
        if self == Self::Server { Self::Client } else { Self::Server }
    }
}

/// What the peer did, with the pieces of a message joined.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Seen {
    Piece { kind: MessageKind, rsv: ReservedBits, bytes: Vec<u8>, first: bool, last: bool },
    Ping(Option<Vec<u8>>),
    Pong(Option<Vec<u8>>),
    Close(u16, String),
    Failed(ProtocolError),
    TransmitFirst,
}

/// Everything that can be observed of a connection that received a wire.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Transcript {
    pub seen: Vec<Seen>,
    pub events: usize,
    pub offset: u64,
    /// Before and after the output was written.
    pub states: [State; 2],
    pub close_code: Option<u16>,
    pub output: Vec<u8>,
}

impl Transcript {
    /// Returns the transcript without what depends on the cut: the number of pieces.
    fn joined(&self) -> Self {
        Self { events: 0, ..self.clone() }
    }
}

/// Records an event. Pieces of one message are joined unless something came between them.
pub fn note(seen: &mut Vec<Seen>, end: &Connection<impl connection::Role>, event: &Event) {
    let payload = || end.control_payload().map(<[u8]>::to_vec);
    let (kind, rsv, place, bytes) = match event {
        Event::Text(piece) => {
            assert!(std::str::from_utf8(piece.as_bytes()).is_ok(), "a piece ends inside a code point");
            assert_eq!(piece.as_str().as_bytes(), piece.as_bytes());
            (MessageKind::Text, ReservedBits::NONE, piece.place(), piece.as_bytes())
        }
        Event::Binary(piece) => (MessageKind::Binary, ReservedBits::NONE, piece.place(), piece.as_bytes()),
        Event::Extended(piece) => (piece.kind(), piece.reserved_bits(), piece.place(), piece.as_bytes()),
        Event::Ping => return seen.push(Seen::Ping(payload())),
        Event::Pong => return seen.push(Seen::Pong(payload())),
        Event::Close(code) => return seen.push(Seen::Close(code.0, end.close_reason().into())),
        Event::Failed(error) => return seen.push(Seen::Failed(*error)),
        Event::TransmitFirst => return seen.push(Seen::TransmitFirst),
        other => panic!("{other:?}"),
    };
    assert!(!bytes.is_empty() || place.is_last(), "an empty piece that ends nothing");
    match seen.last_mut() {
        Some(Seen::Piece { kind: open, rsv: bits, bytes: before, last, .. })
            if !*last && !place.is_first() && (*open, *bits) == (kind, rsv) =>
        {
            before.extend_from_slice(bytes);
            *last = place.is_last();
        }
        _ => {
            seen.push(Seen::Piece { kind, rsv, bytes: bytes.to_vec(), first: place.is_first(), last: place.is_last() })
        }
    }
}

/// Asserts that the pieces of a message come after its first and before its last piece, unless it was skipped.
fn in_order(seen: &[Seen]) {
    let mut open = None;
    for seen in seen {
        if let Seen::Piece { kind, rsv, first, last, .. } = seen {
            assert_eq!(*first, open.is_none(), "only the first piece begins a message");
            assert!(open.is_none_or(|open| open == (*kind, *rsv)), "a piece of another message");
            open = (!last).then_some((*kind, *rsv));
        }
    }
}

/// Passes all of `buf` to `end`. **The law of `None`**: `None` is returned exactly when all input is consumed and
/// nothing is left to yield, and after the end of a connection nothing else is returned.
pub fn none_means_that_all_is_consumed(end: &mut End, buf: &mut [u8], seen: &mut Vec<Seen>) -> usize {
    let (mut input, mut events) = (buf, 0);
    while let Some(event) = end.receive(&mut input) {
        assert!(!matches!(seen.last(), Some(Seen::Failed(_) | Seen::Close(..))), "{event:?} after the end");
        events += 1;
        note(seen, end, &event);
    }
    assert!(input.is_empty(), "None although {} bytes are left", input.len());
    in_order(seen);
    assert_eq!(end.receive(&mut &mut [][..]), None, "None although an event is left");
    events
}

/// Writes everything that the connection has to send, through a buffer of this size. **The law of output**:
/// `poll_transmit` fills less than the buffer if and only if nothing more may be written now.
pub fn output(end: &mut End, size: usize) -> Vec<u8> {
    let (mut out, mut written) = (vec![0xEE; size], vec![]);
    loop {
        let n = end.poll_transmit(&mut out);
        written.extend_from_slice(&out[..n]);
        assert!(out[n..].iter().all(|byte| *byte == 0xEE), "bytes were written after the returned length");
        out.fill(0xEE);
        if n < size {
            assert!(!end.wants_transmit(), "less than the buffer although there is more to write");
            assert_eq!(end.poll_transmit(&mut out), 0, "less than the buffer although there is more to write");
            return written;
        }
    }
}

/// Receives a wire in these cuts.
pub fn receive(role: Role, settings: Settings, wire: &[u8], cuts: impl IntoIterator<Item = usize>) -> Transcript {
    let mut end = role.end(settings);
    let (mut seen, mut events, mut at) = (vec![], 0, 0);
    for cut in cuts.into_iter().chain([wire.len()]) {
        let cut = cut.clamp(at, wire.len());
        events += none_means_that_all_is_consumed(&mut end, &mut wire[at..cut].to_vec(), &mut seen);
        at = cut;
    }
    let before = end.state();
    let output = output(&mut end, 4096);
    let close_code = end.close_code().map(|code| code.0);
    Transcript { seen, events, offset: end.offset(), states: [before, end.state()], close_code, output }
}

/// **Cuts do not matter**: the same bytes produce the same events (pieces joined), the same error, the same offset, the
/// same answers.
pub fn cuts_do_not_matter(role: Role, settings: Settings, wire: &[u8], cuts: &[usize]) -> Transcript {
    let whole = receive(role, settings, wire, []);
    let mut sorted = cuts.to_vec();
    sorted.sort_unstable();
    assert_eq!(receive(role, settings, wire, sorted).joined(), whole.joined(), "cut at {cuts:?}");
    assert_eq!(receive(role, settings, wire, 0..wire.len()).joined(), whole.joined(), "byte by byte");
    whole
}

/// **Every way to receive is the same**, in one read and byte by byte: in place, as ranges, by copying through `N`
/// bytes, and for a client from shared memory.
pub fn every_way_to_receive_is_the_same(role: Role, settings: Settings, wire: &[u8]) {
    let want = receive(role, settings, wire, []).seen;
    for size in [wire.len().max(1), 1] {
        every_way_yields(&want, role, settings, wire, size);
    }
}

/// Receives a wire in reads of this size, in every way.
fn every_way_yields(want: &[Seen], role: Role, settings: Settings, wire: &[u8], size: usize) {
    fn copied<const N: usize>(role: Role, settings: Settings, wire: &[u8], size: usize) -> Vec<Seen> {
        let (mut end, mut seen) = (role.end(settings), vec![]);
        for mut input in wire.chunks(size) {
            while let Some(event) = end.receive_copied(&mut input, &mut [0; N]) {
                note(&mut seen, &end, &event);
            }
            assert!(input.is_empty());
        }
        seen
    }
    assert_eq!(copied::<1>(role, settings, wire, size), want, "through one byte, in reads of {size}");
    assert_eq!(copied::<64>(role, settings, wire, size), want, "through 64 bytes, in reads of {size}");
    let (mut end, mut seen, mut buf) = (role.end(settings), vec![], wire.to_vec());
    for buf in buf.chunks_mut(size) {
        let mut at = 0;
        loop {
            let step = end.step(&mut buf[at..]);
            assert!(step.consumed() <= buf.len() - at);
            let fragment =
                step.event(&buf[at..]).and_then(|event| event.as_fragment().map(|fragment| fragment.frame()));
            assert_eq!((step.kind(), step.place()), (fragment.map(|f| f.kind()), fragment.map(|f| f.place())));
            match step.event(&buf[at..]) {
                None => break,
                Some(event) => note(&mut seen, &end, &event),
            }
            at += step.consumed();
        }
    }
    assert_eq!(seen, want, "as ranges, in reads of {size}");
    if role == Role::Client {
        let keys = |bytes: &mut [u8]| {
            bytes.fill(0);
            Ok(())
        };
        let (mut client, mut seen) = (Connection::client(keys, settings), vec![]);
        for mut input in wire.chunks(size) {
            while let Some(event) = client.receive_shared(&mut input) {
                note(&mut seen, &client, &event);
            }
            assert!(input.is_empty());
        }
        assert_eq!(seen, want, "from shared memory, in reads of {size}");
    }
}

/// Returns what the reader of whole messages has to find: pieces joined, and reported where their message ends.
fn whole(seen: Vec<Seen>) -> Vec<Seen> {
    let (mut found, mut open) = (vec![], vec![]);
    for seen in seen {
        match seen {
            Seen::Piece { kind, rsv, bytes, last, .. } => {
                open.extend(bytes);
                if last {
                    found.push(Seen::Piece { kind, rsv, bytes: std::mem::take(&mut open), first: true, last });
                }
            }
            other => found.push(other),
        }
    }
    found
}

/// **The reader of whole messages joins the pieces**, however they are cut, and the connection is then where it is
/// without the reader.
pub fn the_reader_joins_the_pieces(role: Role, settings: Settings, wire: &[u8], cuts: impl IntoIterator<Item = usize>) {
    let want = receive(role, settings, wire, []);
    let (mut end, mut reader, mut found) = (role.end(settings), MessageReader::new(), vec![]);
    let (mut buffer, mut filled, mut read) = (vec![0; wire.len() + 1], 0, 0);
    let mut cuts = cuts.into_iter().chain([wire.len()]);
    loop {
        match reader.next(&mut end, &mut buffer, filled) {
            Next::Message(MessageInBuffer { kind, reserved_bits: rsv, range, .. }) => {
                found.push(Seen::Piece { kind, rsv, bytes: buffer[range].to_vec(), first: true, last: true });
            }
            Next::Ping => found.push(Seen::Ping(end.control_payload().map(<[u8]>::to_vec))),
            Next::Pong => found.push(Seen::Pong(end.control_payload().map(<[u8]>::to_vec))),
            Next::Close(code) => found.push(Seen::Close(code.0, end.close_reason().into())),
            Next::Failed(error) => found.push(Seen::Failed(error)),
            // the rest of a long announced message could never fit
            Next::TooBig => return,
            Next::ReadOn { at, .. } => {
                let Some(cut) = cuts.next() else { break };
                let more = &wire[read..cut.clamp(read, wire.len())];
                buffer[at..at + more.len()].copy_from_slice(more);
                (filled, read) = (at + more.len(), read + more.len());
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(found, whole(want.seen));
    assert_eq!((end.offset(), end.state()), (want.offset, want.states[0]));
    assert_eq!(output(&mut end, 4096), want.output);
}

/// **The law of output at every size**: the same bytes are written through a buffer of any size from one byte.
pub fn output_is_the_same_through_any_buffer(role: Role, settings: Settings, wire: &[u8], size: usize) {
    let run = |size| {
        let mut end = role.end(settings);
        none_means_that_all_is_consumed(&mut end, &mut wire.to_vec(), &mut vec![]);
        (output(&mut end, size), end.state(), end.may_disconnect())
    };
    assert_eq!(run(size.max(1)), run(4096), "through {size} bytes");
}

/// **The halves write what the connection writes**, if both are drained after every event.
pub fn the_halves_write_what_the_connection_writes(role: Role, settings: Settings, wire: &[u8], cuts: &[usize]) {
    let mut sorted = cuts.to_vec();
    sorted.sort_unstable();
    let pieces = || {
        let mut at = 0;
        sorted.clone().into_iter().chain([wire.len()]).map(move |cut| {
            let cut = cut.clamp(at, wire.len());
            wire[std::mem::replace(&mut at, cut)..cut].to_vec()
        })
    };
    let (mut whole, mut written, mut out) = (role.end(settings), vec![], vec![0; wire.len() + 14]);
    let (mut receiver, mut transmitter) = role.end(settings).split();
    for mut piece in pieces() {
        let mut input = &mut piece[..];
        while let Some(event) = whole.receive(&mut input) {
            if let Some(fragment) = event.as_fragment() {
                written.extend_from_slice(whole.send(fragment, &mut out).unwrap_or_default());
            }
            written.extend(output(&mut whole, 4096));
        }
    }
    let mut by_halves = vec![];
    for mut piece in pieces() {
        let mut input = &mut piece[..];
        while let Some(event) = receiver.receive(&mut input) {
            if let Some(fragment) = event.as_fragment() {
                by_halves.extend_from_slice(transmitter.send(fragment, &mut out).unwrap_or_default());
            }
            if let Some(reply) = receiver.take_reply() {
                transmitter.answer(&reply).expect("nothing else is queued");
            }
            let mut control = [0; 262];
            let n = transmitter.poll_transmit(&mut control);
            by_halves.extend_from_slice(&control[..n]);
        }
    }
    assert_eq!(by_halves, written);
    assert_eq!(transmitter.state(), whole.state());
    assert_eq!(transmitter.may_disconnect(), whole.may_disconnect());
}

/// **Work and memory are bounded by the input**: no more events than bytes, plus one failure; no more bytes out than
/// in; at most one Pong and one Close are queued.
pub fn work_is_bounded(wire: &[u8], transcript: &Transcript) {
    assert!(transcript.events <= wire.len() + 1);
    let bytes: usize =
        transcript.seen.iter().map(|seen| if let Seen::Piece { bytes, .. } = seen { bytes.len() } else { 0 }).sum();
    assert!(bytes <= wire.len());
    assert!(transcript.output.len() <= 131 + 8);
    assert!(transcript.offset <= wire.len() as u64);
}

/// Something that an end can send.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Sent {
    Text(Vec<String>),
    Binary(Vec<Vec<u8>>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

/// **Receive ∘ send is the identity**: one end receives what the other sends, however the wire is cut.
pub fn what_is_sent_is_received(from: Role, sent: &[Sent], cuts: &[usize]) {
    let mut sender = from.end(Settings::new());
    let (mut wire, mut want, mut out) = (vec![], vec![], vec![0; 1 << 17]);
    for message in sent {
        let mut put = |fragment: Fragment| wire.extend_from_slice(sender.send(fragment, &mut out).unwrap());
        let place = |fragment: Fragment<'_>, at, of: usize| match (at == 0, at + 1 == of) {
            (true, true) => put(fragment),
            (true, false) => put(fragment.first()),
            (false, false) => put(fragment.middle()),
            (false, true) => put(fragment.last()),
        };
        match message {
            Sent::Text(parts) => {
                let mut place = place;
                parts.iter().enumerate().for_each(|(at, part)| place(Fragment::text(part), at, parts.len()));
                want.push((MessageKind::Text, parts.concat().into_bytes()));
            }
            Sent::Binary(parts) => {
                let mut place = place;
                parts.iter().enumerate().for_each(|(at, part)| place(Fragment::binary(part), at, parts.len()));
                want.push((MessageKind::Binary, parts.concat()));
            }
            Sent::Ping(payload) => sender.ping(payload).unwrap(),
            Sent::Pong(payload) => sender.pong(payload).unwrap(),
        }
        let n = sender.poll_transmit(&mut out);
        wire.extend_from_slice(&out[..n]);
    }
    let pings = |pong: bool| {
        let payloads = sent.iter().filter_map(move |sent| match sent {
            Sent::Ping(payload) if !pong => Some(payload.clone()),
            Sent::Pong(payload) if pong => Some(payload.clone()),
            _ => None,
        });
        payloads.collect::<Vec<_>>()
    };
    // The answers are not written in this test.
    let settings = Settings::new().with_automatic_pong(false);
    let transcript = cuts_do_not_matter(from.peer(), settings, &wire, cuts);
    let (mut messages, mut got_pings, mut got_pongs) = (vec![], vec![], vec![]);
    for seen in transcript.seen {
        match seen {
            Seen::Piece { kind, bytes, first: true, .. } => messages.push((kind, bytes)),
            Seen::Piece { bytes, .. } => messages.last_mut().unwrap().1.extend(bytes),
            Seen::Ping(payload) => got_pings.push(payload.unwrap()),
            Seen::Pong(payload) => got_pongs.push(payload.unwrap()),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((messages, got_pings, got_pongs), (want, pings(false), pings(true)));
}

/// All laws that hold for any bytes. That no input panics is one of them.
pub fn all(role: Role, settings: Settings, wire: &[u8], cuts: &[usize], size: usize) -> Transcript {
    let transcript = cuts_do_not_matter(role, settings, wire, cuts);
    every_way_to_receive_is_the_same(role, settings, wire);
    the_reader_joins_the_pieces(role, settings, wire, []);
    the_reader_joins_the_pieces(role, settings, wire, 0..wire.len());
    the_reader_joins_the_pieces(role, settings, wire, (0..wire.len()).step_by(size));
    output_is_the_same_through_any_buffer(role, settings, wire, size);
    the_halves_write_what_the_connection_writes(role, settings, wire, cuts);
    work_is_bounded(wire, &transcript);
    transcript
}
