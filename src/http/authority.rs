//! Authorities and the forms of a request target (RFC 3986 §3.2, RFC 9112 §3.2), read byte by byte.

use super::class::Class;
use crate::target::SMALL;

/// Reads an authority, `uri-host [":" port]`, or a request target that may contain one, cut anywhere.
///
/// The host is a registered name, which includes every IPv4 address, or an IPv6 address or an address of a later
/// version in brackets. It is not empty. There is no user name and no zone. The port may be empty, and is at most
/// 65,535.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Authority {
    place: Place,
    /// The digits of the group, octet or port being read.
    digits: u8,
    /// The groups of an IPv6 address.
    groups: u8,
    /// The points of an IPv4 address at the end of an IPv6 address.
    points: u8,
    /// Whether `::` has come.
    gap: bool,
    /// The octet or the port being read, or the first digit after a percent sign.
    number: u32,
    scheme: u32,
}

/// Where a reader of an authority is. Those from `Name` to `Port` end a whole authority.
#[derive(Clone, Copy, Debug, Eq, PartialEq, PartialOrd)]
#[repr(u8)]
pub(crate) enum Place {
    /// At a byte that must not be there. Nothing more is read.
    Invalid,
    /// Before a target.
    Target,
    Scheme,
    /// Before the slashes that follow the scheme.
    Slash,
    SecondSlash,
    /// Before a host.
    Host,
    /// After a percent sign.
    Percent,
    PercentDigit,
    /// After the opening bracket.
    Bracket,
    /// After a colon that begins an address.
    FirstColon,
    /// In a group of an IPv6 address, or in an octet at its end.
    Group,
    /// After the colon of a group.
    GroupColon,
    /// After `::`.
    Gap,
    /// After the point of an octet.
    Point,
    /// In the version of an address of a later version.
    Version,
    /// In the text of such an address.
    Later,
    /// In a registered name.
    Name,
    /// After the closing bracket.
    BracketEnd,
    /// After the colon before a port.
    Colon,
    Port,
    /// In a path or a query, which is not looked at.
    Path,
    /// After the asterisk that is a whole target.
    Asterisk,
}

impl Authority {
    /// Reads an authority.
    pub(crate) const HOST: Self =
        Self { place: Place::Host, digits: 0, groups: 0, points: 0, gap: false, number: 0, scheme: 0 };
    /// Reads a request target in origin form, absolute form or asterisk form.
    pub(crate) const TARGET: Self = Self { place: Place::Target, ..Self::HOST };

    /// Returns where the reader is.
    pub(crate) const fn place(&self) -> Place {
        self.place
    }

    /// Returns whether an authority has been read, and nothing after it.
    pub(crate) fn is_whole(&self) -> bool {
        self.place >= Place::Name && self.place <= Place::Port
    }

    /// Returns whether a target with a path or an authority has been read.
    pub(crate) fn is_target(&self) -> bool {
        self.place >= Place::Name && self.place <= Place::Path
    }

    /// Returns the scheme of the target, as [`scheme`] encodes it, or 0 if there is none.
    pub(crate) const fn scheme(&self) -> u32 {
        self.scheme
    }

    /// Returns the port, which is 0 if there is none.
    pub(crate) const fn port(&self) -> u32 {
        if matches!(self.place, Place::Port) { self.number } else { 0 }
    }

    /// Reads the next bytes.
    #[inline(never)]
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        while let [byte, rest @ ..] = bytes {
            self.place = self.next(*byte);
            bytes = match self.place {
                Place::Invalid | Place::Path => return,
                // the usual case: the rest of a name
                Place::Name if !SMALL => rest.get(Class::Host.len(rest)..).unwrap_or_default(),
                _ => rest,
            };
        }
    }

    /// Reads a byte.
    #[inline(always)]
    fn next(&mut self, byte: u8) -> Place {
        use Place::*;
        let place = self.place;
        let digit = match byte {
            b'0'..=b'9' => byte & 0x0F,
            b'a'..=b'f' | b'A'..=b'F' => (byte & 0x0F).wrapping_add(9),
            _ => 0xFF,
        };
        let is_octet = self.number < 256;
        match (place, byte) {
            (Target, b'/') => Path,
            (Target, b'*') => Asterisk,
            (Target | Scheme, b'a'..=b'z' | b'A'..=b'Z') => {
                self.scheme = with_letter(self.scheme, byte);
                Scheme
            }
            (Scheme, b':') => Slash,
            (Slash, b'/') => SecondSlash,
            (SecondSlash, b'/') => Host,
            (Host, b'[') => Bracket,
            (Host | Name, b'%') => Percent,
            (Host | Name, _) if Class::Host.holds(byte) => Name,
            (Percent, _) if digit < 16 => {
                self.number = digit.into();
                PercentDigit
            }
            (PercentDigit, _) if digit < 16 && u32::from(digit) | self.number != 0 => Name,
            (Bracket, b'v' | b'V') => Version,
            (Version, b'.') if self.digits > 0 => {
                self.digits = 0;
                Later
            }
            (Version, _) if digit < 16 => {
                self.digits = 1;
                Version
            }
            (Later, b']') if self.digits > 0 => BracketEnd,
            (Later, _) if byte == b':' || Class::Host.holds(byte) => {
                self.digits = 1;
                Later
            }
            (Bracket, b':') => FirstColon,
            (FirstColon | GroupColon, b':') if !self.gap => {
                self.gap = true;
                Gap
            }
            (Group, b':') if self.points == 0 => {
                self.groups = self.groups.saturating_add(1);
                self.start_number();
                GroupColon
            }
            (Group, b'.') if self.points < 3 && is_octet => {
                self.points = self.points.wrapping_add(1);
                self.start_number();
                Point
            }
            (Bracket | Group | GroupColon | Gap | Point, _) if digit < 16 && self.digits < 4 => {
                // no octet has a letter or a leading zero
                let is_decimal = digit < 10 && (self.digits == 0 || self.number != 0);
                self.number = self.number.wrapping_mul(10).wrapping_add(if is_decimal { digit.into() } else { 256 });
                self.digits = self.digits.wrapping_add(1);
                Group
            }
            (Group | Gap, b']') => {
                let last = match (place, self.points) {
                    (Gap, _) => 0,
                    (_, 0) => 1,
                    (_, 3) if is_octet => 2,
                    _ => return Invalid,
                };
                let groups = self.groups.saturating_add(last);
                if if self.gap { groups < 8 } else { groups == 8 } { self.start_number(); BracketEnd } else { Invalid }
            }
            (Name | BracketEnd, b':') => {
                self.start_number();
                Colon
            }
            (Colon | Port, b'0'..=b'9') => {
                self.number = self.number.wrapping_mul(10).wrapping_add(digit.into());
                if self.number > 0xFFFF { Invalid } else { Port }
            }
            (Name | BracketEnd | Colon | Port, b'/' | b'?') => Path,
            _ => Invalid,
        }
    }

    fn start_number(&mut self) {
        (self.number, self.digits) = (0, 0);
    }
}

/// Encodes a scheme that consists of letters, in any case, as a number: five bits for each.
pub(crate) const fn scheme(mut letters: &[u8]) -> u32 {
    let mut scheme = 0;
    while let [letter, rest @ ..] = letters {
        scheme = with_letter(scheme, *letter);
        letters = rest;
    }
    scheme
}

/// Appends a letter. Six letters or more never make the number of fewer: what remains of the sixth is not 0.
const fn with_letter(scheme: u32, letter: u8) -> u32 {
    scheme << 5 | (letter & 0x1F) as u32
}
