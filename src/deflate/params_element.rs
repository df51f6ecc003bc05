//! One element of a list of extensions: an offer or an answer (RFC 7692 §7.1).

use crate::handshake::extension::ExtensionWriter;

const NAME: &str = "permessage-deflate";
const SERVER_NO_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_BITS: &str = "server_max_window_bits";
const CLIENT_BITS: &str = "client_max_window_bits";

/// The value of `client_max_window_bits`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ClientBits {
    Absent,
    /// Without a value: only in an offer.
    Any,
    Bits(u8),
}

/// An element with its parameters, as far as they were read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Element {
    pub(super) server_no_takeover: bool,
    pub(super) client_no_takeover: bool,
    pub(super) server_bits: Option<u8>,
    pub(super) client_bits: ClientBits,
    /// A parameter is unknown, duplicated, or has a value that it cannot have.
    pub(super) malformed: bool,
}

impl Element {
    /// Only the name.
    pub(super) const EMPTY: Self = Self {
        server_no_takeover: false,
        client_no_takeover: false,
        server_bits: None,
        client_bits: ClientBits::Absent,
        malformed: false,
    };

    /// Whether an element with this name is one of permessage-deflate.
    pub(super) fn has_name(name: &str) -> bool {
        name.eq_ignore_ascii_case(NAME)
    }

    /// Reads a parameter.
    pub(super) fn read(&mut self, name: &str, value: Option<&str>) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let good = if is(SERVER_NO_TAKEOVER) {
            flag(&mut self.server_no_takeover, value)
        } else if is(CLIENT_NO_TAKEOVER) {
            flag(&mut self.client_no_takeover, value)
        } else if is(SERVER_BITS) {
            let bits = value.and_then(window_bits);
            bits.is_some() && core::mem::replace(&mut self.server_bits, bits).is_none()
        } else if is(CLIENT_BITS) {
            let bits = match value {
                None => Some(ClientBits::Any),
                Some(value) => window_bits(value).map(ClientBits::Bits),
            };
            bits.is_some_and(|bits| core::mem::replace(&mut self.client_bits, bits) == ClientBits::Absent)
        } else {
            false
        };
        // Parameters that are unknown, duplicated or have invalid values are declined. [7692-7-parameters]
        if !good {
            self.malformed = true;
        }
    }

    pub(super) fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        list.element(NAME);
        if self.server_no_takeover {
            list.parameter(SERVER_NO_TAKEOVER);
        }
        if self.client_no_takeover {
            list.parameter(CLIENT_NO_TAKEOVER);
        }
        if let Some(bits) = self.server_bits {
            list.parameter_number(SERVER_BITS, bits.into());
        }
        match self.client_bits {
            ClientBits::Absent => {}
            ClientBits::Any => list.parameter(CLIENT_BITS),
            ClientBits::Bits(bits) => list.parameter_number(CLIENT_BITS, bits.into()),
        }
    }
}

/// Sets a flag, which has no value. Returns `false` if it has one, or is set already.
fn flag(flag: &mut bool, value: Option<&str>) -> bool {
    value.is_none() && !core::mem::replace(flag, true)
}

/// Returns a number from 8 to 15 without leading zeros (RFC 7692 §7.1.2).
fn window_bits(value: &str) -> Option<u8> {
    let all = [("8", 8), ("9", 9), ("10", 10), ("11", 11), ("12", 12), ("13", 13), ("14", 14), ("15", 15)];
    all.into_iter().find_map(|(text, bits)| (text == value).then_some(bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn window_bits_are_8_to_15_in_decimal_without_leading_zeros() {
        for bits in 0..=255u8 {
            assert_eq!(window_bits(&bits.to_string()), (8..=15).contains(&bits).then_some(bits));
        }
        for bad in ["", "08", "010", "+8", "8.0", "8 ", "0x8", "1O", "\u{661}\u{660}", "-8", "100"] {
            assert_eq!(window_bits(bad), None, "{bad}");
        }
    }
}
