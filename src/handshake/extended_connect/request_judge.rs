//! The rules for the request (RFC 8441 §4, §5, RFC 9220 §3).

use super::fields::{ConnectFields, write_fields};
use super::malformed::MalformedFields;
use super::outcome::{ConnectOutcome, Tunnel};
use super::section::{CONNECTION_FIELDS, Part, Pseudo, Section};
use crate::connection::facade::Connection;
use crate::connection::role::Server;
use crate::connection::settings::Settings;
use crate::handshake::extension::NoExtension;
use crate::handshake::extensions::Extensions;
use crate::handshake::field_name::FieldName;
use crate::handshake::origin::{AnyOrigin, Origins};
use crate::handshake::outcome::ServerOptions;
use crate::handshake::refusal::Refusal;
use crate::handshake::request_judge::RequestJudge;
use crate::http::error::WriteError;
use crate::http::response::{Field, check_fields};
use crate::http::writer::render;
use core::fmt;

/// The rules for a request in HTTP/2 or HTTP/3 (RFC 8441 §5, RFC 9220 §3), for servers: judges pseudo-header fields and
/// fields, and writes the answer.
///
/// **Send `SETTINGS_ENABLE_CONNECT_PROTOCOL` with the value 1**, or no client asks (RFC 8441 §3). Version, subprotocols,
/// extensions and origin are judged by the same code as in HTTP/1.1. The limits of the head are left to the HTTP stack,
/// which has read it.
///
/// After the answer, the stream is what a TCP connection is in HTTP/1.1: see
/// [`ConnectRequest`](super::ConnectRequest). A server must not connect to the host that `:authority` names, as it would
/// for a CONNECT without `:protocol` (RFC 8441 §4).
///
/// ```
/// use upframe::connection::Settings;
/// use upframe::handshake::{ConnectOutcome, ConnectRequestJudge, ServerOptions};
/// let mut judge = ConnectRequestJudge::new(ServerOptions::new().with_subprotocols(&["chat"]));
/// for (name, value) in [
///     (":method", "CONNECT"),
///     (":protocol", "websocket"),
///     (":scheme", "https"),
///     (":path", "/chat"),
///     (":authority", "server.example.com"),
///     ("sec-websocket-protocol", "chat, superchat"),
///     ("sec-websocket-version", "13"),
///     ("origin", "http://www.example.com"),
/// ] {
///     judge.field(name.as_bytes(), value.as_bytes());
/// }
/// let ConnectOutcome::Tunnel(tunnel) = judge.finish() else { panic!() };
/// let mut out = [0; 256];
/// let (fields, connection) = judge.accept(&tunnel, Settings::new(), &[], &mut out).unwrap();
/// let want = [(&b":status"[..], &b"200"[..]), (b"sec-websocket-protocol", b"chat")];
/// assert_eq!(fields.collect::<Vec<_>>(), want);
/// ```
#[derive(Clone)]
pub struct ConnectRequestJudge<'p, X: Extensions = NoExtension, O: Origins = AnyOrigin> {
    section: Section,
    /// Whether the method is CONNECT.
    connect: bool,
    /// Whether the protocol is websocket.
    websocket: bool,
    /// Whether the scheme is that of HTTP.
    http: bool,
    path: bool,
    /// What [`hash`] returns for the value of `:authority`.
    authority: u64,
    /// Whether a field has come that only HTTP/1.1 has.
    key: bool,
    /// Whether the length of a body has come.
    length: bool,
    /// The rules that both versions of HTTP have.
    shared: RequestJudge<'p, X, O>,
}

impl<'p, O: Origins> ConnectRequestJudge<'p, NoExtension, O> {
    /// Returns a judge for a server without extensions. It does not check the limits of the head.
    pub const fn new(options: ServerOptions<'p, O>) -> Self {
        Self::with_extension(options, NoExtension)
    }
}

impl<'p, X: Extensions, O: Origins> ConnectRequestJudge<'p, X, O> {
    /// Returns a judge for a server that may agree to an extension. It does not check the limits of the head.
    pub const fn with_extension(options: ServerOptions<'p, O>, extension: X) -> Self {
        Self {
            section: Section::request(),
            connect: false,
            websocket: false,
            http: false,
            path: false,
            authority: 0,
            key: false,
            length: false,
            shared: RequestJudge::with_extension(options, extension),
        }
    }

