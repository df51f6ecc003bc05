//! Messages for many connections.

use crate::deflate::config::{Deflate, DeflateLevel};
use crate::deflate::scratch::with_workspace;
use std::fmt;
use std::sync::Arc;
use upframe::connection::{Fragment, MessageKind};
use upframe::deflate::{Balanced, Best, Effort, Fast, PreparedDeflate};
use upframe::frame::Header;

/// The number of the user of a thread's workspace that is no connection.
const NO_CONNECTION: u64 = u64::MAX;

/// A message for many connections: it is compressed once, whatever each of them has agreed on. A clone shares its memory.
/// `Debug` shows lengths only.
///
/// Without [`with_deflate`](Self::with_deflate) it is sent plain. With it, a server sends the compressed frame to each
/// client with a window that is large enough for it, and the plain one to all others. The frame refers to no earlier
/// message, so it is longer than what a connection with context takeover would send: this is for messages of some hundred
/// bytes and more, or for many connections.
///
/// ```
/// use upframe::connection::Settings;
/// use upframe_driver::{Deflate, DeflateParams, Direction, Output, PreparedMessage, Role};
/// let news = PreparedMessage::text("Hello! ".repeat(100)).with_deflate(Deflate::DEFAULT);
/// let params = DeflateParams { server: Direction::DEFAULT, client: Direction::DEFAULT };
/// let settings = Settings::new();
/// let mut one = Output::compressing(Role::Server, settings, 1024, params, Deflate::DEFAULT);
/// let mut other = Output::new(Role::Server, settings, 1024);
/// one.send_prepared(&news).unwrap();
/// other.send_prepared(&news).unwrap();
/// assert!(one.bytes().len() < 30 && other.bytes().len() == 704);
/// ```
#[derive(Clone)]
pub struct PreparedMessage(Arc<Shared>);

enum Shared {
    // without frames: a header takes no time
    Text(String),
    Binary(Vec<u8>),
    /// A plain frame and a compressed one, and the length of the message.
    Both(MessageKind, usize, PreparedDeflate<Vec<u8>>),
}

impl PreparedMessage {
    /// Prepares a text message.
    pub fn text(text: impl Into<String>) -> Self {
        Self(Arc::new(Shared::Text(text.into())))
    }

    /// Prepares a binary message.
    pub fn binary(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Arc::new(Shared::Binary(bytes.into())))
    }

    /// Returns the same message with a frame that is compressed as this tells, which takes about as much memory again.
    /// Returns it unchanged if it has fewer bytes than `min_len`, or does not get shorter. The window is that of `policy`
    /// for what a server sends.
    ///
    /// **A message that has both a secret and text that an attacker chose must not be compressed**: its length tells the
    /// secret, byte by byte (CRIME, BREACH).
    #[must_use]
    pub fn with_deflate(self, deflate: Deflate) -> Self {
        if self.len() < deflate.min_len {
            return self;
        }
        let bits = deflate.policy.outgoing().window_bits();
        let both = match deflate.level {
            DeflateLevel::Fast => self.compressed(bits, Fast),
            DeflateLevel::Balanced => self.compressed(bits, Balanced),
            DeflateLevel::Best => self.compressed(bits, Best),
        };
        let Some(both) = both else { return self };
        Self(Arc::new(Shared::Both(self.fragment().frame().kind(), self.len(), both)))
    }

    /// Both frames; `None` if the compressed one is not shorter.
    fn compressed(&self, window_bits: u8, effort: impl Effort) -> Option<PreparedDeflate<Vec<u8>>> {
        let memory = vec![0; self.len().saturating_add(Header::MAX_LEN).saturating_mul(2)];
        let both = with_workspace(NO_CONNECTION, 0, |workspace, _, _| {
            PreparedDeflate::new(self.fragment(), window_bits, effort, workspace, memory)
        });
        both.ok().filter(|both| both.compressed().is_some())
    }

    /// Returns the message, as a fragment that is the whole of it.
    #[must_use]
    pub fn fragment(&self) -> Fragment<'_> {
        match &*self.0 {
            Shared::Text(text) => Fragment::text(text),
            Shared::Both(MessageKind::Text, ..) => {
                Fragment::text(std::str::from_utf8(self.as_bytes()).unwrap_or_default())
            }
            Shared::Binary(_) | Shared::Both(..) => Fragment::binary(self.as_bytes()),
        }
    }

    /// Returns the bytes of the message.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &*self.0 {
            Shared::Text(text) => text.as_bytes(),
            Shared::Binary(bytes) => bytes,
            Shared::Both(_, len, both) => {
                both.plain().get(both.plain().len().saturating_sub(*len)..).unwrap_or_default()
            }
        }
    }

    /// Returns the length of the message in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether the message is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// Returns the length of the compressed frame in bytes; `None` if there is none.
    #[must_use]
    pub fn compressed_len(&self) -> Option<usize> {
        self.both()?.compressed().map(<[u8]>::len)
    }

    pub(crate) fn both(&self) -> Option<&PreparedDeflate<Vec<u8>>> {
        match &*self.0 {
            Shared::Text(_) | Shared::Binary(_) => None,
            Shared::Both(_, _, both) => Some(both),
        }
    }
}

