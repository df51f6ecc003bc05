//! Two extensions on one connection (RFC 6455 §9.1).

use super::extension::{Extension, ExtensionWriter, check_extension_list};
use crate::frame::reserved_bits::ReservedBits;

/// Two extensions on one connection, each of which may be agreed to or not (RFC 6455 §9.1). Either may be `Both` again.
///
/// A client offers both; a server agrees to the first element that each of them agrees to, and lists the first
/// extension before the second. If both own the same reserved bit, only one of them is agreed to: that of the element
/// that comes first.
///
/// ```
/// # use upframe::frame::ReservedBits;
/// # use upframe::handshake::{Extension, ExtensionWriter};
/// use upframe::handshake::{Both, RequestJudge, ServerOptions};
/// # struct Named(&'static str, ReservedBits);
/// # impl Extension for Named {
/// #     fn begin(&mut self, name: &str) -> bool { name == self.0 }
/// #     fn parameter(&mut self, _: &str, _: Option<&str>) {}
/// #     fn end(&mut self) -> bool { true }
/// #     fn reserved_bits(&self) -> ReservedBits { self.1 }
/// #     fn write(&self, list: &mut ExtensionWriter<'_, '_>) { list.element(self.0) }
/// # }
/// # let deflate = Named("x-deflate", ReservedBits::RSV1);
/// # let sealed = Named("x-sealed", ReservedBits::RSV2);
/// let mut judge = RequestJudge::with_extension(ServerOptions::new(), Both::new(deflate, sealed));
/// judge.field(b"Sec-WebSocket-Extensions", b"x-sealed, x-unknown, x-deflate");
/// assert!(judge.extension().first().is_some() && judge.extension().second().is_some());
/// assert_eq!(judge.extension().reserved_bits(), ReservedBits::RSV1.union(ReservedBits::RSV2));
/// ```
#[derive(Clone, Debug)]
pub struct Both<A, B> {
    first: Member<A>,
    second: Member<B>,
    /// Whether the element being read is that of the second extension.
    in_second: bool,
    /// Whether the second was agreed to before the first.
    swapped: bool,
}

/// One of two extensions.
#[derive(Clone, Debug)]
struct Member<X> {
    extension: X,
    agreed: bool,
    /// Whether it was not offered, so that it cannot be agreed to.
    out: bool,
}

impl<X: Extension> Member<X> {
    fn begin(&mut self, name: &str) -> bool {
        (!self.agreed || self.extension.wants_more()) && !self.out && self.extension.begin(name)
    }

    /// Ends the element. `taken` are the reserved bits of the other extension.
    fn end(&mut self, taken: ReservedBits) -> bool {
        // Two extensions never own the same reserved bit. [9.1-bits-apart]
        let agreed = self.extension.end() && self.extension.reserved_bits().bits() & taken.bits() == 0;
        self.agreed |= agreed;
        agreed
    }

    /// Returns the reserved bits that the extension owns: none if it was not agreed to or writes no answer.
    fn reserved_bits(&self) -> ReservedBits {
        let answers = self.agreed && check_extension_list(&self.extension) == Ok(true);
        if answers { self.extension.reserved_bits() } else { ReservedBits::NONE }
    }

    fn note_offer(&mut self) -> bool {
        self.out = !self.extension.note_offer();
        !self.out
    }
}

impl<A, B> Both<A, B> {
    /// Returns both extensions, neither of which is agreed to.
    pub const fn new(first: A, second: B) -> Self {
        let first = Member { extension: first, agreed: false, out: false };
        let second = Member { extension: second, agreed: false, out: false };
        Self { first, second, in_second: false, swapped: false }
    }

    /// Returns the first extension if it was agreed to.
    pub fn first(&self) -> Option<&A> {
        self.first.agreed.then_some(&self.first.extension)
    }

    /// Returns the second extension if it was agreed to.
    pub fn second(&self) -> Option<&B> {
        self.second.agreed.then_some(&self.second.extension)
    }

