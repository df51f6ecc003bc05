//! What compresses, at the level that the configuration names.

use super::config::{Deflate, DeflateLevel};
use super::scratch::Compressing;
use upframe::deflate::{Balanced, Best, Deflater, Direction, Fast};

/// The level is a type for the codec.
pub(super) enum Packer {
    Fast(Deflater<Vec<u8>, Fast>),
    Balanced(Deflater<Vec<u8>, Balanced>),
    Best(Deflater<Vec<u8>, Best>),
}

/// Does the same with the deflater of each level.
macro_rules! each {
    ($packer:expr, $deflater:ident => $call:expr) => {
        match $packer {
            Packer::Fast($deflater) => $call,
            Packer::Balanced($deflater) => $call,
            Packer::Best($deflater) => $call,
        }
    };
}
pub(super) use each;

impl Packer {
    /// Returns what compresses with a window of this many bytes.
    pub(super) fn new(level: DeflateLevel, direction: Direction, window: usize) -> Self {
        let window = vec![0; window];
        match level {
            DeflateLevel::Fast => Self::Fast(Deflater::new(direction, Fast, window)),
            DeflateLevel::Balanced => Self::Balanced(Deflater::new(direction, Balanced, window)),
            DeflateLevel::Best => Self::Best(Deflater::new(direction, Best, window)),
        }
    }

    /// Enters what was sent into a workspace that somebody else has used since: those messages have taken most of the
    /// places.
    pub(super) fn rehash(&self, workspace: &mut Compressing) {
        each!(self, deflater => deflater.rehash(workspace));
    }
}

impl Deflate {
    /// Returns how many bytes are kept of what was sent, with context takeover.
    pub(super) fn kept(&self, direction: Direction) -> usize {
        direction.window().min(self.sent_window)
    }
}
