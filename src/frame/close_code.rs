//! Close codes (RFC 6455 §7.4, and the registry that it created).

use core::fmt;

/// Why a connection is closed: the number before the reason in a Close frame (RFC 6455 §7.4).
///
/// A number and not an enum, since the registry is open. This table tells which numbers may appear in a frame:
///
/// | number | meaning | in a frame |
/// |---|---|---|
/// | 0–999 | never used | no |
/// | 1000–1003 | normal, going away, protocol error, unacceptable data | yes |
/// | 1004 | reserved | no |
/// | 1005, 1006, 1015 | reported locally: no code, no Close frame, TLS failed | no |
/// | 1007–1014 | registered: invalid data, policy, too big, extension, internal, restart, later, gateway | yes |
/// | 1016–2999 | reserved for the standard | no |
/// | 3000–3999 | registered by libraries and applications | yes |
/// | 4000–4999 | private use | yes |
/// | 5000– | not defined | no |
///
/// ```
/// use upframe::frame::CloseCode;
/// assert!(CloseCode::NORMAL.may_be_sent());
/// assert!(CloseCode(4999).may_be_sent());
/// assert!(!CloseCode::NO_STATUS.may_be_sent());
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the server is going down, or the browser left the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: the endpoint does not accept this type of data.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: the Close frame had no code. Never appears in a frame.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: the connection ended without a Close frame. Never appears in a frame.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: data that is invalid for its type, such as text that is not UTF-8.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// 1008: a message violates the endpoint's policy. Also used if no other code fits.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message is too big to process.
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// 1010: the client requires an extension that the server did not agree to.
    pub const EXTENSION_REQUIRED: Self = Self(1010);
    /// 1011: an unexpected condition prevents the server from fulfilling the request.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the service is restarting.
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: try again later.
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 1014: a gateway received an invalid response from its upstream server.
    pub const BAD_GATEWAY: Self = Self(1014);

    /// Returns whether a peer may send this code in a Close frame (RFC 6455 §7.4).
    pub const fn may_be_received(self) -> bool {
        match self.0 {
            // The codes 1000 to 1003 may appear in a frame, and 1004 must not. [7.4.1-1000-1003]
            1000..=1003 => true,
            // The codes 1007 to 1014 are registered, and may appear in a frame. [7.4.1-1007-1014]
            1007..=1014 => true,
            // The codes 3000 to 4999 are for libraries and applications. [7.4.2-from-3000]
            3000..=4999 => true,
            // 1005 must not appear in a frame. [7.4.1-1005]
            // 1006 must not appear in a frame. [7.4.1-1006]
            // 1015 must not appear in a frame. [7.4.1-1015]
            // Codes below 1000 must not appear in a frame. [7.4.2-below-1000]
            // The codes 1016 to 2999 are reserved, and must not appear in a frame. [7.4.2-below-3000]
            // Codes from 5000 must not appear in a frame. [7.4.2-from-5000]
            _ => false,
        }
    }

    /// Returns whether a Close frame with this code may be sent. The answer is that of
    /// [`may_be_received`](Self::may_be_received).
    pub const fn may_be_sent(self) -> bool {
        self.may_be_received()
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_close_codes_holds_for_every_number() {
        let allowed: [(u16, u16); 3] = [(1000, 1003), (1007, 1014), (3000, 4999)];
        for code in 0..=u16::MAX {
            let want = allowed.iter().any(|&(from, to)| from <= code && code <= to);
            assert_eq!(CloseCode(code).may_be_received(), want, "{code}");
            assert_eq!(CloseCode(code).may_be_sent(), want, "{code}");
        }
    }
}
