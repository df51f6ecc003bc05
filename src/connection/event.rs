//! What the peer did.

use super::error::ProtocolError;
use super::fragment::Fragment;
use super::piece::{Binary, Extended, Text};
use crate::frame::CloseCode;

/// What the peer did. Borrows the input, never the connection, so that a reply can be sent while it is held.
///
/// Closed: RFC 6455 knows no other. `Debug` shows no payload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub enum Event<'b> {
    /// A piece of a text message.
    Text(Text<'b>),
    /// A piece of a binary message.
    Binary(Binary<'b>),
    /// A piece of a message that an extension changed: only where [`Settings`](super::Settings) own a reserved bit.
    Extended(Extended<'b>),
    /// A Ping (RFC 6455 §5.5.2). The Pong is queued, unless this end has sent its Close: nothing follows that. Its
    /// payload is the connection's `control_payload`.
    Ping,
    /// A Pong (§5.5.3). Its payload is the connection's `control_payload`.
    Pong,
    /// A Close (§5.5.1) with this code, [`CloseCode::NO_STATUS`] where it had none. The answer is queued; nothing comes
    /// after it.
    Close(CloseCode),
    /// The peer broke the protocol. The Close that says so is queued; nothing comes after it.
    Failed(ProtocolError),
}

impl<'b> Event<'b> {
    /// A piece of a message as something to send; `None` for what is no data. All that an echo needs.
    #[inline]
    pub fn as_fragment(&self) -> Option<Fragment<'_>> {
        match self {
            Self::Text(text) => Some(text.as_fragment()),
            Self::Binary(binary) => Some(binary.as_fragment()),
            Self::Extended(compressed) => Some(compressed.as_fragment()),
            Self::Ping | Self::Pong | Self::Close(_) | Self::Failed(_) => None,
        }
    }

    /// The bytes that lie in the input: none for a code point that was cut.
    pub(super) fn in_input(&self) -> &'b [u8] {
        match self {
            Self::Text(text) => text.chars.in_input().unwrap_or_default(),
            Self::Binary(binary) => binary.bytes,
            Self::Extended(compressed) => compressed.bytes,
            _ => &[],
        }
    }

    /// The same event with its bytes elsewhere.
    pub(super) fn moved_to(self, bytes: &[u8]) -> Event<'_> {
        match self {
            Self::Text(text) => Event::Text(Text { chars: text.chars.moved_to(bytes), ..text }),
            Self::Binary(binary) => Event::Binary(Binary { bytes, ..binary }),
            Self::Extended(compressed) => Event::Extended(Extended { bytes, ..compressed }),
            Self::Ping => Event::Ping,
            Self::Pong => Event::Pong,
            Self::Close(code) => Event::Close(code),
            Self::Failed(error) => Event::Failed(error),
        }
    }
}
