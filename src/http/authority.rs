//! Authorities and the forms of a request target (RFC 3986 §3.2, RFC 9112 §3.2), read byte by byte.
//!
//! One automaton reads both. Its [`RULES`] are a table, which is smaller than code.

use super::class::Class;
use crate::target::SMALL;

/// Reads an authority, `uri-host [":" port]`, or a request target that may contain one, cut anywhere.
///
/// The host is a registered name, which includes every IPv4 address, or an IPv6 address or an address of a later
/// version in brackets. It is not empty. There is no user name and no zone. The port may be empty, and is at most
/// 65,535.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Authority {
    /// The digits of a group, an octet or a port: four bits for each, after a 1.
    number: u32,
    /// How many groups and octets an IPv6 address has, and [`GAP`] if `::` has come.
    groups: u32,
    place: Place,
    /// Whether a scheme and its slashes have come.
    absolute: bool,
}

/// What `::` counts as. A head has fewer groups.
const GAP: u32 = 1 << 31;

/// Where the automaton is: what the last byte was.
///
/// The order is that of [`RULES`], each of which is for places in a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq, PartialOrd)]
#[repr(u8)]
enum Place {
    /// Nothing of an authority.
    Start,
    /// Nothing of a target.
    Target,
    H,
    Ht,
    Htt,
    W,
    HttpOrWs,
    HttpsOrWss,
    Name,
    ClosingBracket,
    PortColon,
    Port,
    /// White space after an authority.
    Space,
    Asterisk,
    SchemeColon,
    Slash,
    Percent,
    /// The first digit after a percent sign.
    PercentZero,
    PercentDigit,
    /// The colon that begins an IPv6 address.
    FirstColon,
    /// The colon after a group.
    GroupColon,
    OpeningBracket,
    /// The colons of `::`.
    Gap,
    /// A digit of a group or of the first octet of an IPv4 address.
    Decimal,
    /// A digit of a group that is not an octet.
    Hex,
    Octet4,
    Point3,
    Octet3,
    Point2,
    Octet2,
    Point1,
    V,
    VersionDigit,
    VersionPoint,
    Later,
    // nothing more is read
    /// A path or a query after an authority.
    Path,
    /// The slash that begins a target.
    Origin,
    /// Something that must not be there.
    Invalid,
}

/// The first and the last place that a byte or a class of bytes may follow, that byte or class, and the place of it.
type Rule = (Place, Place, u8, Place);

const HOST: u8 = Class::Host as u8;
const DIGIT: u8 = Class::Digit as u8;
const HEX: u8 = Class::Hex as u8;

/// The first rule that fits applies. Those that may apply to many bytes come first.
#[rustfmt::skip]
static RULES: [Rule; 45] = {
    use Place::*;
    [
        (Target, Target, b'/', Origin),
        (Target, Target, b'h', H),
        (H, H, b't', Ht),
        (Ht, Ht, b't', Htt),
        (Htt, Htt, b'p', HttpOrWs),
        (Target, Target, b'w', W),
        (W, W, b's', HttpOrWs),
        (HttpOrWs, HttpOrWs, b's', HttpsOrWss),
        (Start, Name, HOST, Name),
        (Start, Name, b'%', Percent),
        // the host has no NUL
        (PercentZero, PercentZero, b'0', Invalid),
        (PercentZero, PercentDigit, HEX, Name),
        (Percent, Percent, b'0', PercentZero),
        (Percent, Percent, HEX, PercentDigit),
        (V, VersionDigit, HEX, VersionDigit),
        (VersionPoint, Later, HOST, Later),
        (VersionPoint, Later, b':', Later),
        (Name, Space, b' ', Space),
        (Name, Space, b'\t', Space),
        // zeros before the port do not count
        (PortColon, PortColon, b'0', PortColon),
        (PortColon, Port, DIGIT, Port),
        (SchemeColon, SchemeColon, DIGIT, Port),
        (HttpOrWs, HttpsOrWss, b':', SchemeColon),
        (SchemeColon, SchemeColon, b'/', Slash),
        (Slash, Slash, b'/', Start),
        (H, ClosingBracket, b':', PortColon),
        (Name, Port, b'/', Path),
        (Name, Port, b'?', Path),
        (Start, Target, b'[', OpeningBracket),
        (OpeningBracket, OpeningBracket, b'v', V),
        (OpeningBracket, OpeningBracket, b':', FirstColon),
        (FirstColon, GroupColon, b':', Gap),
        (GroupColon, Decimal, DIGIT, Decimal),
        (GroupColon, Hex, HEX, Hex),
        (Decimal, Hex, b':', GroupColon),
        (Decimal, Decimal, b'.', Point1),
        (Octet2, Point1, DIGIT, Octet2),
        (Octet2, Octet2, b'.', Point2),
        (Octet3, Point2, DIGIT, Octet3),
        (Octet3, Octet3, b'.', Point3),
        (Octet4, Point3, DIGIT, Octet4),
        (Gap, Octet4, b']', ClosingBracket),
        (VersionDigit, VersionDigit, b'.', VersionPoint),
        (Later, Later, b']', ClosingBracket),
        (Target, Target, b'*', Asterisk),
    ]
};