    /// Reads the next pseudo-header field, with its colon, or the next field. Several fields with one name are several
    /// lines.
    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        match self.section.read(name, value) {
            None => {}
            Some(Part::Pseudo(pseudo)) => self.pseudo(pseudo, value),
            Some(Part::Field) => match FieldName::of_any(name) {
                FieldName::Host => self.host(value),
                FieldName::Key | FieldName::Accept => self.key = true,
                FieldName::ContentLength => self.length = true,
                _ => self.shared.field(name, value),
            },
        }
    }

    fn pseudo(&mut self, pseudo: Pseudo, value: &[u8]) {
        match pseudo {
            Pseudo::Method => self.connect = value == b"CONNECT",
            Pseudo::Protocol => self.websocket = value.eq_ignore_ascii_case(b"websocket"),
            Pseudo::Scheme => {
                self.http = [&b"https"[..], b"http"].iter().any(|known| value.eq_ignore_ascii_case(known));
            }
            Pseudo::Path => {
                self.path = value.first() == Some(&b'/');
                self.shared.request_line(b"GET", value, 1);
            }
            Pseudo::Authority => {
                self.authority = hash(value);
                self.shared.field(b"host", value);
            }
            Pseudo::Status => {}
        }
    }

    fn host(&mut self, value: &[u8]) {
        if !self.section.has(Pseudo::Authority) {
            self.shared.field(b"host", value);
        // A Host beside :authority has the same value. [9113-8.3.1-host]
        } else if hash(value) != self.authority {
            self.section.fail(MalformedFields::HostDiffers);
        }
    }

    /// Ends the field section, and returns the outcome of the request.
    #[must_use]
    pub fn finish(&self) -> ConnectOutcome<'p> {
        if let Err(problem) = self.judge_section() {
            return ConnectOutcome::Malformed(problem);
        }
        if !self.section.has(Pseudo::Protocol) {
            return ConnectOutcome::PlainHttp;
        }
        // A request for another protocol than websocket is not malformed, but answered. [9220-3-protocol]
        if !self.websocket {
            return ConnectOutcome::OtherProtocol;
        }
        match self.judge() {
            Ok(tunnel) => ConnectOutcome::Tunnel(tunnel),
            Err(refusal) => ConnectOutcome::Refusal(refusal),
        }
    }

    /// Judges which pseudo-header fields have come.
    fn judge_section(&self) -> Result<(), MalformedFields> {
        self.section.judge()?;
        let has = |pseudo| self.section.has(pseudo);
        // Every request has a method. [9113-8.3.1-method]
        if !has(Pseudo::Method) {
            return Err(MalformedFields::PseudoMissing);
        }
        // Only a CONNECT has a protocol. [8441-4-method]
        if has(Pseudo::Protocol) && !self.connect {
            return Err(MalformedFields::PseudoNotAllowed);
        }
        if self.connect && !has(Pseudo::Protocol) {
            // A CONNECT without a protocol has an authority, and neither scheme nor path. [9113-8.5-connect]
            return match (has(Pseudo::Scheme) || has(Pseudo::Path), has(Pseudo::Authority)) {
                (true, _) => Err(MalformedFields::PseudoNotAllowed),
                (false, false) => Err(MalformedFields::PseudoMissing),
                (false, true) => Ok(()),
            };
        }
        // Every other request, and so one with a protocol, has a scheme and a path. [8441-4-target]
        if !has(Pseudo::Scheme) || !has(Pseudo::Path) {
            return Err(MalformedFields::PseudoMissing);
        }
        Ok(())
    }

    /// Judges a request for a WebSocket, in the order of [`Refusal`].
    fn judge(&self) -> Result<Tunnel<'p>, Refusal> {
        // The scheme is https or http: wss and ws are never sent. [8441-5-scheme]
        if !self.http {
            return Err(Refusal::Target);
        }
        // The path begins with a slash, and has the characters of a target. [8441-5-path]
        if !self.path || !self.shared.has_valid_target() {
            return Err(Refusal::Target);
        }
        // The authority is a host that may be followed by a port. Without :authority, it is that of Host.
        // [8441-5-authority]
        if !self.shared.has_valid_host() {
            return Err(Refusal::Host);
        }
        // A CONNECT has no content, and so no length of one. [9110-9.3.6-content]
        if self.length {
            return Err(Refusal::Body);
        }
        // Neither a key nor an accept value is sent: :protocol has replaced them. [8441-5-key]
        if self.key {
            return Err(Refusal::Key);
        }
        let (subprotocol, extension) = self.shared.judge_offers()?;
        Ok(Tunnel { subprotocol, extension })
    }

    /// Returns the extension, which knows what it has agreed to.
    pub const fn extension(&self) -> &X {
        self.shared.extension()
    }

    /// Returns the settings of the connection: `settings`, and the reserved bits of the extension if one was agreed to
    /// and writes an answer (RFC 6455 §5.8).
    pub fn settings(&self, tunnel: &Tunnel, settings: Settings) -> Settings {
        self.shared.settings_if(tunnel.extension, settings)
    }

    /// Writes the field section of the answer to the front of `out`, with the caller's `fields`, and returns it and the
    /// connection (RFC 8441 §5). The answer does not end the stream.
    ///
    /// The settings of the connection are `settings`, and the reserved bits of the extension if one was agreed to and
    /// writes an answer.
    ///
    /// # Errors
    ///
    /// Those of [`fields`](Self::fields).
    pub fn accept<'o>(
        &self,
        tunnel: &Tunnel<'p>,
        settings: Settings,
        fields: &[Field],
        out: &'o mut [u8],
    ) -> Result<(ConnectFields<'o>, Connection<Server>), WriteError> {
        let answer = self.fields(tunnel, fields, out)?;
        Ok((answer, Connection::server(self.settings(tunnel, settings))))
    }

    /// Writes the field section of the answer to the front of `out`, with the caller's `fields`, and returns it: for
    /// connections of other kinds, whose settings are [`settings`](Self::settings).
    ///
    /// # Errors
    ///
    /// [`WriteError::FieldName`] and [`WriteError::FieldValue`] for an invalid field; [`WriteError::FieldOwned`] for a
    /// field that the codec writes itself, or that belongs to one connection of HTTP/1.1; [`WriteError::Extension`] if
    /// the extension writes an invalid token; then [`WriteError::BufferTooSmall`]. `out` is unchanged, and the same call
    /// can be made again.
    pub fn fields<'o>(
        &self,
        tunnel: &Tunnel<'p>,
        fields: &[Field],
        out: &'o mut [u8],
    ) -> Result<ConnectFields<'o>, WriteError> {
        check_fields(fields, &OWNED_FIELDS)?;
        // An answer has no field of one connection of HTTP/1.1. [9113-8.2.2-answered]
        check_fields(fields, &CONNECTION_FIELDS)?;
        let extension = self.shared.answers_if(tunnel.extension)?;
        let written = render(out, |writer| {
            // The answer that opens the stream is a 200, never a 101. [8441-5-status]
            writer.text(":status: 200\r\n");
            if let Some(subprotocol) = tunnel.subprotocol {
                writer.field("sec-websocket-protocol", subprotocol);
            }
            // checked, so it is not malformed
            if extension && self.extension().write_elements("sec-websocket-extensions: ", writer) == Ok(true) {
                writer.text("\r\n");
            }
            write_fields(fields, writer);
        })?;
        Ok(ConnectFields::of(written))
    }
}

impl<X: Extensions, O: Origins> fmt::Debug for ConnectRequestJudge<'_, X, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectRequestJudge").field("section", &self.section).finish_non_exhaustive()
    }
}

/// Returns 64 bits of an authority, in which letters have no case (FNV-1a). Nothing depends on them but whether `Host`
/// is taken for a copy.
fn hash(authority: &[u8]) -> u64 {
    authority.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01B3)
    })
}

/// The fields of an answer that a caller must not add.
static OWNED_FIELDS: [&str; 5] = [
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Extensions",
    "Content-Length",
];
