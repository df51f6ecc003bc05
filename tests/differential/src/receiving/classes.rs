//! The classes of disagreement.

use super::Difference;
use crate::table::Class;

pub const CLASSES: &[Class<Difference>] = &[];
