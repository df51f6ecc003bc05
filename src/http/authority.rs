//! Authorities and the forms of a request target (RFC 3986 §3.2, RFC 9112 §3.2), read byte by byte.
//!
//! One automaton reads both, by the rules of `authority_rules.rs`.

use super::authority_rules::Place;
#[cfg(upframe_small)]
use super::authority_small as way;
#[cfg(not(upframe_small))]
use super::authority_table as way;
use super::class::Class;
use super::span::Run;
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

/// What is malformed about an authority.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// The host is empty.
    Empty,
    /// A character is not one of a host.
    Character,
    /// A character is not ASCII.
    NotAscii,
    /// Two hexadecimal digits do not follow a percent sign, or they are `00`.
    Percent,
    /// The address in brackets is malformed.
    Address,
    Port,
}

impl Place {
    /// Returns what is malformed if the authority ends here, with the byte 0, or if this byte comes here, which must
    /// not.
    fn fault(self, byte: u8) -> Fault {
        match self {
            Self::PortColon | Self::Port => Fault::Port,
            Self::Percent | Self::PercentZero | Self::PercentDigit => Fault::Percent,
            _ if self > Self::PercentDigit => Fault::Address,
            _ if byte >= 0x80 => Fault::NotAscii,
            Self::Start if matches!(byte, 0 | b':') => Fault::Empty,
            _ => Fault::Character,
        }
    }
}

impl Authority {
    pub(crate) const fn new() -> Self {
        Self { number: 0, groups: 0, place: Place::Start, absolute: false }
    }

    /// Returns whether an authority has been read, and nothing after it.
    pub(crate) fn is_whole(&self) -> bool {
        self.place >= Place::Name && self.place <= Place::Port
    }

    /// Returns why an authority is malformed, or `None` if it is not.
    pub(crate) fn fault(authority: &[u8]) -> Option<Fault> {
        let mut automaton = Self::new();
        for byte in authority {
            let before = automaton.place;
            automaton.step(*byte);
            match automaton.place {
                Place::Invalid => return Some(before.fault(*byte)),
                // white space, a path or a query
                Place::Space | Place::Path => return Some(before.fault(b' ')),
                _ => {}
            }
        }
        if automaton.is_whole() { None } else { Some(automaton.place.fault(0)) }
    }

    /// Reads the next bytes of a line of a field.
    pub(crate) fn read_line(&mut self, run: Run) {
        self.read(run.bytes);
        if !SMALL && run.last && self.is_whole() {
            // what the step does
            self.place = Place::End;
        } else if run.last {
            self.step(b'\n');
        }
    }

    /// Reads a whole line of a field if it is a name, and perhaps a port. Returns `false`, and changes nothing, if it is
    /// not, or if another line has come.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn read_usual_line(&mut self, line: &[u8]) -> bool {
        let name = Class::Host.len(line);
        let rest = line.get(name..).unwrap_or_default();
        let is_usual = self.is_new() && name > 0 && (rest.is_empty() || usual_port(rest).is_some());
        if is_usual {
            self.place = Place::End;
        }
        is_usual
    }

    /// Returns whether one line has been read, and it is an authority.
    pub(crate) fn is_line(&self) -> bool {
        self.place == Place::End
    }

    /// Returns whether one line has been read, and it is empty.
    pub(crate) fn is_empty_line(&self) -> bool {
        self.place == Place::EmptyEnd
    }

    /// Returns whether nothing has been read.
    pub(crate) fn is_new(&self) -> bool {
        self.place == Place::Start
    }

    /// Returns whether a target in origin form or absolute form has been read.
    pub(crate) fn is_path_or_uri(&self) -> bool {
        self.place == Place::Origin || self.absolute && (self.place == Place::Path || self.is_whole())
    }

    /// Returns whether a target in authority form or asterisk form has been read. One in absolute form may be taken for
    /// one, too.
    pub(crate) fn is_other_target(&self) -> bool {
        matches!(self.place, Place::Port | Place::Asterisk)
    }

    /// Makes what is read a request target.
    pub(crate) const fn begin_target(&mut self) {
        self.place = Place::Target;
    }

    /// Marks what is read as malformed.
    pub(crate) const fn invalidate(&mut self) {
        self.place = Place::Invalid;
    }

    /// Reads the next bytes of an authority.
    #[cfg_attr(not(upframe_small), inline(never))]
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        while let [byte, rest @ ..] = bytes {
            self.step(*byte);
            bytes = rest;
            // the usual cases: the rest of a name, and what is not looked at
            if !SMALL && self.place == Place::Name {
                bytes = rest.get(Class::Host.len(rest)..).unwrap_or_default();
                if let Some(number) = usual_port(bytes) {
                    (self.place, self.number) = (Place::Port, number);
                    return;
                }
            } else if !SMALL && self.place >= Place::Path {
                return;
            }
        }
    }

    /// Reads a byte.
    #[cfg_attr(upframe_small, inline(never))]
    fn step(&mut self, byte: u8) {
        let (place, number) = (self.place, self.number);
        if place >= Place::Path {
            return;
        }
        self.place = Place::Invalid;
        self.number = 1;
        let (next, counts) = way::next(place, byte);
        // An octet is at most 255 and has no leading zero. [3986-3.2.2-octet]
        if (byte == b'.' || place == Place::Octet4) && !is_octet(number) {
            return;
        }
        if counts {
            if number == 1 {
                self.groups = self.groups.wrapping_add(1);
            }
            self.number = number << 4 | u32::from(byte & 0x0F);
            // A port is at most 65535, and a group has at most four digits. [3986-3.2.3-port]
            if self.number > if next == Place::Port { 0x16_5535 } else { 0x1_FFFF } {
                return;
            }
        }
        match next {
            // A target in absolute form is accepted; its authority is the host. [9112-3.2.2-absolute]
            Place::Start => self.absolute = true,
            Place::Gap => {
                self.groups ^= GAP;
                // An IPv6 address has one gap. [3986-3.2.2-gap]
                if self.groups < GAP {
                    return;
                }
            }
            Place::ClosingBracket => {
                // the four octets are two groups
                let groups = self.groups.wrapping_sub(if place == Place::Octet4 { 2 } else { 0 });
                // An IPv6 address has eight groups, of which the gap replaces at least one. [3986-3.2.2-address]
                if !matches!(groups, 0 | 8 | GAP..=GAP_AND_7) {
                    return;
                }
            }
            _ => {}
        }
        self.place = next;
    }
}

