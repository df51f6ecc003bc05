//! The half that receives, as its users see it, and its ways in.
//!
//! `receive` has three speeds. The **whole path** in `whole.rs` is for what nearly all frames are: a message in one
//! frame that lies whole in the input. The **short path** in `short.rs` is for Pings, Pongs and fragments. Everything
//! else, and every failure, goes to the **machine** in `machine.rs`, which accepts any cut. `part.rs` and `byte.rs` run its
//! stages one by one, for reads of few bytes, and `begin.rs` decides which way is tried. A small machine has the whole path,
//! the machine, and a way for one byte in the middle of a payload, in `byte_small.rs`. All ways know the same rules; a test
//! compares them at every length and cut.

#[cfg(not(upframe_small))]
use super::begin::Front;
#[cfg(not(upframe_small))]
use super::byte::Consumed;
#[cfg(not(upframe_small))]
use super::in_buffer::InBuffer;
use super::input::{Copied, Input};
use super::state::{Delivery, Phase, Receiver, Signal};
use super::step::Step;
use crate::connection::closing::{EndOfStream, State};
use crate::connection::error::{ProtocolError, Violation};
use crate::connection::event::Event;
use crate::connection::piece::{Binary, Extended, Text};
use crate::connection::reply::{Owed, Reply};
use crate::connection::role::{Client, Endpoint, Role, Server};
use crate::connection::settings::{Limits, Settings};
use crate::frame::close_code::CloseCode;
use crate::frame::decoder::FramePosition;
use crate::frame::decoder::PeerMasking;
use crate::utf8::chars::Chars;
use core::fmt;

impl Receiver<Server> {
    /// Creates a server's receiver, in the state after the opening handshake.
    pub const fn new(settings: Settings) -> Self {
        Self::with(Server, settings.masking_of_clients(), settings)
    }
}

impl Receiver<Client> {
    /// Creates a client's receiver, in the state after the opening handshake.
    pub const fn new(settings: Settings) -> Self {
        Self::with(Client(()), PeerMasking::Forbidden, settings)
    }

    /// [`receive`](Self::receive) from a read-only buffer. See
    /// [`Connection::receive_shared`](crate::connection::Connection::receive_shared).
    #[inline(always)]
    #[must_use = "an event that is ignored is lost"]
    pub fn receive_shared<'b>(&mut self, input: &mut &'b [u8]) -> Option<Event<'b>> {
        self.receive_from(input)
    }

    /// [`step`](Self::step) on a read-only buffer. See
    /// [`Connection::step_shared`](crate::connection::Connection::step_shared).
    pub fn step_shared(&mut self, input: &[u8]) -> Step {
        Step::of(input, |rest| self.receive_shared(rest))
    }
}

impl Receiver<Endpoint> {
    /// Creates the receiver of an end that is chosen at run time, in the state after the opening handshake.
    pub const fn new(endpoint: Endpoint, settings: Settings) -> Self {
        let peer = match endpoint {
            Endpoint::Server => settings.masking_of_clients(),
            Endpoint::Client(()) => PeerMasking::Forbidden,
        };
        Self::with(endpoint, peer, settings)
    }
}

