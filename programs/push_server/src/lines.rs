//! Bytes in, lines out.

use crate::news::MAX_TEXT;

/// The lines of a stream of bytes. Those that are too long for news come in parts.
#[derive(Default)]
pub struct Lines {
    /// The beginning of a line: fewer than [`MAX_TEXT`] bytes.
    begun: Vec<u8>,
}

impl Lines {
    /// Calls `line` with each line that these bytes complete.
    pub fn push(&mut self, bytes: &[u8], mut line: impl FnMut(String)) {
        for &byte in bytes {
            if byte == b'\n' {
                self.end(&mut line);
                continue;
            }
            self.begun.push(byte);
            if self.begun.len() == MAX_TEXT {
                self.part(&mut line);
            }
        }
    }

    /// Calls `line` with a last line that has no end.
    pub fn end(&mut self, mut line: impl FnMut(String)) {
        let bytes = std::mem::take(&mut self.begun);
        if !bytes.is_empty() {
            line(text(&bytes));
        }
    }

    /// Passes on what there is of a long line, but for a code point that is not complete.
    fn part(&mut self, line: &mut impl FnMut(String)) {
        let incomplete = match std::str::from_utf8(&self.begun) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.begun.len(),
        };
        let rest = self.begun.split_off(incomplete);
        line(text(&self.begun));
        self.begun = rest;
    }
}

/// What is not UTF-8 becomes a question mark of one byte each, so that the text does not grow.
fn text(bytes: &[u8]) -> String {
    let chunks = bytes.utf8_chunks();
    chunks.fold(String::new(), |text, chunk| text + chunk.valid() + &"?".repeat(chunk.invalid().len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8], cut: usize) -> Vec<String> {
        let (mut lines, mut all) = (Lines::default(), Vec::new());
        bytes.chunks(cut).for_each(|bytes| lines.push(bytes, |line| all.push(line)));
        lines.end(|line| all.push(line));
        all
    }

    #[test]
    fn lines_come_out_at_every_cut() {
        let crab = "🦀".repeat(300);
        let long = format!("{}\n{crab}\n", "x".repeat(MAX_TEXT));
        for (text, want) in [
            (&b"a\nb\r\n\nc"[..], vec!["a".to_owned(), "b\r".into(), "c".into()]),
            (b"", vec![]),
            (b"\n\n", vec![]),
            (b"\xff\xfe\n\xf0\x9f", vec!["??".into(), "??".into()]),
            (long.as_bytes(), vec!["x".repeat(MAX_TEXT), "🦀".repeat(250), "🦀".repeat(50)]),
        ] {
            for cut in [1, 2, 3, 7, 4096] {
                assert_eq!(lines(text, cut), want);
            }
        }
        let crooked = format!("x{}", "🦀".repeat(250));
        assert_eq!(lines(crooked.as_bytes(), 9), [format!("x{}", "🦀".repeat(249)), "🦀".into()]);
        assert!(lines(&[0xff; 5000], 9).iter().all(|line| line.len() <= MAX_TEXT));
    }
}
