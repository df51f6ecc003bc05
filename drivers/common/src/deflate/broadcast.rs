//! Messages that are compressed once, and refer to those before them.

use super::config::Deflate;
use super::packer::{Packer, each};
use super::prepared::{Following, Prepared};
use super::scratch::{Compressing, new_user, with_workspace};
use std::fmt;
use std::sync::OnceLock;
use upframe::connection::Fragment;

/// Compresses messages that the same connections get one after the other, such as news or the state of a game: each once,
/// and with matches in those before it.
///
/// A connection gets a message as it is if its peer has those before it. Otherwise, because it has just begun or because
/// it has sent something else compressed, the message is compressed for this connection, as
/// [`send`](crate::Output::send) does; after about as many messages as fit the window, it has caught up. Then it keeps no
/// window of its own. Messages that are sent plain change nothing.
///
/// So all messages get as short as with a window for each connection, and take as much time as for one connection.
/// If a peer agreed to no window, or to a smaller one than `deflate` has, its messages refer to nothing before them:
/// each is compressed once more, when the first such peer gets it.
///
/// ```
/// use upframe::connection::Settings;
/// use upframe_driver::{Broadcast, Deflate, DeflateParams, Direction, Output, Role};
/// let mut news = Broadcast::new(Some(Deflate::DEFAULT));
/// let params = DeflateParams { server: Direction::DEFAULT, client: Direction::DEFAULT };
/// let mut server =
///     Output::compressing(Role::Server, Settings::new(), 64 << 10, params, Deflate::DEFAULT);
/// for degrees in 20..40 {
///     let text = format!("{{\"boiler\":\"B-17\",\"degrees\":{degrees}.5}}");
///     server.send_prepared(&news.text(&text)).unwrap();
/// }
/// assert!(server.bytes().len() < 20 * 12); // 34 each without
/// ```
pub struct Broadcast {
    deflate: Option<Deflate>,
    user: u64,
    packer: Option<Packer>,
    /// How many bytes were compressed.
    end: u64,
}

impl Broadcast {
    /// Returns a broadcast for connections with this configuration; `None` if they do not compress.
    ///
    /// It keeps [`sent_window`](Deflate::sent_window) bytes of its messages, at most the outgoing window of the policy.
    #[must_use]
    pub fn new(deflate: Option<Deflate>) -> Self {
        Self { deflate, user: new_user(), packer: None, end: 0 }
    }

    /// Prepares the next text message. Connections get it in the order in which this is called.
    #[must_use]
    pub fn text(&mut self, text: &str) -> Prepared {
        self.prepare(Fragment::text(text))
    }

    /// Prepares the next binary message. See [`text`](Self::text).
    #[must_use]
    pub fn binary(&mut self, bytes: &[u8]) -> Prepared {
        self.prepare(Fragment::binary(bytes))
    }

    fn prepare(&mut self, message: Fragment<'_>) -> Prepared {
        let bytes = message.bytes();
        let Some(deflate) = self.deflate.filter(|deflate| bytes.len() >= deflate.min_len) else {
            return Prepared::new(message, None);
        };
        let direction = deflate.policy.outgoing();
        if !direction.takes_over() {
            return Prepared::new(message, Some(deflate));
        }
        let window = deflate.kept(direction);
        let packer = self.packer.get_or_insert_with(|| Packer::new(deflate.level, direction, window));
        // what does not get shorter here is in nobody's window, so it is plain for all
        let following = with_workspace(self.user, Compressing::bound(bytes.len()), |workspace, is_other, out| {
            if is_other {
                packer.rehash(workspace);
            }
            each!(packer, deflater => {
                let Some(compressed) = deflater.compress(workspace, bytes, out) else {
                    deflater.note_plain();
                    return None;
                };
                let distance = compressed.longest_distance();
                let payload = out.get(..compressed.len()).unwrap_or_default().into();
                deflater.commit(bytes, compressed);
                let (broadcast, start) = (self.user, self.end);
                Some(Following { broadcast, start, window, distance, payload, deflate, alone: OnceLock::new() })
            })
        });
        let Some(following) = following else { return Prepared::new(message, None) };
        self.end = self.end.wrapping_add(bytes.len() as u64);
        Prepared::following_others(message, following)
    }
}

impl fmt::Debug for Broadcast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broadcast").field("deflate", &self.deflate).finish_non_exhaustive()
    }
}
