//! The check of long runs with wide vectors: feature `simd`.

use super::automaton::step::step;
use super::verdict::Verdict;
use super::wide::check_with;

/// Judges a long run that begins with a code point, with the widest vectors that the processor has.
///
/// Returns `None` for a short run, which would lose more by the detection of the processor than it gains, and for a run
/// that is not UTF-8: the automaton finds the place.
pub(super) fn check_in_vectors(bytes: &[u8]) -> Option<Verdict> {
    const LONG: usize = 64;
    if bytes.len() < LONG {
        return None;
    }
    // The tail begins at the last lead byte, if that is so near the end that its code point may be cut.
    let near = bytes.len().saturating_sub(3);
    let lead = bytes.get(near..)?.iter().rposition(|byte| *byte >= 0xC0).map(|lead| near.saturating_add(lead));
    let (whole, tail) = bytes.split_at_checked(lead.unwrap_or(bytes.len()))?;
    simdutf8::basic::from_utf8(whole).ok()?;
    match check_with(tail, step) {
        Verdict::Whole => Some(Verdict::Whole),
        Verdict::Cut { .. } => Some(Verdict::Cut { valid: whole.len() }),
        Verdict::Bad { .. } => None,
    }
}
