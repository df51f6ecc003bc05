//! Reads a value from both ends, on most machines: little work for a value that comes whole.

use super::value::SoleValue;
use crate::http::class::{Class, trim_end, trim_start};
use crate::http::span::Run;

impl SoleValue {
    /// Reads the next bytes of a line, and returns those that belong to the value. All of them must be of a class
    /// without white space.
    #[inline(always)]
    pub(crate) fn push<'v>(&mut self, Run { bytes, last }: Run<'v>, class: Class) -> &'v [u8] {
        let rest = if self.begun { bytes } else { trim_start(bytes) };
        // White space around a value, such as the accept value, does not belong to it. [4.1-accept-space]
        let value = trim_end(rest);
        // A key or an accept value contains no white space. [4.2.1-value-space]
        self.invalid |= self.ended && !value.is_empty() || class.len(value) < value.len();
        self.begun |= !value.is_empty();
        self.ended |= last || value.len() < rest.len();
        self.lines = self.lines.saturating_add(u8::from(last));
        value
    }
}
