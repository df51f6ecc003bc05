//! Messages that are framed once, for any number of connections.

use crate::connection::error::SendError;
use crate::connection::facade::Connection;
use crate::connection::fragment::{DataFrame, Fragment};
use crate::connection::role::Server;
use crate::connection::send::transmitter::Transmitter;
use crate::connection::settings::Settings;
use core::fmt;

/// A message that is framed once, for any number of a server's connections: a server does not mask, so the frame is the
/// same for all (RFC 6455 §5.1). `Debug` shows its length only.
///
/// `M` is the memory of the frame: a caller-provided buffer, or a type that owns one. Threads can share a
/// `Prepared<Vec<u8>>` in an `Arc`.
///
/// ```
/// use upframe::connection::{Connection, Settings};
/// use upframe::message::Prepared;
/// let news = Prepared::new("news", Settings::new(), [0; 64]).unwrap();
/// let mut connections =
///     [Connection::server(Settings::new()), Connection::server(Settings::new())];
/// for connection in &mut connections {
///     if let Ok(frame) = connection.send_prepared(&news) {
///         assert_eq!(frame, b"\x81\x04news"); // write it
///     }
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Prepared<M> {
    frame: DataFrame,
    len: usize,
    memory: M,
}

impl<M: AsRef<[u8]>> Prepared<M> {
    /// Frames a message into `memory`, for connections with these settings, which determine the reserved bits that it
    /// may have.
    ///
    /// The length of the message and [`Header::MAX_LEN`](crate::frame::Header::MAX_LEN) bytes are always enough.
    ///
    /// # Errors
    ///
    /// [`SendError::NoMessage`] and [`SendError::MessageInProgress`] for a fragment, which is not a whole message;
    /// otherwise those of [`Transmitter::send`]. `memory` is unchanged.
    pub fn new<'a>(message: impl Into<Fragment<'a>>, settings: Settings, mut memory: M) -> Result<Self, SendError>
    where
        M: AsMut<[u8]>,
    {
        let message = message.into();
        // A prepared message is whole, in one frame, and is sent only when a message may be sent. [5.4-prepared]
        if message.frame.place.is_first() && !message.frame.place.is_last() {
            return Err(SendError::MessageInProgress);
        }
        let len = Transmitter::server(settings).send(message, memory.as_mut())?.len();
        Ok(Self { frame: message.frame, len, memory })
    }

    /// Returns the whole frame.
    pub fn as_bytes(&self) -> &[u8] {
        self.memory.as_ref().get(..self.len).unwrap_or_default()
    }
}

impl<M> fmt::Debug for Prepared<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({} bytes)", self.len)
    }
}

impl Connection<Server> {
    /// Returns the bytes to write for a prepared message, if this connection may send it now.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send), except [`SendError::BufferTooSmall`]. Nothing changes then.
    pub fn send_prepared<'m, M: AsRef<[u8]>>(&mut self, message: &'m Prepared<M>) -> Result<&'m [u8], SendError> {
        self.may_send(message.frame)?;
        Ok(message.as_bytes())
    }
}

impl Transmitter<Server> {
    /// Returns the bytes to write for a prepared message, if it may be sent now.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send), except [`SendError::BufferTooSmall`]. Nothing changes then.
    pub fn send_prepared<'m, M: AsRef<[u8]>>(&mut self, message: &'m Prepared<M>) -> Result<&'m [u8], SendError> {
        self.may_send(message.frame)?;
        Ok(message.as_bytes())
    }
}
