//! Messages that are compressed and framed once, for any number of connections.

use super::compress::deflater::Deflater;
use super::compress::effort::Effort;
use super::compress::workspace::Workspace;
use super::params::Direction;
use super::send::compressed;
use crate::connection::error::SendError;
use crate::connection::facade::Connection;
use crate::connection::fragment::{DataFrame, Fragment};
use crate::connection::role::Server;
use crate::connection::send::transmitter::Transmitter;
use crate::connection::settings::Settings;
use crate::frame::header::Header;
use crate::frame::reserved_bits::ReservedBits;
use core::fmt;

/// A message that is compressed and framed once, for any number of a server's connections, whatever each agreed on.
///
/// It holds two frames: a compressed one, which refers to nothing before it, and a plain one for connections without
/// compression or with a window that is too small. `M` is the memory of both, as in
/// [`Prepared`](crate::message::Prepared). `Debug` shows their lengths only.
///
/// ```
/// use upframe::connection::{Connection, Settings};
/// use upframe::deflate::{Best, Deflater, Direction, PreparedDeflate, Workspace};
/// use upframe::frame::ReservedBits;
/// let mut workspace = Box::new(Workspace::<4096, 512>::new());
/// let news = "news, news, and more news";
/// let news = PreparedDeflate::new(news, 15, Best, &mut workspace, [0; 80]).unwrap();
///
/// let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
/// let mut compressing = Connection::server(settings);
/// let mut deflater = Deflater::new(Direction::new(9, true), Best, [0; 512]);
/// let frame = compressing.send_prepared_compressed(&news, Some(&mut deflater)).unwrap();
/// assert_eq!((frame[0], frame.len()), (0xC1, 21));
///
/// let mut plain = Connection::server(Settings::new());
/// let frame = plain.send_prepared_compressed(&news, None::<&mut Deflater<[u8; 0], Best>>).unwrap();
/// assert_eq!((frame[0], frame.len()), (0x81, 27));
/// ```
#[derive(Clone, Copy)]
pub struct PreparedDeflate<M> {
    frame: DataFrame,
    /// The length of the message.
    len: usize,
    /// Where the plain frame ends.
    plain_end: usize,
    /// Where the compressed frame is.
    start: usize,
    end: usize,
    longest_distance: usize,
    memory: M,
}

impl<M: AsRef<[u8]> + AsMut<[u8]>> PreparedDeflate<M> {
    /// Compresses a message with a window of `window_bits` bits, 8 to 15, and frames it into `memory`.
    ///
    /// Twice the length of the message and of [`Header::MAX_LEN`] are always enough. If `memory` has no room for the
    /// compressed frame, or the message does not get shorter, there is only the plain one.
    ///
    /// # Errors
    ///
    /// Those of [`Prepared::new`](crate::message::Prepared::new). [`BufferTooSmall`](SendError::BufferTooSmall) means
    /// that the plain frame has no room. The content of `memory` is lost.
    pub fn new<'a, E: Effort, const H: usize, const T: usize>(
        message: impl Into<Fragment<'a>>,
        window_bits: u8,
        effort: E,
        workspace: &mut Workspace<H, T>,
        memory: M,
    ) -> Result<Self, SendError> {
        let message = message.into();
        let mut prepared = Self::plain_only(message, memory)?;
        let rest = prepared.memory.as_mut().get_mut(prepared.plain_end..).unwrap_or_default();
        let room = rest.get_mut(Header::MAX_LEN..).unwrap_or_default();
        let deflater = Deflater::new(Direction::new(window_bits, false), effort, []);
        if !room.is_empty()
            && let Some(packed) = deflater.compress(workspace, message.bytes, room)
        {
            let whole = Header::MAX_LEN.saturating_add(packed.len());
            let buffer = rest.get_mut(..whole).unwrap_or_default();
            let mut transmitter = Transmitter::server(allowing(message.frame));
            let frame = transmitter.send_in_place(compressed(message.frame), buffer, Header::MAX_LEN)?;
            prepared.end = prepared.plain_end.saturating_add(whole);
            prepared.start = prepared.end.saturating_sub(frame.len());
            prepared.longest_distance = packed.longest_distance();
        }
        Ok(prepared)
    }

    /// Frames a message into `memory` without compressing it: there is only the plain frame.
    ///
    /// ```
    /// use upframe::deflate::PreparedDeflate;
    /// let secret = PreparedDeflate::plain_only("news, news", [0; 12]).unwrap();
    /// assert!(secret.compressed().is_none() && secret.plain().len() == 12);
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
    pub fn plain_only<'a>(message: impl Into<Fragment<'a>>, mut memory: M) -> Result<Self, SendError> {
        let Fragment { frame, bytes } = message.into();
        if frame.place().is_first() && !frame.place().is_last() {
            return Err(SendError::MessageInProgress);
        }
        let plain = Transmitter::server(allowing(frame)).send(Fragment { frame, bytes }, memory.as_mut())?.len();
        Ok(Self { frame, len: bytes.len(), plain_end: plain, start: plain, end: plain, longest_distance: 0, memory })
    }
}

