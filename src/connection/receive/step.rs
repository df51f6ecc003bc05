//! Events as ranges.

use super::input::Input;
use crate::connection::event::Event;
use core::ops::Range;

/// An [`Event`] without the borrow: for wrappers that own their buffer and return events from a loop.
///
/// ```
/// use upframe::connection::{Connection, Event, Settings};
/// let mut connection = Connection::server(Settings::new());
/// let mut buffer = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
/// let step = connection.step(&mut buffer);
/// assert_eq!(step.consumed(), 11);
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
    /// What `receive` finds in this input.
    #[inline(always)]
    pub(in crate::connection) fn of<'b, I: Input<'b>>(
        mut input: I,
        receive: impl FnOnce(&mut I) -> Option<Event<'b>>,
    ) -> Self {
        let (start, len) = (input.bytes().as_ptr().addr(), input.bytes().len());
        let event = receive(&mut input);
        Self::new(start, len.saturating_sub(input.bytes().len()), event)
    }

    /// What was found in an input of this address, of which so much was taken.
    fn new(start: usize, consumed: usize, event: Option<Event<'_>>) -> Self {
        let bytes = event.as_ref().map_or(&[][..], Event::in_input);
        let from = if bytes.is_empty() { 0 } else { bytes.as_ptr().addr().wrapping_sub(start) };
        let payload = from..from.wrapping_add(bytes.len());
        Self { consumed, payload, event: event.map(|event| event.moved_to(&[])) }
    }

    /// How many bytes were taken from the front of the input: all of them where there is no event.
    pub const fn consumed(&self) -> usize {
        self.consumed
    }

    /// Where the event's bytes lie in the input; `0..0` where it has none there.
    pub const fn payload(&self) -> Range<usize> {
        self.payload.start..self.payload.end
    }

    /// The event. `input` is the slice that was given to `step`, shared by now; of a shorter one, the event has no
    /// bytes.
    ///
    /// `None` means: all input is taken and nothing is left to hand out.
    #[inline]
    pub fn event<'b>(&self, input: &'b [u8]) -> Option<Event<'b>> {
        let bytes = input.get(self.payload()).unwrap_or_default();
        self.event.map(|event| event.moved_to(bytes))
    }
}