    /// Returns whether the server listed the second extension before the first: data is changed in the order of its
    /// list (RFC 6455 §9.1). It is meant for clients; a server lists the first before the second.
    pub const fn is_swapped(&self) -> bool {
        self.swapped
    }
}

impl<A: Extension, B: Extension> Extension for Both<A, B> {
    fn begin(&mut self, name: &str) -> bool {
        self.in_second = !self.first.begin(name);
        !self.in_second || self.second.begin(name)
    }

    fn parameter(&mut self, name: &str, value: Option<&str>) {
        if self.in_second {
            self.second.extension.parameter(name, value);
        } else {
            self.first.extension.parameter(name, value);
        }
    }

    fn end(&mut self) -> bool {
        if self.in_second {
            let agreed = self.second.end(self.first.reserved_bits());
            self.swapped |= agreed && !self.first.agreed;
            agreed
        } else {
            self.first.end(self.second.reserved_bits())
        }
    }

    fn reserved_bits(&self) -> ReservedBits {
        self.first.reserved_bits().union(self.second.reserved_bits())
    }

    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        // before one is agreed to, it is an offer
        let offer = !self.first.agreed && !self.second.agreed;
        if offer || self.first.agreed {
            self.first.extension.write(list);
        }
        if offer || self.second.agreed {
            self.second.extension.write(list);
        }
    }

    fn wants_more(&self) -> bool {
        let open = |agreed: bool, more: bool| !agreed || more;
        open(self.first.agreed, self.first.extension.wants_more())
            || open(self.second.agreed, self.second.extension.wants_more())
    }

    fn note_offer(&mut self) -> bool {
        // not one after the other: both must note it
        self.first.note_offer() | self.second.note_offer()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Settings;
    use crate::handshake::{Agreed, Answer, Key, Outcome, RequestJudge, ResponseJudge, ServerOptions};
    use std::string::String;

    /// Agrees to its name without the parameter `no`.
    #[derive(Clone)]
    struct Named {
        name: &'static str,
        bits: ReservedBits,
        offered: bool,
        good: bool,
    }

    impl Extension for Named {
        fn begin(&mut self, name: &str) -> bool {
            self.good = true;
            name == self.name
        }
        fn parameter(&mut self, name: &str, _: Option<&str>) {
            self.good &= name != "no";
        }
        fn end(&mut self) -> bool {
            self.good
        }
        fn reserved_bits(&self) -> ReservedBits {
            self.bits
        }
        fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
            if self.offered {
                list.element(self.name);
            }
        }
    }

    const X: Named = Named { name: "x", bits: ReservedBits::RSV1, offered: true, good: false };
    const Y: Named = Named { name: "y", bits: ReservedBits::RSV2, ..X };
    const Z: Named = Named { name: "z", bits: ReservedBits::RSV1, ..X };

    /// Returns what a server answers, and the bits that it owns.
    fn answer<E: Extension>(extension: E, lines: &[&str]) -> (String, ReservedBits) {
        let mut judge = RequestJudge::with_extension(ServerOptions::new(), extension);
        judge.request_line(b"GET", b"/", 1);
        for (name, value) in [
            ("Host", "a"),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw=="),
            ("Sec-WebSocket-Version", "13"),
        ] {
            judge.field(name.as_bytes(), value.as_bytes());
        }
        lines.iter().for_each(|line| judge.field(b"Sec-WebSocket-Extensions", line.as_bytes()));
        let Outcome::Upgrade(upgrade) = judge.finish() else { panic!("{lines:?}") };
        let mut out = [0; 64];
        let written = judge.write_extensions(&upgrade, &mut out).unwrap().to_vec();
        (String::from_utf8(written).unwrap(), judge.settings(&upgrade, Settings::new()).reserved_bits)
    }

    /// [4.2.2-extension-first] [9.1-bits-apart]
    #[test]
    fn a_server_agrees_to_each_extension_once() {
        let (none, one, two) = (ReservedBits::NONE, ReservedBits::RSV1, ReservedBits::RSV2);
        for (lines, want) in [
            (&[][..], ("", none)),
            (&["z"], ("", none)),
            (&["x"], ("x", one)),
            (&["y"], ("y", two)),
            (&["x, y"], ("x, y", one.union(two))),
            (&["y, x"], ("x, y", one.union(two))),
            (&["y", "q; no, x"], ("x, y", one.union(two))),
            (&["x, x, y, y"], ("x, y", one.union(two))),
            (&["x; no, y; no"], ("", none)),
            (&["x; no, y"], ("y", two)),
            (&["x; no, y; a, x"], ("x, y", one.union(two))),
        ] {
            assert_eq!(answer(Both::new(X, Y), lines), (want.0.into(), want.1), "{lines:?}");
        }
        // the same bit: the element that comes first
        assert_eq!(answer(Both::new(X, Z), &["x, z"]), ("x".into(), one));
        assert_eq!(answer(Both::new(X, Z), &["z, x"]), ("z".into(), one));
        assert_eq!(answer(Both::new(X, Both::new(Y, Z)), &["y, z, x"]), ("y, z".into(), one.union(two)));
        // one that agrees and writes nothing owns nothing
        let silent = Named { offered: false, ..X };
        assert_eq!(answer(Both::new(silent, Y), &["x, y"]), ("y".into(), two));
    }

    /// Returns what a client makes of the answer: whether each was agreed to, and whether they are swapped.
    fn heard<B: Extension>(extension: Both<Named, B>, lines: &[&str]) -> Option<(bool, bool, bool, ReservedBits)> {
        let key = Key::new([7; 16]);
        let mut judge = ResponseJudge::with_extension(&key, &[], extension);
        judge.field(b"Upgrade", b"websocket");
        judge.field(b"Connection", b"Upgrade");
        judge.field(b"Sec-WebSocket-Accept", key.accept_value().as_bytes());
        lines.iter().for_each(|line| judge.field(b"Sec-WebSocket-Extensions", line.as_bytes()));
        let answer = judge.finish(101, 1);
        let both = judge.extension();
        match answer {
            Answer::Agreed(Agreed { reserved_bits, .. }) => {
                Some((both.first().is_some(), both.second().is_some(), both.is_swapped(), reserved_bits))
            }
            _ => None,
        }
    }

    /// [4.1-response-extension] [4.1-response-extension-once]
    #[test]
    fn a_client_accepts_each_extension_once_in_any_order() {
        let (none, one, two) = (ReservedBits::NONE, ReservedBits::RSV1, ReservedBits::RSV2);
        for (lines, want) in [
            (&[][..], Some((false, false, false, none))),
            (&["x"], Some((true, false, false, one))),
            (&["y"], Some((false, true, true, two))),
            (&["x, y"], Some((true, true, false, one.union(two)))),
            (&["y", "x"], Some((true, true, true, one.union(two)))),
            (&["x, x"], None),
            (&["x, y, x"], None),
            (&["x, y", "y"], None),
            (&["x, z"], None),
            (&["z"], None),
            (&["x; no"], None),
            (&["x, y; no"], None),
        ] {
            assert_eq!(heard(Both::new(X, Y), lines), want, "{lines:?}");
        }
        // the same bit for both breaks the rules
        assert_eq!(heard(Both::new(X, Z), &["x, z"]), None);
        assert!(heard(Both::new(X, Z), &["z"]).is_some());
        // one that was not offered
        let silent = Named { offered: false, ..X };
        assert_eq!(heard(Both::new(silent.clone(), Y), &["x, y"]), None);
        assert_eq!(heard(Both::new(silent.clone(), Y), &["y"]), Some((false, true, true, two)));
        assert_eq!(heard(Both::new(silent.clone(), Both::new(silent, Y)), &["y"]), Some((false, true, true, two)));
    }
}
