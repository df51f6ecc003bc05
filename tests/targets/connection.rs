//! The laws of the open connection, in both roles, over any bytes: the same functions that the properties use.

use super::super::laws::{self, Role};
use upframe::connection::{Limits, Settings};
use upframe::frame::ReservedBits;

pub fn run(data: &[u8]) {
    let [flags, size, cut_a, cut_b, wire @ ..] = data else { return };
    let role = if flags & 1 == 0 { Role::Server } else { Role::Client };
    let owned = if flags & 2 == 0 { ReservedBits::NONE } else { ReservedBits::RSV1 };
    let limits = Limits::SMALL_DEVICE.with_message(3000).with_fragments(6).with_empty_fragments(2);
    let settings = Settings::new()
        .with_limits(limits)
        .with_reserved_bits(owned)
        .with_automatic_pong(flags & 4 == 0)
        .with_unmasked_frames_trusted(flags & 8 != 0);
    // The masking key of the client's peer is zero, so the fuzzer can write payloads as they are.
    laws::all(role, settings, wire, &[usize::from(*cut_a), usize::from(*cut_b)], usize::from(size % 140) + 1);
}
