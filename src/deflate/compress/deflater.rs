//! Messages in, compressed messages out.

use super::bit_writer::BitWriter;
use super::block::write_block;
use super::compressed::{Compressed, Deflated};
use super::effort::{Effort, Shortest, shortest, tries};
use super::finder::Finder;
use super::fixed_block::{FixedBlock, put_stored};
use super::history::Ring;
use super::parse::parse;
use super::table::Table;
use super::tokens::Tokens;
use super::workspace::Workspace;
use crate::deflate::params::Direction;
use core::fmt;
use core::marker::PhantomData;

/// How many bytes the messages of a connection may be longer than plain, all together and until they save as much.
///
/// A message that is sent plain is not in the peer's window. So a short message, which is short only because of what is
/// in the window, would never begin to shrink: 47 bytes of JSON stayed at 91 %, and take 35 to 40 % with a few messages
/// sent compressed on credit.
const CREDIT: u16 = 256;
/// How much longer than plain one message may be: stored, as all of it is then, it takes [`OVERHEAD`] bytes more.
const CREDIT_AT_ONCE: u16 = 7;
/// What a stored block adds: 3 bits, with up to 7 before it and up to 7 that fill the byte; 4 bytes of lengths; and the
/// 3 bits that end a message.
const OVERHEAD: usize = 7;
/// The longest block with fixed codes that are not chosen: short enough to store the parts that do not shrink.
const FIXED_BLOCK: usize = 8_192;
/// The longest stored block (RFC 1951 §3.2.4).
const STORED_BLOCK: usize = 0xFFFF;

/// Compresses the messages of one connection (RFC 1951, RFC 7692 §7.2.1).
///
/// **The caller provides the memory.** `memory` keeps the window from one message to the next: as many bytes as
/// [`Direction::window`], or none without context takeover. If it is shorter, only the largest power of two that fits
/// is used, and messages get longer; it need not be cleared. The [`Workspace`] is passed with each call, so that
/// connections can share it. Beside both, a deflater takes 32 bytes at most; compressing takes about 4 KiB of stack, or
/// about 300 bytes with a `Workspace` without tokens.
///
/// The type of the [`Effort`] decides between speed and size.
///
/// # Messages
///
/// A whole message is compressed by [`compress`](Self::compress), and then either sent and
/// [`committed`](Self::commit), or sent plain:
///
/// ```
/// use upframe::deflate::{Balanced, Deflater, Direction, Workspace};
/// let mut deflater = Deflater::new(Direction::DEFAULT, Balanced, vec![0; 1 << 15]);
/// let mut workspace = Box::new(Workspace::<4096, 512>::new());
/// let mut out = [0; 64];
/// for length in [7, 4] {
///     let compressed = deflater.compress(&mut workspace, b"Hello", &mut out).unwrap();
///     assert_eq!(compressed.len(), length);
///     deflater.commit(b"Hello", compressed);
/// }
/// assert_eq!(out[..4], [2, 19, 0, 0]); // the second refers to the first
/// ```
///
/// A message that is too long for that, or whose length is not known, is compressed in parts by
/// [`deflate`](Self::deflate), for frames of any length.
///
/// # Secrets
///
/// **Do not compress a message that has both a secret and text that an attacker chose, nor with context takeover such
/// messages one after the other.** Text that repeats the secret makes the message shorter, and encryption does not hide
/// the length: an attacker who can try many texts finds the secret out byte by byte (CRIME, BREACH). Send such messages
/// plain. A plain message is not in the window, so it changes nothing for the messages around it.
#[derive(Clone)]
pub struct Deflater<M, E> {
    memory: M,
    effort: PhantomData<E>,
    ring: Ring,
    /// The number of the next byte, modulo 2¹⁶.
    base: u16,
    credit: u16,
    direction: Direction,
    /// Up to 7 bits of a message in parts that are not written.
    left: u8,
    left_bits: u8,
}

impl<M: AsRef<[u8]> + AsMut<[u8]>, E: Effort> Deflater<M, E> {
    /// Creates a deflater for what this end sends: [`DeflateParams::outgoing`](super::super::DeflateParams::outgoing).
    ///
    /// Without context takeover `memory` may be empty. It is then used only for messages in parts, which are shorter if
    /// a part can refer to the parts before it.
    pub fn new(outgoing: Direction, _: E, memory: M) -> Self {
        Self {
            memory,
            effort: PhantomData,
            ring: Ring::EMPTY,
            base: 0,
            credit: CREDIT,
            direction: outgoing,
            left: 0,
            left_bits: 0,
        }
    }

