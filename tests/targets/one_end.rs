//! One of two ends that are wired together: a whole connection or its halves, what it said, and what it observed.

use super::said::{Said, UNKNOWN, key};
use std::cell::Cell;
use std::rc::Rc;
use upframe::connection::{
    Connection, DataFrame, Endpoint, Entropy, Event, Fragment, Limits, MessageKind, NoEntropy, Place, Receiver, Reply,
    SendError, Settings, State, Transmitter,
};
use upframe::frame::{CloseCode, Header};
use upframe::message::Steps;

/// A source of keys, each of which it draws once, and which may fail for a while.
#[derive(Clone, Default)]
pub struct Keys {
    drawn: Rc<Cell<u32>>,
    pub fails: Rc<Cell<bool>>,
}

impl Entropy for Keys {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        if self.fails.get() {
            return Err(NoEntropy);
        }
        self.drawn.set(self.drawn.get() + 1);
        bytes.copy_from_slice(&key(self.drawn.get()));
        Ok(())
    }
}

type Sender = Transmitter<Endpoint<Keys>>;

#[expect(clippy::large_enum_variant, reason = "there are two of them")]
enum Kind {
    Whole(Connection<Endpoint<Keys>>),
    /// The reply travels from the one task to the other.
    Halves(Receiver<Endpoint>, Sender, Option<Reply>),
    Taken,
}

/// Calls a method that connections and transmitters have.
macro_rules! sender {
    ($end:expr, $call:ident($($argument:expr),*)) => {
        match &mut $end.kind {
            Kind::Whole(end) => end.$call($($argument),*),
            Kind::Halves(_, end, _) => end.$call($($argument),*),
            Kind::Taken => unreachable!(),
        }
    };
}

pub struct End {
    kind: Kind,
    pub keys: Keys,
    pub is_server: bool,
    /// Everything that was written.
    pub wire: Vec<u8>,
    /// How much of the other end's wire was received.
    pub received: usize,
    /// It was told that there is no room for what comes next.
    pub stopped: bool,
    /// All that was received.
    came: Vec<u8>,
    pub seen: Said,
    /// The payloads of the Pings and Pongs that were queued by calls, as they must appear on the wire.
    pub queued: Vec<(u8, Vec<u8>)>,
    /// What was sent by calls: whole messages.
    pub sent: Vec<(u8, Vec<u8>)>,
    /// The message that is being sent, and whether it must go on as a stream: a code point is cut.
    pub message: Option<(MessageKind, Vec<u8>)>,
    pub is_cut: bool,
    /// What a streamed frame lacks.
    pub streamed: Vec<u8>,
    pub has_failed: bool,
    /// The newest Ping whose Pong must be written by now.
    due: Option<Vec<u8>>,
    /// Whether it drains its output after every event.
    drains: bool,
    /// Whether it answers Pings itself.
    answers: bool,
}

impl End {
    pub fn new(is_server: bool, answers: bool, drains: bool) -> Self {
        let settings = Settings::new().with_limits(Limits::NONE).with_automatic_pong(answers);
        let keys = Keys::default();
        let endpoint = if is_server { Endpoint::Server } else { Endpoint::Client(keys.clone()) };
        Self {
            kind: Kind::Whole(Connection::endpoint(endpoint, settings)),
            keys,
            is_server,
            wire: vec![],
            received: 0,
            stopped: false,
            came: vec![],
            seen: Said::default(),
            queued: vec![],
            sent: vec![],
            message: None,
            is_cut: false,
            streamed: vec![],
            has_failed: false,
            due: None,
            drains,
            answers,
        }
    }

    /// Asserts that as many keys were drawn as frames were begun.
    pub fn drew_a_key_for_each_frame(&self) {
        let frames = Said::on(&self.wire, !self.is_server).1;
        assert_eq!(self.keys.drawn.get(), if self.is_server { 0 } else { frames });
    }

    pub fn state(&mut self) -> State {
        sender!(self, state())
    }

    pub fn wants_transmit(&mut self) -> bool {
        let reply = matches!(&self.kind, Kind::Halves(_, _, Some(_)));
        sender!(self, wants_transmit()) || reply
    }

