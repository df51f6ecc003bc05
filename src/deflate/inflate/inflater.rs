//! Messages in, inflated pieces out.

use super::core::{Core, Stop};
use super::error::{InflateError, InflateViolation};
use super::tables::Tables;
use super::window::{Place, Window};
use ::core::fmt;
use ::core::ops::Range;

/// What a receiver adds to the end of a message (RFC 7692 §7.2.2).
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

/// Inflates the messages of one connection (RFC 1951, RFC 7692 §7.2.2): compressed bytes in, cut anywhere, inflated
/// pieces out.
///
/// **The caller provides the memory**, any number of bytes in any owner: an array, a `Vec`, a slice that is borrowed.
/// Data is inflated into it, and a piece is a slice of it, so nothing is copied; it is gone when the next one is asked
/// for. The memory is the window, too: it must be as long as the window that was agreed on, [`memory`](Self::memory).
/// **It need not be cleared**: no byte is read that this connection has not written, so memory may come from a pool.
/// The [`Tables`] are passed with each call, so that connections can share them.
///
/// Beside the memory and the tables it takes at most 450 bytes.
///
/// # Messages
///
/// A message begins with [`begin_message`](Self::begin_message); the first one has begun. Its compressed bytes are the
/// payloads of its frames, one after the other, passed to [`inflate`](Self::inflate) in parts of any length.
///
/// ```
/// use upframe::deflate::{FastTables, Inflater};
/// let mut inflater = Inflater::new(vec![0; 1 << 15]);
/// let mut tables = FastTables::new();
/// // RFC 7692 §7.2.3.2: the second message refers to the first
/// for message in [&b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..], b"\xf2\x00\x11\x00\x00"] {
///     inflater.begin_message();
///     let (mut input, mut text) = (message, Vec::new());
///     while let Some(piece) = inflater.inflate(&mut tables, &mut input, true)? {
///         text.extend_from_slice(piece.as_bytes());
///     }
///     assert_eq!(text, b"Hello");
/// }
/// # Ok::<(), upframe::deflate::InflateError>(())
/// ```
///
/// # Bounds
///
/// A byte of input inflates to at most 1,032 bytes. Work is linear in the bytes in and out;
/// [`with_message_limit`](Self::with_message_limit) bounds the bytes out.
///
/// Memory that is longer than the window keeps messages in one piece: with `n` bytes more than
/// [`memory`](Self::memory), every message of up to `n - 16` bytes is one, if it arrives as one.
#[derive(Clone)]
pub struct Inflater<M> {
    core: Core,
    place: Place,
    memory: M,
    keeps_context: bool,
    phase: Phase,
    /// How many bytes of the tail were taken.
    tail: u8,
    longest_piece: usize,
    limit: u64,
    /// Compressed bytes of the message that were taken.
    taken: u64,
    /// Inflated bytes of the message.
    inflated: u64,
    failure: InflateError,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    /// In a message.
    Running,
    /// The message was yielded.
    Complete,
    /// The data cannot be inflated.
    Failed,
}

/// A piece of an inflated message, in the memory of the [`Inflater`].
///
/// It is empty only if the message ends with it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Inflated<'m> {
    bytes: &'m [u8],
    is_last: bool,
}

impl<'m> Inflated<'m> {
    /// Returns the bytes. They are not checked, also those of a text message.
    pub const fn as_bytes(&self) -> &'m [u8] {
        self.bytes
    }

    /// Whether the message ends with it.
    pub const fn is_last(&self) -> bool {
        self.is_last
    }
}

impl fmt::Debug for Inflated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inflated({} bytes, {})", self.bytes.len(), if self.is_last { "last" } else { "not last" })
    }
}

impl Inflater<()> {
    /// Returns how many bytes of memory the window of this many bits needs: 2 to that power, and 512 for 8 bits.
    ///
    /// zlib before 1.2.9 uses a window of 9 bits where it was told to use 8, so distances up to 512 are accepted there.
    /// A number outside 8 to 15 counts as the nearest one.
    ///
    /// ```
    /// use upframe::deflate::Inflater;
    /// const BITS: u8 = 10;
    /// let inflater = Inflater::new([0; Inflater::memory(BITS)]).with_window_bits(BITS);
    /// assert_eq!([8, 9, 10, 15].map(Inflater::memory), [512, 512, 1024, 32_768]);
    /// ```
    pub const fn memory(window_bits: u8) -> usize {
        match window_bits {
            0..=9 => 1 << 9,
            15.. => 1 << 15,
            bits => 1 << bits,
        }
    }
}