/// Seven groups and the gap.
const GAP_AND_7: u32 = GAP | 7;

/// Returns the number that the digits of a port are, if that is all and needs no check: up to four digits, and no zero in
/// front.
#[inline(always)]
fn usual_port(bytes: &[u8]) -> Option<u32> {
    let [b':', digits @ ..] = bytes else { return None };
    let is_usual = matches!(digits, [b'1'..=b'9', ..]) && digits.len() <= 4 && digits.iter().all(u8::is_ascii_digit);
    is_usual.then(|| digits.iter().fold(1, |number, digit| number << 4 | u32::from(digit & 0x0F)))
}

/// Returns whether a number has one to three digits, is at most 255, and has no leading zero.
#[inline(always)]
const fn is_octet(number: u32) -> bool {
    matches!(number, 0..=0xFF | 0x110..=0x199 | 0x1100..=0x1255)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::string::String;

    /// Reads an authority whole and byte by byte, cut at every place.
    fn is_authority(text: &[u8]) -> bool {
        let mut whole = Authority::new();
        whole.read(text);
        // long lists of generated texts are cut once
        for cut in if text.len() < 9 { text.len() / 2..=text.len() / 2 } else { 0..=text.len() } {
            let (front, rest) = text.split_at(cut);
            let mut pieces = Authority::new();
            pieces.read(front);
            pieces.read(rest);
            assert_eq!(pieces.is_whole(), whole.is_whole(), "{} {cut}", text.escape_ascii());
        }
        let mut bytes = Authority::new();
        text.iter().for_each(|byte| bytes.read(&[*byte]));
        assert_eq!(bytes.is_whole(), whole.is_whole(), "{}", text.escape_ascii());
        assert_eq!(Authority::fault(text).is_none(), whole.is_whole(), "{}", text.escape_ascii());
        whole.is_whole()
    }

    #[test]
    fn two_digits_follow_a_percent_sign_in_a_name_and_are_not_00() {
        for (host, good) in [
            ("a%4Fb", true),
            ("%41", true),
            ("%01", true),
            ("%10", true),
            ("%0a%A0", true),
            ("a%4gb", false),
            ("a%g4b", false),
            ("a%4", false),
            ("a%", false),
            ("%00", false),
            ("a%00b", false),
            ("%%41", false),
        ] {
            assert_eq!(is_authority(host.as_bytes()), good, "{host}");
        }
    }

    #[test]
    fn every_byte_is_one_of_a_name_or_not() {
        for byte in 0..=255u8 {
            let good = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte);
            assert_eq!(is_authority(&[byte]), good, "{byte:#x}");
            assert_eq!(is_authority(&[b'a', byte]), good || byte == b':', "{byte:#x}");
            assert_eq!(is_authority(&[b'a', byte, b'b']), good, "{byte:#x}");
            let good = good || byte == b':';
            assert_eq!(is_authority(&[b'[', b'v', b'1', b'.', byte, b']']), good, "{byte:#x}");
            let digit = byte.is_ascii_hexdigit();
            assert_eq!(is_authority(&[b'[', b'v', byte, b'.', b'a', b']']), digit, "{byte:#x}");
            assert_eq!(is_authority(&[b'[', b':', b':', byte, b']']), digit, "{byte:#x}");
            assert_eq!(is_authority(&[b'a', b':', byte]), byte.is_ascii_digit(), "{byte:#x}");
        }
    }

    /// A port that comes whole is read at once, and any other by steps.
    #[test]
    fn a_port_is_the_same_whole_and_cut_anywhere() {
        for port in [
            "1", "80", "8080", "9999", "0", "08", "00080", "12345", "65535", "65536", "", "8x", "x", "8 ", "80:1", "8/",
        ] {
            for host in ["a", "localhost", "[::1]", "1.2.3.4", ""] {
                let line = format!("{host}:{port}");
                let read = |cut: usize| {
                    let (mut authority, (front, rest)) = (Authority::new(), line.as_bytes().split_at(cut));
                    authority.read_line(Run { bytes: front, last: false });
                    authority.read_line(Run { bytes: rest, last: true });
                    authority.place
                };
                let mut whole = Authority::new();
                whole.read_line(Run { bytes: line.as_bytes(), last: true });
                for cut in 0..=line.len() {
                    assert_eq!(read(cut), whole.place, "{line} cut at {cut}");
                }
            }
        }
    }

    #[test]
    fn a_port_is_a_number_up_to_65535_or_empty() {
        for before in ["a", "[::1]", "[v1.x]", "1.2.3.4"] {
            for (port, good) in [
                ("", true),
                (":", true),
                (":0", true),
                (":1", true),
                (":9", true),
                (":9999", true),
                (":10000", true),
                (":65534", true),
                (":65535", true),
                (":65536", false),
                (":65540", false),
                (":66000", false),
                (":70000", false),
                (":99999", false),
                (":100000", false),
                (":655350", false),
                (":4294967296", false),
                (":4294967376", false),
                (":00000000000065535", true),
                (":00000000000065536", false),
                (":-1", false),
                (":+1", false),
                (":1a", false),
                (":8 0", false),
                ("::", false),
                (":80:", false),
                (":80:80", false),
            ] {
                assert_eq!(is_authority(format!("{before}{port}").as_bytes()), good, "{before}{port}");
            }
        }
        for port in 0..=99_999_u32 {
            let mut authority = Authority::new();
            authority.read(format!("a:{port}").as_bytes());
            assert_eq!(authority.is_whole(), port <= 0xFFFF, "{port}");
        }
    }

    #[test]
    fn addresses_are_those_of_the_standard_library() {
        let mut good = 0;
        let mut check = |text: &str| {
            let want = text.parse::<Ipv6Addr>().is_ok();
            assert_eq!(is_authority(format!("[{text}]").as_bytes()), want, "{text}");
            let octets = text.parse::<Ipv4Addr>().is_ok();
            assert_eq!(is_authority(format!("[::{text}]").as_bytes()), octets || is_tail(text), "{text}");
            good += u32::from(want);
        };
        for text in [
            "",
            ":",
            "::",
            ":::",
            "1",
            "1::",
            "::1",
            "1::2::3",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1:2:3:4::5:6:7:8",
            "1:2:3:4::5:6:7",
            "1:2:3:4:5:6:7:8::",
            "1:2:3:4:5:6:7:8:9",
            "12345::",
            "::12345",
            "g::",
            "::ffff:1.2.3.4",
            "1.2.3.4",
            "1.2.3.4::",
            "::1.2.3.4:5",
            "1:2:3:4:5:6:1.2.3.4",
            "1:2:3:4:5::1.2.3.4",
            "1:2:3:4:5:6::1.2.3.4",
            "1:2:3:4:5:6:7:1.2.3.4",
            "1:2:3:4:5:1.2.3.4",
            "::1.2.3",
            "::1.2.3.256",
            "::256.2.3.4",
            "::a.2.3.4",
            "::1.2.a.4",
            "::1a.2.3.4",
            "::01.2.3.4",
            "::1.02.3.4",
            "::1.2.3.04",
            "::1.2.3.100",
            "::1.2.3.1000",
            "::1.2.3.",
            "::1.2..4",
            "::.2.3.4",
            "::1.2.3.4.5",
            "1:::2",
            "fe80::1%25eth0",
            "fe80::1%eth0",
            "::255.249.199.99",
            "::0.0.0.0",
            "::00.0.0.0",
            "::000.0.0.0",
            "::1:",
            ":1::",
            ":1",
            "1:2:3:4:5:6:7:",
            "A:b:C:d:E:f:0:9",
            "::0000:0000",
            "::00000",
            " ::1",
            "::1 ",
            "[::1]",
            "1::2/64",
        ] {
            check(text);
        }
        // all texts of up to six characters of a small alphabet, and long ones made of parts
        let mut texts = vec![String::new()];
        for _ in 0..6 {
            texts =
                texts.iter().flat_map(|text| ["", ":", "1", ".", "f"].map(|next| format!("{text}{next}"))).collect();
        }
        texts.iter().for_each(|text| check(text));
        let mut seed = 1u32;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..(seed >> 16) % 12 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text += ["1:", "ff:", "::", "abcd:", "9", ":", "12.", "255.0.0.", "0:"][(seed >> 24) as usize % 9];
            }
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            check(&text);
        }
        assert!(good > 1000, "{good} of them are addresses");
    }

    /// Returns whether `::` and this text are an address.
    fn is_tail(text: &str) -> bool {
        format!("::{text}").parse::<Ipv6Addr>().is_ok()
    }

    #[test]
    fn every_octet_is_at_most_255_without_leading_zeros() {
        for octet in 0..=2000 {
            for digits in [format!("{octet}"), format!("0{octet}"), format!("00{octet}")] {
                for text in [format!("{digits}.0.0.0"), format!("0.{digits}.0.0"), format!("0.0.0.{digits}")] {
                    let mut authority = Authority::new();
                    authority.read(format!("[::{text}]").as_bytes());
                    assert_eq!(authority.is_whole(), text.parse::<Ipv4Addr>().is_ok(), "{text}");
                }
            }
        }
    }

    #[test]
    fn endless_parts_of_an_address_never_count_as_few() {
        for part in ["::", "1:", "1.", "1", "1::"] {
            let mut authority = Authority::new();
            authority.read(b"[");
            for _ in 0..70_000 {
                authority.read(part.as_bytes());
                let mut ended = authority;
                ended.read(b"]");
                let few = authority.number < 0x2_0000 && authority.groups <= GAP_AND_7;
                assert!(few || !ended.is_whole(), "{part}");
            }
            authority.read(b"]");
            assert!(!authority.is_whole(), "{part}");
        }
    }

    #[test]
    fn a_target_has_one_of_four_forms() {
        for (target, path_or_uri, any) in [
            ("/", true, true),
            ("/chat?x=%zz{", true, true),
            ("//", true, true),
            ("http://h", true, true),
            ("HTTPS://h:8080/p?q=/", true, true),
            ("ws://h?q", true, true),
            ("wSs://[::1]/a://b", true, true),
            ("http://http", true, true),
            ("http://h:", true, true),
            ("http://h://", true, true),
            ("http://h:65535/", true, true),
            ("*", false, true),
            ("h:80", false, true),
            ("http:80", false, true),
            ("https:080", false, true),
            ("ws:1", false, true),
            ("w:1", false, true),
            ("htt:1", false, true),
            ("httpss:1", false, true),
            ("[::1]:443", false, true),
            ("*:80", false, true),
            ("", false, false),
            ("**", false, false),
            ("*/", false, false),
            ("foo", false, false),
            ("foo/bar", false, false),
            ("http", false, false),
            ("http:", false, false),
            ("http:/", false, false),
            ("http:/h/", false, false),
            ("http://", false, false),
            ("http:///", false, false),
            ("http:///x", false, false),
            ("http://?q", false, false),
            ("http://:80/", false, false),
            ("http://@/", false, false),
            ("http://u@h/", false, false),
            ("http://u:p@h/", false, false),
            ("http://h:abc/", false, false),
            ("http://h:65536/", false, false),
            ("http://]/", false, false),
            ("http://[::1/", false, false),
            ("http://[::1]x/", false, false),
            ("http://h%/", false, false),
            ("http://h%zz/", false, false),
            ("http://h%00/", false, false),
            ("http://{/", false, false),
            ("httpx://h/", false, false),
            ("httpss://h/", false, false),
            ("htt://h/", false, false),
            ("w://h/", false, false),
            ("wsss://h/", false, false),
            ("ftp://h/x", false, false),
            ("://h/p", false, false),
            ("1://h/p", false, false),
            ("mailto:a", false, false),
            ("h:", false, false),
            ("h:x", false, false),
            ("http:8x", false, false),
            ("h:80/", false, false),
            ("h:99999", false, false),
            (":80", false, false),
            ("?q", false, false),
        ] {
            for cut in 1..=target.len().max(1) {
                let mut automaton = Authority::new();
                automaton.begin_target();
                target.as_bytes().chunks(cut).for_each(|bytes| automaton.read(bytes));
                let is_target = automaton.is_path_or_uri() || automaton.is_other_target();
                assert_eq!((automaton.is_path_or_uri(), is_target), (path_or_uri, any), "{target} {cut}");
            }
        }
    }
}
