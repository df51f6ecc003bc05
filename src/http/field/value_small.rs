//! Reads a value from the front, on small machines. Little code: conditions set the flags, because flags that are
//! computed take more.

use super::value::SoleValue;
use crate::http::class::{Class, trim_start};
use crate::http::span::Run;

impl SoleValue {
    /// Reads the next bytes of a line, and returns those that belong to the value, up to the first that must not. All
    /// of them must be of a class without white space.
    pub(crate) fn push<'v>(&mut self, Run { bytes, last }: Run<'v>, class: Class) -> &'v [u8] {
        let rest = if self.begun { bytes } else { trim_start(bytes) };
        let Some((value, after)) = rest.split_at_checked(class.len(rest)) else { return &[] };
        if !value.is_empty() {
            self.begun = true;
            if self.ended {
                self.invalid = true;
            }
        }
        if !after.is_empty() {
            self.ended = true;
            if !trim_start(after).is_empty() {
                self.invalid = true;
            }
        }
        if last {
            self.ended = true;
            self.lines = self.lines.saturating_add(1);
        }
        value
    }
}
