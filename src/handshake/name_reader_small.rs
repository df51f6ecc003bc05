//! Which field a name is, on small machines: a name is compared with a text of all known ones, byte by byte, while it
//! streams by. Little code and little text.

use super::field_name::FieldName;
use crate::http::span::Run;
use core::mem::replace;

/// The names in the order of [`field`]. Before each is [`NEXT`] plus the number of bytes that it shares with the one
/// before it, which are left out. A name follows those with which it shares most.
const NAMES: &[u8] = b"content-length\x83nection\x80upgrade\x80sec-websocket-version\x8Eprotocol\x8Eextensions\x8Ekey\
    \x8Eaccept\x80host\x80origin\x80transfer-encoding\x80";
/// A byte from which on a new name begins.
const NEXT: u8 = 0x80;

/// Returns the field with the name of this index. The order is that of [`FieldName`], so that this needs no table.
const fn field(index: u8) -> FieldName {
    match index {
        0 => FieldName::ContentLength,
        1 => FieldName::Connection,
        2 => FieldName::Upgrade,
        3 => FieldName::Version,
        4 => FieldName::Protocol,
        5 => FieldName::Extensions,
        6 => FieldName::Key,
        7 => FieldName::Accept,
        8 => FieldName::Host,
        9 => FieldName::Origin,
        10 => FieldName::TransferEncoding,
        _ => FieldName::Other,
    }
}

/// Returns the field with this name, which is a token.
pub(super) fn of(name: &[u8]) -> FieldName {
    let mut reader = NameReader::new();
    reader.read(name);
    reader.found()
}

/// Reads a name, which may be cut.
#[derive(Clone, Debug)]
pub(crate) struct NameReader {
    /// Where in the text the next byte of the name is expected; beyond it if the name is no known one.
    at: u8,
    /// The number of bytes so far.
    len: u8,
    /// Which of the names it may be.
    index: u8,
}

impl NameReader {
    pub(crate) const fn new() -> Self {
        Self { at: 0, len: 0, index: 0 }
    }

    /// Reads the next bytes of a name. Returns the field once the name has ended.
    pub(crate) fn push(&mut self, run: Run) -> Option<FieldName> {
        self.read(run.bytes);
        run.last.then(|| replace(self, Self::new()).found())
    }

    /// Returns the field whose name has come whole.
    fn found(&self) -> FieldName {
        match NAMES.get(usize::from(self.at)) {
            Some(NEXT..) => field(self.index),
            _ => FieldName::Other,
        }
    }

    #[inline(never)]
    fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            // Of the bytes of a token, only a letter becomes a letter, and only a hyphen a hyphen.
            self.at = self.after(byte | 0x20).unwrap_or(u8::MAX);
        }
    }

    /// Returns where the byte after this one is expected, if a known name has this one.
    #[inline(always)]
    fn after(&mut self, byte: u8) -> Option<u8> {
        let mut at = usize::from(self.at);
        while *NAMES.get(at)? != byte {
            // the next name that shares the bytes so far, and no more
            loop {
                let known = *NAMES.get(at)?;
                at = at.wrapping_add(1);
                if let Some(shared) = known.checked_sub(NEXT) {
                    self.index = self.index.wrapping_add(1);
                    if shared < self.len {
                        return None;
                    }
                    if shared == self.len {
                        break;
                    }
                }
            }
        }
        self.len = self.len.wrapping_add(1);
        // fewer than 256
        Some(at.wrapping_add(1) as u8)
    }
}
