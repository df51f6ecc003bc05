//! Messages that are compressed once, for connections of all kinds. zlib inflates what is on the wire.

use flate2::{Decompress, FlushDecompress};
use upframe::connection::{Fragment, SendError, Settings};
use upframe::frame::CloseCode;
use upframe_driver::{
    Broadcast, Deflate, DeflateLevel, DeflateParams, DeflatePolicy, Direction, Output, Prepared, Role,
};

const SETTINGS: Settings = Settings::new();
const ROOM: usize = 1 << 20;
const LEVELS: [DeflateLevel; 3] = [DeflateLevel::Fast, DeflateLevel::Balanced, DeflateLevel::Best];
const ALL: Deflate = Deflate::DEFAULT.with_min_len(0);

/// What the peer of a server has: zlib with the window that was agreed on.
struct Peer {
    direction: Option<Direction>,
    zlib: Decompress,
    compressed: bool,
    message: Vec<u8>,
}

impl Peer {
    fn new(direction: Option<Direction>) -> Self {
        let bits = direction.map_or(15, |direction| direction.window_bits().max(9));
        let zlib = Decompress::new_with_window_bits(false, bits);
        Self { direction, zlib, compressed: false, message: vec![] }
    }

    /// Reads whole frames. Returns the messages.
    fn read(&mut self, mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut messages = vec![];
        while let &[b0, len, ref rest @ ..] = bytes {
            let (len, rest) = match len {
                126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
                127 => (usize::try_from(u64::from_be_bytes(rest[..8].try_into().unwrap())).unwrap(), &rest[8..]),
                len => (usize::from(len), rest),
            };
            let (payload, rest) = rest.split_at(len);
            bytes = rest;
            match b0 & 0x0F {
                0 => assert_eq!(b0 & 0x70, 0),
                1 | 2 => self.compressed = b0 & 0x40 != 0,
                _ => continue, // a control frame
            }
            self.message.extend_from_slice(payload);
            if b0 & 0x80 != 0 {
                let message = std::mem::take(&mut self.message);
                messages.push(if self.compressed { self.inflate(message) } else { message });
            }
        }
        messages
    }

    fn inflate(&mut self, mut message: Vec<u8>) -> Vec<u8> {
        let direction = self.direction.expect("compression was agreed on");
        message.extend([0, 0, 0xFF, 0xFF]);
        if !direction.takes_over() {
            self.zlib.reset(false);
        }
        let (start, mut inflated) = (self.zlib.total_in(), vec![]);
        loop {
            let at = usize::try_from(self.zlib.total_in() - start).unwrap();
            // so little room that all but the nearest matches are in zlib's window
            let (mut out, before) = ([0; 64], self.zlib.total_out());
            self.zlib.decompress(&message[at..], &mut out, FlushDecompress::Sync).expect("what zlib accepts");
            let n = usize::try_from(self.zlib.total_out() - before).unwrap();
            inflated.extend_from_slice(&out[..n]);
            if n < out.len() && self.zlib.total_in() - start == message.len() as u64 {
                return inflated;
            }
        }
    }
}

/// A xorshift generator: the same messages in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }

    /// News that are like each other, some of them with a match that is far away.
    fn message(&mut self) -> String {
        let names = ["temperature", "pressure", "wind"];
        let reading = |random: &mut Self| format!("{{\"{}\":{}}},", names[random.below(3)], random.below(1000));
        let mut text: String = (0..2 + self.below(5)).map(|_| reading(self)).collect();
        if self.below(40) == 0 {
            let far = self.below(36_000);
            let between: String = (0..far).map(|_| char::from(b' ' + self.below(90) as u8)).collect();
            text = format!("{text}{between}{text}");
        }
        text
    }
}

fn server(direction: Option<Direction>, level: DeflateLevel) -> Output {
    match direction {
        None => Output::new(Role::Server, SETTINGS, ROOM),
        Some(server) => {
            let params = DeflateParams { server, client: Direction::DEFAULT };
            Output::compressing(Role::Server, SETTINGS, ROOM, params, ALL.with_level(level))
        }
    }
}

fn all_written(output: &mut Output) -> Vec<u8> {
    let bytes = output.bytes().to_vec();
    output.advance(bytes.len());
    bytes
}

