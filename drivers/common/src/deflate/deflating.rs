//! Messages in, compressed frames out.

use super::config::Deflate;
use super::packer::{Packer, each};
use super::prepared::{Following, Prepared};
use super::scratch::{Compressing, new_user, with_workspace};
use upframe::connection::{Fragment, Place, Role, SendError, Server, Transmitter};
use upframe::deflate::{Deflater, Direction, Fast};
use upframe::frame::{Header, ReservedBits};

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
    /// What the peer's window ends with, if that is what many connections got.
    ends_with: Option<SharedPast>,
}

/// The newest messages of a [`Broadcast`](super::broadcast::Broadcast), as the peer's window has them.
#[derive(Clone, Copy)]
struct SharedPast {
    broadcast: u64,
    /// Where the last one ends, in bytes of the broadcast.
    end: u64,
    /// How many bytes of it there are.
    len: usize,
}

impl Deflating {
    /// `direction` is that of what this end sends.
    pub(crate) fn new(config: Deflate, direction: Direction) -> Self {
        Self { config, direction, user: new_user(), packer: None, in_pieces: false, ends_with: None }
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
            _ if keeps => config.kept(*direction),
            Place::Whole => 0,
            _ => direction.window(),
        };
        let packer = packer.get_or_insert_with(|| Packer::new(config.level, *direction, window));
        let len = Header::MAX_LEN.saturating_add(Compressing::bound(fragment.bytes().len()));
        let is_compressed = with_workspace(*user, len, |workspace, is_other, out| {
            if is_other {
                packer.rehash(workspace);
            }
            let frame = each!(packer, deflater => transmitter.send_compressed(fragment, deflater, workspace, out))?;
            queued.extend_from_slice(frame);
            Ok::<_, SendError>(place != Place::Whole || is_compressed(frame))
        })?;
        if is_compressed {
            self.ends_with = None;
        }
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

    /// Queues a prepared message.
    pub(crate) fn send_prepared(
        &mut self,
        message: &Prepared,
        transmitter: &mut Transmitter<Server>,
        queued: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        match message.following() {
            // a window that is smaller, or that is not kept, has too little of what went before
            Some(following) if self.direction.takes_over() && following.window <= self.direction.window() => {
                self.send_following(message, following, transmitter, queued)
            }
            _ => self.send_alone(message, transmitter, queued),
        }
    }

    /// Queues a message that refers to nothing before it. If earlier messages are kept, so is this one; if there are
    /// none, nothing is lost: a window may begin with any message.
    fn send_alone(
        &mut self,
        message: &Prepared,
        transmitter: &mut Transmitter<Server>,
        queued: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let frames = message.alone();
        let frame = match &mut self.packer {
            Some(packer) => each!(packer, deflater => transmitter.send_prepared_compressed(frames, Some(deflater)))?,
            None => {
                let mut nothing_kept = Deflater::new(self.direction, Fast, []);
                transmitter.send_prepared_compressed(frames, Some(&mut nothing_kept))?
            }
        };
        if is_compressed(frame) {
            self.ends_with = None;
        }
        queued.extend_from_slice(frame);
        Ok(())
    }

    /// Queues a message that refers to those before it, if this peer's window ends with them. Otherwise, it is
    /// compressed for this connection, until the peer has as much of them as is needed.
    fn send_following(
        &mut self,
        message: &Prepared,
        following: &Following,
        transmitter: &mut Transmitter<Server>,
        queued: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let fragment = message.fragment();
        let bytes = fragment.bytes();
        let before = self.ends_with.filter(|past| (past.broadcast, past.end) == (following.broadcast, following.start));
        let held = before.map_or(0, |past| past.len);
        if following.distance <= held.min(self.direction.window()) {
            let payload = Fragment::extended(fragment.frame().kind(), ReservedBits::RSV1, &following.payload);
            let mut header = [0; Header::MAX_LEN];
            for part in transmitter.send_vectored(payload, &mut header)? {
                queued.extend_from_slice(part);
            }
            if held >= following.window {
                // its window would have nothing that is not in the broadcast's
                self.packer = None;
            } else if let Some(packer) = &mut self.packer {
                each!(packer, deflater => deflater.absorb(bytes));
            }
        } else {
            let at = queued.len();
            self.send(fragment, transmitter, queued)?;
            if !is_compressed(queued.get(at..).unwrap_or_default()) {
                self.ends_with = None;
                return Ok(());
            }
        }
        let end = following.start.wrapping_add(bytes.len() as u64);
        let len = held.saturating_add(bytes.len());
        self.ends_with = Some(SharedPast { broadcast: following.broadcast, end, len });
        Ok(())
    }
}

/// Whether the first frame of a server's message is compressed.
fn is_compressed(frame: &[u8]) -> bool {
    frame.first().is_some_and(|b0| b0 & 0x40 != 0)
}
