//! Frames in, events out: the half that receives.
//!
//! Two ways lead through it. The **short path** of `whole.rs` is for the frame that nearly all are: a message of its own, whole in the
//! input. Everything else, and every failure, goes to the **machine** in `machine.rs`, which takes any cut, and in front of it, on
//! large machines, through `short.rs`. All see the same rules; a test holds one against the other at every length and cut.

use super::input::{Copied, Input};
use super::machine::{Phase, Signal};
use super::replies::{Due, Reply, ReplyKind};
use super::role::{ClientSide, ServerSide, Side, peer_masking};
use super::{
    Binary, EndOfStream, Event, Extended, Limits, MessageKind, Place, ProtocolError, Settings, Step, Text, Violation,
};
use crate::frame::{CloseCode, Decoder, FramePosition, Header, PeerMasking, ReservedBits};
use crate::target::SMALL;
use crate::utf8::{Chars, CutCodePoint};
use core::{fmt, num::NonZeroU16};

/// The half of a connection that receives: bytes in, events out (RFC 6455 §5, §6.2, §7, §8.1).
///
/// A [`Connection`](super::Connection) holds one. It is used alone where reading and writing live in two tasks: what the
/// protocol has to answer is then handed over with [`take_reply`](Self::take_reply), and written by the
/// [`Transmitter`](super::Transmitter) of the other task, so that no lock is needed.
///
/// ```
/// use upframe::connection::{Event, Receiver, ServerSide, Settings, Transmitter};
/// let mut receiver = Receiver::<ServerSide>::new(Settings::new());
/// let mut transmitter = Transmitter::server(Settings::new());
/// let mut wire = *b"\x89\x82\0\0\0\0hi";
/// let mut input = &mut wire[..];
/// while let Some(event) = receiver.receive(&mut input) {
///     assert_eq!(event, Event::Ping);
///     if let Some(reply) = receiver.take_reply() {          // travels to the other task
///         let mut out = [0; 131];
///         assert_eq!(transmitter.answer(&reply, &mut out).unwrap(), b"\x8a\x02hi");
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Receiver<S: Side> {
    // ---- read by the short path
    pub(super) decoder: Decoder,
    pub(super) phase: Phase,
    /// The longest payload that the short path takes in the 16-bit form: the smallest of the limits, at most 65,535.
    pub(super) medium: u16,

    // ---- the message under way
    pub(super) kind: MessageKind,
    pub(super) reserved_bits: ReservedBits,
    pub(super) handed_out: HandedOut,
    pub(super) cut: CutCodePoint,
    pub(super) message_len: u64,
    pub(super) fragments: u32,
    pub(super) empty_fragments: u16,

    // ---- the control frame under way, or shown
    pub(super) control: [u8; Header::MAX_CONTROL_PAYLOAD],
    pub(super) control_len: u8,

    // ---- what the machine says; with its slice, an event
    pub(super) signal: Signal,
    pub(super) place: Place,
    pub(super) violation: Violation,
    /// The code of the Close that came; 0 where none has.
    pub(super) close_code: u16,

    // ---- answers
    pub(super) due: Due,
    /// `Some` while an answer waits to be written: 1, and one more for each control frame that came since.
    pub(super) answer_waits: Option<NonZeroU16>,

    // ---- settings
    pub(super) limits: Limits,
    pub(super) automatic_pong: bool,
    pub(super) side: S,
}

/// How much of the message under way the caller has seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum HandedOut {
    /// Nothing; or no message is open.
    Nothing,
    /// Some pieces.
    Some,
    /// Some pieces, and it wants no more.
    Enough,
}

impl Receiver<ServerSide> {
    /// A server's receiver, behind the opening handshake.
    pub const fn new(settings: Settings) -> Self {
        Self::with(ServerSide, true, settings)
    }
}

impl Receiver<ClientSide> {
    /// A client's receiver, behind the opening handshake.
    pub const fn new(settings: Settings) -> Self {
        Self::with(ClientSide, false, settings)
    }

