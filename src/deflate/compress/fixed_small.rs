//! Small machines calculate the fixed codes.

use super::code::Codes;
pub(super) use super::code::{fixed_distance as distance, fixed_literal as literal};

/// All of them, for blocks whose codes are chosen: then the table is smaller than a second writer.
pub(super) static CODES: Codes = Codes::FIXED;
