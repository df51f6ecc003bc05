//! Sends compressed messages (RFC 7692 §6.1).

use super::compress::deflater::Deflater;
use super::compress::effort::Effort;
use super::compress::workspace::Workspace;
use crate::connection::error::SendError;
use crate::connection::facade::Connection;
use crate::connection::fragment::{DataFrame, Fragment};
use crate::connection::piece::Place;
use crate::connection::role::Role;
use crate::connection::send::transmitter::Transmitter;
use crate::frame::header::Header;
use crate::frame::reserved_bits::ReservedBits;

/// What a connection and its half have in common here.
trait Sender {
    fn check(&self, frame: DataFrame) -> Result<(), SendError>;
    fn plain<'o>(&mut self, fragment: Fragment<'_>, out: &'o mut [u8]) -> Result<&'o [u8], SendError>;
    fn in_place<'o>(&mut self, frame: DataFrame, buffer: &'o mut [u8]) -> Result<&'o [u8], SendError>;
}

impl<R: Role> Sender for Connection<R> {
    fn check(&self, frame: DataFrame) -> Result<(), SendError> {
        self.may_send(frame)
    }
    fn plain<'o>(&mut self, fragment: Fragment<'_>, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.send(fragment, out)
    }
    fn in_place<'o>(&mut self, frame: DataFrame, buffer: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.send_in_place(frame, buffer, Header::MAX_LEN)
    }
}

impl<R: Role> Sender for Transmitter<R> {
    fn check(&self, frame: DataFrame) -> Result<(), SendError> {
        self.may_send(frame)
    }
    fn plain<'o>(&mut self, fragment: Fragment<'_>, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.send(fragment, out)
    }
    fn in_place<'o>(&mut self, frame: DataFrame, buffer: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.send_in_place(frame, buffer, Header::MAX_LEN)
    }
}

/// Returns the frame of a compressed message, or of a part of it.
pub(super) const fn compressed(frame: DataFrame) -> DataFrame {
    let mut packed = frame;
    // The first frame of a compressed message has RSV1. [7692-6.1-rsv1]
    packed.reserved_bits = frame.reserved_bits.union(ReservedBits::RSV1);
    packed
}

/// Compresses before anything is sent, and notes it in the deflater after all checks.
fn send<'o, S: Sender, M: AsRef<[u8]> + AsMut<[u8]>, E: Effort, const H: usize, const T: usize>(
    sender: &mut S,
    message: Fragment<'_>,
    deflater: &mut Deflater<M, E>,
    workspace: &mut Workspace<H, T>,
    out: &'o mut [u8],
) -> Result<&'o [u8], SendError> {
    let Fragment { frame, bytes } = message;
    let packed = compressed(frame);
    // all that can be said before the work
    sender.check(packed)?;
    let room = out.get_mut(Header::MAX_LEN..).unwrap_or_default();
    let part = if frame.place == Place::Whole {
        let Some(compressed) = deflater.compress(workspace, bytes, room) else {
            let sent = sender.plain(message, out)?;
            deflater.note_plain();
            return Ok(sent);
        };
        compressed
    } else {
        let part = deflater.part(workspace, bytes, frame.place.is_last(), room);
        if part.consumed() < bytes.len() || part.is_last() != frame.place.is_last() {
            let required = Header::MAX_LEN.saturating_add(Workspace::<H, T>::bound(bytes.len()));
            return Err(SendError::BufferTooSmall { required });
        }
        part
    };
    let buffer = out.get_mut(..Header::MAX_LEN.saturating_add(part.len())).unwrap_or_default();
    let sent = sender.in_place(packed, buffer)?;
    // not before the frame is written: a client may lack entropy
    deflater.commit(bytes, part);
    Ok(sent)
}

impl<R: Role> Connection<R> {
    /// Writes a message, or a fragment of one, as one compressed frame (RFC 7692 §6.1). Returns the frame.
    ///
    /// A whole message is sent plain if compression does not make it shorter. As many bytes as it has, 7, and
    /// [`Header::MAX_LEN`] are always enough room in `out`; with less, it may be sent plain although it could be
    /// compressed.
    ///
    /// A first fragment begins a compressed message, whose other fragments are sent by this method, too. They have no
    /// choice of being plain. [`Workspace::bound`] tells how long the payload of each can get. Control frames may be sent
    /// between them.
    ///
    /// `deflater` is the one of this connection, for what was agreed on. To send a message plain on purpose, call
    /// [`send`](Self::send): see [`Deflater`] about secrets.
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings};
    /// use upframe::deflate::{Balanced, Deflater, Direction, Workspace};
    /// use upframe::frame::ReservedBits;
    /// // as the opening handshake agreed
    /// let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
    /// let mut server = Connection::server(settings);
    /// let mut deflater = Deflater::new(Direction::DEFAULT, Balanced, vec![0; 1 << 15]);
    /// let mut workspace = Box::new(Workspace::<4096, 512>::new());
    /// let mut out = [0; 64];
    /// let frame = server.send_compressed("Hello", &mut deflater, &mut workspace, &mut out).unwrap();
    /// assert_eq!(frame, b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"); // RFC 7692 §7.2.3.1
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send). [`ReservedBits`](SendError::ReservedBits) means that compression was not agreed on;
    /// [`MessageInProgress`](SendError::MessageInProgress) also that the message began plain. Nothing was sent, and
    /// neither the connection nor the deflater has changed; the content of `out` is unspecified.
    pub fn send_compressed<'a, 'o, M: AsRef<[u8]> + AsMut<[u8]>, E: Effort, const H: usize, const T: usize>(
        &mut self,
        message: impl Into<Fragment<'a>>,
        deflater: &mut Deflater<M, E>,
        workspace: &mut Workspace<H, T>,
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        send(self, message.into(), deflater, workspace, out)
    }
}

impl<R: Role> Transmitter<R> {
    /// Writes a message, or a fragment of one, as one compressed frame. See [`Connection::send_compressed`]. The deflater
    /// is with this half.
    ///
    /// # Errors
    ///
    /// Those of `Connection::send_compressed`.
    pub fn send_compressed<'a, 'o, M: AsRef<[u8]> + AsMut<[u8]>, E: Effort, const H: usize, const T: usize>(
        &mut self,
        message: impl Into<Fragment<'a>>,
        deflater: &mut Deflater<M, E>,
        workspace: &mut Workspace<H, T>,
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        send(self, message.into(), deflater, workspace, out)
    }
}
