//! The host of a URI (RFC 3986 §3.2.2).

/// Returns whether a host is a name, an IPv4 address, or an IPv6 address in brackets (RFC 3986 §3.2.2).
pub(super) fn is_host(host: &[u8]) -> bool {
    let mut rest = match host {
        [b'[', address @ .., b']'] => return is_ipv6(address),
        name => name,
    };
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            // RFC 3986 §2.1: a percent sign and two hexadecimal digits
            (b'%', [a, b, after @ ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => after,
            (b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~', after) => after,
            _ => return false,
        };
    }
    !host.is_empty()
}

/// Returns whether an address consists of eight groups of one to four hexadecimal digits (RFC 4291 §2.2). `::` may
/// replace one or more of them, once; an IPv4 address may replace the last two.
fn is_ipv6(address: &[u8]) -> bool {
    let (mut groups, mut gap, mut rest) = (0u8, false, address);
    if let [b':', b':', after @ ..] = rest {
        (gap, rest) = (true, after);
    }
    while !rest.is_empty() {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        rest = match rest.split_at_checked(digits) {
            Some((_, [b'.', ..])) if is_ipv4(rest) => {
                groups = groups.saturating_add(1);
                &[]
            }
            Some(([_] | [_, _] | [_, _, _] | [_, _, _, _], after)) => match after {
                [b':', b':', after @ ..] if !gap => {
                    gap = true;
                    after
                }
                [b':', after @ ..] if !matches!(after, [] | [b':', ..]) => after,
                [] => after,
                _ => return false,
            },
            _ => return false,
        };
        groups = groups.saturating_add(1);
    }
    if gap { groups < 8 } else { groups == 8 }
}

/// Returns whether an address consists of four numbers up to 255, without leading zeros.
fn is_ipv4(address: &[u8]) -> bool {
    let is_number = |number: &[u8]| match number {
        [a, b, c] => matches!((a, b, c), (b'1', _, _) | (b'2', b'0'..=b'4', _) | (b'2', b'5', b'0'..=b'5')),
        [a, _] => *a != b'0',
        [_] => true,
        _ => false,
    };
    let numbers = address.split(|byte| *byte == b'.');
    numbers.clone().count() == 4
        && numbers.into_iter().all(|number| is_number(number) && number.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::string::String;

    #[test]
    fn two_digits_follow_a_percent_sign_in_a_name() {
        for (host, good) in
            [("a%4Fb", true), ("%41", true), ("a%4gb", false), ("a%g4b", false), ("a%4", false), ("a%", false)]
        {
            assert_eq!(is_host(host.as_bytes()), good, "{host}");
        }
    }

    #[test]
    fn addresses_are_those_of_the_standard_library() {
        let mut good = 0;
        let mut check = |text: &str| {
            let want = text.parse::<Ipv6Addr>().is_ok();
            assert_eq!(is_ipv6(text.as_bytes()), want, "{text}");
            assert_eq!(is_ipv4(text.as_bytes()), text.parse::<Ipv4Addr>().is_ok(), "{text}");
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
            "1:2:3:4:5:6:7:8::",
            "1:2:3:4:5:6:7:8:9",
            "12345::",
            "g::",
            "::ffff:1.2.3.4",
            "1.2.3.4",
            "::1.2.3.4:5",
            "1:2:3:4:5:6:1.2.3.4",
            "1:2:3:4:5:6:7:1.2.3.4",
            "::1.2.3",
            "::1.2.3.256",
            "::01.2.3.4",
            "::1.2.3.",
            "1:::2",
            "fe80::1%25eth0",
            "::255.249.199.99",
            "::0.0.0.0",
            "::00.0.0.0",
            "::1:",
            ":1::",
            "1:2:3:4:5:6:7:",
            "A:b:C:d:E:f:0:9",
        ] {
            check(text);
        }
        // all texts of up to seven characters of a small alphabet, and long ones made of parts
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
}
