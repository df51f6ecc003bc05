//! Messages in, compressed frames out.

use super::config::{Deflate, DeflateLevel};
use super::scratch::with_workspace;
use std::sync::atomic::{AtomicU64, Ordering};
use upframe::connection::{Fragment, Place, Role, SendError, Server, Transmitter};
use upframe::deflate::{Balanced, Best, Deflater, Direction, Effort, Fast, PreparedDeflate, Workspace};
use upframe::frame::Header;

/// What compresses the messages of one connection.
pub(crate) struct Deflating {
    config: Deflate,
    direction: Direction,
    /// The number of this connection, for what a thread shares.
    user: u64,
    /// With context takeover: it is there as soon as a message was compressed. Without: while one is sent in pieces.
    packer: Option<Packer>,
    /// Whether the message that is sent in pieces is compressed.
    in_pieces: bool,
}

/// The level is a type for the codec.
enum Packer {
    Fast(Deflater<Vec<u8>, Fast>),
    Balanced(Deflater<Vec<u8>, Balanced>),
    Best(Deflater<Vec<u8>, Best>),
}

impl Deflating {
    /// `direction` is that of what this end sends.
    pub(crate) fn new(config: Deflate, direction: Direction) -> Self {
        static USERS: AtomicU64 = AtomicU64::new(0);
        let user = USERS.fetch_add(1, Ordering::Relaxed);
        Self { config, direction, user, packer: None, in_pieces: false }
    }

    /// Whether a message, or the next piece of one, is to be compressed. `plain`: the program does not want that.
    pub(crate) fn wants(&self, fragment: &Fragment<'_>, plain: bool) -> bool {
        match fragment.frame().place() {
            Place::Whole => !plain && fragment.bytes().len() >= self.config.min_len,
            Place::First => !plain,
            Place::Middle | Place::Last => self.in_pieces,
        }
    }

    /// Queues a message, or a piece of one, compressed; or plain, if a whole message does not get shorter.
    pub(crate) fn send<R: Role>(
        &mut self,
        fragment: Fragment<'_>,
        transmitter: &mut Transmitter<R>,
        queued: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let Self { config, direction, user, packer, .. } = self;
        let (place, keeps) = (fragment.frame().place(), direction.takes_over());
        let mut for_once = None;
        let packer = if keeps || place != Place::Whole { packer } else { &mut for_once };
        let window = match place {
            _ if keeps => direction.window().min(config.sent_window),
            Place::Whole => 0,
            _ => direction.window(),
        };
        let packer = packer.get_or_insert_with(|| Packer::new(config.level, *direction, vec![0; window]));
        let len = Header::MAX_LEN.saturating_add(Workspace::<16_384, 2_048>::bound(fragment.bytes().len()));
        with_workspace(*user, len, |workspace, is_other, out| {
            let frame = match packer {
                Packer::Fast(deflater) => send(deflater, fragment, transmitter, workspace, is_other, out),
                Packer::Balanced(deflater) => send(deflater, fragment, transmitter, workspace, is_other, out),
                Packer::Best(deflater) => send(deflater, fragment, transmitter, workspace, is_other, out),
            };
            frame.map(|frame| queued.extend_from_slice(frame))
        })?;
        match place {
            Place::First => self.in_pieces = true,
            Place::Last => {
                self.in_pieces = false;
                if !keeps {
                    self.packer = None;
                }
            }
            Place::Middle | Place::Whole => {}
        }
        Ok(())
    }

    /// Returns the frame of a prepared message that may be sent now. If earlier messages are kept, so is this one.
    ///
    /// If nothing is kept yet, nothing is lost either: a window may begin with any message.
    pub(crate) fn prepared<'m>(
        &mut self,
        message: &'m PreparedDeflate<Box<[u8]>>,
        transmitter: &mut Transmitter<Server>,
    ) -> Result<&'m [u8], SendError> {
        match &mut self.packer {
            Some(Packer::Fast(deflater)) => transmitter.send_prepared_compressed(message, Some(deflater)),
            Some(Packer::Balanced(deflater)) => transmitter.send_prepared_compressed(message, Some(deflater)),
            Some(Packer::Best(deflater)) => transmitter.send_prepared_compressed(message, Some(deflater)),
            None => {
                let mut nothing_kept = Deflater::new(self.direction, Fast, []);
                transmitter.send_prepared_compressed(message, Some(&mut nothing_kept))
            }
        }
    }
}

/// What the connection has sent is entered again if another one has used the workspace since: its messages have taken
/// most of the places.
fn send<'o, R: Role, E: Effort>(
    deflater: &mut Deflater<Vec<u8>, E>,
    fragment: Fragment<'_>,
    transmitter: &mut Transmitter<R>,
    workspace: &mut Workspace,
    is_other: bool,
    out: &'o mut [u8],
) -> Result<&'o [u8], SendError> {
    if is_other {
        deflater.rehash(workspace);
    }
    transmitter.send_compressed(fragment, deflater, workspace, out)
}

impl Packer {
    fn new(level: DeflateLevel, direction: Direction, window: Vec<u8>) -> Self {
        match level {
            DeflateLevel::Fast => Self::Fast(Deflater::new(direction, Fast, window)),
            DeflateLevel::Balanced => Self::Balanced(Deflater::new(direction, Balanced, window)),
            DeflateLevel::Best => Self::Best(Deflater::new(direction, Best, window)),
        }
    }
}
