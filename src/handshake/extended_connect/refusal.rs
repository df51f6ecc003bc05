//! The answer that refuses an extended CONNECT.

use crate::handshake::refusal::Refusal;

impl Refusal {
    /// Returns the status of the answer to a request in HTTP/2 or HTTP/3: that of [`status`](Self::status), or 400
    /// instead of 426 and 505, which only HTTP/1.1 has a use for.
    ///
    /// RFC 8441 has no status of its own for an unsupported version, and a 426 needs the field `Upgrade`, which must not
    /// be in HTTP/2 (RFC 9110 §15.5.22, RFC 9113 §8.2.2).
    ///
    /// ```
    /// use upframe::handshake::Refusal;
    /// assert_eq!((Refusal::Origin.connect_status(), Refusal::VersionUnsupported.connect_status()), (403, 400));
    /// ```
    pub const fn connect_status(self) -> u16 {
        match self.status() {
            // No request in HTTP/2 or HTTP/3 is answered with 426 or 505. [8441-5-refusal]
            426 | 505 => 400,
            status => status,
        }
    }

    /// Returns the fields of the answer to a request in HTTP/2 or HTTP/3, after `:status`: names in lower case, and
    /// values. Its body is [`body`](Self::body). `content-length` is left to the HTTP stack.
    ///
    /// ```
    /// use upframe::handshake::Refusal;
    /// let fields: Vec<_> = Refusal::VersionUnsupported.connect_fields().collect();
    /// assert_eq!(fields, [("sec-websocket-version", "13"), ("content-type", "text/plain")]);
    /// assert_eq!(Refusal::Origin.connect_fields().count(), 1);
    /// ```
    pub fn connect_fields(self) -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
        // The answer to another version tells which version is supported. [8441-5-versions]
        let version = if self == Self::VersionUnsupported { Some(("sec-websocket-version", "13")) } else { None };
        let allow = if self == Self::Method { Some(("allow", "GET")) } else { None };
        version.into_iter().chain(allow).chain([("content-type", "text/plain")])
    }
}