    pub fn may_disconnect(&mut self) -> bool {
        sender!(self, may_disconnect())
    }

    pub fn close_code(&self) -> Option<u16> {
        match &self.kind {
            Kind::Whole(end) => end.close_code(),
            Kind::Halves(end, ..) => end.close_code(),
            Kind::Taken => unreachable!(),
        }
        .map(|code| code.0)
    }

    pub fn end_of_stream(&mut self) {
        match &mut self.kind {
            Kind::Whole(end) => drop(end.receive_eof()),
            Kind::Halves(receiver, transmitter, _) => {
                receiver.receive_eof();
                transmitter.end_stream();
            }
            Kind::Taken => unreachable!(),
        }
    }

    pub fn split(&mut self) {
        self.kind = match std::mem::replace(&mut self.kind, Kind::Taken) {
            Kind::Whole(end) => {
                let (receiver, transmitter) = end.split();
                Kind::Halves(receiver, transmitter, None)
            }
            halves => halves,
        };
        self.take_reply();
    }

    /// Passes a reply on: a newer one takes the place of an older one, which then is not answered.
    fn take_reply(&mut self) {
        if let Kind::Halves(receiver, _, reply) = &mut self.kind
            && let Some(newer) = receiver.take_reply()
        {
            *reply = Some(newer);
        }
    }

    fn answer(&mut self) {
        if let Kind::Halves(_, transmitter, reply) = &mut self.kind
            && let Some(waiting) = reply
        {
            match transmitter.answer(waiting) {
                Ok(()) => *reply = None,
                Err(error) => {
                    assert_eq!(error, SendError::QueueFull);
                    assert!(transmitter.wants_transmit(), "no room although nothing is queued");
                }
            }
        }
    }

    pub fn fail(&mut self) {
        self.has_failed = true;
        let violation = upframe::connection::Violation::Policy;
        match &mut self.kind {
            Kind::Whole(end) => end.fail(violation),
            Kind::Halves(end, ..) => end.fail(violation),
            Kind::Taken => unreachable!(),
        }
        self.take_reply();
    }

    /// **The law of output.** Less than the buffer is written if and only if nothing more may be written now.
    pub fn poll(&mut self, size: usize) -> usize {
        self.answer();
        let mut out = vec![0xEE; size];
        let n = sender!(self, poll_transmit(&mut out));
        assert!(out[n..].iter().all(|byte| *byte == 0xEE), "bytes were written after the returned length");
        self.wire.extend_from_slice(&out[..n]);
        if n < size {
            assert_eq!(sender!(self, poll_transmit(&mut [0; 300])), 0, "less than the buffer although there is more");
            let may_not = !self.streamed.is_empty() || self.keys.fails.get() && !self.is_server;
            assert!(
                may_not || !sender!(self, wants_transmit()),
                "less than the buffer although there is more to write"
            );
        }
        n
    }

    pub fn drain(&mut self, size: usize) {
        while self.poll(size.max(1)) == size.max(1) {}
    }

    /// Calls a writer. **It writes all or nothing**: after an error nothing changed, and no key was drawn.
    fn write(
        &mut self,
        room: usize,
        call: impl Fn(&mut Kind, &mut [u8]) -> Result<Vec<u8>, SendError>,
    ) -> Result<(), SendError> {
        let (drawn, state) = (self.keys.drawn.get(), self.state());
        let mut out = vec![0xEE; room];
        match call(&mut self.kind, &mut out) {
            Ok(frame) => {
                self.wire.extend(frame);
                Ok(())
            }
            Err(SendError::BufferTooSmall { required }) => {
                assert!(required > room && self.keys.drawn.get() == drawn);
                assert!(out.iter().all(|byte| *byte == 0xEE));
                let again = self.write(required, call);
                assert!(!matches!(again, Err(SendError::BufferTooSmall { .. })), "{required} bytes are not enough");
                again
            }
            Err(error) => {
                assert_eq!((self.keys.drawn.get(), self.state()), (drawn, state), "{error}");
                assert!(out.iter().all(|byte| *byte == 0xEE));
                Err(error)
            }
        }
    }

