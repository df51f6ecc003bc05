//! Where masking keys come from.

use core::fmt;

/// A source of bytes that nobody can predict: masking keys come from it (RFC 6455 §5.3, §10.3).
///
/// It is called once for each frame that a client sends, only after every check of that frame has passed. Give it the operating
/// system's generator, or a cryptographic one seeded from it. Closures are sources:
///
/// ```
/// use upframe::connection::{Connection, NoEntropy, Settings};
/// # fn system_random(bytes: &mut [u8]) -> Result<(), ()> { bytes.fill(0x5A); Ok(()) }
/// let entropy = |bytes: &mut [u8]| system_random(bytes).map_err(|()| NoEntropy);
/// let mut client = Connection::client(entropy, Settings::new());
/// # let mut out = [0; 16];
/// # assert_eq!(client.send("Hi", &mut out).unwrap().len(), 2 + 4 + 2);
/// ```
///
/// A client without one does not compile:
///
/// ```compile_fail,E0061
/// let client = upframe::Connection::client(upframe::Settings::new());
/// ```
pub trait Entropy {
    /// Fills all of `bytes`.
    ///
    /// # Errors
    ///
    /// [`NoEntropy`] where there is none now; the frame is not sent, and nothing has changed.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy>;
}

impl<F: FnMut(&mut [u8]) -> Result<(), NoEntropy>> Entropy for F {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        self(bytes)
    }
}

/// The source has no bytes now.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct NoEntropy;

impl fmt::Display for NoEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no entropy for a masking key")
    }
}

impl core::error::Error for NoEntropy {}
