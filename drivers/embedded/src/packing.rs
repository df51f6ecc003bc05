//! Messages in, compressed frames out.

use core::mem::take;
use upframe::connection::{Endpoint, Entropy, Fragment, SendError, Transmitter};
use upframe::deflate::{Deflater, Direction, Fast, Workspace};

/// A shorter message does not get shorter.
pub(crate) const MIN_LEN: usize = 16;

type Memory = Workspace<256, 0>;

/// What compresses messages. Only programs with compression have the code of `send`, and of what it calls.
pub(crate) struct Packer<'b, E: Entropy> {
    packs: &'b mut dyn Packs,
    send: Send<E>,
}

/// Writes a frame to the front of the room, compressed if that makes it shorter. Returns its length.
type Send<E> = fn(&mut dyn Packs, &mut Transmitter<Endpoint<E>>, Fragment<'_>, &mut [u8]) -> Result<usize, SendError>;

impl<'b, E: Entropy> Packer<'b, E> {
    pub(crate) fn new(packs: &'b mut dyn Packs) -> Self {
        Self { packs, send }
    }

    pub(crate) fn send(
        &mut self,
        transmitter: &mut Transmitter<Endpoint<E>>,
        fragment: Fragment<'_>,
        room: &mut [u8],
    ) -> Result<usize, SendError> {
        (self.send)(self.packs, transmitter, fragment, room)
    }
}

/// What is done with a deflater and its memory.
type Use<'f> = dyn FnMut(&mut Deflater<&mut [u8], Fast>, &mut Memory) + 'f;

/// A deflater and its memory, without the lifetime of the memory.
pub(crate) trait Packs: core::marker::Send {
    fn with(&mut self, f: &mut Use<'_>);
}

pub(crate) struct Packing<'m> {
    /// Until there is a deflater.
    window: &'m mut [u8],
    deflater: Option<Deflater<&'m mut [u8], Fast>>,
    workspace: &'m mut Memory,
}

impl<'m> Packing<'m> {
    pub(crate) const fn new(window: &'m mut [u8], workspace: &'m mut Memory) -> Self {
        Self { window, deflater: None, workspace }
    }

    pub(crate) fn begin(&mut self, direction: Direction) {
        let window = match self.deflater.take() {
            Some(deflater) => deflater.into_memory(),
            None => take(&mut self.window),
        };
        self.deflater = Some(Deflater::new(direction, Fast, window));
    }
}

impl Packs for Packing<'_> {
    fn with(&mut self, f: &mut Use<'_>) {
        if let Some(deflater) = &mut self.deflater {
            f(deflater, self.workspace);
        }
    }
}

fn send<E: Entropy>(
    packs: &mut dyn Packs,
    transmitter: &mut Transmitter<Endpoint<E>>,
    fragment: Fragment<'_>,
    room: &mut [u8],
) -> Result<usize, SendError> {
    let mut sent = Err(SendError::ReservedBits);
    packs.with(&mut |deflater, workspace| {
        let front = room.as_ptr().addr();
        let frame = transmitter.send_compressed(fragment, deflater, workspace, room);
        let frame = frame.map(|frame| (frame.as_ptr().addr().wrapping_sub(front), frame.len()));
        sent = frame.map(|(from, len)| {
            move_to_front(room, from, len);
            len
        });
    });
    sent
}

fn move_to_front(room: &mut [u8], from: usize, len: usize) {
    for i in 0..len {
        let byte = room.get(from.saturating_add(i)).copied().unwrap_or_default();
        if let Some(place) = room.get_mut(i) {
            *place = byte;
        }
    }
}
