//! Raw DEFLATE, cut anywhere (RFC 1951): the state between two elements.
//!
//! An element is taken whole out of the bit buffer, or not at all: so a cut changes nothing. **An invalid element is
//! consumed before it is reported.** So the byte that has its last bit is known, wherever the input was cut.

use super::alphabet::{LITERAL, SPECIAL, byte, code_bits, is_end, is_long, length, start, total};
use super::bits::Bits;
use super::error::InflateViolation;
#[cfg(not(upframe_small))]
use super::fast::{self, Ended};
#[cfg(upframe_small)]
use super::fixed_small::fixed_lengths;
#[cfg(not(upframe_small))]
use super::fixed_static::FixedCodes;
use super::tables::{Codes, Lengths, Tables};
use super::window::Window;
use crate::target::SMALL;

/// Why a run stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stop {
    /// All input was taken, and more is needed.
    Input,
    /// There is no room for the next byte.
    Room,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    Header,
    StoredLength,
    StoredCheck(u16),
    /// So many bytes of a stored block are still to come.
    Stored(u16),
    Counts,
    /// Lengths of the codes for code lengths: the next one, and how many there are.
    LengthCode {
        at: u8,
        count: u8,
    },
    /// The next code length.
    Lengths(u16),
    Symbol,
    /// A literal that is not written.
    Literal(u8),
    /// A length was taken, and the distance is next.
    Distance {
        len: u16,
    },
    /// The extra bits of a distance are next; `base` is the distance without them.
    Extra {
        len: u16,
        base: u16,
        bits: u8,
    },
    /// A match of which so much is not written.
    Match {
        len: u16,
        distance: u16,
    },
}

/// What is known between two runs.
#[derive(Clone)]
pub(super) struct Core {
    pub(super) bits: Bits,
    pub(super) state: State,
    /// The block has BFINAL.
    pub(super) is_last_block: bool,
    /// The block has the fixed codes, and these are not in the tables.
    #[cfg(not(upframe_small))]
    has_fixed_codes: bool,
    pub(super) lengths: Lengths,
    /// The lengths of the codes for code lengths, 3 bits each, by symbol.
    pub(super) length_code: u64,
}

impl Core {
    pub(super) const fn new() -> Self {
        Self {
            bits: Bits::NONE,
            state: State::Header,
            is_last_block: false,
            #[cfg(not(upframe_small))]
            has_fixed_codes: false,
            lengths: Lengths::NONE,
            length_code: 0,
        }
    }

    /// Forgets the current block.
    pub(super) fn reset(&mut self) {
        (self.bits, self.state, self.is_last_block) = (Bits::NONE, State::Header, false);
    }

    /// Whether the input so far ends after a block, at the end of a byte.
    pub(super) fn is_between_blocks(&self) -> bool {
        matches!(self.state, State::Header) && self.bits.n == 0
    }

    /// Whether the last block had BFINAL, and the input so far ends with it.
    pub(super) fn is_after_last_block(&self) -> bool {
        self.is_between_blocks() && self.is_last_block
    }

    /// Returns why a message may not end where the input does, after its tail.
    pub(super) fn why_unfinished(&self) -> InflateViolation {
        match self.state {
            State::Header => InflateViolation::BitsAfterEnd,
            _ => InflateViolation::Unfinished,
        }
    }

    /// Ends a message whose input ends, as nearly all do, with the header of an empty stored block: the four bytes that
    /// are added at the end of a message would be its lengths (RFC 7692 §7.2.2). Returns `false` if it is not at such a
    /// place.
    pub(super) fn end_at_stored_block(&mut self) -> bool {
        let is_there = matches!(self.state, State::StoredLength) && self.bits.n == 0;
        if is_there {
            self.state = State::Header;
        }
        is_there
    }

    #[cfg(upframe_small)]
    pub(super) fn use_fixed_codes<const L: usize, const D: usize>(
        &mut self,
        tables: &mut Tables<L, D>,
    ) -> Result<(), InflateViolation> {
        self.lengths = fixed_lengths();
        tables.build(&self.lengths)
    }

    #[cfg(not(upframe_small))]
    pub(super) fn use_fixed_codes<T>(&mut self, _: T) -> Result<(), InflateViolation> {
        self.has_fixed_codes = true;
        Ok(())
    }

    pub(super) fn use_own_codes(&mut self) {
        #[cfg(not(upframe_small))]
        {
            self.has_fixed_codes = false;
        }
    }

    /// Inflates from the front of `input` until all of it is taken, or there is no room.
    pub(super) fn run<const L: usize, const D: usize>(
        &mut self,
        tables: &mut Tables<L, D>,
        input: &mut &[u8],
        window: &mut Window<'_>,
    ) -> Result<Stop, InflateViolation> {
        self.restore(tables)?;
        loop {
            match self.state {
                State::Symbol
                | State::Literal(_)
                | State::Distance { .. }
                | State::Extra { .. }
                | State::Match { .. } => {
                    #[cfg(not(upframe_small))]
                    let stop = if self.has_fixed_codes {
                        self.take_symbols(&FixedCodes, input, window)?
                    } else {
                        self.take_symbols(tables, input, window)?
                    };
                    #[cfg(upframe_small)]
                    let stop = self.take_symbols(tables, input, window)?;
                    match stop {
                        Some(stop) => return Ok(stop),
                        None => self.end_block(),
                    }
                }
                State::Stored(0) => self.end_block(),
                State::Stored(len) => {
                    if let Some(stop) = self.take_stored(len, input, window) {
                        return Ok(stop);
                    }
                }
                _ => {
                    if !self.take_header(tables, input)? {
                        return Ok(Stop::Input);
                    }
                }
            }
        }
    }