    /// Returns how the messages are compressed.
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// Compresses a whole message to the front of `out`, if that makes it shorter. `None` means that it is to be sent
    /// plain, or that `out` is too short; as many bytes as the message has, and 7, are always enough.
    ///
    /// With context takeover, messages may get up to 7 bytes longer for a while, at most 256 bytes longer in all: a
    /// message that is sent plain is not in the window, and messages after it cannot refer to it.
    ///
    /// **Nothing changes before [`commit`](Self::commit)**, which is called once the frame is written. A message that is
    /// sent plain is not committed.
    ///
    /// RFC 7692 §7.2.1.
    pub fn compress<const H: usize, const T: usize>(
        &self,
        workspace: &mut Workspace<H, T>,
        message: &[u8],
        out: &mut [u8],
    ) -> Option<Compressed> {
        let credit = if self.ring_len() > 0 && self.direction.takes_over() { self.credit } else { 0 };
        let room = message.len().saturating_add(credit.min(CREDIT_AT_ONCE).into()).saturating_sub(1);
        let room = room.min(out.len());
        let out = out.get_mut(..room)?;
        let compressed = self.run(workspace, message, true, out, true);
        Some(compressed).filter(|compressed| compressed.is_last)
    }

    /// Notes that a message was sent as [`compress`](Self::compress) compressed it: the peer's window has it now.
    pub fn commit(&mut self, message: &[u8], compressed: Compressed) {
        if compressed.is_whole {
            // what was saved is credit again
            self.credit = match message.len().checked_sub(compressed.len) {
                Some(saved) => self.credit.saturating_add(saved.min(CREDIT.into()) as u16).min(CREDIT),
                None => self.credit.saturating_sub(compressed.len.saturating_sub(message.len()) as u16),
            };
        }
        self.keep(message.get(..compressed.consumed).unwrap_or_default());
        (self.left, self.left_bits) = (compressed.left, compressed.left_bits);
        if compressed.is_last && !self.direction.takes_over() {
            self.ring = Ring::EMPTY;
        }
    }

    /// Notes that a message was sent plain, though it might have been compressed. So a little credit comes back: after
    /// many messages that do not shrink, [`compress`](Self::compress) sometimes tries again.
    pub fn note_plain(&mut self) {
        self.credit = self.credit.saturating_add(1).min(CREDIT);
    }

    /// Compresses from the front of `input` to the front of `out`, as much as fits: for messages in parts. `ends` tells
    /// that the message ends with `input`.
    ///
    /// If `out` is full, call it again with what is left of `input`. The message is complete if the result says so. A
    /// part that does not end the message can leave up to 7 bits, which are written with the next. `out` has at
    /// least 9 bytes: with less, nothing may be written, whatever is left. The longer the parts and `out` are, the shorter the message
    /// gets.
    ///
    /// ```
    /// use upframe::deflate::{Deflater, Direction, Fast, Workspace};
    /// let mut deflater = Deflater::new(Direction::DEFAULT, Fast, vec![0; 1 << 15]);
    /// let mut workspace = Workspace::<256, 0>::new();
    /// let (mut input, mut out, mut message) = (&[b'a'; 1000][..], [0; 100], vec![]);
    /// loop {
    ///     let deflated = deflater.deflate(&mut workspace, &mut input, true, &mut out);
    ///     message.extend_from_slice(&out[..deflated.len()]);
    ///     if deflated.is_complete() {
    ///         break;
    ///     }
    /// }
    /// assert!(message.len() < 80);
    /// ```
    ///
    /// RFC 7692 §7.2.1.
    pub fn deflate<const H: usize, const T: usize>(
        &mut self,
        workspace: &mut Workspace<H, T>,
        input: &mut &[u8],
        ends: bool,
        out: &mut [u8],
    ) -> Deflated {
        let compressed = self.part(workspace, input, ends, out);
        let deflated = Deflated { len: compressed.len, is_complete: compressed.is_last };
        let consumed = compressed.consumed;
        self.commit(input, compressed);
        *input = input.get(consumed..).unwrap_or_default();
        deflated
    }

    /// The same, before it is committed.
    pub(crate) fn part<const H: usize, const T: usize>(
        &self,
        workspace: &mut Workspace<H, T>,
        input: &[u8],
        ends: bool,
        out: &mut [u8],
    ) -> Compressed {
        self.run(workspace, input, ends, out, false)
    }

    /// Notes that the peer received this message compressed by other means, such as
    /// [`PreparedDeflate`](super::super::PreparedDeflate): it is in the peer's window now.
    pub fn absorb(&mut self, message: &[u8]) {
        if self.direction.takes_over() {
            self.keep(message);
        }
    }

    /// Forgets all that was sent: the next message refers to nothing before it. This is always allowed.
    pub fn forget(&mut self) {
        (self.ring, self.left, self.left_bits) = (Ring::EMPTY, 0, 0);
    }

