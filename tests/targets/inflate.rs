//! Messages of one connection, inflated at any cut, into any memory, with tables of both kinds that are shared.
//!
//! **The naive twin inflates the same, up to the same byte, and finds the same error at the same offset.**

use super::super::scripts::deflate::message;
use super::super::scripts::{Result, Unstructured, cut, mutate, once_in, pick, sizes};
use super::super::twin::inflate::{Naive, inflate_to};
use upframe::deflate::{FastTables, InflateError, InflateViolation, Inflater, SmallTables, Tables};

/// A message, and what it inflates to.
#[derive(Debug)]
pub struct Seen {
    /// What came before, without context takeover nothing.
    pub history: Vec<u8>,
    /// The longest distance that is accepted.
    pub window: usize,
    pub message: Vec<u8>,
    pub found: Naive,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    bits: u8,
    takes_over: bool,
    memory: usize,
    limit: u64,
}

impl Case {
    fn new(u: &mut Unstructured) -> Result<Self> {
        let bits = u.int_in_range(8..=15)?;
        let window = Inflater::memory(bits);
        let memory = match u.int_in_range(0..=5)? {
            0 => pick(u, &[0, 1, 17, 100, window - 1])?,
            1 => window + pick(u, &[1, 15, 16, 17])?,
            2 => window + pick(u, &[300, 5000])?,
            _ => window,
        };
        let limit = if once_in(u, 4)? { pick(u, &[0, 1, 20, 258, 300, 4000])? } else { u64::MAX };
        Ok(Self { bits, takes_over: u.arbitrary()?, memory, limit })
    }

    /// Creates an inflater whose memory holds what another connection left.
    fn inflater(&self, piece: usize) -> Inflater<Vec<u8>> {
        Inflater::new(vec![0xEE; self.memory])
            .with_window_bits(self.bits)
            .with_context_takeover(self.takes_over)
            .with_message_limit(self.limit)
            .with_longest_piece(piece)
    }
}

/// Inflates a part. Returns `None` if the message goes on, and its end otherwise.
fn part<const L: usize, const D: usize>(
    inflater: &mut Inflater<Vec<u8>>,
    tables: &mut Tables<L, D>,
    part: &[u8],
    ends: bool,
    out: &mut Vec<u8>,
) -> Option<Result<(), (InflateViolation, u64)>> {
    let (mut input, mut ended) = (part, false);
    loop {
        match inflater.inflate(tables, &mut input, ends) {
            Ok(Some(piece)) => {
                assert!(!ended && (piece.is_last() || !piece.as_bytes().is_empty()));
                out.extend_from_slice(piece.as_bytes());
                ended = piece.is_last();
            }
            Ok(None) => {
                assert!(input.is_empty() && ended == ends, "None although input is left, or no end");
                return ended.then_some(Ok(()));
            }
            Err(error) => {
                let again = inflater.inflate(tables, &mut &b"\0"[..], true);
                assert_eq!(again, Err(error), "an error stays");
                let InflateError { violation, offset } = error;
                return Some(Err((violation, offset)));
            }
        }
    }
}

/// One end of a connection: the message so far.
struct End {
    inflater: Inflater<Vec<u8>>,
    sizes: [usize; 3],
    out: Vec<u8>,
    end: Option<Result<(), (InflateViolation, u64)>>,
}

/// Passes a message to all ends, whose parts take turns. If it `ends`, all have a result then.
fn take_turns(ends: &mut [End], fast: &mut FastTables, small: &mut SmallTables, message: &[u8], complete: bool) {
    let parts: Vec<Vec<&[u8]>> = ends.iter().map(|end| cut(message, end.sizes)).collect();
    for end in &mut *ends {
        end.inflater.begin_message();
        (end.out, end.end) = (vec![], None);
    }
    for at in 0..parts.iter().map(Vec::len).max().unwrap_or_default() {
        for (number, (end, parts)) in ends.iter_mut().zip(&parts).enumerate() {
            if end.end.is_some() {
                continue;
            }
            let Some(bytes) = parts.get(at) else { continue };
            let ends = complete && at + 1 == parts.len();
            end.end = match number {
                3 => part(&mut end.inflater, small, bytes, ends, &mut end.out),
                _ => part(&mut end.inflater, fast, bytes, ends, &mut end.out),
            };
        }
    }
}

pub fn run(u: &mut Unstructured, seen: &mut Vec<Seen>) -> Result<()> {
    let case = Case::new(u)?;
    let end = |sizes, piece| End { inflater: case.inflater(piece), sizes, out: vec![], end: None };
    let piece = pick(u, &[1, 2, 7, 300, usize::MAX])?;
    let mut ends =
        [end([usize::MAX; 3], usize::MAX), end(sizes(u)?, piece), end([1; 3], usize::MAX), end(sizes(u)?, usize::MAX)];
    let (mut fast, mut small) = (Box::new(FastTables::new()), SmallTables::new());
    let (window, mut history) = (Inflater::memory(case.bits), vec![]);
    for _ in 0..u.int_in_range(1..=5)? {
        let complete = !once_in(u, 8)?;
        let message = if u.arbitrary()? {
            let mut message = message(u, history.len());
            mutate(u, &mut message)?;
            message
        } else {
            let len = u.int_in_range(0..=u.len().min(1000))?;
            u.bytes(len)?.to_vec()
        };
        take_turns(&mut ends, &mut fast, &mut small, &message, complete);
        if !case.takes_over {
            history.clear();
        }
        let [whole, others @ ..] = &ends;
        if !complete {
            let front = |a: &[u8], b: &[u8]| a.starts_with(b) || b.starts_with(a);
            assert!(others.iter().all(|end| front(&end.out, &whole.out)));
            let failed = whole.end.is_some();
            assert!(others.iter().all(|end| end.end.is_some() == failed));
            // the rest of it is missing
            if !message.is_empty() || failed {
                history.clear();
            }
        } else {
            for end in others {
                assert!(end.out == whole.out && end.end == whole.end, "{:?} is not {:?}", end.end, whole.end);
            }
            let found = (whole.out.clone(), whole.end.unwrap());
            agrees(&case, &history, window, &message, &found);
            let after = [&history[..], &found.0].concat();
            seen.push(Seen { history, window, message, found });
            history = after[after.len().saturating_sub(1 << 15)..].to_vec();
        }
        if ends[0].end.is_some_and(|end| end.is_err()) {
            ends.iter_mut().for_each(|end| end.inflater.reset());
            history.clear();
        }
    }
    Ok(())
}

/// Compares a message that was inflated with what the twin makes of it.
fn agrees(case: &Case, history: &[u8], window: usize, message: &[u8], found: &Naive) {
    let want = inflate_to(message, history, window, case.limit);
    let shown = || format!("{case:?}, history of {}, {message:02x?}", history.len());
    match found.1 {
        Err((InflateViolation::MemoryTooSmall, offset)) => {
            assert!(case.memory < window && want.0.starts_with(&found.0), "{}", shown());
            assert!(offset <= message.len() as u64, "{}", shown());
        }
        _ => assert!(*found == want, "{:?} is not {:?}: {}", found.1, want.1, shown()),
    }
}