impl<M: AsRef<[u8]> + AsMut<[u8]>> Inflater<M> {
    /// Creates an inflater for a peer with a window of 15 bits that takes over its context: the default of RFC 7692
    /// §7.1.
    ///
    /// If the memory is shorter than 32,768 bytes, a distance that it cannot reach is an error. Set what was agreed on
    /// with [`with_window_bits`](Self::with_window_bits) and [`with_context_takeover`](Self::with_context_takeover).
    pub fn new(memory: M) -> Self {
        let len = memory.as_ref().len();
        Self {
            core: Core::new(),
            place: Place::new(Inflater::memory(15), len),
            memory,
            keeps_context: true,
            phase: Phase::Running,
            tail: 0,
            longest_piece: usize::MAX,
            limit: u64::MAX,
            taken: 0,
            inflated: 0,
            failure: InflateError { violation: InflateViolation::Unfinished, offset: 0 },
        }
    }

    /// Sets the window of the peer that was agreed on, from 8 to 15 bits (RFC 7692 §7.1.2). A longer distance is an
    /// error.
    ///
    /// With 8 bits, distances up to 512 are accepted, see [`memory`](Self::memory). A number outside 8 to 15 counts as
    /// the nearest one. It is for a new inflater: what was received is forgotten.
    #[must_use]
    pub fn with_window_bits(mut self, bits: u8) -> Self {
        self.place = Place::new(Inflater::memory(bits), self.memory.as_ref().len());
        self
    }

    /// Sets whether the peer takes over its context from one message to the next (RFC 7692 §7.1.1); it does by default.
    ///
    /// If it does not, each message begins with an empty window, at the front of the memory: a message that fits the
    /// memory is inflated whatever its window is.
    ///
    /// ```
    /// use upframe::deflate::{Inflater, SmallTables};
    /// // messages of up to 100 bytes
    /// let mut inflater = Inflater::new([0; 100]).with_context_takeover(false);
    /// let mut tables = SmallTables::new();
    /// for _ in 0..3 {
    ///     inflater.begin_message();
    ///     let mut input = &b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..]; // RFC 7692 §7.2.3.1
    ///     let piece = inflater.inflate(&mut tables, &mut input, true)?.unwrap();
    ///     assert_eq!((piece.as_bytes(), piece.is_last()), (&b"Hello"[..], true));
    /// }
    /// # Ok::<(), upframe::deflate::InflateError>(())
    /// ```
    #[must_use]
    pub fn with_context_takeover(self, takes_over: bool) -> Self {
        Self { keeps_context: takes_over, ..self }
    }

    /// Sets how many bytes a message may inflate to; there is no limit by default. A longer message fails with
    /// [`TooBig`](InflateViolation::TooBig) after its first `limit` bytes were yielded.
    #[must_use]
    pub fn with_message_limit(self, limit: u64) -> Self {
        Self { limit, ..self }
    }

    /// Sets the length of the longest piece that is yielded; only the memory limits it by default. 0 counts as 1.
    #[must_use]
    pub fn with_longest_piece(self, len: usize) -> Self {
        Self { longest_piece: len.max(1), ..self }
    }

    /// Begins the next message.
    ///
    /// If the current message is not complete, the rest of it is missing in the history. So all of that is forgotten,
    /// and a distance to it is an error.
    pub fn begin_message(&mut self) {
        if self.phase == Phase::Failed {
            return;
        }
        let is_whole = self.phase == Phase::Complete || (self.taken == 0 && self.inflated == 0);
        if self.keeps_context && is_whole {
            self.place.begin_message();
        } else {
            self.place.forget(self.memory.as_ref().len());
        }
        self.core.reset();
        (self.phase, self.tail, self.taken, self.inflated) = (Phase::Running, 0, 0, 0);
    }

