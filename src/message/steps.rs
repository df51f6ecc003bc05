//! What the reader of whole messages receives from, and what it learns.

use crate::connection::event::Event;
use crate::connection::facade::Connection;
#[cfg(not(upframe_small))]
use crate::connection::receive::in_buffer::InBuffer;
use crate::connection::receive::state::Receiver;
use crate::connection::receive::step::Step;
use crate::connection::role::Role;
#[cfg(upframe_small)]
use crate::target::move_down;
use core::ops::Range;

/// What receives: a [`Connection`] or a [`Receiver`]. Sealed.
pub trait Steps: sealed::Steps {}

impl<R: Role> Steps for Connection<R> {}
impl<R: Role + Copy> Steps for Receiver<R> {}

/// What was received into a buffer.
pub(super) struct Received {
    /// The event. Its bytes are in it only if they are not in the buffer: those of a code point that was cut.
    pub(super) event: Option<Event<'static>>,
    /// Where the input begins that is not consumed.
    pub(super) position: usize,
    /// Where in the buffer the bytes of the event are.
    pub(super) piece: Range<usize>,
}

impl Received {
    /// Receives the input of `buffer` from `position` on, up to the next event. A piece of a message that is after `to` is
    /// moved there.
    #[cfg(not(upframe_small))]
    #[inline(never)]
    pub(super) fn next(receiver: &mut impl Steps, buffer: &mut [u8], position: usize, to: usize) -> Self {
        let mut input = InBuffer::new(buffer, position, to);
        let event = receiver.receive_in(&mut input);
        Self { event, position: input.position(), piece: input.piece() }
    }

    /// Does the same with what callers have, so that a small machine has one copy of the receiver.
    #[cfg(upframe_small)]
    pub(super) fn next(receiver: &mut impl Steps, buffer: &mut [u8], position: usize, to: usize) -> Self {
        let step = receiver.step(buffer.get_mut(position..).unwrap_or_default());
        let (from, n) = (position.saturating_add(step.payload().start), step.payload().len());
        let to = from.min(to);
        move_down(buffer, from, to, n);
        Self {
            event: step.event(&[]),
            position: position.saturating_add(step.consumed()),
            piece: to..to.saturating_add(n),
        }
    }
}

/// What only this crate can pass: methods of a sealed trait can be called by everyone who is given one of its types.
pub(super) struct Internal;

mod sealed {
    #[cfg(not(upframe_small))]
    use super::{Event, InBuffer};
    use super::{Internal, Receiver, Role, Step};

    #[expect(unnameable_types, reason = "sealed")]
    pub trait Steps {
        type End: Role + Copy;
        fn step(&mut self, input: &mut [u8]) -> Step;
        /// Returns the half that receives.
        #[expect(private_interfaces, reason = "sealed")]
        fn receiver(&mut self, _: Internal) -> &mut Receiver<Self::End>;
        #[cfg(not(upframe_small))]
        #[expect(private_interfaces, reason = "sealed")]
        fn receive_in(&mut self, input: &mut InBuffer) -> Option<Event<'static>>;
    }
}

impl<R: Role> sealed::Steps for Connection<R> {
    type End = R::Keyless;
    fn step(&mut self, input: &mut [u8]) -> Step {
        self.step(input)
    }
    #[expect(private_interfaces, reason = "sealed")]
    #[inline(always)]
    fn receiver(&mut self, _: Internal) -> &mut Receiver<R::Keyless> {
        self.receiver_mut()
    }
    #[cfg(not(upframe_small))]
    #[expect(private_interfaces, reason = "sealed")]
    fn receive_in(&mut self, input: &mut InBuffer) -> Option<Event<'static>> {
        self.receive_in_buffer(input)
    }
}

impl<R: Role + Copy> sealed::Steps for Receiver<R> {
    type End = R;
    fn step(&mut self, input: &mut [u8]) -> Step {
        self.step(input)
    }
    #[expect(private_interfaces, reason = "sealed")]
    #[inline(always)]
    fn receiver(&mut self, _: Internal) -> &mut Self {
        self
    }
    #[cfg(not(upframe_small))]
    #[expect(private_interfaces, reason = "sealed")]
    fn receive_in(&mut self, input: &mut InBuffer) -> Option<Event<'static>> {
        self.receive_in_buffer(input)
    }
}
