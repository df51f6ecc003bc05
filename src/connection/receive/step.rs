//! Events as ranges.

use super::input::Input;
use crate::connection::event::Event;
use crate::connection::piece::{MessageKind, Place};
use core::ops::Range;

/// An [`Event`] without the borrow: for wrappers that own their buffer and return events from a loop.
///
/// ```
/// use upframe::connection::{Connection, Event, MessageKind, Place, Settings};
/// let mut connection = Connection::server(Settings::new());
/// // RFC 6455 §5.7: "Hello"
/// let mut buffer = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
/// let step = connection.step(&mut buffer);
/// assert_eq!((step.consumed(), step.payload()), (11, 6..11));
/// assert_eq!(step.kind(), Some(MessageKind::Text));
/// assert_eq!(step.place(), Some(Place::Whole));
/// let Some(Event::Text(text)) = step.event(&buffer) else { panic!() };
/// assert_eq!(text.as_str(), "Hello");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct Step {
    consumed: usize,
    payload: Range<usize>,
    event: Option<Event<'static>>,
}

impl Step {
    /// Returns what `receive` yields for this input.
    #[inline(always)]
    pub(in crate::connection) fn of<'b, I: Input<'b>>(
        mut input: I,
        receive: impl FnOnce(&mut I) -> Option<Event<'b>>,
    ) -> Self {
        let (start, len) = (input.bytes().as_ptr().addr(), input.bytes().len());
        let event = receive(&mut input);
        Self::new(start, len.saturating_sub(input.bytes().len()), event)
    }

    /// Returns the step for an input at this address, of which `consumed` bytes were consumed.
    fn new(start: usize, consumed: usize, event: Option<Event<'_>>) -> Self {
        let bytes = event.as_ref().map_or(&[][..], Event::in_input);
        let from = if bytes.is_empty() { 0 } else { bytes.as_ptr().addr().wrapping_sub(start) };
        let payload = from..from.wrapping_add(bytes.len());
        Self { consumed, payload, event: event.map(|event| event.moved_to(&[])) }
    }

    /// Returns how many bytes of the input were consumed: all of them if there is no event.
    pub const fn consumed(&self) -> usize {
        self.consumed
    }

    /// Returns where the event's bytes lie in the input; `0..0` if it has no bytes there.
    pub const fn payload(&self) -> Range<usize> {
        self.payload.start..self.payload.end
    }

    /// Returns what the message contains whose piece was received; `None` if the event is no piece.
    pub fn kind(&self) -> Option<MessageKind> {
        self.event.as_ref().and_then(|event| match event {
            Event::Text(_) => Some(MessageKind::Text),
            Event::Binary(_) => Some(MessageKind::Binary),
            Event::Extended(piece) => Some(piece.kind()),
            _ => None,
        })
    }

    /// Returns where in its message the piece lies that was received; `None` if the event is no piece.
    pub fn place(&self) -> Option<Place> {
        self.event.as_ref().and_then(|event| match event {
            Event::Text(piece) => Some(piece.place()),
            Event::Binary(piece) => Some(piece.place()),
            Event::Extended(piece) => Some(piece.place()),
            _ => None,
        })
    }

    /// Returns the event; `None` means that all input is consumed and nothing is left to yield.
    ///
    /// `input` is the slice that was passed to `step`, shared by now. If it is shorter, the event has no bytes.
    #[inline]
    pub fn event<'b>(&self, input: &'b [u8]) -> Option<Event<'b>> {
        let bytes = input.get(self.payload()).unwrap_or_default();
        self.event.map(|event| event.moved_to(bytes))
    }
}