/// With takeover, what is prepared gets into the peer's window: what the connection compresses afterwards must know.
#[test]
fn six_hundred_messages_reach_connections_of_all_kinds() {
    let windows = (8..=15).flat_map(|bits| [true, false].map(|takes_over| Some(Direction::new(bits, takes_over))));
    let mut connections: Vec<_> = std::iter::once(None)
        .chain(windows)
        .enumerate()
        .map(|(i, direction)| (server(direction, LEVELS[i % 3]), Peer::new(direction), direction))
        .collect();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut compressed, mut own) = (0, 0);
    for round in 0..600 {
        let news = random.message();
        let deflate = ALL.with_level(LEVELS[round % 3]);
        let prepared = if round % 5 == 0 {
            Prepared::binary(news.as_bytes(), Some(deflate))
        } else {
            Prepared::text(&news, Some(deflate))
        };
        assert_eq!((prepared.as_bytes(), prepared.is_text()), (news.as_bytes(), round % 5 != 0));
        for (output, peer, direction) in &mut connections {
            let what = random.below(4);
            let mut wanted = vec![news.clone()];
            output.send_prepared(&prepared).unwrap();
            if direction.is_none() {
                let mut plain = server(None, DeflateLevel::Fast);
                plain
                    .send(if prepared.is_text() { Fragment::text(&news) } else { Fragment::binary(news.as_bytes()) })
                    .unwrap();
                assert_eq!(output.bytes(), plain.bytes());
            }
            compressed += usize::from(output.bytes()[0] & 0x40 != 0);
            if what > 0 {
                output.ping(b"?").unwrap();
                wanted.push(random.message());
                let at = output.bytes().len();
                let (text, half) = (wanted[1].as_str(), wanted[1].len() / 2);
                match what {
                    1 => output.send(Fragment::text(text)).unwrap(),
                    2 => output.send_plain(Fragment::text(text)).unwrap(),
                    _ => {
                        output.send(Fragment::text(&text[..half]).first()).unwrap();
                        // another message has no place in it, and changes nothing
                        assert_eq!(output.send_prepared(&prepared), Err(SendError::MessageInProgress));
                        output.send(Fragment::text(&text[half..]).last()).unwrap();
                    }
                }
                own += usize::from(output.bytes()[at] & 0x40 != 0);
            }
            let messages = peer.read(&all_written(output));
            assert!(messages.iter().eq(wanted.iter().map(|text| text.as_bytes())), "{round} {direction:?}");
        }
    }
    // neither is rare, or nothing would be tested
    assert!(compressed > 5_000 && own > 3_000, "{compressed} {own}");
}

/// Connections of all kinds begin at any message, and send others in between: compressed, plain, in pieces, or prepared
/// elsewhere.
#[test]
fn a_broadcast_reaches_connections_that_begin_anywhere_and_send_something_else_in_between() {
    let mut random = Random(0xD1B5_4A32_D192_ED03);
    for level in LEVELS {
        for policy_bits in [9, 12, 15] {
            let policy = DeflatePolicy::new().with_outgoing(Direction::new(policy_bits, true));
            let deflate = ALL.with_level(level).with_policy(policy).with_sent_window(1 << 11);
            let windows = [8, 9, 11, 15].map(|bits: u8| bits.min(policy_bits));
            let directions =
                windows.into_iter().flat_map(|bits| [true, false].map(|takes| Some(Direction::new(bits, takes))));
            let mut broadcast = Broadcast::new(Some(deflate));
            let mut open: Vec<(Output, Peer, usize)> = vec![];
            let mut directions = directions.chain([None]).cycle();
            for round in 0..300 {
                if round % 10 == 0 {
                    let direction = directions.next().unwrap();
                    open.push((server(direction, level), Peer::new(direction), random.below(30) + 2));
                }
                let news = random.message();
                let prepared = if round % 7 == 0 { broadcast.binary(news.as_bytes()) } else { broadcast.text(&news) };
                assert_eq!((prepared.as_bytes(), prepared.is_text()), (news.as_bytes(), round % 7 != 0));
                for (output, peer, rare) in &mut open {
                    let mut wanted = vec![];
                    // one of them misses a message now and then
                    if random.below(*rare * 2) != 0 {
                        output.send_prepared(&prepared).unwrap();
                        wanted.push(news.clone());
                    }
                    if random.below(*rare) == 0 {
                        let other = random.message();
                        match random.below(4) {
                            0 => output.send(Fragment::text(&other)).unwrap(),
                            1 => output.send_plain(Fragment::text(&other)).unwrap(),
                            2 => output.send_prepared(&Prepared::text(&other, Some(deflate))).unwrap(),
                            _ => {
                                output.send(Fragment::text(&other[..9]).first()).unwrap();
                                assert_eq!(output.send_prepared(&prepared), Err(SendError::MessageInProgress));
                                output.send(Fragment::text(&other[9..]).last()).unwrap();
                            }
                        }
                        wanted.push(other);
                    }
                    let messages = peer.read(&all_written(output));
                    assert!(messages.iter().eq(wanted.iter().map(|text| text.as_bytes())), "{level:?} {round}");
                }
            }
        }
    }
}

