//! Writes heads: all or nothing.

use super::error::WriteError;
use crate::target::copy;
use core::fmt;

/// Writes to a buffer, and keeps counting if the buffer is full.
pub(crate) struct Writer<'o> {
    out: &'o mut [u8],
    len: usize,
}

impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.len, self.out.len())
    }
}

impl Writer<'_> {
    /// Returns a writer that only counts.
    pub(crate) const fn counting() -> Self {
        Writer { out: &mut [], len: 0 }
    }

    #[cfg_attr(upframe_small, inline(never))]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let end = self.len.saturating_add(bytes.len());
        if let Some(place) = self.out.get_mut(self.len..end) {
            copy(bytes, place);
        }
        self.len = end;
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Writes a field line.
    #[cfg_attr(upframe_small, inline(never))]
    pub(crate) fn field(&mut self, name: &str, value: &str) {
        for part in [name, ": ", value, "\r\n"] {
            self.text(part);
        }
    }

    /// Writes a number below 100 as two decimal digits.
    pub(crate) fn two_digits(&mut self, number: usize) {
        // without a division, which some machines do not have
        let (mut tens, mut ones) = (b'0', number as u8);
        while ones >= 10 {
            (tens, ones) = (tens.wrapping_add(1), ones.wrapping_sub(10));
        }
        self.bytes(&[tens, ones.wrapping_add(b'0')]);
    }

    /// Writes a number in decimal digits.
    pub(crate) fn number(&mut self, number: usize) {
        let mut digits = [0; 20];
        let mut rest = number;
        let mut used = 0;
        for place in digits.iter_mut().rev() {
            // below 10
            *place = b'0'.wrapping_add((rest % 10) as u8);
            rest /= 10;
            used = usize::saturating_add(used, 1);
            if rest == 0 {
                break;
            }
        }
        self.bytes(digits.get(digits.len().saturating_sub(used)..).unwrap_or_default());
    }
}

/// Runs `write` on the front of `out` if all that it writes fits, and returns what was written. Otherwise `out` is
/// unchanged.
#[cfg(not(upframe_small))]
pub(crate) fn render(out: &mut [u8], write: impl Fn(&mut Writer<'_>)) -> Result<&[u8], WriteError> {
    let mut counter = Writer::counting();
    write(&mut counter);
    let required = counter.len;
    let out = out.get_mut(..required).ok_or(WriteError::BufferTooSmall { required })?;
    write(&mut Writer { out, len: 0 });
    Ok(out)
}

/// Does the same in a loop, which has the code of `write` only once.
#[cfg(upframe_small)]
#[inline(always)]
pub(crate) fn render(out: &mut [u8], write: impl Fn(&mut Writer<'_>)) -> Result<&[u8], WriteError> {
    let mut rest = Some(out);
    let mut writer = Writer::counting();
    loop {
        write(&mut writer);
        let required = writer.len;
        let Some(out) = rest.take() else { return Ok(writer.out) };
        let out = out.get_mut(..required).ok_or(WriteError::BufferTooSmall { required })?;
        writer = Writer { out, len: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn numbers_are_decimal() {
        for number in [0, 1, 9, 10, 99, 100, 4096, 65_535, usize::MAX] {
            let mut out = [0; 20];
            assert_eq!(render(&mut out, |writer| writer.number(number)).unwrap(), number.to_string().as_bytes());
        }
    }

    #[test]
    fn all_is_written_or_nothing() {
        for len in 0..12 {
            let mut out = [0xEE; 12];
            let written = render(&mut out[..len], |writer| writer.field("Name", "value"));
            assert_eq!(written, Err(WriteError::BufferTooSmall { required: 13 }));
            assert_eq!(out, [0xEE; 12]);
        }
        let mut out = [0; 13];
        assert_eq!(render(&mut out, |writer| writer.field("Name", "value")).unwrap(), b"Name: value\r\n");
    }
}
