//! A source of random numbers for a board that has none.

use cortex_m::peripheral::SYST;
use upframe::connection::{Entropy, NoEntropy};

/// **Not secure.** Mixes the few things that vary on this board: the cycle within the millisecond at which it is called
/// and [stirred](Self::stir), that is, the jitter of the network, and the board's address.
///
/// Anyone who knows the address and can watch the packets has a good chance to guess the numbers, and in an emulator
/// the first ones may be the same after each start. RFC 6455 §10.3 demands masking keys that nobody can predict, so
/// that a script cannot choose the bytes on the wire. This source is sufficient for a test, and if no stranger chooses
/// what the board sends. On real hardware, implement [`Entropy`] over the random number generator of the chip (`RNG` of
/// STM32, nRF and RP2350, `TRNG` of others), or over a cryptographic generator that is seeded from one, or from a seed
/// that is written into the flash of each device and replaced at each start. The LM3S6965 has no generator.
///
/// Mixing and output are those of SplitMix64.
#[derive(Clone)]
pub struct Jitter {
    state: u64,
}

impl Jitter {
    /// Starts from the address of the board, which is different on each.
    pub fn new(address: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = address;
        let mut new = Self { state: u64::from_le_bytes([a, b, c, d, e, f, 0, 0]) };
        new.stir();
        new
    }

    /// Mixes in the time of an external event.
    pub fn stir(&mut self) {
        self.state = mix(self.state ^ u64::from(SYST::get_current()));
    }

    /// Returns the next number.
    pub fn number(&mut self) -> u64 {
        self.stir();
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.state)
    }
}

impl Entropy for Jitter {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.number().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

const fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}