impl Authority {
    pub(crate) const fn new() -> Self {
        Self { number: 0, groups: 0, place: Place::Start, absolute: false }
    }

    /// Returns whether an authority has been read, and nothing after it.
    pub(crate) fn is_whole(&self) -> bool {
        self.place >= Place::Name && self.place <= Place::Port
    }

    /// Returns whether nothing has been read.
    pub(crate) fn is_empty(&self) -> bool {
        self.place == Place::Start
    }

    /// Returns whether an authority has been read, and nothing but white space after it.
    pub(crate) fn is_whole_value(&self) -> bool {
        self.is_whole() || self.place == Place::Space
    }

    /// Returns whether a target in origin form or absolute form has been read.
    pub(crate) fn is_path_or_uri(&self) -> bool {
        self.place == Place::Origin || self.absolute && (self.place == Place::Path || self.is_whole())
    }

    /// Returns whether a target in any form has been read.
    pub(crate) fn is_target(&self) -> bool {
        self.is_path_or_uri() || matches!(self.place, Place::Port | Place::Asterisk)
    }

    /// Reads the next bytes of a request target.
    pub(crate) fn read_target(&mut self, bytes: &[u8]) {
        if self.place == Place::Start && !self.absolute {
            self.place = Place::Target;
        }
        self.read(bytes);
    }

    /// Reads the next bytes of an authority.
    #[inline(never)]
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        while let [byte, rest @ ..] = bytes {
            if self.place >= Place::Path {
                return;
            }
            self.step(*byte);
            bytes = rest;
            // the usual case: the rest of a name
            if !SMALL && self.place == Place::Name {
                bytes = rest.get(Class::Host.len(rest)..).unwrap_or_default();
            }
        }
    }

    /// Reads a byte.
    #[inline(never)]
    fn step(&mut self, byte: u8) {
        let lower = byte.to_ascii_lowercase();
        let classes = Class::all_of(byte);
        let fits = |&&(first, last, what, _): &&Rule| {
            first <= self.place
                && self.place <= last
                && if what < 8 { classes & 1 << what != 0 } else { what == lower }
        };
        let next = RULES.iter().find(fits).map_or(Place::Invalid, |rule| rule.3);
        self.place = if self.count(next, byte) { next } else { Place::Invalid };
    }

    /// Counts digits and groups, and returns whether there are not too many.
    #[inline(always)]
    fn count(&mut self, next: Place, byte: u8) -> bool {
        let before = self.number;
        self.number = 1;
        match next {
            Place::Port | Place::Decimal | Place::Hex | Place::Octet2 | Place::Octet3 | Place::Octet4 => {
                self.groups = self.groups.wrapping_add(u32::from(before == 1));
                self.number = before << 4 | u32::from(byte & 0x0F);
                self.number <= if next == Place::Port { 0x16_5535 } else { 0x1_FFFF }
            }
            Place::Gap => {
                self.groups ^= GAP;
                self.groups >= GAP
            }
            Place::Point1 | Place::Point2 | Place::Point3 => is_octet(before),
            Place::ClosingBracket => {
                // the four octets are two groups
                let pairs = if self.place == Place::Octet4 { 2 } else { 0 };
                (pairs == 0 || is_octet(before)) && matches!(self.groups.wrapping_sub(pairs), 0 | 8 | GAP..=GAP_AND_7)
            }
            Place::Start => {
                self.absolute = true;
                true
            }
            _ => true,
        }
    }
}

/// Seven groups and the gap.
const GAP_AND_7: u32 = GAP | 7;

/// Returns whether a number has one to three digits, is at most 255, and has no leading zero.
#[inline(always)]
const fn is_octet(number: u32) -> bool {
    number <= 0x1255 && number >> 4 != 0x10 && number >> 8 != 0x10
}
