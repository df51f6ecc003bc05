//! Compressed messages in, messages and pieces out.

use super::scratch::{with_tables, with_window};
use crate::role::Role;
use std::fmt;
use std::mem::take;
use upframe::connection::{Event, Extended, MessageKind, Place, ProtocolError, Receiver};
use upframe::deflate::{DeflateParams, Direction, Inflater, MessageInflater};
use upframe::frame::ReservedBits;

type Stage = MessageInflater<Vec<u8>>;

/// What was inflated.
#[derive(Eq, PartialEq)]
#[non_exhaustive]
pub enum Inflated {
    /// A message, or a piece of one. Text is valid UTF-8.
    Piece(MessageKind, Vec<u8>, Place),
    /// A message cannot be inflated, is too long, or is not text. The Close that tells so is owed.
    Failed(ProtocolError),
    /// All compressed bytes are consumed.
    Nothing,
}

/// What inflates the messages that one connection receives. Its window is there as soon as a compressed message came.
///
/// There are two ways, and a driver may have both: [`message`](Self::message) inflates a whole message that a
/// [`MessageReader`](upframe::message::MessageReader) has found; [`push`](Self::push) and [`pull`](Self::pull) inflate
/// the pieces of a receiver.
pub struct Inflating {
    direction: Direction,
    /// With context takeover: it is there as soon as a compressed message came. Without: while one comes in pieces.
    stage: Option<Box<Stage>>,
    /// The piece that is not consumed.
    rest: Option<Rest>,
    /// Whether a message is open that came in pieces.
    open: bool,
    /// Whether the program has seen the beginning of it.
    seen: bool,
    /// The message so far, if the program wants it whole.
    whole: Option<Vec<u8>>,
}

/// What is left of a piece.
#[derive(Clone, Copy)]
struct Rest {
    /// The bytes that are left end here in the buffer.
    end: usize,
    left: usize,
    kind: MessageKind,
    reserved_bits: ReservedBits,
    place: Place,
}

impl Inflating {
    /// Returns what inflates the messages of a connection with these parameters, whose end is `role`.
    #[must_use]
    pub const fn new(params: DeflateParams, role: Role) -> Self {
        let direction = params.incoming(matches!(role, Role::Server));
        Self { direction, stage: None, rest: None, open: false, seen: false, whole: None }
    }

    /// Inflates a whole message.
    pub fn message<R: upframe::connection::Role + Copy>(
        &mut self,
        receiver: &mut Receiver<R>,
        message: Extended<'_>,
    ) -> Inflated {
        if self.direction.takes_over() {
            let stage = stage(&mut self.stage, self.direction);
            return stage.map_or(Inflated::Nothing, |stage| inflate_whole(receiver, stage, message));
        }
        with_window(|window| match MessageInflater::new(self.direction, window) {
            Ok(mut stage) => inflate_whole(receiver, &mut stage, message),
            Err(_) => Inflated::Nothing,
        })
    }

    /// Accepts a piece that ends at `end` of the buffer. It is to be [pulled](Self::pull) until there is nothing more,
    /// before the receiver consumes anything else.
    pub fn push(&mut self, piece: &Extended<'_>, end: usize) {
        let (kind, reserved_bits, place) = (piece.kind(), piece.reserved_bits(), piece.place());
        self.rest = Some(Rest { end, left: piece.as_bytes().len(), kind, reserved_bits, place });
        if place.is_first() {
            (self.open, self.seen, self.whole) = (true, false, None);
        }
    }

    /// Whether a message is open that came in pieces: then the rest of it comes in pieces, too.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// Whether a message that came in pieces is being joined. Then the program gets it whole.
    #[must_use]
    pub const fn is_joining(&self) -> bool {
        self.whole.is_some()
    }