    /// Builds the codes of the current block again, if the tables were used for another connection.
    fn restore<const L: usize, const D: usize>(&self, tables: &mut Tables<L, D>) -> Result<(), InflateViolation> {
        match self.state {
            State::Lengths(_) => tables.build_length_code(self.length_code),
            State::Symbol | State::Literal(_) | State::Distance { .. } | State::Extra { .. } | State::Match { .. } => {
                #[cfg(not(upframe_small))]
                if self.has_fixed_codes {
                    return Ok(());
                }
                tables.build(&self.lengths)
            }
            _ => Ok(()),
        }
    }

    /// After a block with BFINAL, what follows begins at a byte (RFC 7692 §7.2.3.4).
    fn end_block(&mut self) {
        if self.is_last_block {
            self.bits.align();
        }
        self.state = State::Header;
    }

    /// Copies bytes of a stored block.
    fn take_stored(&mut self, len: u16, input: &mut &[u8], window: &mut Window<'_>) -> Option<Stop> {
        // the bit buffer is at a byte, and may hold some
        let byte = [self.bits.word as u8];
        let from_buffer = self.bits.n > 0;
        let bytes = if from_buffer { &byte[..] } else { input.get(..usize::from(len)).unwrap_or(input) };
        if bytes.is_empty() {
            return Some(Stop::Input);
        }
        let n = window.append(bytes);
        if n == 0 {
            return Some(Stop::Room);
        }
        if from_buffer {
            self.bits.consume(8);
        } else {
            *input = input.get(n..).unwrap_or_default();
        }
        self.state = State::Stored(len.wrapping_sub(n as u16));
        None
    }

    /// Consumes the byte of a stored block that there is no room for: it is the one that breaks a limit.
    pub(super) fn drop_stored_byte(&mut self, input: &mut &[u8]) {
        if matches!(self.state, State::Stored(_)) {
            self.bits.take(8, input);
        }
    }

    /// Takes symbols up to the end of the block (`None`), of the input, or of the room.
    #[inline(always)]
    fn take_symbols<C: Codes>(
        &mut self,
        codes: &C,
        input: &mut &[u8],
        window: &mut Window<'_>,
    ) -> Result<Option<Stop>, InflateViolation> {
        #[cfg(not(upframe_small))]
        loop {
            if matches!(self.state, State::Symbol) {
                match fast::take_symbols(codes, &mut self.bits, input, window) {
                    Ended::Here => {}
                    Ended::Block => return Ok(None),
                    // its distance is judged as one without extra bits
                    Ended::Match { len, distance } => self.state = State::Extra { len, base: distance, bits: 0 },
                }
            }
            match self.take_in_parts(codes, input, window)? {
                // a symbol was taken
                None if matches!(self.state, State::Symbol) => {}
                stop => return Ok(stop),
            }
        }
        #[cfg(upframe_small)]
        self.take_in_parts(codes, input, window)
    }

    /// The same without a fast way: any cut, any failure. On large machines, returns `None` after each symbol, too.
    #[cfg_attr(not(upframe_small), inline(never))]
    fn take_in_parts<C: Codes>(
        &mut self,
        codes: &C,
        input: &mut &[u8],
        window: &mut Window<'_>,
    ) -> Result<Option<Stop>, InflateViolation> {
        loop {
            match self.state {
                State::Symbol => {
                    self.bits.refill(input);
                    let mut entry = codes.literal(self.bits.word);
                    if is_long(entry) {
                        entry = codes.long_literal(self.bits.word);
                    }
                    if total(entry) > self.bits.n {
                        return Ok(Some(Stop::Input));
                    }
                    let less = length(self.bits.word, entry) as u16;
                    self.bits.consume(total(entry));
                    self.state = if entry & LITERAL != 0 {
                        if window.push(byte(entry)) {
                            if SMALL {
                                continue;
                            }
                            return Ok(None);
                        }
                        State::Literal(byte(entry))
                    } else if entry & SPECIAL == 0 {
                        State::Distance { len: less.wrapping_add(3) }
                    } else if is_end(entry) {
                        self.state = State::Stored(0);
                        return Ok(None);
                    } else {
                        // Bits without a meaning are not a length. [1951-3.2.5-length]
                        return Err(InflateViolation::NoLength);
                    };
                }
                State::Literal(byte) => {
                    if !window.push(byte) {
                        return Ok(Some(Stop::Room));
                    }
                    self.state = State::Symbol;
                    if !SMALL {
                        return Ok(None);
                    }
                }
                State::Distance { len } => {
                    self.bits.refill(input);
                    let mut entry = codes.distance(self.bits.word);
                    if is_long(entry) {
                        entry = codes.long_distance(self.bits.word);
                    }
                    let code = code_bits(entry);
                    if code > self.bits.n {
                        return Ok(Some(Stop::Input));
                    }
                    self.bits.consume(code);
                    // Bits without a meaning are not a distance. [1951-3.2.5-distance]
                    if entry & SPECIAL != 0 {
                        return Err(InflateViolation::NoDistance);
                    }
                    let bits = total(entry).wrapping_sub(code) as u8;
                    self.state = State::Extra { len, base: start(entry) as u16, bits };
                }
                State::Extra { len, base, bits } => {
                    let Some(extra) = self.bits.take(bits.into(), input) else { return Ok(Some(Stop::Input)) };
                    let distance = base.wrapping_add(extra);
                    window.check(distance)?;
                    self.state = State::Match { len, distance };
                }
                State::Match { len, distance } => {
                    let rest = window.copy(len.into(), distance.into()) as u16;
                    if rest > 0 {
                        self.state = State::Match { len: rest, distance };
                        return Ok(Some(Stop::Room));
                    }
                    self.state = State::Symbol;
                    if !SMALL {
                        return Ok(None);
                    }
                }
                _ => return Ok(None),
            }
        }
    }
}