impl<R: Role + Copy> Receiver<R> {
    /// Consumes bytes from the front of `input` up to the next event; `None` if all input is consumed. See
    /// [`Connection::receive`](crate::connection::Connection::receive).
    ///
    /// What has to be answered is left to the caller: [`take_reply`](Self::take_reply).
    #[inline(always)]
    #[must_use = "an event that is ignored is lost"]
    pub fn receive<'b>(&mut self, input: &mut &'b mut [u8]) -> Option<Event<'b>> {
        self.receive_from(input)
    }

    /// [`receive`](Self::receive) from a read-only buffer: payloads are unmasked while they are copied to `scratch`.
    /// See [`Connection::receive_copied`](crate::connection::Connection::receive_copied).
    #[must_use = "an event that is ignored is lost"]
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

    /// [`receive`](Self::receive) with ranges of `input` instead of slices. See
    /// [`Connection::step`](crate::connection::Connection::step).
    pub fn step(&mut self, input: &mut [u8]) -> Step {
        Step::of(input, |rest| self.receive(rest))
    }

    /// Receives from a buffer in which the pieces stay: for whole messages.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn receive_in_buffer(&mut self, input: &mut InBuffer) -> Option<Event<'static>> {
        self.receive_from(input)
    }

    /// Returns the payload of the control frame that the last event reported. See
    /// [`Connection::control_payload`](crate::connection::Connection::control_payload).
    ///
    /// Here it is also `None` after a Pong that was received before the answer to a Ping was taken with
    /// [`take_reply`](Self::take_reply), if both have more than 125 bytes.
    pub fn control_payload(&self) -> Option<&[u8]> {
        match self.phase {
            Phase::ControlReported => Some(self.room.current(0)),
            _ => None,
        }
    }

    /// Returns *the WebSocket connection close code*. See
    /// [`Connection::close_code`](crate::connection::Connection::close_code).
    pub const fn close_code(&self) -> Option<CloseCode> {
        match (self.close_code, self.phase) {
            // A failure, or the end of the stream without a Close, is reported as 1006. [7.1.5-1006]
            (0, phase) if matches!(phase, Phase::Failed) || phase.is_lost() => Some(CloseCode::ABNORMAL),
            (0, _) => None,
            (code, _) => Some(CloseCode(code)),
        }
    }

    /// Returns *the WebSocket connection close reason*. See
    /// [`Connection::close_reason`](crate::connection::Connection::close_reason).
    pub fn close_reason(&self) -> &str {
        match self.room.current(0) {
            // The close reason is what follows the close code. [7.1.6-reason]
            [_, _, reason @ ..] if self.close_code != 0 => core::str::from_utf8(reason).unwrap_or_default(),
            _ => "",
        }
    }

    /// Returns what the peer did wrong. See [`Connection::failure`](crate::connection::Connection::failure).
    pub const fn failure(&self) -> Option<ProtocolError> {
        match self.phase {
            Phase::Failed => Some(self.error()),
            _ => None,
        }
    }

    /// Returns the state of the connection as far as this half knows it: it does not learn of the local Close, so after
    /// the peer's Close it stays [`Closing`](State::Closing).
    pub const fn state(&self) -> State {
        match self.phase {
            Phase::Failed => State::Failed,
            phase if phase.is_lost() => State::Closed,
            _ if self.close_code != 0 => State::Closing,
            _ => State::Open,
        }
    }

    /// Whether this is the server's end.
    pub fn is_server(&self) -> bool {
        self.role.is_server()
    }

    /// Returns how many bytes were received before the next one. See
    /// [`Connection::offset`](crate::connection::Connection::offset).
    pub const fn offset(&self) -> u64 {
        self.decoder.offset()
    }

    /// Reports that the input stream has ended. Returns where it ended. See
    /// [`Connection::receive_eof`](crate::connection::Connection::receive_eof).
    pub fn receive_eof(&mut self) -> EndOfStream {
        if self.decoder.at() != FramePosition::Failed {
            // A stream that is lost ends without a Close, and the caller learns where. [7.2.1-lost]
            self.phase = match self.decoder.at() {
                FramePosition::Start => Phase::EndedBetweenMessages,
                FramePosition::Fragment => Phase::EndedInMessage,
                _ => Phase::EndedInFrame,
            };
            self.decoder.fail(0);
        }
        match self.phase {
            Phase::EndedBetweenMessages => EndOfStream::WithoutClose,
            Phase::EndedInMessage => EndOfStream::InMessage,
            Phase::EndedInFrame => EndOfStream::InFrame,
            _ => EndOfStream::Expected,
        }
    }

    /// Fails the connection because of a violation that the caller found. See
    /// [`Connection::fail`](crate::connection::Connection::fail).
    ///
    /// The Close is a reply: [`take_reply`](Self::take_reply).
    pub fn fail(&mut self, violation: Violation) {
        self.fail_back(violation, 0);
    }

    /// [`fail`](Self::fail) at a byte of the last piece: `back` bytes before the next one. Returns whether it failed.
    pub(crate) fn fail_back(&mut self, violation: Violation, back: u64) -> bool {
        // A violation that the caller finds after a Close or a failure changes nothing. [7.1.7-not-after-close]
        if self.decoder.at() == FramePosition::Failed {
            return false;
        }
        self.decoder.fail(back);
        self.limits.violation = violation;
        self.owe_failure();
        true
    }

    /// Returns how many bytes of the current data frame's payload are still to come. See
    /// [`Connection::payload_remaining`](crate::connection::Connection::payload_remaining).
    pub fn payload_remaining(&self) -> u64 {
        let is_known = match self.decoder.at() {
            FramePosition::Key | FramePosition::Payload => true,
            #[cfg(not(upframe_small))]
            FramePosition::StreamingBinary | FramePosition::StreamingText => true,
            _ => false,
        };
        if is_known && !self.decoder.is_in_control_frame() && self.delivery != Delivery::Skipped {
            self.decoder.remaining()
        } else {
            0
        }
    }

    /// Skips the rest of the message that is being delivered. See
    /// [`Connection::skip_message`](crate::connection::Connection::skip_message).
    pub fn skip_message(&mut self) -> bool {
        if self.decoder.at() == FramePosition::Failed {
            return false;
        }
        // An extension must see all pieces of its messages: later ones may refer to them. [7692-skipped]
        if self.delivery == Delivery::Started && self.reserved_bits.is_empty() {
            self.delivery = Delivery::Skipped;
            self.signal = Signal::Nothing;
            #[cfg(not(upframe_small))]
            self.decoder.end_streaming();
        }
        self.delivery == Delivery::Skipped
    }

    /// Returns how many bytes a message may have.
    pub(crate) const fn message_limit(&self) -> u64 {
        self.limits.message
    }

    /// Returns what the protocol owes the peer (RFC 6455 §5.5.1, §5.5.2, §7.1.7), for the
    /// [`Transmitter`](crate::connection::Transmitter) to write; `None` if it owes nothing.
    ///
    /// Only the newest answer is kept: that to a Ping until the next Ping or Close begins. Nothing follows a Close.
    /// See [`Receiver`] for an example.
    #[must_use = "a reply that is ignored is never sent"]
    pub fn take_reply(&mut self) -> Option<Reply> {
        self.room.prepare_answer(self.owed, self.limits.violation);
        let reply = match self.owed {
            Owed::Nothing => return None,
            owed => Reply::new(owed, self.room.answer()),
        };
        self.owe_nothing();
        Some(reply)
    }

    /// Restores the state after the opening handshake, with the same settings: for pools.
    pub fn reset(&mut self) {
        *self = Self::with(self.role, self.decoder.peer(), self.settings());
    }

    fn settings(&self) -> Settings {
        Settings {
            limits: Limits {
                message: self.limits.message,
                frame: self.limits.frame,
                fragments: self.limits.fragments,
                empty_fragments: self.limits.empty_fragments,
            },
            reserved_bits: self.decoder.owned(),
            automatic_pong: self.limits.automatic_pong,
            unmasked_frames_trusted: self.decoder.peer() == PeerMasking::Optional,
        }
    }

    // ------------------------------------------------------------------------------------ the ways in

    #[inline(always)]
    fn receive_from<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<Event<'b>> {
        if let Some(event) = self.receive_whole(input) {
            return Some(event);
        }
        #[cfg(not(upframe_small))]
        let piece = match self.front(input.bytes()) {
            Front::Nothing => return None,
            Front::Control => {
                let len = self.take_short_control(input.bytes());
                input.skip(len);
                if len > 0 { Some(&[][..]) } else { None }
            }
            Front::FirstFragment => input.lend(|input| self.take_fragment::<true, _>(input)),
            Front::Fragment => input.lend(|input| self.take_fragment::<false, _>(input)),
            Front::MoreBinary => match self.receive_more_binary(input) {
                Some(event) => return Some(event),
                None => input.lend(|input| self.take_part(input)),
            },
            Front::Byte => {
                if let Some(event) = self.receive_ascii(input) {
                    return Some(event);
                }
                match self.take_byte(input) {
                    Consumed::Silently => return None,
                    Consumed::CodePoint => Some(&[][..]),
                    Consumed::No => input.lend(|input| self.take_part(input)),
                }
            }
            Front::Part => input.lend(|input| self.take_part(input)),
            Front::Other => None,
        };
        #[cfg(not(upframe_small))]
        let piece = match piece {
            Some(piece) => piece,
            None => input.lend(|input| self.resume(input)),
        };
        #[cfg(upframe_small)]
        let piece = match *input.bytes() {
            [] if self.has_nothing(&[]) => return None,
            [_] => match self.take_byte(input) {
                Some(piece) => piece,
                None => self.resume(input),
            },
            _ => self.resume(input),
        };
        self.event(piece)
    }

    /// Returns what the machine reported, as an event.
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
            Signal::TransmitFirst => Event::TransmitFirst,
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
