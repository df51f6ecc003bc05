//! What the rounds ask each time: as little as the window and the input allow.

/// What is to be asked in each round.
pub(super) trait Mode {
    /// What a match writes after its end may be needed.
    const TIGHT: bool;
    /// A distance may be longer than agreed.
    const FAR: bool;
    /// The input ends with zeros that do not belong to it.
    const PADDED: bool;
}

/// A window of which the oldest bytes lie where a match writes after its end.
pub(super) struct Tight;

/// A window of less than 15 bits, with room.
pub(super) struct Narrow;

/// A window of 15 bits, with room.
pub(super) struct Roomy;

/// Any window with room, at the end of the input.
pub(super) struct Padded;

impl Mode for Tight {
    const TIGHT: bool = true;
    const FAR: bool = true;
    const PADDED: bool = false;
}

impl Mode for Narrow {
    const TIGHT: bool = false;
    const FAR: bool = true;
    const PADDED: bool = false;
}

impl Mode for Roomy {
    const TIGHT: bool = false;
    const FAR: bool = false;
    const PADDED: bool = false;
}

impl Mode for Padded {
    const TIGHT: bool = false;
    const FAR: bool = true;
    const PADDED: bool = true;
}
