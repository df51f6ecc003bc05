//! Close codes (RFC 6455 §7.4 and the registry that it opened).

use core::fmt;

/// Why a connection is closed: the number in front of a Close frame's reason (RFC 6455 §7.4).
///
/// A number and not an enum, since the registry is open. Which numbers may stand in a frame is one table:
///
/// | number | meaning | in a frame |
/// |---|---|---|
/// | 0–999 | never used | no |
/// | 1000–1003 | normal, going away, protocol error, unacceptable data | yes |
/// | 1004 | reserved | no |
/// | 1005, 1006, 1015 | what an endpoint tells itself: no code, no Close frame, TLS failed | no |
/// | 1007–1014 | registered: bad data, policy, too big, extension, internal, restart, later, gateway | yes |
/// | 1016–2999 | reserved for the standard | no |
/// | 3000–3999 | registered by libraries and applications | yes |
/// | 4000–4999 | private | yes |
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
    /// 1001: a server goes down, or a browser left the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: a kind of data that this endpoint does not take.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: the Close frame had no code. Never in a frame.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: the connection ended without a Close frame. Never in a frame.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: data that does not fit its type, such as text that is not UTF-8.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// 1008: the endpoint's policy is broken; for want of a better code.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message too big to process.
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// 1010: the client needs an extension that the server did not agree to.
    pub const EXTENSION_REQUIRED: Self = Self(1010);
    /// 1011: the server met a condition that keeps it from going on.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the service restarts.
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: try again later.
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 1014: a gateway got an invalid answer from the server behind it.
    pub const BAD_GATEWAY: Self = Self(1014);

    /// Whether a Close frame with this code may arrive (RFC 6455 §7.4).
    pub const fn may_be_received(self) -> bool {
        // [7.4.1-1000-1003] [7.4.1-1005] [7.4.1-1006] [7.4.1-1007-1014] [7.4.1-1015] [7.4.2-below-1000] [7.4.2-below-3000]
        // [7.4.2-from-3000] [7.4.2-from-5000]
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// Whether a Close frame with this code may be sent: the same table as [`may_be_received`](Self::may_be_received).
    pub const fn may_be_sent(self) -> bool {
        self.may_be_received()
    }

    /// How long the body of a Close that answers this code is, without a reason: a code that may not stand in a frame stands in none.
    pub(crate) const fn body_len(self) -> usize {
        // [5.5.1-echo]
        if self.may_be_sent() { 2 } else { 0 }
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