/// Returns settings that allow this frame, plain or compressed.
const fn allowing(frame: DataFrame) -> Settings {
    Settings::new().with_reserved_bits(frame.reserved_bits().union(ReservedBits::RSV1))
}

impl<M: AsRef<[u8]>> PreparedDeflate<M> {
    /// Returns the plain frame.
    pub fn plain(&self) -> &[u8] {
        self.memory.as_ref().get(..self.plain_end).unwrap_or_default()
    }

    /// Returns the compressed frame, if there is one.
    pub fn compressed(&self) -> Option<&[u8]> {
        self.memory.as_ref().get(self.start..self.end).filter(|frame| !frame.is_empty())
    }

    /// Returns the message.
    pub fn message(&self) -> &[u8] {
        self.plain().get(self.plain_end.saturating_sub(self.len)..).unwrap_or_default()
    }

    /// Returns the longest distance of a match in the compressed frame: the window, in bytes, that a peer needs.
    pub const fn longest_distance(&self) -> usize {
        self.longest_distance
    }

    /// Returns the compressed frame if a peer with this window can read it, and the message.
    fn for_window(&self, window: usize) -> Option<(&[u8], &[u8])> {
        // No match is further away than the window that was agreed on. [7692-7.2.1-prepared-window]
        if self.longest_distance > window {
            return None;
        }
        Some((self.compressed()?, self.message()))
    }
}

impl<M> PreparedDeflate<M> {
    /// Moves both frames to other memory. `f` gets the memory and the number of bytes at its front that are used: it
    /// returns memory that begins with the same bytes.
    ///
    /// ```
    /// use upframe::deflate::{Fast, PreparedDeflate, Workspace};
    /// let mut workspace = Workspace::<256, 0>::new();
    /// let news = PreparedDeflate::new("news, news", 15, Fast, &mut workspace, [0; 100]).unwrap();
    /// let news: PreparedDeflate<Box<[u8]>> = news.move_to(|memory, used| memory[..used].into());
    /// assert_eq!(news.message(), b"news, news");
    /// ```
    pub fn move_to<N>(self, f: impl FnOnce(M, usize) -> N) -> PreparedDeflate<N> {
        let Self { frame, len, plain_end, start, end, longest_distance, memory } = self;
        PreparedDeflate { frame, len, plain_end, start, end, longest_distance, memory: f(memory, end) }
    }
}

impl<M> fmt::Debug for PreparedDeflate<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packed = self.end.saturating_sub(self.start);
        write!(f, "PreparedDeflate({} bytes plain, {packed} compressed)", self.plain_end)
    }
}

/// Chooses the frame for a connection, whose deflater learns what the peer's window holds then.
fn choose<'m, M: AsRef<[u8]>, D: AsRef<[u8]> + AsMut<[u8]>, E: Effort>(
    message: &'m PreparedDeflate<M>,
    deflater: Option<&mut Deflater<D, E>>,
    check: impl Fn(DataFrame) -> Result<(), SendError>,
) -> Result<&'m [u8], SendError> {
    if let Some(deflater) = deflater
        && let Some((frame, bytes)) = message.for_window(deflater.direction().window())
    {
        check(compressed(message.frame))?;
        deflater.absorb(bytes);
        return Ok(frame);
    }
    check(message.frame)?;
    Ok(message.plain())
}

impl Connection<Server> {
    /// Returns the bytes to write for a prepared message, if this connection may send it now.
    ///
    /// With a deflater, which is that of this connection, it is the compressed frame if the agreed window is large enough
    /// for it. The peer has the message in its window then; so has the deflater.
    ///
    /// # Errors
    ///
    /// Those of [`send_compressed`](Self::send_compressed), except [`SendError::BufferTooSmall`]. Nothing changes then.
    pub fn send_prepared_compressed<'m, M: AsRef<[u8]>, D: AsRef<[u8]> + AsMut<[u8]>, E: Effort>(
        &mut self,
        message: &'m PreparedDeflate<M>,
        deflater: Option<&mut Deflater<D, E>>,
    ) -> Result<&'m [u8], SendError> {
        choose(message, deflater, |frame| self.may_send(frame))
    }
}

impl Transmitter<Server> {
    /// Returns the bytes to write for a prepared message. See [`Connection::send_prepared_compressed`].
    ///
    /// # Errors
    ///
    /// Those of `Connection::send_prepared_compressed`.
    pub fn send_prepared_compressed<'m, M: AsRef<[u8]>, D: AsRef<[u8]> + AsMut<[u8]>, E: Effort>(
        &mut self,
        message: &'m PreparedDeflate<M>,
        deflater: Option<&mut Deflater<D, E>>,
    ) -> Result<&'m [u8], SendError> {
        choose(message, deflater, |frame| self.may_send(frame))
    }
}