    /// Inflates the next bytes of the piece that was pushed. `buffer` is the one that it lies in.
    pub fn pull<R: upframe::connection::Role + Copy>(&mut self, receiver: &mut Receiver<R>, buffer: &[u8]) -> Inflated {
        let (Some(rest), Some(stage)) = (&mut self.rest, stage(&mut self.stage, self.direction)) else {
            return Inflated::Nothing;
        };
        let bytes = buffer.get(rest.end.saturating_sub(rest.left)..rest.end).unwrap_or_default();
        let mut piece = Extended::new(bytes, rest.place, rest.kind, rest.reserved_bits);
        let found = with_tables(|tables| receiver.inflate(stage, tables, &mut piece).map_or(Inflated::Nothing, owned));
        (rest.left, rest.place) = (piece.as_bytes().len(), piece.place());
        let ends = match &found {
            Inflated::Piece(_, _, place) => {
                self.seen = true;
                place.is_last()
            }
            Inflated::Failed(_) => true,
            Inflated::Nothing => {
                self.rest = None;
                piece.is_last()
            }
        };
        if ends {
            (self.rest, self.open) = (None, false);
            if !self.direction.takes_over() {
                self.stage = None;
            }
        }
        found
    }

    /// Does what [`pull`](Self::pull) does for a program that wants whole messages: the pieces are joined, until the
    /// last one comes. The rest of a message whose beginning the program has seen is inflated, and discarded.
    pub fn pull_whole<R: upframe::connection::Role + Copy>(
        &mut self,
        receiver: &mut Receiver<R>,
        buffer: &[u8],
    ) -> Inflated {
        if self.seen && self.whole.is_none() {
            self.stage.as_mut().map(|stage| stage.skip_message());
        }
        loop {
            match self.pull(receiver, buffer) {
                Inflated::Piece(kind, bytes, place) => {
                    let whole = self.whole.get_or_insert_default();
                    whole.extend_from_slice(&bytes);
                    if place.is_last() {
                        return Inflated::Piece(kind, take(&mut self.whole).unwrap_or_default(), Place::Whole);
                    }
                }
                other => return other,
            }
        }
    }
}

impl fmt::Debug for Inflating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflating").field("direction", &self.direction).finish_non_exhaustive()
    }
}

impl fmt::Debug for Inflated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Piece(kind, bytes, place) => write!(f, "Piece({kind:?}, {} bytes, {place:?})", bytes.len()),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
            Self::Nothing => f.write_str("Nothing"),
        }
    }
}

/// Returns the stage, which is new if there is none.
fn stage(stage: &mut Option<Box<Stage>>, direction: Direction) -> Option<&mut Stage> {
    if stage.is_none() {
        let window = vec![0; Inflater::memory(direction.window_bits())];
        // the window is long enough
        *stage = MessageInflater::new(direction, window).ok().map(Box::new);
    }
    stage.as_deref_mut()
}

fn owned(event: Event<'_>) -> Inflated {
    match event {
        Event::Text(text) => Inflated::Piece(MessageKind::Text, text.as_bytes().to_vec(), text.place()),
        Event::Binary(binary) => Inflated::Piece(MessageKind::Binary, binary.as_bytes().to_vec(), binary.place()),
        Event::Failed(error) => Inflated::Failed(error),
        _ => Inflated::Nothing,
    }
}

/// Memory grows with the bytes that come out.
fn inflate_whole<R: upframe::connection::Role + Copy, M: AsRef<[u8]> + AsMut<[u8]>>(
    receiver: &mut Receiver<R>,
    stage: &mut MessageInflater<M>,
    mut message: Extended<'_>,
) -> Inflated {
    with_tables(|tables| {
        let mut whole = Vec::new();
        while let Some(event) = receiver.inflate(stage, tables, &mut message) {
            if let Event::Failed(error) = event {
                return Inflated::Failed(error);
            }
            let Some(piece) = event.as_fragment() else { continue };
            whole.extend_from_slice(piece.bytes());
            if piece.frame().place().is_last() {
                return Inflated::Piece(message.kind(), whole, Place::Whole);
            }
        }
        Inflated::Nothing
    })
}
