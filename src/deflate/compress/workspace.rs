//! What compressing needs while it runs.

use core::fmt;

/// The default number of places: 65,536; half of it on a 16-bit machine, where no array has more.
const PLACES: usize = 1 << if usize::BITS > 16 { 16 } else { 15 };

/// The memory that compressing needs while it runs: a hash table with places for `H` positions, 2 bytes each, and room
/// for `T` matches of a block, 4 bytes each. With `T` = 0 all blocks have the fixed codes of RFC 1951 §3.2.6, and the
/// program does not contain the code for others.
///
/// `H` is a power of two from 256 to 65,536; `T` is 0, or 64 to 8,192.
///
/// | workspace | bytes |
/// |---|---|
/// | `Workspace<256, 0>` for microcontrollers | 512 |
/// | `Workspace<4096, 512>` | 10 KiB |
/// | `Workspace<65536, 2048>`, the default, for servers | 136 KiB |
///
/// **Nothing in it is trusted**, so it need not be cleared, and the connections of a thread can share one. A message
/// then finds matches in earlier messages of its connection as far as other connections have not overwritten their
/// places; [`Deflater::rehash`](super::Deflater::rehash) enters them again.
///
/// ```
/// use upframe::deflate::Workspace;
/// static SMALL: Workspace<256, 0> = Workspace::new();
/// assert_eq!(size_of_val(&SMALL), 512);
/// ```
#[derive(Clone)]
pub struct Workspace<const H: usize = PLACES, const T: usize = 2_048> {
    pub(super) hash: [u16; H],
    pub(super) tokens: [u32; T],
}

impl<const H: usize, const T: usize> Workspace<H, T> {
    /// Creates an empty workspace. Other sizes than those above do not compile.
    pub const fn new() -> Self {
        const {
            assert!(H.is_power_of_two() && H.ilog2() >= 8 && H.ilog2() <= 16, "256 to 65,536 places");
            assert!(T == 0 || (T >= 64 && T <= 8_192), "no tokens, or 64 to 8,192");
        }
        Self { hash: [0; H], tokens: [0; T] }
    }

    /// Returns how many bytes a message, or a part of one, of `len` bytes can get at most: stored, in blocks that are as
    /// short as they can be with this workspace.
    ///
    /// ```
    /// use upframe::deflate::Workspace;
    /// assert_eq!(Workspace::<65536, 2048>::bound(1000), 1013);
    /// assert_eq!(Workspace::<256, 0>::bound(1000), 1013);
    /// ```
    pub const fn bound(len: usize) -> usize {
        // A block ends after T matches of three bytes or more, after 30,000 symbols, or at the limits of the deflater.
        // Each has up to 6 bytes around its own; the last bits take one more.
        let shortest: usize = match T {
            0 => 8_192,
            t => t.saturating_mul(3),
        };
        let blocks = match len.checked_div(shortest) {
            Some(blocks) => blocks.saturating_add(2),
            None => 2,
        };
        len.saturating_add(blocks.saturating_mul(6)).saturating_add(1)
    }
}

impl<const H: usize, const T: usize> Default for Workspace<H, T> {
    /// [`Workspace::new`].
    fn default() -> Self {
        Self::new()
    }
}

impl<const H: usize, const T: usize> fmt::Debug for Workspace<H, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Workspace({H}, {T})")
    }
}
