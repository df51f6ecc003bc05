//! Where in a head its reader is, and what the long elements of a head consist of.

use super::class::Class;
use super::error::HeadViolation;

/// What the next byte of a head is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum HeadState {
    // the long elements, in the order of [`ELEMENTS`]
    Name,
    Value,
    Reason,
    // those of the request line, except its first byte, are in a row
    Method,
    Target,
    Version,
    // those of line ends, in the order of [`LINE_ENDS`]
    /// The CR of the request line.
    LineCr,
    /// The LF that ends the start line or a field.
    LineLf,
    /// The first byte of the start line, or of an empty line before a request.
    Start,
    /// The LF of an empty line before a request.
    EmptyLine,
    /// The first byte of a field or of the empty line.
    Line,
    /// The LF of the empty line.
    EndLf,
    /// The space after the version of a response.
    StatusSpace,
    Status,
    /// The space after the status.
    ReasonSpace,
    /// White space before a value.
    BeforeValue,
    /// The head has ended. Nothing more is consumed.
    Done,
}

impl HeadState {
    /// Returns whether a long element is read.
    pub(super) const fn is_element(self) -> bool {
        (self as usize) < ELEMENTS.len()
    }
}

/// A long element of a head: the class of its bytes, the byte that ends it, the state after that, and the violation
/// that any other byte is.
pub(super) type Element = (Class, u8, HeadState, HeadViolation);

/// In the order of [`HeadState`].
const ELEMENTS: [Element; 5] = [
    (Class::Token, b':', HeadState::BeforeValue, HeadViolation::FieldName),
    (Class::Value, b'\r', HeadState::LineLf, HeadViolation::FieldValue),
    // A reason contains no control byte. [9112-4-reason-bytes]
    (Class::Value, b'\r', HeadState::LineLf, HeadViolation::Reason),
    // The method is a token, and one space ends it. [9112-3-method]
    (Class::Token, b' ', HeadState::Target, HeadViolation::Method),
    (Class::Target, b' ', HeadState::Version, HeadViolation::Target),
];

/// Returns what the element that is read in this state consists of.
#[inline(always)]
pub(super) fn element(state: HeadState) -> &'static Element {
    ELEMENTS.get(state as usize).unwrap_or(&ELEMENTS[4])
}

/// For each state at the end of a line or before one: the byte that leads on, and where.
#[cfg(upframe_small)]
static LINE_ENDS: [(u8, HeadState); 6] = [
    (b'\r', HeadState::LineLf),
    (b'\n', HeadState::Line),
    (b'\r', HeadState::EmptyLine),
    (b'\n', HeadState::Start),
    (b'\r', HeadState::EndLf),
    (b'\n', HeadState::Done),
];

/// Returns the state after a CR or LF that is at its place, on small machines: one way for all of them. `None` is that of
/// the first byte of an element.
#[cfg(upframe_small)]
#[inline(always)]
pub(super) fn after_line_end(state: HeadState, byte: u8) -> Result<Option<HeadState>, HeadViolation> {
    match LINE_ENDS.get((state as usize).wrapping_sub(HeadState::LineCr as usize)) {
        Some((end, next)) if *end == byte => Ok(Some(*next)),
        Some(_) if byte == b'\n' || !matches!(state, HeadState::Start | HeadState::Line) => Err(HeadViolation::LineEnd),
        _ => Ok(None),
    }
}