    /// Sends the next fragment of the message, `bytes` of it, as one frame; streamed if `streamed`.
    pub fn send(
        &mut self,
        bytes: usize,
        first: bool,
        last: bool,
        streamed: bool,
        room: usize,
    ) -> Result<(), SendError> {
        let (kind, rest) = self.message.clone().unwrap();
        let (part, place) = (rest[..bytes].to_vec(), Place::new(first, last));
        let result = self.write(room, |end, out| {
            let frame = if kind == MessageKind::Text { DataFrame::TEXT } else { DataFrame::BINARY }.at(place);
            let fragment = || match kind {
                MessageKind::Text => Fragment::text(std::str::from_utf8(&part).unwrap()).at(place),
                MessageKind::Binary => Fragment::binary(&part).at(place),
            };
            match (end, streamed) {
                (Kind::Whole(end), true) => end.begin_frame(frame, part.len() as u64, out),
                (Kind::Halves(_, end, _), true) => end.begin_frame(frame, part.len() as u64, out),
                (Kind::Whole(end), false) => end.send(fragment(), out),
                (Kind::Halves(_, end, _), false) => end.send(fragment(), out),
                (Kind::Taken, _) => unreachable!(),
            }
            .map(<[u8]>::to_vec)
        });
        if result.is_ok() {
            self.message = Some((kind, rest[bytes..].to_vec())).filter(|_| !last);
            if streamed {
                self.streamed = part;
            }
        }
        result
    }

    /// Streams some more payload of the frame in progress.
    pub fn stream(&mut self, bytes: usize) {
        let mut chunk: Vec<u8> = self.streamed.drain(..bytes.min(self.streamed.len())).collect();
        if !chunk.is_empty() {
            assert_eq!(sender!(self, frame_payload(&mut chunk)), Ok(self.streamed.len() as u64));
            self.wire.extend(chunk);
        }
    }

    pub fn control(&mut self, opcode: u8, payload: &[u8]) -> Result<(), SendError> {
        let (drawn, state) = (self.keys.drawn.get(), self.state());
        let waits = self.wants_transmit();
        let result = if opcode == 9 { sender!(self, ping(payload)) } else { sender!(self, pong(payload)) };
        assert_eq!((self.keys.drawn.get(), self.state()), (drawn, state));
        match result {
            Ok(()) => self.queued.push((opcode, payload.to_vec())),
            Err(error) => {
                let taken = waits || self.receives_a_control_frame();
                assert!(error != SendError::QueueFull || (taken && !payload.is_empty()) || waits, "no room");
            }
        }
        result
    }

    pub fn close(&mut self, code: Option<(u16, &str)>) -> Result<(), SendError> {
        match code {
            Some((code, reason)) => sender!(self, close(CloseCode(code), reason)),
            None => sender!(self, close_without_code()),
        }
    }

    /// Receives bytes in one of the ways. Those that are left because there is no room come again.
    pub fn receive(&mut self, bytes: &[u8], way: u8, size: usize) {
        let mut stopped = false;
        let mut buffer = bytes.to_vec();
        let (mut at, mut shared, mut scratch) = (0, bytes, [0; 7]);
        loop {
            let event = match (&mut self.kind, way) {
                (Kind::Whole(end), 0) => end.receive_copied(&mut shared, &mut scratch).map(|event| noted(&event)),
                (Kind::Halves(end, ..), 0) => end.receive_copied(&mut shared, &mut scratch).map(|event| noted(&event)),
                (Kind::Whole(end), _) => stepped(end, &mut buffer, &mut at),
                (Kind::Halves(end, ..), _) => stepped(end, &mut buffer, &mut at),
                (Kind::Taken, _) => unreachable!(),
            };
            let Some(event) = event else { break };
            stopped |= matches!(event, Noted::TransmitFirst);
            self.observe(event);
            self.take_reply();
            if self.drains {
                self.drain(size);
            }
        }
        let left = if way == 0 { shared.len() } else { buffer.len() - at };
        self.received += bytes.len() - left;
        self.came.extend_from_slice(&bytes[..bytes.len() - left]);
        self.stopped = (self.stopped || stopped) && left > 0;
        assert!(left == 0 || (self.stopped && self.wants_transmit()), "None although input is left");
    }