/// They refer to nothing before them, whoever gets them first, and are the same for all such peers.
#[test]
fn peers_without_takeover_get_the_messages_of_a_broadcast_as_if_each_were_prepared_for_itself() {
    let (mut random, mut broadcast, direction) = (Random(5), Broadcast::new(Some(ALL)), Direction::new(15, false));
    let mut alone = [0, 0, 0].map(|_| server(Some(direction), DeflateLevel::Balanced));
    let mut follows = server(Some(Direction::new(12, true)), DeflateLevel::Balanced);
    let (mut peer, mut compressed) = (Peer::new(Some(direction)), 0);
    for _ in 0..50 {
        let news = random.message();
        let prepared = broadcast.text(&news);
        let [first, second, for_itself] = &mut alone;
        first.send_prepared(&prepared).unwrap();
        follows.send_prepared(&prepared).unwrap();
        second.send_prepared(&prepared.clone()).unwrap();
        for_itself.send_prepared(&Prepared::text(&news, Some(ALL))).unwrap();
        let [first, second, for_itself] = alone.each_mut().map(all_written);
        assert!(peer.read(&first).iter().eq([news.as_bytes()]));
        assert!(first == second);
        if first[0] == 0xC1 {
            compressed += 1;
            // what was in the workspace may change a match
            assert!(first.len().abs_diff(for_itself.len()) <= 1 + first.len() / 50);
        }
        assert!(all_written(&mut follows).len() <= first.len());
    }
    assert!(compressed > 30, "{compressed}");
}

/// A connection that has caught up gets the bytes that all get, which are as short as those of its own compression.
#[test]
fn a_broadcast_is_the_same_for_all_that_have_caught_up_and_as_short_as_if_it_were_their_own() {
    let (mut random, direction) = (Random(77), Some(Direction::new(12, true)));
    let mut broadcast = Broadcast::new(Some(ALL));
    let mut outputs = [0, 0, 0].map(|_| server(direction, DeflateLevel::Balanced));
    let mut own = server(direction, DeflateLevel::Balanced);
    let (mut sum, mut own_sum) = (0, 0);
    for round in 0..400 {
        let news = format!("{{\"boiler\":\"B-{}\",\"degrees\":{}}}", random.below(20), random.below(90));
        let prepared = broadcast.text(&news);
        own.send(Fragment::text(&news)).unwrap();
        own_sum += all_written(&mut own).len();
        let started = round / 100 + 1;
        let written: Vec<_> = outputs
            .iter_mut()
            .take(started)
            .map(|output| {
                output.send_prepared(&prepared).unwrap();
                output.send_plain(Fragment::text("a secret")).unwrap(); // is in no window
                all_written(output)
            })
            .collect();
        sum += written[0].len() - 10;
        // 4 KiB are about 130 of these
        if round >= 350 {
            assert!(written.iter().all(|bytes| *bytes == written[0]), "{round}");
            assert_eq!(written[0][0], 0xC1);
        }
    }
    assert_eq!(sum, own_sum);
}

#[test]
fn a_message_is_plain_if_it_must_be() {
    let text = "news, ".repeat(50);
    assert!(Prepared::text(&text, Some(ALL)).is_compressed());
    for (text, deflate) in [(&*text, None), (&*text, Some(ALL.with_min_len(301))), ("abc", Some(ALL)), ("", Some(ALL))]
    {
        let plain = Prepared::text(text, deflate);
        assert!(!plain.is_compressed());
        let mut output = server(Some(Direction::DEFAULT), DeflateLevel::Best);
        output.send_prepared(&plain).unwrap();
        assert_eq!((output.bytes()[0], plain.as_bytes()), (0x81, text.as_bytes()));
    }
}

#[test]
fn a_client_compresses_a_message_for_itself_and_keeps_a_secret_plain() {
    let text = "news, ".repeat(50);
    let params = DeflateParams { server: Direction::DEFAULT, client: Direction::DEFAULT };
    let mut client = Output::compressing(Role::Client, SETTINGS, ROOM, params, ALL);
    for (deflate, b0) in [(Some(ALL), 0xC1), (None, 0x81)] {
        client.send_prepared(&Prepared::text(&text, deflate)).unwrap();
        let sent = all_written(&mut client);
        assert_eq!((sent[0], sent[1] & 0x80, sent.len() < 100), (b0, 0x80, deflate.is_some()));
    }
    client.send_prepared(&Prepared::binary(b"abc", None)).unwrap();
    assert_eq!(client.bytes()[0], 0x82);
}

#[test]
fn nothing_is_queued_on_a_connection_that_closes() {
    for direction in [None, Some(Direction::DEFAULT), Some(Direction::new(9, false))] {
        let mut output = server(direction, DeflateLevel::Best);
        output.close(CloseCode::NORMAL, "").unwrap();
        let queued = output.bytes().len();
        let news = Prepared::text("news, news, news", Some(ALL));
        assert_eq!(output.send_prepared(&news), Err(SendError::Closing));
        assert_eq!(output.bytes().len(), queued);
    }
}

#[test]
fn clones_share_their_bytes_among_threads_and_debug_shows_none_of_them() {
    let news = Prepared::text("a secret, and the secret again", Some(ALL));
    let other = news.clone();
    let at = std::thread::spawn(move || other.as_bytes().as_ptr() as usize).join().unwrap();
    assert_eq!(at, news.as_bytes().as_ptr() as usize);
    assert!(!format!("{news:?}").contains("secret"));
}