    /// [`receive`](Self::receive) from memory that is only looked at, since nothing comes masked to a client: from a shared
    /// buffer, from flash. Pieces of it have its lifetime.
    #[inline(always)]
    pub fn receive_shared<'b>(&mut self, input: &mut &'b [u8]) -> Option<Event<'b>> {
        self.receive_from(input)
    }

    /// [`step`](Self::step) on memory that is only looked at.
    pub fn step_shared(&mut self, input: &[u8]) -> Step {
        Step::of(input, |rest| self.receive_shared(rest))
    }
}

impl<S: Side> Receiver<S> {
    /// On this side, which is the server's or not.
    pub(super) const fn with(side: S, server: bool, settings: Settings) -> Self {
        let Settings { limits, reserved_bits, automatic_pong, unmasked_frames_trusted } = settings;
        // [10.4-frame] [10.4-message]
        let longest = if limits.message < limits.frame { limits.message } else { limits.frame };
        Self {
            decoder: Decoder::new(peer_masking(server, unmasked_frames_trusted), reserved_bits),
            phase: Phase::Running,
            medium: if longest < 0xFFFF { longest as u16 } else { 0xFFFF },
            kind: MessageKind::Binary,
            reserved_bits: ReservedBits::NONE,
            handed_out: HandedOut::Nothing,
            cut: CutCodePoint::NONE,
            message_len: 0,
            fragments: 0,
            empty_fragments: 0,
            control: [0; Header::MAX_CONTROL_PAYLOAD],
            control_len: 0,
            signal: Signal::Nothing,
            place: Place::Middle,
            violation: Violation::Policy,
            close_code: 0,
            due: Due::Nothing,
            answer_waits: None,
            limits,
            automatic_pong,
            side,
        }
    }

