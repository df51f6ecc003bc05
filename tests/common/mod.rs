//! Frames as a peer writes them, ends that receive them in any cut, and what can be observed of those ends.
#![allow(dead_code, reason = "each test uses a part")]

use upframe::connection::{
    Connection, Endpoint, Event, MessageKind, NoEntropy, ProtocolError, Role, SendError, Settings, State, Transmitter,
    Violation,
};
use upframe::frame::ReservedBits;

pub type Keys = fn(&mut [u8]) -> Result<(), NoEntropy>;

/// The masking key of RFC 6455 §5.7.
pub const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub fn keys(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    bytes.copy_from_slice(&KEY);
    Ok(())
}

pub fn server(settings: Settings) -> Connection<upframe::connection::Server> {
    Connection::server(settings)
}

pub fn client(settings: Settings) -> Connection<upframe::connection::Client<Keys>> {
    Connection::client(keys, settings)
}

/// The form in which a payload length is written, whether it is the right one or not.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    Bits7,
    Bits16,
    Bits64,
}

impl Form {
    pub fn shortest(len: usize) -> Self {
        match len {
            ..=125 => Self::Bits7,
            126..=0xFFFF => Self::Bits16,
            _ => Self::Bits64,
        }
    }
}

/// Returns a header with a length in this form; masked if there is a key.
pub fn header(b0: u8, len: u64, form: Form, key: Option<[u8; 4]>) -> Vec<u8> {
    let mask = if key.is_some() { 0x80 } else { 0 };
    let mut bytes = vec![b0];
    match form {
        Form::Bits7 => bytes.push(mask | u8::try_from(len).unwrap()),
        Form::Bits16 => {
            bytes.push(mask | 126);
            bytes.extend(u16::try_from(len).unwrap().to_be_bytes());
        }
        Form::Bits64 => {
            bytes.push(mask | 127);
            bytes.extend(len.to_be_bytes());
        }
    }
    bytes.extend(key.into_iter().flatten());
    bytes
}

pub fn xor(payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    payload.iter().zip(key.into_iter().cycle()).map(|(byte, key)| byte ^ key).collect()
}

pub fn frame_with(b0: u8, payload: &[u8], form: Form, key: Option<[u8; 4]>) -> Vec<u8> {
    let mut bytes = header(b0, payload.len() as u64, form, key);
    bytes.extend(xor(payload, key.unwrap_or_default()));
    bytes
}

pub fn frame(b0: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    frame_with(b0, payload, Form::shortest(payload.len()), masked.then_some(KEY))
}

/// Returns the Close frame with this code and no reason, unmasked.
pub fn close_frame(code: u16) -> Vec<u8> {
    frame(0x88, &code.to_be_bytes(), false)
}

/// Returns frames without their masks. Either all must be masked or none.
pub fn plain(mut wire: &[u8], masked: bool) -> Vec<u8> {
    let mut bytes = vec![];
    while let Some((header, len)) = upframe::frame::Header::parse(wire).unwrap() {
        assert_eq!(header.masking_key.is_some(), masked, "the mask bit does not match the sender's role");
        let (payload, rest) = wire[len..].split_at(header.payload_len as usize);
        let key = header.masking_key.map_or([0; 4], |key| key.0);
        let b0 = wire[0];
        bytes.extend(frame(b0, &xor(payload, key), false));
        wire = rest;
    }
    assert!(wire.is_empty(), "an incomplete frame: {wire:x?}");
    bytes
}

/// What the peer did, with the pieces of a message joined.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Seen {
    Data { kind: MessageKind, bits: ReservedBits, bytes: Vec<u8>, whole: bool },
    Ping(Option<Vec<u8>>),
    Pong(Option<Vec<u8>>),
    Close(u16, String),
    Failed(ProtocolError),
    TransmitFirst,
}

impl Seen {
    pub fn text(text: &str) -> Self {
        Self::Data { kind: MessageKind::Text, bits: ReservedBits::NONE, bytes: text.into(), whole: true }
    }

    pub fn binary(bytes: &[u8]) -> Self {
        Self::Data { kind: MessageKind::Binary, bits: ReservedBits::NONE, bytes: bytes.into(), whole: true }
    }

    /// Returns the same message as one that has not ended.
    pub fn open(self) -> Self {
        match self {
            Self::Data { kind, bits, bytes, .. } => Self::Data { kind, bits, bytes, whole: false },
            other => other,
        }
    }