    /// Inflates from the front of `input` up to the next piece. `ends` tells that the message ends with `input`.
    ///
    /// **`None` means that all of `input` is consumed and nothing is left to yield.** Call it until then; an empty
    /// `input` does not mean the same. After the last piece of a message it returns `None`, and consumes nothing, until
    /// the next message begins.
    ///
    /// # Errors
    ///
    /// [`InflateError`], after all data before the error was yielded. From then on every call fails with it.
    ///
    /// RFC 7692 §7.2.2.
    pub fn inflate<const L: usize, const D: usize>(
        &mut self,
        tables: &mut Tables<L, D>,
        input: &mut &[u8],
        ends: bool,
    ) -> Result<Option<Inflated<'_>>, InflateError> {
        let Some((place, is_last)) = self.run(tables, input, ends)? else { return Ok(None) };
        Ok(Some(Inflated { bytes: self.bytes(place), is_last }))
    }

    /// Returns why a message could not be inflated; `None` if none failed.
    pub(in crate::deflate) fn failure(&self) -> Option<InflateError> {
        if self.phase == Phase::Failed { Some(self.failure) } else { None }
    }

    /// Returns how many compressed bytes of the message were consumed.
    pub(in crate::deflate) const fn taken(&self) -> u64 {
        self.taken
    }

    pub(in crate::deflate) const fn set_message_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    pub(in crate::deflate) fn memory_len(&self) -> usize {
        self.memory.as_ref().len()
    }

    /// Returns what is at this place of the memory.
    pub(in crate::deflate) fn bytes(&self, place: Range<usize>) -> &[u8] {
        self.memory.as_ref().get(place).unwrap_or_default()
    }

    /// Forgets all that was received, and a failure: for pools. The memory need not be cleared.
    pub fn reset(&mut self) {
        self.phase = Phase::Running;
        self.begin_message();
        self.place.forget(self.memory.as_ref().len());
    }

    /// Returns the memory.
    pub fn into_memory(self) -> M {
        self.memory
    }

    /// Returns where the next piece is, and whether the message ends with it.
    pub(in crate::deflate) fn run<const L: usize, const D: usize>(
        &mut self,
        tables: &mut Tables<L, D>,
        input: &mut &[u8],
        ends: bool,
    ) -> Result<Option<(Range<usize>, bool)>, InflateError> {
        match self.phase {
            Phase::Running => {}
            Phase::Complete => return Ok(None),
            Phase::Failed => return Err(self.failure),
        }
        let memory = self.memory.as_mut();
        self.place.wrap(memory.len());
        let from = self.place.pos;
        let left = usize::try_from(self.limit.saturating_sub(self.inflated)).unwrap_or(usize::MAX);
        let before = input.len();
        let mut window = Window::new(memory, &mut self.place, left.min(self.longest_piece));
        let mut stop = self.core.run(tables, input, &mut window);
        let mut tail = &[][..];
        if stop == Ok(Stop::Input) && ends {
            // A message that ends right after a block with BFINAL is accepted without the empty block that RFC 7692
            // §7.2.3.4 asks for. [7692-7.2.3.4-bfinal]
            if self.tail == 0 && (self.core.end_at_stored_block() || self.core.is_after_last_block()) {
                self.phase = Phase::Complete;
            } else {
                tail = TAIL.get(usize::from(self.tail)..).unwrap_or_default();
                stop = self.core.run(tables, &mut tail, &mut window);
                self.tail = TAIL.len().wrapping_sub(tail.len()) as u8;
                if stop == Ok(Stop::Input) {
                    // A message ends between two blocks, after the bytes that are added to it. [7692-7.2.2-end]
                    if self.core.is_between_blocks() {
                        self.phase = Phase::Complete;
                    } else {
                        stop = Err(self.core.why_unfinished());
                    }
                }
            }
        }
        let room = window.room();
        let to = self.place.pos;
        let n = to.wrapping_sub(from);
        self.inflated = self.inflated.saturating_add(n as u64);
        if stop == Ok(Stop::Room) && n == 0 && room == 0 {
            // An inflated message must not be longer than its limit. [7692-inflated-limit]
            if self.inflated >= self.limit {
                stop = Err(InflateViolation::TooBig);
                if tail.is_empty() {
                    self.core.drop_stored_byte(input);
                } else {
                    self.core.drop_stored_byte(&mut tail);
                    self.tail = TAIL.len().wrapping_sub(tail.len()) as u8;
                }
            } else {
                // there is none at all
                stop = Err(InflateViolation::MemoryTooSmall);
            }
        }
        self.taken = self.taken.saturating_add(before.wrapping_sub(input.len()) as u64);
        if let Err(violation) = stop {
            self.phase = Phase::Failed;
            self.failure = InflateError { violation, offset: self.failing_byte(violation) };
            if n == 0 {
                return Err(self.failure);
            }
        }
        let is_last = self.phase == Phase::Complete;
        Ok(if n > 0 || is_last { Some((from..to, is_last)) } else { None })
    }

    /// Returns the number of bytes of the message before the one with the last bit that was consumed.
    fn failing_byte(&self, violation: InflateViolation) -> u64 {
        if matches!(violation, InflateViolation::Unfinished | InflateViolation::BitsAfterEnd) {
            return self.taken;
        }
        let with_tail = self.taken.saturating_add(self.tail.into());
        let ahead = u64::from(self.core.bits.whole_bytes()).saturating_add(1);
        with_tail.saturating_sub(ahead).min(self.taken)
    }
}

impl<M> fmt::Debug for Inflater<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater").field("phase", &self.phase).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_beside_window_and_tables_is_small() {
        assert!(size_of::<Inflater<()>>() <= 450, "{}", size_of::<Inflater<()>>());
    }
}