    /// Takes bytes from the front of `input` up to the next event; payloads are unmasked in place.
    ///
    /// **`None` means: all input is taken and nothing is left to hand out.** Call it until then; `input.is_empty()` does not mean
    /// the same. After a Close and after a failure all input is taken and nothing is handed out.
    #[inline(always)]
    pub fn receive<'b>(&mut self, input: &mut &'b mut [u8]) -> Option<Event<'b>> {
        self.receive_from(input)
    }

    /// [`receive`](Self::receive) from memory that is only looked at; payloads are unmasked while they are copied to `scratch`.
    ///
    /// Pieces are as long as the scratch at most. One of no bytes does not compile.
    pub fn receive_copied<'b, const N: usize>(
        &mut self,
        input: &mut &[u8],
        scratch: &'b mut [u8; N],
    ) -> Option<Event<'b>> {
        const { assert!(N > 0, "a scratch of no bytes holds no piece") };
        let mut copied = Copied { input, scratch };
        let event = self.receive_from(&mut copied);
        *input = copied.input;
        event
    }

    /// [`receive`](Self::receive) with ranges of `input` and not slices: for wrappers that own their buffer and return events
    /// from a loop, which the borrow checker refuses with slices.
    pub fn step(&mut self, input: &mut [u8]) -> Step {
        Step::of(input, |rest| self.receive(rest))
    }

    /// The payload of the control frame that the last call reported: `Some` until the next one.
    ///
    /// Also `None` after a Pong that came while the answer to a Ping was still to be taken: there is room for one payload, and
    /// that of the Ping is owed.
    pub fn control_payload(&self) -> Option<&[u8]> {
        match self.phase {
            Phase::Shown => Some(self.kept_control()),
            _ => None,
        }
    }

    /// *The WebSocket connection close code* (RFC 6455 §7.1.5): `None` while the connection is open, the peer's or
    /// [`CloseCode::NO_STATUS`] after its Close, [`CloseCode::ABNORMAL`] after a failure or the end of the stream without one.
    pub const fn close_code(&self) -> Option<CloseCode> {
        match (self.close_code, self.phase) {
            // [7.1.5-1006]
            (0, Phase::Failed | Phase::StreamEnded(_)) => Some(CloseCode::ABNORMAL),
            (0, _) => None,
            (code, _) => Some(CloseCode(code)),
        }
    }

    /// *The WebSocket connection close reason* (RFC 6455 §7.1.6): what the peer's Close said, empty before it.
    pub fn close_reason(&self) -> &str {
        match self.kept_control() {
            // [7.1.6-reason]
            [_, _, reason @ ..] if self.close_code != 0 => core::str::from_utf8(reason).unwrap_or_default(),
            _ => "",
        }
    }

    /// What the peer did wrong, once [`Event::Failed`] has said so or [`fail`](Self::fail) was called.
    pub const fn failure(&self) -> Option<ProtocolError> {
        match self.phase {
            Phase::Failed => Some(self.error()),
            _ => None,
        }
    }

    /// How many bytes came before the next one; after a failure, before the failing one.
    pub const fn offset(&self) -> u64 {
        self.decoder.offset()
    }

    /// The stream of input has ended (RFC 6455 §7.1.4): says where that was, also when asked again. No input is taken any more.
    pub fn receive_eof(&mut self) -> EndOfStream {
        let end = match (self.phase, self.decoder.at()) {
            (Phase::StreamEnded(end), _) => return end,
            // [7.2.1-lost]
            (_, FramePosition::Failed) => return EndOfStream::Expected,
            (_, FramePosition::Start) => EndOfStream::WithoutClose,
            (_, FramePosition::Fragment) => EndOfStream::InMessage,
            _ => EndOfStream::InFrame,
        };
        self.decoder.fail(0);
        self.phase = Phase::StreamEnded(end);
        end
    }

    /// Fails the connection for what the caller found (RFC 6455 §7.1.7): all further input is swallowed, and the Close is a reply.
    ///
    /// No [`Event::Failed`] follows. After a Close or a failure it does nothing.
    pub fn fail(&mut self, violation: Violation) {
        // [7.1.7-not-after-close]
        if self.decoder.at() != FramePosition::Failed {
            self.decoder.fail(0);
            (self.phase, self.violation) = (Phase::Failed, violation);
            // [7.1.7-close]
            self.due = Due::Failure;
        }
    }

    /// Hands out no more of the message whose pieces are being received. It is still checked, and counts towards the limits.
    ///
    /// `false`: there is none, since nothing of it, or all of it, was handed out, or the connection has failed or ended.
    pub fn skip_message(&mut self) -> bool {
        if self.decoder.at() == FramePosition::Failed {
            return false;
        }
        if self.handed_out == HandedOut::Some {
            self.handed_out = HandedOut::Enough;
        }
        self.handed_out == HandedOut::Enough
    }

    /// What the protocol owes the peer by what came (RFC 6455 §5.5.1, §5.5.2, §7.1.7), for the
    /// [`Transmitter`](super::Transmitter) to write. Only the newest is kept: a Ping's answer until the next Ping or Close begins,
    /// nothing beside a Close.
    ///
    /// From then on control frames are counted anew: see [`Limits::control_frames`].
    pub fn take_reply(&mut self) -> Option<Reply> {
        let (kind, payload) = match core::mem::replace(&mut self.due, Due::Nothing) {
            Due::Nothing => return None,
            // [5.5.2-pong]
            Due::Pong => (ReplyKind::Pong, self.kept_control()),
            // [5.5.1-answer] [5.5.1-echo]
            Due::Close => (ReplyKind::Close(self.close_code().unwrap_or(CloseCode::NO_STATUS)), &[][..]),
            // [7.1.7-close]
            Due::Failure => (ReplyKind::Failure(self.error().close_code()), &[][..]),
        };
        let reply = Reply::new(kind, payload);
        self.answered();
        Some(reply)
    }

    /// Back to the state behind an opening handshake with the same settings: for pools.
    pub fn reset(&mut self) {
        *self = Self::with(self.side, self.side.is_server(), self.settings());
    }

    fn settings(&self) -> Settings {
        Settings {
            limits: self.limits,
            reserved_bits: self.decoder.owned(),
            automatic_pong: self.automatic_pong,
            unmasked_frames_trusted: self.decoder.peer() == PeerMasking::Optional,
        }
    }

    // ------------------------------------------------------------------------------------ for the connection

    pub(super) fn kept_control(&self) -> &[u8] {
        self.control.get(..usize::from(self.control_len)).unwrap_or_default()
    }

    /// No answer waits any more.
    pub(super) const fn answered(&mut self) {
        self.answer_waits = None;
    }

    pub(super) const fn error(&self) -> ProtocolError {
        ProtocolError { violation: self.violation, offset: self.decoder.offset() }
    }

    // ------------------------------------------------------------------------------------ the ways in

    #[inline(always)]
    fn receive_from<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<Event<'b>> {
        if let Some(event) = self.receive_whole(input) {
            return Some(event);
        }
        let taken = take_control(input, |ping, bytes| self.take_short_control(ping, bytes));
        let piece = if taken { &[] } else { self.proceed(input)? };
        self.event(piece)
    }

    /// Asks the machine, whose answer is the slice and what [`event`](Self::event) makes of it; unless it has nothing to say.
    #[inline(always)]
    pub(super) fn proceed<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        if self.has_nothing_to_say(input.bytes()) { None } else { Some(self.resume(input)) }
    }

    /// Whether all input is taken and the machine need not be asked whether something is left to hand out: how every run of events
    /// ends. On small machines the code is worth more than the time.
    #[inline(always)]
    fn has_nothing_to_say(&self, input: &[u8]) -> bool {
        !SMALL && input.is_empty() && self.phase == Phase::Running && self.due == Due::Nothing
    }

    /// Small machines take control frames with the machine.
    #[cfg(upframe_small)]
    pub(super) fn take_short_control(&mut self, _: bool, _: &[u8]) -> usize {
        0
    }

    /// What the machine said, as an event.
    #[cfg_attr(not(upframe_small), inline(always))]
    pub(super) fn event<'b>(&self, piece: &'b [u8]) -> Option<Event<'b>> {
        let place = self.place;
        Some(match self.signal {
            Signal::Nothing => return None,
            Signal::Text => Event::Text(Text::new(Chars::checked(piece), place)),
            Signal::CodePoint => Event::Text(Text::new(Chars::joined(self.cut.joined()), place)),
            Signal::Binary => Event::Binary(Binary::new(piece, place)),
            Signal::Extended => Event::Extended(Extended::new(piece, place, self.kind, self.reserved_bits)),
            Signal::Ping => Event::Ping,
            Signal::Pong => Event::Pong,
            Signal::Close => Event::Close(CloseCode(self.close_code)),
            Signal::Failed => Event::Failed(self.error()),
        })
    }
}

