//! A token that may be cut, up to the longest that is told apart.

/// The longest name or value of an extension that is told apart, in bytes.
pub(super) const MAX_TOKEN: usize = 40;

/// A token of an extension list that may be cut, of up to [`MAX_TOKEN`] bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct ShortToken {
    pub(super) text: heapless::String<MAX_TOKEN, u8>,
    pub(super) too_long: bool,
}

impl ShortToken {
    pub(super) const EMPTY: Self = Self { text: heapless::String::new(), too_long: false };

    /// Appends a byte of a token, which is ASCII.
    pub(super) fn push(&mut self, byte: u8) {
        self.too_long |= self.text.push(char::from(byte)).is_err();
    }

    #[cfg(not(upframe_small))]
    pub(super) fn extend(&mut self, run: &[u8]) {
        run.iter().for_each(|byte| self.push(*byte));
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.too_long = false;
    }
}