    pub fn ping(payload: &[u8]) -> Self {
        Self::Ping(Some(payload.into()))
    }

    pub fn pong(payload: &[u8]) -> Self {
        Self::Pong(Some(payload.into()))
    }

    pub fn failed(violation: Violation, offset: usize) -> Self {
        Self::Failed(ProtocolError { violation, offset: offset as u64 })
    }
}

/// What can be observed of a connection that received a wire. `output` is what `poll_transmit` wrote afterwards,
/// unmasked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    pub seen: Vec<Seen>,
    pub offset: u64,
    pub output: Vec<u8>,
    pub state: State,
    pub close_code: Option<u16>,
    pub failure: Option<ProtocolError>,
    pub may_disconnect: bool,
}

/// Passes all of a piece to a connection and records the events.
pub fn feed<R: Role>(connection: &mut Connection<R>, piece: &[u8], seen: &mut Vec<Seen>) {
    let mut piece = piece.to_vec();
    let mut input = &mut piece[..];
    while let Some(event) = connection.receive(&mut input) {
        assert!(!matches!(seen.last(), Some(Seen::Close(..) | Seen::Failed(_))), "{event:?} after the end");
        note(connection, &event, seen);
    }
    assert!(input.is_empty(), "None although input is left");
    assert_eq!(connection.receive(&mut &mut [][..]), None, "None although an event is left");
}

pub fn note<R: Role>(connection: &Connection<R>, event: &Event, seen: &mut Vec<Seen>) {
    let payload = || connection.control_payload().map(<[u8]>::to_vec);
    let (kind, bits, place, bytes) = match event {
        Event::Text(piece) => {
            assert!(std::str::from_utf8(piece.as_bytes()).is_ok(), "a piece of text ends inside a code point");
            (MessageKind::Text, ReservedBits::NONE, piece.place(), piece.as_bytes())
        }
        Event::Binary(piece) => (MessageKind::Binary, ReservedBits::NONE, piece.place(), piece.as_bytes()),
        Event::Extended(piece) => (piece.kind(), piece.reserved_bits(), piece.place(), piece.as_bytes()),
        Event::Ping => return seen.push(Seen::Ping(payload())),
        Event::Pong => return seen.push(Seen::Pong(payload())),
        Event::Close(code) => return seen.push(Seen::Close(code.0, connection.close_reason().into())),
        Event::Failed(error) => return seen.push(Seen::Failed(*error)),
        Event::TransmitFirst => return seen.push(Seen::TransmitFirst),
        other => panic!("{other:?}"),
    };
    let open = seen.iter_mut().rev().find(|seen| matches!(seen, Seen::Data { .. }));
    let open = open.filter(|seen| matches!(seen, Seen::Data { whole: false, .. }));
    assert_eq!(place.is_first(), open.is_none(), "only the first piece begins a message");
    let before = seen.len();
    match seen.last_mut() {
        Some(Seen::Data { bytes: joined, whole, .. }) if !place.is_first() => {
            joined.extend_from_slice(bytes);
            *whole = place.is_last();
        }
        // After a control frame, the message goes on in an entry of its own.
        _ => seen.push(Seen::Data { kind, bits, bytes: bytes.into(), whole: place.is_last() }),
    }
    assert!(
        seen.len() == before || before == 0 || !bytes.is_empty() || place.is_last(),
        "an empty piece that ends nothing"
    );
}

/// Returns all that `poll_transmit` writes through a buffer of this size.
pub fn transmit<R: Role>(connection: &mut Connection<R>, size: usize) -> Vec<u8> {
    let (mut out, mut wire) = (vec![0; size], vec![]);
    loop {
        let n = connection.poll_transmit(&mut out);
        wire.extend_from_slice(&out[..n]);
        if n < size {
            return wire;
        }
    }
}

/// Returns all that a call queues, and what was queued before.
pub fn queued<R: Role>(
    connection: &mut Connection<R>,
    call: impl FnOnce(&mut Connection<R>) -> Result<(), SendError>,
) -> Result<Vec<u8>, SendError> {
    call(connection)?;
    Ok(transmit(connection, 5))
}