impl<S: Side> fmt::Debug for Receiver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("side", &self.side)
            .field("offset", &self.offset())
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

/// Takes a Ping or a Pong at the front with `take`: it is told whether it is a Ping, and gives the frame's length, or 0 where it left
/// it. On small machines the code is worth more than the time.
#[inline(always)]
pub(super) fn take_control<'b, I: Input<'b>>(input: &mut I, take: impl FnOnce(bool, &[u8]) -> usize) -> bool {
    let ping = match input.bytes().first() {
        // [5.2-rsv] [5.5-control-fin]
        Some(&PING_FRAME) if !SMALL => true,
        Some(&PONG_FRAME) if !SMALL => false,
        _ => return false,
    };
    let len = take(ping, input.bytes());
    input.skip(len);
    len > 0
}

const PING_FRAME: u8 = 0x89;
const PONG_FRAME: u8 = 0x8A;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(not(upframe_small))]
    fn the_machine_is_asked_unless_all_is_taken_and_nothing_is_owed() {
        let mut server = Receiver::<ServerSide>::new(Settings::new());
        assert!(server.has_nothing_to_say(b""));
        assert!(!server.has_nothing_to_say(b"\x81"));
        let mut wire = *b"\x89\x80\0\0\0\0";
        assert!(take_control(&mut &mut wire[..], |ping, bytes| server.take_short_control(ping, bytes)));
        assert_eq!(server.kept_control(), b"");
        let mut pong = *b"\x8a\x80\0\0\0\0";
        assert!(take_control(&mut &mut pong[..], |ping, bytes| if ping { 0 } else { bytes.len() }));
        assert!(!server.has_nothing_to_say(b""));
        server.take_reply().unwrap();
        assert_eq!(server.receive(&mut &mut [][..]), None);
        assert!(server.has_nothing_to_say(b""));
    }
}
