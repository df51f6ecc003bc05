//! Where masking keys come from (RFC 6455 §5.3, §10.3).

use crate::frame::mask::key::MaskingKey;
use core::fmt;

/// A source of unpredictable bytes, from which a client draws its masking keys (RFC 6455 §5.3, §10.3).
///
/// It is called once for each frame that a client sends, and only after every check of that frame has passed. Use the
/// operating system's generator, or a cryptographic one that is seeded from it. Closures are sources:
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
/// A client without a source does not compile:
///
/// ```compile_fail,E0061
/// let client = upframe::Connection::client(upframe::Settings::new());
/// ```
pub trait Entropy {
    /// Fills all of `bytes`; the connection asks for 4 bytes at a time.
    ///
    /// # Errors
    ///
    /// [`NoEntropy`] if no bytes are available now. The frame is not sent, and the connection does not change.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy>;

    /// Borrows the source: for a connection that does not own it, so that several can share one generator in turn.
    ///
    /// ```
    /// use upframe::connection::{Connection, Entropy, NoEntropy, Settings};
    /// struct Generator(u8);
    /// impl Entropy for Generator {
    ///     fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
    ///         self.0 += 1; // use a real generator
    ///         bytes.fill(self.0);
    ///         Ok(())
    ///     }
    /// }
    /// let mut generator = Generator(0);
    /// for _ in 0..2 {
    ///     let mut client = Connection::client(generator.by_ref(), Settings::new());
    ///     client.send("Hi", &mut [0; 8]).unwrap();
    /// }
    /// assert_eq!(generator.0, 2);
    /// ```
    fn by_ref(&mut self) -> ByRef<'_, Self>
    where
        Self: Sized,
    {
        ByRef(self)
    }
}

/// A borrowed source: see [`Entropy::by_ref`].
pub struct ByRef<'e, E>(&'e mut E);

impl<E> fmt::Debug for ByRef<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByRef(..)")
    }
}

impl<E: Entropy> Entropy for ByRef<'_, E> {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        self.0.fill(bytes)
    }
}

impl<F: FnMut(&mut [u8]) -> Result<(), NoEntropy>> Entropy for F {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        self(bytes)
    }
}

/// The error of an [`Entropy`] that has no bytes now. See [`Entropy`] for an example.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct NoEntropy;

impl fmt::Display for NoEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no entropy for a masking key")
    }
}

impl core::error::Error for NoEntropy {}

/// How the local end masks its frames.
#[allow(unnameable_types, unreachable_pub, reason = "sealed; compilers before 1.95 do not see that `Role` leads here")]
pub trait Keys {
    /// Whether frames are masked.
    fn is_masked(&self) -> bool;
    /// Draws the key of one frame. Returns `None` if frames are not masked.
    fn draw(&mut self) -> Result<Option<MaskingKey>, NoEntropy>;
}

/// The keys of a server, which masks nothing.
#[allow(unnameable_types, unreachable_pub, reason = "as above")]
#[derive(Clone, Copy, Debug)]
pub struct Unmasked;

impl Keys for Unmasked {
    #[cfg_attr(upframe_small, inline(never))]
    fn is_masked(&self) -> bool {
        false
    }
    #[inline(always)]
    fn draw(&mut self) -> Result<Option<MaskingKey>, NoEntropy> {
        Ok(None)
    }
}

impl<E: Entropy + ?Sized> Keys for &mut E {
    #[inline(always)]
    fn is_masked(&self) -> bool {
        true
    }
    #[inline]
    fn draw(&mut self) -> Result<Option<MaskingKey>, NoEntropy> {
        let mut key = [0; 4];
        // Each frame has a fresh masking key from the source of entropy. [5.3-fresh]
        // Without a masking key a client sends nothing. [5.3-no-entropy]
        self.fill(&mut key)?;
        Ok(Some(MaskingKey(key)))
    }
}

impl<E: Entropy + ?Sized> Keys for Option<&mut E> {
    #[inline]
    fn is_masked(&self) -> bool {
        self.is_some()
    }
    #[inline]
    fn draw(&mut self) -> Result<Option<MaskingKey>, NoEntropy> {
        match self {
            None => Ok(None),
            Some(entropy) => entropy.draw(),
        }
    }
}
