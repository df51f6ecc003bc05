//! Messages that are compressed once, for many connections.

use super::config::{Deflate, DeflateLevel};
use super::scratch::{Compressing, NOBODY, with_workspace};
use std::fmt;
use std::sync::{Arc, OnceLock};
use upframe::connection::{Fragment, MessageKind, SendError, Server, Transmitter};
use upframe::deflate::{Balanced, Best, Deflater, Effort, Fast, PreparedDeflate};
use upframe::frame::{Header, ReservedBits};

/// A message that is compressed and framed once, for any number of a server's connections.
///
/// It holds two frames: a compressed one, and a plain one for connections without compression or with a window that is
/// too small. Sending it copies a frame to the queue of the connection: **nothing is allocated for it, and nothing is
/// compressed**. A clone shares both frames. `Debug` shows lengths only.
///
/// It is compressed for itself: unlike a message of one connection, it refers to no message before it. If short messages
/// are like each other and go to the same connections, [`Broadcast`](crate::Broadcast) makes them much shorter. A
/// connection that sends only prepared messages keeps no window.
///
/// ```
/// use upframe_driver::{Deflate, Prepared};
/// let news = Prepared::text(&"news, ".repeat(100), Some(Deflate::DEFAULT));
/// assert!(news.is_compressed());
/// let the_same = news.clone();
/// assert_eq!(the_same.as_bytes().len(), 600);
/// ```
#[derive(Clone)]
pub struct Prepared(Arc<Shared>);

struct Shared {
    kind: MessageKind,
    /// Both frames; the plain one only, if the message refers to those before it.
    frames: PreparedDeflate<Box<[u8]>>,
    following: Option<Following>,
}

/// A message of a [`Broadcast`](super::broadcast::Broadcast) that refers to those before it.
pub(super) struct Following {
    pub(super) broadcast: u64,
    /// Where the message starts, in bytes of the broadcast.
    pub(super) start: u64,
    /// How many bytes the broadcast keeps.
    pub(super) window: usize,
    /// The longest distance of a match.
    pub(super) distance: usize,
    pub(super) payload: Box<[u8]>,
    /// What compresses it for itself, for a peer whose window cannot have those before it.
    pub(super) deflate: Deflate,
    /// The same, once there is such a peer.
    pub(super) alone: OnceLock<PreparedDeflate<Box<[u8]>>>,
}

impl Prepared {
    /// Prepares a text message. `deflate` is what connections have in their configuration; `None` prepares a plain
    /// frame only: for servers without compression, and for secrets, see the `Deflater` of the codec.
    ///
    /// A connection whose peer asked for a smaller window than `deflate` has gets the compressed frame if no match in it
    /// is too far away.
    #[must_use]
    pub fn text(text: &str, deflate: Option<Deflate>) -> Self {
        Self::new(Fragment::text(text), deflate)
    }

    /// Prepares a binary message. See [`text`](Self::text).
    #[must_use]
    pub fn binary(bytes: &[u8], deflate: Option<Deflate>) -> Self {
        Self::new(Fragment::binary(bytes), deflate)
    }

    pub(super) fn new(message: Fragment<'_>, deflate: Option<Deflate>) -> Self {
        let wanted = deflate.filter(|deflate| message.bytes().len() >= deflate.min_len);
        let frames = wanted.map_or_else(|| plain(message), |deflate| alone(message, deflate));
        Self(Arc::new(Shared { kind: message.frame().kind(), frames, following: None }))
    }

    /// Prepares a message of a broadcast.
    pub(super) fn following_others(message: Fragment<'_>, following: Following) -> Self {
        Self(Arc::new(Shared { kind: message.frame().kind(), frames: plain(message), following: Some(following) }))
    }

    /// Returns whether it is text.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.0.kind == MessageKind::Text
    }

    /// Returns the payload, as it is before compression.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.frames.message()
    }

    /// Returns the text of a text message.
    #[must_use]
    pub fn to_text(&self) -> Option<&str> {
        if self.is_text() { std::str::from_utf8(self.as_bytes()).ok() } else { None }
    }

    /// Returns whether there is a compressed frame: not if the message would not get shorter.
    #[must_use]
    pub fn is_compressed(&self) -> bool {
        self.0.frames.compressed().is_some() || self.0.following.is_some()
    }

    /// Returns the frames of the message for itself. That of a broadcast is compressed so when this is called first.
    pub(super) fn alone(&self) -> &PreparedDeflate<Box<[u8]>> {
        match self.following() {
            Some(following) => following.alone.get_or_init(|| alone(self.fragment(), following.deflate)),
            None => &self.0.frames,
        }
    }

    pub(super) fn following(&self) -> Option<&Following> {
        self.0.following.as_ref()
    }

    /// Returns the message, for an end that masks each frame.
    pub(crate) fn fragment(&self) -> Fragment<'_> {
        Fragment::extended(self.0.kind, ReservedBits::NONE, self.as_bytes())
    }

    /// Queues it on a connection without compression.
    pub(crate) fn queue_plain(
        &self,
        transmitter: &mut Transmitter<Server>,
        queued: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let frame = transmitter.send_prepared_compressed(&self.0.frames, None::<&mut Deflater<[u8; 0], Fast>>)?;
        queued.extend_from_slice(frame);
        Ok(())
    }
}

/// Frames a whole message plain.
#[expect(clippy::expect_used, reason = "a whole message, without reserved bits, and room for its plain frame")]
fn plain(message: Fragment<'_>) -> PreparedDeflate<Box<[u8]>> {
    let memory = vec![0; message.frame_len(false)].into_boxed_slice();
    PreparedDeflate::plain_only(message, memory).expect("a frame")
}

/// Frames a whole message plain, and compressed without those before it.
fn alone(message: Fragment<'_>, deflate: Deflate) -> PreparedDeflate<Box<[u8]>> {
    let plain = message.frame_len(false);
    // a compressed frame is never longer than the plain one
    let len = plain.saturating_add(plain).saturating_add(Header::MAX_LEN);
    with_workspace(NOBODY, len, |workspace, _, memory| {
        let memory = memory.get_mut(..len).unwrap_or_default();
        match deflate.level {
            DeflateLevel::Fast => frames(message, deflate, Fast, workspace, memory),
            DeflateLevel::Balanced => frames(message, deflate, Balanced, workspace, memory),
            DeflateLevel::Best => frames(message, deflate, Best, workspace, memory),
        }
    })
}

#[expect(clippy::expect_used, reason = "a whole message, without reserved bits, and room for its plain frame")]
fn frames<E: Effort>(
    message: Fragment<'_>,
    deflate: Deflate,
    effort: E,
    workspace: &mut Compressing,
    memory: &mut [u8],
) -> PreparedDeflate<Box<[u8]>> {
    let bits = deflate.policy.outgoing().window_bits();
    let frames = PreparedDeflate::new(message, bits, effort, workspace, memory).expect("a frame");
    frames.move_to(|memory, used| memory.get(..used).unwrap_or_default().into())
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({} bytes)", self.as_bytes().len())
    }
}
