//! The rules of the automaton that reads authorities and targets: a table, which is smaller than code.

use super::class::Class;

/// Where the automaton is: what the last byte was.
///
/// The order is that of [`RULES`], each of which is for places in a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq, PartialOrd)]
#[repr(u8)]
pub(super) enum Place {
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
    Asterisk,
    Name,
    ClosingBracket,
    PortColon,
    Port,
    /// White space after an authority in a field.
    Space,
    /// The end of a line with an authority.
    End,
    /// The end of an empty line.
    EmptyEnd,
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

impl Place {
    #[cfg(any(test, not(upframe_small)))]
    pub(super) const ALL: [Self; 40] = {
        use Place::*;
        [
            Start,
            Target,
            H,
            Ht,
            Htt,
            W,
            HttpOrWs,
            HttpsOrWss,
            Asterisk,
            Name,
            ClosingBracket,
            PortColon,
            Port,
            Space,
            End,
            EmptyEnd,
            SchemeColon,
            Slash,
            Percent,
            PercentZero,
            PercentDigit,
            FirstColon,
            GroupColon,
            OpeningBracket,
            Gap,
            Decimal,
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
            Path,
            Origin,
            Invalid,
        ]
    };
}

/// The first and the last place that a byte or a class of bytes may follow, that byte or class, and the place of it.
type Rule = (Place, Place, u8, Place);

const HOST: u8 = Class::Host as u8;
const DIGIT: u8 = Class::Digit as u8;
const HEX: u8 = Class::Hex as u8;

/// The first rule that fits applies. Those that may apply to many bytes come first.
#[rustfmt::skip]
static RULES: [Rule; 47] = {
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
        (Target, Target, b'*', Asterisk),
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
        (Name, Space, b'\n', End),
        (Start, Start, b'\n', EmptyEnd),
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
    ]
};

/// Returns the place that a byte leads to from another place, and whether it is a digit that counts. The byte is given
/// in lower case, and with its classes.
#[cfg_attr(upframe_small, inline(always))]
pub(super) const fn next(place: Place, lower: u8, classes: u8) -> (Place, bool) {
    let mut rules = RULES.as_slice();
    while let [(first, last, what, next), rest @ ..] = rules {
        if *first as u8 <= place as u8
            && place as u8 <= *last as u8
            && if *what < 8 { classes >> *what & 1 == 1 } else { *what == lower }
        {
            return (*next, *what == DIGIT || *next as u8 == Place::Hex as u8);
        }
        rules = rest;
    }
    (Place::Invalid, false)
}