    /// Enters all that was sent into the workspace, if that was used for other connections or is new.
    ///
    /// It takes about as long as compressing as many bytes as the window has.
    pub fn rehash<const H: usize, const T: usize>(&self, workspace: &mut Workspace<H, T>) {
        let kept = usize::from(self.ring.kept);
        let (first, second) = self.ring.last(kept, self.ring_slice());
        let mut base = self.base.wrapping_sub(kept as u16);
        let mut table = Table::new(&mut workspace.hash, Shortest::Four);
        for part in [first, second] {
            let finder = Finder::<E> {
                message: part,
                past: &[],
                ring: Ring::EMPTY,
                window: 0,
                base,
                tries: 0,
                effort: PhantomData,
            };
            finder.enter(&mut table, 0, part.len());
            base = base.wrapping_add(part.len() as u16);
        }
    }

    /// Returns the memory.
    pub fn into_memory(self) -> M {
        self.memory
    }

    /// Returns how many bytes of the memory are used: a power of two, or 0.
    fn ring_len(&self) -> usize {
        let len = self.memory.as_ref().len().min(self.direction.window());
        len.checked_ilog2().map_or(0, |bits| 1usize.wrapping_shl(bits))
    }

    fn ring_slice(&self) -> &[u8] {
        self.memory.as_ref().get(..self.ring_len()).unwrap_or_default()
    }

    fn keep(&mut self, message: &[u8]) {
        let len = self.ring_len();
        self.ring.keep(message, self.memory.as_mut().get_mut(..len).unwrap_or_default());
        self.base = self.base.wrapping_add(message.len() as u16);
    }

    /// Compresses. `whole`: as few blocks as possible, and what does not fit is dropped; then the result is not the last
    /// part. Otherwise blocks are so short that each fits, even if nothing shrinks.
    #[inline(never)]
    fn run<const H: usize, const T: usize>(
        &self,
        workspace: &mut Workspace<H, T>,
        input: &[u8],
        ends: bool,
        out: &mut [u8],
        whole: bool,
    ) -> Compressed {
        let mut bits = BitWriter::new(out, self.left, self.left_bits);
        let finder = Finder::<E> {
            message: input,
            past: self.ring_slice(),
            ring: self.ring,
            window: self.direction.window(),
            base: self.base,
            tries: tries::<E>(input.len(), self.ring.kept == 0),
            effort: PhantomData,
        };
        let mut table = Table::new(&mut workspace.hash, shortest(input, whole && !self.direction.takes_over()));
        let longest = if T == 0 { FIXED_BLOCK } else { STORED_BLOCK };
        let (mut at, mut furthest) = (0usize, 0);
        while at < input.len() && !bits.overflow {
            let left = input.len().wrapping_sub(at).min(longest);
            let fits = if whole { left } else { left.min(bits.room().saturating_sub(OVERHEAD)) };
            if fits == 0 {
                break;
            }
            let end = at.wrapping_add(fits);
            if T == 0 {
                let mark = bits.mark();
                let mut block = FixedBlock::begin(&mut bits, fits);
                let parsed = parse(&finder, &mut table, at, end, &mut block);
                let distance = block.furthest;
                match block.end() {
                    Some(written) if parsed == end => {
                        furthest = distance.max(furthest);
                        bits.go_to(written);
                    }
                    _ => {
                        bits.go_to(mark);
                        put_stored(&mut bits, input.get(at..end).unwrap_or_default());
                    }
                }
                at = end;
            } else {
                let mut tokens = Tokens::new(&mut workspace.tokens);
                let parsed = parse_tokens(&finder, &mut table, at, end, &mut tokens);
                let bytes = input.get(at..parsed).unwrap_or_default();
                let distance = tokens.furthest;
                if write_block(bytes, &mut tokens, E::SHORT, &mut bits) {
                    furthest = distance.max(furthest);
                }
                at = parsed;
            }
        }
        let is_last = ends && at == input.len() && bits.has_room_for(3);
        if is_last {
            // An empty stored block ends the message, less its last four octets. [7692-7.2.1-tail]
            bits.put(0b000, 3);
            bits.align();
        } else {
            bits.drain();
        }
        let is_last = is_last && !bits.overflow;
        let (left, left_bits) = (bits.word as u8, bits.held as u8);
        Compressed { len: bits.len, consumed: at, furthest: furthest as u16, left, left_bits, is_last, is_whole: whole }
    }
}

/// A function of its own, so that the compiler has all registers for it.
#[cfg_attr(not(upframe_small), inline(never))]
fn parse_tokens<E: Effort, const H: usize>(
    finder: &Finder<'_, E>,
    table: &mut Table<'_, H>,
    i: usize,
    end: usize,
    tokens: &mut Tokens<'_>,
) -> usize {
    parse(finder, table, i, end, tokens)
}

impl<M, E: Effort> fmt::Debug for Deflater<M, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflater").field("direction", &self.direction).finish_non_exhaustive()
    }
}