    /// Whether a part of a control frame was received.
    fn receives_a_control_frame(&self) -> bool {
        let mut rest = &self.came[..];
        while let Ok(Some((header, len))) = Header::parse(rest)
            && let Some(after) = rest.get(len + header.payload_len as usize..)
        {
            rest = after;
        }
        rest.first().is_some_and(|b0| b0 & 0x08 != 0)
    }

    fn observe(&mut self, event: Noted) {
        assert!(self.seen.close.is_none() && !self.has_failed, "an event after the end");
        match event {
            Noted::Piece(opcode, bytes, place) => {
                assert_eq!(place.is_first(), self.seen.open.is_none());
                self.seen.piece(opcode, &bytes, place.is_last());
            }
            Noted::Control(opcode) => {
                let is_open = self.state() == State::Open;
                let payload = match &self.kind {
                    Kind::Whole(end) => end.control_payload(),
                    Kind::Halves(end, ..) => end.control_payload(),
                    Kind::Taken => unreachable!(),
                };
                // There is room for one payload, which an answer that waits may need.
                assert!(payload.is_some() || opcode == 10 || !is_open);
                let payload = payload.unwrap_or(UNKNOWN).to_vec();
                if opcode == 9 && self.answers {
                    self.due = Some(payload.clone());
                }
                self.seen.controls.push((opcode, payload, self.seen.messages.len()));
            }
            Noted::Close(code) => {
                let reason = match &self.kind {
                    Kind::Whole(end) => end.close_reason(),
                    Kind::Halves(end, ..) => end.close_reason(),
                    Kind::Taken => unreachable!(),
                };
                let code = if code == 1005 { vec![] } else { code.to_be_bytes().to_vec() };
                self.seen.close = Some([&code[..], reason.as_bytes()].concat());
            }
            Noted::TransmitFirst => assert!(self.wants_transmit(), "nothing is in the way"),
        }
    }

    /// Asserts that the newest Ping was answered, if all that is owed is written and the connection is open. `came` is
    /// what was received: a control frame that has begun may have taken the place of the Ping.
    pub fn answered_the_newest_ping(&mut self, came: &[u8]) {
        if self.state() == State::Open
            && !self.wants_transmit()
            && ends_with_a_frame(came)
            && let Some(due) = self.due.take()
        {
            let controls = Said::on(&self.wire, !self.is_server).0.controls;
            assert!(controls.iter().any(|control| (control.0, &control.1) == (10, &due)), "no Pong");
        }
    }
}

fn ends_with_a_frame(mut wire: &[u8]) -> bool {
    while let Ok(Some((header, len))) = Header::parse(wire) {
        let Some(rest) = wire.get(len + header.payload_len as usize..) else { return false };
        wire = rest;
    }
    wire.is_empty()
}

enum Noted {
    Piece(u8, Vec<u8>, Place),
    Control(u8),
    Close(u16),
    TransmitFirst,
}

fn noted(event: &Event) -> Noted {
    match event {
        Event::Text(piece) => Noted::Piece(1, piece.as_bytes().to_vec(), piece.place()),
        Event::Binary(piece) => Noted::Piece(2, piece.as_bytes().to_vec(), piece.place()),
        Event::Ping => Noted::Control(9),
        Event::Pong => Noted::Control(10),
        Event::Close(code) => Noted::Close(code.0),
        Event::TransmitFirst => Noted::TransmitFirst,
        other => panic!("{other:?}"),
    }
}

fn stepped(end: &mut impl Steps, buffer: &mut [u8], at: &mut usize) -> Option<Noted> {
    let step = end.step(&mut buffer[*at..]);
    let event = step.event(&buffer[*at..]).map(|event| noted(&event));
    *at += step.consumed();
    event
}
