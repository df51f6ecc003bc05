//! Frames in, events out: the half that receives.
//!
//! Two ways lead through it. The **short path** of `whole.rs` is for the frame that nearly all are: a message of its own, whole in the
//! input. Everything else, and every failure, goes to the **machine** in `machine.rs`, which takes any cut, and in front of it, on
//! large machines, through `short.rs`. All see the same rules; a test holds one against the other at every length and cut.

use super::input::{Copied, Input};
use super::state::{Delivery, Phase, Receiver, Signal};
use super::step::Step;
use crate::connection::closing::EndOfStream;
use crate::connection::error::{ProtocolError, Violation};
use crate::connection::event::Event;
use crate::connection::piece::{Binary, Extended, Text};
use crate::connection::reply::{Owed, Reply, ReplyKind};
use crate::connection::role::{Client, Endpoint, Role, Server};
use crate::connection::settings::Settings;
use crate::frame::close_code::CloseCode;
use crate::frame::decoder::{FramePosition, PeerMasking};
use crate::target::SMALL;
use crate::utf8::chars::Chars;
use core::{fmt, mem::replace};

impl Receiver<Server> {
    /// A server's receiver, behind the opening handshake.
    pub const fn new(settings: Settings) -> Self {
        Self::with(Server, settings.masking_of_clients(), settings)
    }
}

impl Receiver<Client> {
    /// A client's receiver, behind the opening handshake.
    pub const fn new(settings: Settings) -> Self {
        Self::with(Client(()), PeerMasking::Forbidden, settings)
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

impl Receiver<Endpoint> {
    /// The receiver of an end that is chosen at run time, after the opening handshake.
    pub const fn new(endpoint: Endpoint, settings: Settings) -> Self {
        let peer = match endpoint {
            Endpoint::Server => settings.masking_of_clients(),
            Endpoint::Client(()) => PeerMasking::Forbidden,
        };
        Self::with(endpoint, peer, settings)
    }
}

impl<R: Role + Copy> Receiver<R> {
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
            Phase::ControlReported => Some(self.kept_control()),
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
            self.violation = violation;
            self.owe_failure();
        }
    }

    /// Hands out no more of the message whose pieces are being received. It is still checked, and counts towards the limits.
    ///
    /// `false`: there is none, since nothing of it, or all of it, was handed out, or the connection has failed or ended.
    pub fn skip_message(&mut self) -> bool {
        if self.decoder.at() == FramePosition::Failed {
            return false;
        }
        if self.delivery == Delivery::Started {
            self.delivery = Delivery::Skipped;
        }
        self.delivery == Delivery::Skipped
    }

    /// What the protocol owes the peer by what came (RFC 6455 §5.5.1, §5.5.2, §7.1.7), for the
    /// [`Transmitter`](super::Transmitter) to write. Only the newest is kept: a Ping's answer until the next Ping or Close begins,
    /// nothing beside a Close.
    pub fn take_reply(&mut self) -> Option<Reply> {
        let kind = match replace(&mut self.owed, Owed::Nothing) {
            Owed::Nothing => return None,
            Owed::Pong => ReplyKind::Pong,
            Owed::Close => ReplyKind::Close,
            Owed::Failure => ReplyKind::Failure,
        };
        Some(Reply::new(kind, self.kept_control()))
    }

    /// Back to the state behind an opening handshake with the same settings: for pools.
    pub fn reset(&mut self) {
        *self = Self::with(self.role, self.decoder.peer(), self.settings());
    }

    fn settings(&self) -> Settings {
        Settings {
            limits: self.limits,
            reserved_bits: self.decoder.owned(),
            automatic_pong: self.automatic_pong,
            unmasked_frames_trusted: self.decoder.peer() == PeerMasking::Optional,
        }
    }

    // ------------------------------------------------------------------------------------ the ways in

    #[inline(always)]
    fn receive_from<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<Event<'b>> {
        if let Some(event) = self.receive_whole(input) {
            return Some(event);
        }
        let taken = take_ping_or_pong(input, |ping, bytes| self.take_short_control(ping, bytes));
        let piece = if taken {
            &[]
        } else if self.has_nothing_to_say(input.bytes()) {
            return None;
        } else {
            self.resume(input)
        };
        self.event(piece)
    }

    /// Whether all input is taken and the machine need not be asked whether something is left to hand out: how every run of events
    /// ends. On small machines the code is worth more than the time.
    #[inline(always)]
    pub(in crate::connection) fn has_nothing_to_say(&self, input: &[u8]) -> bool {
        !SMALL && input.is_empty() && self.phase == Phase::Running
    }

    /// Small machines take control frames with the machine.
    #[cfg(upframe_small)]
    pub(in crate::connection) fn take_short_control(&mut self, _: bool, _: &[u8]) -> usize {
        0
    }

    /// What the machine said, as an event.
    #[cfg_attr(not(upframe_small), inline(always))]
    pub(in crate::connection) fn event<'b>(&self, piece: &'b [u8]) -> Option<Event<'b>> {
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

impl<R: Role> fmt::Debug for Receiver<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("offset", &self.decoder.offset())
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

/// Takes a Ping or a Pong at the front with `take`: it is told whether it is a Ping, and gives the frame's length, or 0 where it left
/// it. On small machines the code is worth more than the time.
#[inline(always)]
pub(in crate::connection) fn take_ping_or_pong<'b, I: Input<'b>>(
    input: &mut I,
    take: impl FnOnce(bool, &[u8]) -> usize,
) -> bool {
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
    #[test]
    #[cfg(not(upframe_small))]
    fn the_machine_is_asked_unless_all_is_taken_and_nothing_is_owed() {
        use super::*;

        let mut server = Receiver::<Server>::new(Settings::new());
        assert!(server.has_nothing_to_say(b""));
        assert!(!server.has_nothing_to_say(b"\x81"));
        let mut wire = *b"\x89\x80\0\0\0\0";
        assert!(take_ping_or_pong(&mut &mut wire[..], |ping, bytes| server.take_short_control(ping, bytes)));
        assert_eq!(server.kept_control(), b"");
        let mut pong = *b"\x8a\x80\0\0\0\0";
        assert!(take_ping_or_pong(&mut &mut pong[..], |ping, bytes| if ping { 0 } else { bytes.len() }));
        assert!(!server.has_nothing_to_say(b""));
        server.take_reply().unwrap();
        assert_eq!(server.receive(&mut &mut [][..]), None);
        assert!(server.has_nothing_to_say(b""));
    }
}
