//! Messages framed once, for any number of connections.

use crate::connection::{Connection, DataFrame, Fragment, SendError, Server, Settings, Transmitter};
use core::fmt;

/// A message framed once, for any number of a server's connections: what a server sends is the same for all (RFC 6455 §5.1).
///
/// ```
/// use upframe::connection::{Connection, Settings};
/// use upframe::message::Prepared;
/// let mut memory = [0; 64];
/// let news = Prepared::new("news", Settings::new(), &mut memory).unwrap();
/// let mut connections = [Connection::server(Settings::new()), Connection::server(Settings::new())];
/// for connection in &mut connections {
///     if let Ok(frame) = connection.send_prepared(&news) {
///         assert_eq!(frame, b"\x81\x04news"); // write it
///     }
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Prepared<'m> {
    frame: DataFrame,
    bytes: &'m [u8],
}

impl<'m> Prepared<'m> {
    /// Frames a message into `memory`, for connections with these settings: they tell which reserved bits it may carry.
    ///
    /// # Errors
    ///
    /// As [`Transmitter::send`]; [`SendError::NoMessage`] and [`SendError::MessageInProgress`] for a fragment, which
    /// is no message. `memory` is unchanged.
    pub fn new<'a>(
        message: impl Into<Fragment<'a>>,
        settings: Settings,
        memory: &'m mut [u8],
    ) -> Result<Self, SendError> {
        let message = message.into();
        if message.frame.place.is_first() && !message.frame.place.is_last() {
            return Err(SendError::MessageInProgress);
        }
        let bytes = Transmitter::server(settings).send(message, memory)?;
        Ok(Self { frame: message.frame, bytes })
    }

    /// The frame.
    pub const fn as_bytes(&self) -> &'m [u8] {
        self.bytes
    }
}

impl fmt::Debug for Prepared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({} bytes)", self.bytes.len())
    }
}

impl Connection<Server> {
    /// The bytes to write for a prepared message, if this connection may send it now.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), but there is no output to be too small.
    pub fn send_prepared<'m>(&mut self, message: &Prepared<'m>) -> Result<&'m [u8], SendError> {
        self.may_send(message.frame)?;
        Ok(message.bytes)
    }
}

impl Transmitter<Server> {
    /// The bytes to write for a prepared message, if it may be sent now.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), but there is no output to be too small.
    pub fn send_prepared<'m>(&mut self, message: &Prepared<'m>) -> Result<&'m [u8], SendError> {
        self.may_send(message.frame)?;
        Ok(message.bytes)
    }
}
