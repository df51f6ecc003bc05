//! Messages in, compressed frames out.

use super::config::{Deflate, DeflateLevel};
use super::scratch::with_workspace;
use upframe::connection::{Fragment, Place, Role, SendError, Transmitter};
use upframe::deflate::{Balanced, Best, Deflater, Direction, Fast, Workspace};
use upframe::frame::Header;

/// What compresses the messages of one connection.
pub(crate) struct Deflating {
    config: Deflate,
    direction: Direction,
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
    pub(crate) const fn new(config: Deflate, direction: Direction) -> Self {
        Self { config, direction, packer: None, in_pieces: false }
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
        let Self { config, direction, packer, .. } = self;
        let (place, keeps) = (fragment.frame().place(), direction.takes_over());
        let mut for_once = None;
        let packer = if keeps || place != Place::Whole { packer } else { &mut for_once };
        let window = if keeps || place != Place::Whole { direction.window() } else { 0 };
        let packer = packer.get_or_insert_with(|| Packer::new(config.level, *direction, vec![0; window]));
        let len = Header::MAX_LEN.saturating_add(Workspace::<16_384, 2_048>::bound(fragment.bytes().len()));
        with_workspace(len, |workspace, out| {
            let frame = match packer {
                Packer::Fast(deflater) => transmitter.send_compressed(fragment, deflater, workspace, out),
                Packer::Balanced(deflater) => transmitter.send_compressed(fragment, deflater, workspace, out),
                Packer::Best(deflater) => transmitter.send_compressed(fragment, deflater, workspace, out),
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