impl fmt::Debug for PreparedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.compressed_len() {
            None => write!(f, "PreparedMessage({} bytes)", self.len()),
            Some(frame) => write!(f, "PreparedMessage({} bytes, {frame} compressed)", self.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Output, Role};
    use upframe::connection::{Client, Event, Receiver, SendError, Settings};
    use upframe::deflate::{DeflateParams, DeflatePolicy, Direction, FastTables, MessageInflater};
    use upframe::frame::{CloseCode, ReservedBits};

    /// A client that inflates with what was agreed on, and keeps what it has received.
    struct Peer {
        receiver: Receiver<Client<()>>,
        inflater: Option<MessageInflater<Vec<u8>>>,
        received: Vec<u8>,
    }

    impl Peer {
        fn new(params: Option<DeflateParams>) -> Self {
            let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
            let inflater = params.map(|params| {
                let incoming = params.incoming(false);
                MessageInflater::new(incoming, vec![0; incoming.window().max(512)]).unwrap()
            });
            Self { receiver: Receiver::<Client<()>>::new(settings), inflater, received: Vec::new() }
        }

        fn receive(&mut self, wire: &[u8]) {
            let Self { receiver, inflater, received } = self;
            let (mut wire, mut tables) = (wire.to_vec(), Box::new(FastTables::new()));
            let mut input = &mut wire[..];
            while let Some(event) = receiver.receive(&mut input) {
                match event {
                    Event::Text(text) => received.extend_from_slice(text.as_bytes()),
                    Event::Binary(binary) => received.extend_from_slice(binary.as_bytes()),
                    Event::Extended(mut piece) => {
                        let inflater = inflater.as_mut().expect("compression was agreed on");
                        while let Some(event) = receiver.inflate(inflater, &mut tables, &mut piece) {
                            match event {
                                Event::Text(text) => received.extend_from_slice(text.as_bytes()),
                                Event::Binary(binary) => received.extend_from_slice(binary.as_bytes()),
                                other => panic!("{other:?}"),
                            }
                        }
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    fn agreed(bits: u8, takes_over: bool) -> Option<DeflateParams> {
        Some(DeflateParams { server: Direction::new(bits, takes_over), client: Direction::DEFAULT })
    }

    fn output(params: Option<DeflateParams>) -> Output {
        match params {
            None => Output::new(Role::Server, Settings::new(), 1 << 16),
            Some(params) => Output::compressing(Role::Server, Settings::new(), 1 << 16, params, Deflate::DEFAULT),
        }
    }

    /// A message that a window of 512 bytes is too small for, if `far`.
    fn text(number: usize, far: bool) -> String {
        let news = format!("{{\"news\":{number},\"text\":\"The quick brown fox jumps over the lazy dog\"}}");
        let between: String = (0..1000).map(|i| char::from(b'!' + (i * 7919 % 89) as u8)).collect();
        if far { format!("{news}{between}{news}") } else { format!("{news}{news}") }
    }

    #[test]
    fn six_hundred_prepared_messages_between_others_are_inflated_rightly_whatever_was_agreed_on() {
        let all = [None, agreed(15, true), agreed(15, false), agreed(9, true), agreed(10, false)];
        let mut ends: Vec<_> = all.iter().map(|params| (output(*params), Peer::new(*params), Vec::new())).collect();
        for number in 0..600 {
            let level = [DeflateLevel::Fast, DeflateLevel::Balanced, DeflateLevel::Best][number % 3];
            let prepared = PreparedMessage::text(text(number, number % 5 == 0));
            let prepared = prepared.with_deflate(Deflate::DEFAULT.with_level(level));
            assert!(prepared.compressed_len().is_some_and(|len| len < prepared.len()));
            for (i, (output, peer, sent)) in ends.iter_mut().enumerate() {
                let own = text(number + i, false);
                // sometimes one of their own before it, compressed or plain
                match (number + i) % 4 {
                    0 => output.send(Fragment::text(&own)).unwrap(),
                    1 => output.send_plain(Fragment::text(&own)).unwrap(),
                    _ => {}
                }
                if (number + i) % 4 < 2 {
                    sent.extend_from_slice(own.as_bytes());
                }
                output.send_prepared(&prepared).unwrap();
                sent.extend_from_slice(prepared.as_bytes());
                peer.receive(output.bytes());
                output.advance(usize::MAX);
                assert!(peer.received == *sent, "message {number} with {:?}", all[i]);
            }
        }
    }

    #[test]
    fn it_is_compressed_for_those_whose_window_is_large_enough() {
        let deflate = Deflate::DEFAULT;
        for (far, bits, compressed) in [(false, 15, true), (false, 9, true), (true, 15, true), (true, 9, false)] {
            let message = PreparedMessage::text(text(1, far)).with_deflate(deflate);
            let mut output = output(agreed(bits, true));
            output.send_prepared(&message).unwrap();
            assert_eq!(output.bytes()[0], if compressed { 0xC1 } else { 0x81 }, "{far} {bits}");
        }
        // without the option, and if it does not shrink, it is plain for all
        for message in [PreparedMessage::text(text(1, false)), PreparedMessage::binary([7]).with_deflate(deflate)] {
            assert_eq!(message.compressed_len(), None);
            let mut output = output(agreed(15, true));
            output.send_prepared(&message).unwrap();
            assert_eq!(output.bytes()[0] & 0x40, 0);
            assert!(output.bytes().ends_with(message.as_bytes()));
        }
        // the policy limits the window, as for any message that a server sends
        let small = DeflatePolicy::new().with_outgoing(Direction::new(9, true));
        let message = PreparedMessage::text(text(1, true)).with_deflate(deflate.with_policy(small));
        let mut output = output(agreed(9, true));
        output.send_prepared(&message).unwrap();
        assert_eq!(output.bytes()[0], 0xC1);
    }

    #[test]
    fn a_client_masks_it_and_inflates_to_the_same() {
        let message = PreparedMessage::text(text(1, false)).with_deflate(Deflate::DEFAULT);
        for params in [None, agreed(15, true)] {
            let mut output = match params {
                None => Output::new(Role::Client, Settings::new(), 1 << 16),
                Some(params) => Output::compressing(Role::Client, Settings::new(), 64, params, Deflate::DEFAULT),
            };
            output.send_prepared(&message).unwrap();
            assert_eq!(output.bytes()[1] & 0x80, 0x80);
            assert_eq!(output.bytes().len() < message.len(), params.is_some());
        }
    }

    #[test]
    fn where_a_message_may_not_be_sent_nothing_changes() {
        let message = PreparedMessage::text(text(1, false)).with_deflate(Deflate::DEFAULT);
        for params in [None, agreed(15, true), agreed(15, false)] {
            let mut output = output(params);
            output.send(Fragment::text("begun").first()).unwrap();
            let before = output.bytes().to_vec();
            assert_eq!(output.send_prepared(&message), Err(SendError::MessageInProgress));
            assert_eq!(output.bytes(), before);
            output.send(Fragment::text("ended").last()).unwrap();
            output.send_prepared(&message).unwrap();
            output.close(CloseCode::NORMAL, "").unwrap();
            let before = output.bytes().to_vec();
            assert_eq!(output.send_prepared(&message), Err(SendError::Closing));
            assert_eq!(output.bytes(), before);
        }
    }

    #[test]
    fn a_clone_shares_its_memory_and_debug_shows_lengths() {
        let message = PreparedMessage::text("secret ".repeat(20)).with_deflate(Deflate::DEFAULT);
        assert_eq!(message.clone().as_bytes().as_ptr(), message.as_bytes().as_ptr());
        assert!(!format!("{message:?}").contains("secret"));
        assert!(PreparedMessage::binary([]).is_empty());
    }
}
