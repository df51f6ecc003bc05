//! The method of a request, as far as the answer depends on it.

use core::fmt;

/// The method of a request, as far as the answer depends on it. Methods other than [`GET`](Self::GET) and
/// [`HEAD`](Self::HEAD) may be equal although their names differ.
///
/// [`Head::method`](super::Head::method) returns the name of any method.
///
/// ```
/// use upframe::handshake::{Outcome, ServerHandshake, ServerOptions};
/// use upframe::http::{Method, Response};
/// let mut handshake = ServerHandshake::new(ServerOptions::new());
/// let mut input = &b"HEAD /page HTTP/1.1\r\nHost: a\r\n\r\n"[..];
/// let Some(Outcome::PlainHttp(request)) = handshake.receive(&mut input) else { panic!() };
/// assert_eq!(request.method(), Method::HEAD);
/// let mut out = [0; 256];
/// assert_eq!(
///     Response::new(200, "OK").with_body(b"<p>Hello").write(request.method(), &mut out).unwrap(),
///     b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\n"
/// );
/// ```
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Method {
    /// Up to four bytes, or [`LONGER`](Self::LONGER).
    bytes: u32,
}

impl Method {
    /// `GET`, the method of the opening handshake (RFC 6455 §4.1).
    pub const GET: Self = Self { bytes: u32::from_be_bytes(*b"\0GET") };
    /// `HEAD`, whose answer has no body (RFC 9110 §9.3.2).
    pub const HEAD: Self = Self { bytes: u32::from_be_bytes(*b"HEAD") };
    /// No byte of a method has come.
    pub(crate) const NONE: Self = Self { bytes: 0 };
    /// Neither GET nor HEAD, whatever comes.
    const LONGER: u32 = u32::MAX;

    /// Returns the method with this name, in which upper and lower case are different (RFC 9110 §9.1).
    ///
    /// ```
    /// use upframe::http::Method;
    /// assert_eq!(Method::of(b"HEAD"), Method::HEAD);
    /// assert!([Method::GET, Method::HEAD].iter().all(|method| *method != Method::of(b"get")));
    /// ```
    pub fn of(name: &[u8]) -> Self {
        let mut method = Self::NONE;
        // zeros before a name would not count
        method.push(if name.contains(&0) { b"other" } else { name });
        method
    }

    /// Reads the next bytes of the name.
    #[cfg_attr(upframe_small, inline(never))]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            // a fifth byte
            let longer = self.bytes >> 24 != 0;
            self.bytes = if longer { Self::LONGER } else { self.bytes << 8 | u32::from(*byte) };
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::GET => "GET",
            Self::HEAD => "HEAD",
            _ => "another method",
        }
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name())
    }
}

#[cfg(feature = "defmt-1")]
impl defmt::Format for Method {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", self.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_the_same_at_every_cut_and_no_part_of_another() {
        for name in [
            &b"GET"[..],
            b"HEAD",
            b"",
            b"GE",
            b"GETX",
            b"GETGET",
            b"XGET",
            b"get",
            b"\0GET",
            b"GET\0",
            b"HEA",
            b"HEADX",
            b"XHEAD",
            b"HEADHEAD",
            b"HEAd",
            b"\0HEAD",
            b"\xFF\xFF\xFF\xFFHEAD",
            b"POST",
        ] {
            let method = Method::of(name);
            assert_eq!((method == Method::GET, method == Method::HEAD), (name == b"GET", name == b"HEAD"));
            for cut in 1..=name.len().max(1) {
                let mut pieces = Method::NONE;
                name.chunks(cut).for_each(|bytes| pieces.push(bytes));
                assert!(pieces == method || name.contains(&0), "{} {cut}", name.escape_ascii());
            }
        }
        assert_eq!(format!("{:?}", [Method::GET, Method::HEAD, Method::of(b"PUT")]), "[GET, HEAD, another method]");
    }
}