/// The same for a half.
pub fn queued_half<R: Role>(
    transmitter: &mut Transmitter<R>,
    call: impl FnOnce(&mut Transmitter<R>) -> Result<(), SendError>,
) -> Result<Vec<u8>, SendError> {
    call(transmitter)?;
    let (mut out, mut wire) = ([0; 5], vec![]);
    loop {
        let n = transmitter.poll_transmit(&mut out);
        wire.extend_from_slice(&out[..n]);
        if n < out.len() {
            return Ok(wire);
        }
    }
}

/// One of the two ends, and whether its role is a type or a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    Server,
    Client,
    EndpointServer,
    EndpointClient,
}

impl End {
    pub const ALL: [Self; 4] = [Self::Server, Self::Client, Self::EndpointServer, Self::EndpointClient];

    pub fn is_server(self) -> bool {
        matches!(self, Self::Server | Self::EndpointServer)
    }

    /// Returns a frame as the peer of this end writes it.
    pub fn frame(self, b0: u8, payload: &[u8]) -> Vec<u8> {
        frame(b0, payload, self.is_server())
    }

    /// Returns the masking key of frames to this end.
    pub fn key(self) -> Option<[u8; 4]> {
        self.is_server().then_some(KEY)
    }

    /// Returns the length of a short header to this end, up to its payload.
    pub fn head(self) -> usize {
        if self.is_server() { 6 } else { 2 }
    }

    /// Passes these pieces to a new connection. Reads its output through a buffer of `size` bytes.
    pub fn run<'a>(self, settings: Settings, pieces: impl Iterator<Item = &'a [u8]>, size: usize) -> Outcome {
        match self {
            Self::Server => self.run_on(server(settings), pieces, size),
            Self::Client => self.run_on(client(settings), pieces, size),
            Self::EndpointServer => self.run_on(Connection::endpoint(Endpoint::<Keys>::Server, settings), pieces, size),
            Self::EndpointClient => {
                self.run_on(Connection::endpoint(Endpoint::<Keys>::Client(keys), settings), pieces, size)
            }
        }
    }

    fn run_on<'a, R: Role>(
        self,
        mut connection: Connection<R>,
        pieces: impl Iterator<Item = &'a [u8]>,
        size: usize,
    ) -> Outcome {
        let mut seen = vec![];
        pieces.for_each(|piece| feed(&mut connection, piece, &mut seen));
        let output = plain(&transmit(&mut connection, size), !self.is_server());
        Outcome {
            seen,
            offset: connection.offset(),
            output,
            state: connection.state(),
            close_code: connection.close_code().map(|code| code.0),
            failure: connection.failure(),
            may_disconnect: connection.may_disconnect(),
        }
    }

    /// Receives a wire whole, cut in two at every byte, and byte by byte. Returns the outcome, which must be the same
    /// for all.
    pub fn every_cut(self, settings: Settings, wire: &[u8]) -> Outcome {
        let whole = self.run(settings, [wire].into_iter(), 4096);
        for cut in 0..=wire.len() {
            let (a, b) = wire.split_at(cut);
            assert_eq!(self.run(settings, [a, b].into_iter(), 7), whole, "{self:?}, cut at {cut}");
        }
        assert_eq!(self.run(settings, wire.chunks(1), 1), whole, "{self:?}, byte by byte");
        whole
    }
}

/// Asserts, in every cut, that `good` is delivered as `before`, and that `bad` then breaks a rule at its byte `at`.
/// What follows is discarded.
pub fn fails(
    end: End,
    settings: Settings,
    (good, before): (&[u8], &[Seen]),
    bad: &[u8],
    violation: Violation,
    at: usize,
) {
    let wire = [good, bad, &end.frame(0x81, b"after"), &end.frame(0x89, b"after")].concat();
    let outcome = end.every_cut(settings, &wire);
    let want = [before, &[Seen::failed(violation, good.len() + at)]].concat();
    assert_eq!(outcome.seen, want, "{end:?} {bad:x?}");
    assert_eq!(outcome.output, close_frame(violation.close_code().0), "{end:?} {bad:x?}");
    assert_eq!(outcome.offset, (good.len() + at) as u64);
    assert_eq!((outcome.state, outcome.close_code), (State::Failed, Some(1006)));
    assert_eq!(outcome.failure, Some(ProtocolError { violation, offset: outcome.offset }));
    assert_eq!(outcome.may_disconnect, end.is_server());
}
