//! Messages are compressed, in one piece and in parts, and sent; another implementation reads them back (RFC 1951,
//! RFC 7692 §6.1, §7.2.1).

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush};
use upframe::connection::{
    Connection, DataFrame, Endpoint, Event, Fragment, MessageKind, NoEntropy, Place, SendError, Settings, Transmitter,
};
use upframe::deflate::{Balanced, Best, Deflater, Direction, Effort, Fast, PreparedDeflate, Workspace};
use upframe::frame::{CloseCode, ReservedBits};

const SETTINGS: Settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
const TAKEOVER: Direction = Direction::new(15, true);
const ALONE: Direction = Direction::new(15, false);

type Large = Workspace<4096, 512>;
type Small = Workspace<256, 0>;

/// The other end: what a message is after all messages before it.
struct Peer {
    state: Box<InflateState>,
    takes_over: bool,
}

impl Peer {
    fn new(direction: Direction) -> Self {
        Self { state: InflateState::new_boxed(DataFormat::Raw), takes_over: direction.takes_over() }
    }

    fn read(&mut self, packed: &[u8]) -> Vec<u8> {
        if !self.takes_over {
            self.state = InflateState::new_boxed(DataFormat::Raw);
        }
        let wire = [packed, &[0, 0, 0xFF, 0xFF]].concat();
        let (mut input, mut message, mut out) = (&wire[..], vec![], vec![0; 4096]);
        loop {
            let result = inflate(&mut self.state, input, &mut out, MZFlush::None);
            message.extend_from_slice(&out[..result.bytes_written]);
            input = &input[result.bytes_consumed..];
            if result.bytes_written < out.len() && input.is_empty() {
                return message;
            }
            assert!(result.bytes_written + result.bytes_consumed > 0, "not DEFLATE: {:?}", result.status);
        }
    }
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }

    /// Each takes 8 bits in a block with the fixed codes.
    fn ascii(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.below(128) as u8).collect()
    }

    fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.below(256) as u8).collect()
    }
}

fn json(random: &mut Random) -> String {
    let (user, price) = (random.below(8), random.below(10_000));
    format!(r#"{{"type":"trade","user":"user-{user}","price":{price}.25}}"#)
}

/// Messages of all kinds.
fn messages(seed: u64, n: usize) -> Vec<Vec<u8>> {
    let mut random = Random(seed);
    let mut all = vec![];
    for k in 0..n {
        all.push(match k % 7 {
            0 => vec![],
            1 => {
                let len = random.below(400);
                random.bytes(len)
            }
            2 => vec![b'a' + (k % 9) as u8; random.below(3000)],
            3 => (0..random.below(2000)).map(|at| (at * at % 251) as u8).collect(),
            4 => (0..40).map(|_| json(&mut random)).collect::<String>().into_bytes(),
            _ => json(&mut random).into_bytes(),
        });
    }
    all
}

fn pack<M: AsRef<[u8]> + AsMut<[u8]>, E: Effort, const H: usize, const T: usize>(
    deflater: &mut Deflater<M, E>,
    workspace: &mut Workspace<H, T>,
    message: &[u8],
) -> Option<Vec<u8>> {
    let mut out = vec![0; message.len() + 16];
    let compressed = deflater.compress(workspace, message, &mut out)?;
    out.truncate(compressed.len());
    assert!(compressed.longest_distance() <= deflater.direction().window());
    deflater.commit(message, compressed);
    Some(out)
}

fn in_parts<E: Effort, const H: usize, const T: usize>(
    deflater: &mut Deflater<Vec<u8>, E>,
    workspace: &mut Workspace<H, T>,
    parts: &[&[u8]],
    room: usize,
) -> Vec<u8> {
    let (mut packed, mut out) = (vec![], vec![0; room]);
    for (at, part) in parts.iter().enumerate() {
        let (mut input, ends) = (*part, at + 1 == parts.len());
        loop {
            let deflated = deflater.deflate(workspace, &mut input, ends, &mut out);
            packed.extend_from_slice(&out[..deflated.len()]);
            if deflated.is_complete() || (!ends && input.is_empty()) {
                assert_eq!(deflated.is_complete(), ends);
                break;
            }
        }
    }
    packed
}

/// RFC 7692 §7.2.3.1, §7.2.3.3, §7.2.3.6; and §7.2.3.2, a byte shorter. [7692-7.2.1-tail]
#[test]
fn the_examples_of_the_rfc_byte_for_byte() {
    let hello = b"\xf2\x48\xcd\xc9\xc9\x07\x00".to_vec();
    let mut workspace = Small::new();
    let mut deflater = Deflater::new(TAKEOVER, Fast, vec![0; 1 << 15]);
    assert_eq!(pack(&mut deflater, &mut workspace, b"Hello"), Some(hello.clone()));
    assert_eq!(pack(&mut deflater, &mut workspace, b"Hello"), Some(b"\x02\x13\x00\x00".to_vec()));
    let mut peer = Peer::new(TAKEOVER);
    assert_eq!((peer.read(&hello), peer.read(b"\x02\x13\x00\x00")), (b"Hello".to_vec(), b"Hello".to_vec()));
    let mut deflater = Deflater::new(ALONE, Best, vec![]);
    for _ in 0..2 {
        assert_eq!(in_parts(&mut deflater, &mut Large::new(), &[b"Hello"], 100), hello);
        assert_eq!(in_parts(&mut deflater, &mut Large::new(), &[b""], 100), b"\x00");
    }
    // stored, since nothing shrinks: RFC 7692 §7.2.3.3
    let bytes: Vec<u8> = (0..100).map(|k: u8| 255 - k).collect();
    let stored = in_parts(&mut deflater, &mut Large::new(), &[&bytes], 200);
    assert_eq!(stored, [&b"\x00\x64\x00\x9b\xff"[..], &bytes, b"\x00"].concat());
}

fn round_trip<E: Effort, const H: usize, const T: usize>(effort: E, workspace: &mut Workspace<H, T>) {
    for bits in 8..=15 {
        for (takes_over, memory) in [(true, 1 << bits), (true, 100), (true, 0), (false, 0), (false, 1 << bits)] {
            let direction = Direction::new(bits, takes_over);
            let mut deflater = Deflater::new(direction, effort, vec![0xEE; memory]);
            let mut peer = Peer::new(direction);
            for (k, message) in messages(u64::from(bits), 40).iter().enumerate() {
                let what = format!("{effort:?}, {direction:?}, {memory}, {H}, {T}, message {k}");
                if k % 5 == 4 {
                    let cut = message.len() / 3;
                    let parts = [&message[..cut], &[], &message[cut..]];
                    let packed = in_parts(&mut deflater, workspace, &parts, 20 + 40 * k);
                    assert!(peer.read(&packed) == *message, "{what}");
                } else if let Some(packed) = pack(&mut deflater, workspace, message) {
                    assert!(peer.read(&packed) == *message, "{what}");
                }
            }
        }
    }
}

#[test]
fn another_implementation_reads_every_message_back() {
    round_trip(Fast, &mut Small::new());
    round_trip(Balanced, &mut Small::new());
    round_trip(Fast, &mut Large::new());
    round_trip(Balanced, &mut Large::new());
    round_trip(Best, &mut Large::new());
    round_trip(Best, &mut Workspace::<32_768, 64>::new());
    round_trip(Balanced, &mut Workspace::<65_536, 2_048>::new());
}

#[test]
fn a_message_in_parts_may_be_cut_anywhere_on_both_sides() {
    let mut random = Random(5);
    let message = [json(&mut random), json(&mut random)].concat().into_bytes();
    let (mut large, mut small) = (Large::new(), Small::new());
    for cut in 0..=message.len() {
        for room in [9, 10, 13, 31, 200] {
            let parts = [&message[..cut], &message[cut..]];
            let mut deflater = Deflater::new(TAKEOVER, Balanced, vec![0; 1 << 15]);
            let mut peer = Peer::new(TAKEOVER);
            for _ in 0..2 {
                assert_eq!(peer.read(&in_parts(&mut deflater, &mut large, &parts, room)), message, "{cut} {room}");
                assert_eq!(peer.read(&in_parts(&mut deflater, &mut small, &parts, room)), message, "{cut} {room}");
            }
        }
    }
    let bytes: Vec<&[u8]> = message.chunks(1).collect();
    let mut deflater = Deflater::new(TAKEOVER, Fast, vec![0; 512]);
    assert_eq!(Peer::new(TAKEOVER).read(&in_parts(&mut deflater, &mut large, &bytes, 64)), message);
    // no room at all: nothing happens
    let mut input = &message[..];
    for room in 0..8 {
        let deflated = deflater.deflate(&mut large, &mut input, true, &mut vec![0; room]);
        assert_eq!((deflated.len(), deflated.is_complete(), input.len()), (0, false, message.len()));
    }
}

#[test]
fn nothing_grows_by_more_than_the_bound() {
    fn check<E: Effort, const H: usize, const T: usize>(effort: E, workspace: &mut Workspace<H, T>, most: usize) {
        let mut random = Random(9);
        for len in (0..300).chain([8191, 8192, 8193, 65_534, 65_535, 65_536, 200_000]) {
            // random bytes; three byte values that no code shortens much; short matches that are far away
            let units: Vec<Vec<u8>> = (0..500).map(|_| random.bytes(3)).collect();
            let far: Vec<u8> = (0..len / 3 + 1).flat_map(|_| units[random.below(500)].clone()).take(len).collect();
            for message in [random.bytes(len), far] {
                let mut deflater = Deflater::new(ALONE, effort, vec![]);
                let bound = Workspace::<H, T>::bound(len);
                let packed = in_parts(&mut deflater, workspace, &[&message], bound);
                assert!(packed.len() <= bound && packed.len() <= len + 7 + len / most, "{len}: {}", packed.len());
                assert!(Peer::new(ALONE).read(&packed) == message);
            }
        }
    }
    check(Fast, &mut Small::new(), 1000);
    check(Balanced, &mut Large::new(), 1000);
    check(Best, &mut Workspace::<1024, 64>::new(), 30);
}

#[test]
fn a_message_that_does_not_shrink_is_not_compressed() {
    let mut random = Random(1);
    let (mut large, mut small) = (Large::new(), Small::new());
    for len in 0..200 {
        let message = random.bytes(len);
        let mut deflater = Deflater::new(ALONE, Best, vec![]);
        assert_eq!(pack(&mut deflater, &mut large, &message), None);
        assert_eq!(pack(&mut deflater, &mut small, &message), None);
    }
    // nor is one that has no room
    let (message, deflater) = ([b'a'; 100], Deflater::new(ALONE, Best, vec![]));
    let needed = deflater.compress(&mut large, &message, &mut [0; 100]).unwrap().len();
    for room in 0..needed {
        assert!(deflater.compress(&mut large, &message, &mut vec![0; room]).is_none());
    }
    assert_eq!(deflater.compress(&mut large, &message, &mut vec![0; needed]).unwrap().len(), needed);
}

/// Sent plain, they would never be in the window.
#[test]
fn short_messages_begin_to_shrink_on_credit() {
    let mut random = Random(3);
    let mut workspace = Large::new();
    let mut deflater = Deflater::new(TAKEOVER, Balanced, vec![0; 1 << 15]);
    let (mut before, mut after) = (0, 0);
    for _ in 0..200 {
        let message = format!(r#"{{"op":{},"seq":{},"ok":true,"id":"q{}"}}"#, random.below(9), random.below(9999), 7);
        before += message.len();
        after += pack(&mut deflater, &mut workspace, message.as_bytes()).map_or(message.len(), |packed| packed.len());
    }
    assert!(after * 100 < before * 45, "{after} of {before}");
    // what does not shrink uses the credit up
    let (mut deflater, mut longer) = (Deflater::new(TAKEOVER, Balanced, vec![0; 1 << 15]), 0);
    for _ in 0..1000 {
        longer += pack(&mut deflater, &mut workspace, &random.bytes(40)).map_or(0, |packed| packed.len() - 40);
    }
    assert!((200..=256).contains(&longer), "{longer}");
    // and a little comes back
    for _ in 0..7 {
        deflater.note_plain();
    }
    assert!(pack(&mut deflater, &mut workspace, &random.bytes(40)).is_some());
    assert!(pack(&mut deflater, &mut workspace, &random.bytes(40)).is_none());
}

/// With 8 bits, zlib refuses distances of more than 256, if it can make such a window.
#[test]
fn a_match_is_not_further_away_than_the_window() {
    let mut workspace = Large::new();
    for bits in 8..=15 {
        let window = 1usize << bits;
        for (distance, reaches) in [(window - 1, true), (window, true), (window + 1, false)] {
            let mut random = Random(u64::from(bits));
            let (repeated, filler) = (random.ascii(200), vec![b'.'; distance - 200]);
            let direction = Direction::new(bits, true);
            // in one message; a filler of one byte leaves the places in the table
            let message = [&repeated[..], &filler, &repeated].concat();
            let mut out = vec![0; message.len() + 16];
            let deflater = Deflater::new(direction, Best, vec![0; window]);
            let longest = deflater.compress(&mut workspace, &message, &mut out).map_or(0, |one| one.longest_distance());
            assert_eq!((longest == distance, longest <= window), (reaches, true), "{bits}");
            // in the message before; its beginning is not in the memory any more if it is shorter than the distance
            let mut deflater = Deflater::new(direction, Best, vec![0; window]);
            let first = [&repeated[..], &filler].concat();
            let mut input = &first[..];
            assert!(deflater.deflate(&mut workspace, &mut input, true, &mut vec![0; first.len() + 50]).is_complete());
            let shrinks = deflater.compress(&mut workspace, &repeated, &mut [0; 300]).unwrap();
            assert_eq!(shrinks.len() < 20, reaches, "{bits} {distance}");
        }
    }
}

/// Eight bytes are compared at once. Those after the newest byte in the memory are older, or were never sent.
#[test]
fn a_match_at_the_end_of_the_last_message_does_not_go_on_in_older_memory() {
    fn check<E: Effort, const T: usize>(effort: E, tail: &[u8], older: u8, more: usize) {
        let mut workspace = Workspace::<4096, T>::new();
        let (mut deflater, mut peer) = (Deflater::new(TAKEOVER, effort, vec![older; 1 << 15]), Peer::new(TAKEOVER));
        let first = [&[b'a'; 100], tail].concat();
        // what the memory would seem to go on with
        let second = [tail, &vec![older; more], &[b'b'; 100]].concat();
        for message in [first, second] {
            let packed = pack(&mut deflater, &mut workspace, &message).unwrap();
            assert!(peer.read(&packed) == message, "{effort:?}, {T} tokens, {tail:?}");
        }
    }
    for n in 3..=12 {
        let tail = &b"opqrstuvwxyz"[..n];
        for (older, more) in (0..9).flat_map(|more| [(0, more), (b'o', more)]) {
            check::<_, 0>(Fast, tail, older, more);
            check::<_, 512>(Fast, tail, older, more);
            check::<_, 512>(Balanced, tail, older, more);
            check::<_, 512>(Best, tail, older, more);
        }
    }
}

#[test]
fn a_workspace_may_be_shared_and_what_was_forgotten_is_not_used() {
    let mut workspace = Large::new();
    let message = json(&mut Random(8)).into_bytes();
    let mut deflater = Deflater::new(TAKEOVER, Balanced, vec![0; 4096]);
    // a new workspace points to the first byte, which is that of another message
    pack(&mut deflater, &mut workspace, &Random(4).bytes(100)).unwrap_or_default();
    deflater.absorb(b"...");
    let first = pack(&mut deflater, &mut workspace, &message).unwrap().len();
    let second = pack(&mut deflater, &mut workspace, &message).unwrap().len();
    assert!(second < 8 && first > 40);
    // another connection never gets at these bytes
    let mut other = Deflater::new(TAKEOVER, Balanced, deflater.clone().into_memory());
    assert_eq!(pack(&mut other, &mut workspace, &message).unwrap().len(), first);
    // a new workspace does not know the places, until they are entered
    let mut new = Large::new();
    let mut copy = deflater.clone();
    assert_eq!(pack(&mut copy, &mut new, &message).unwrap().len(), first);
    deflater.rehash(&mut new);
    assert_eq!(pack(&mut deflater.clone(), &mut new, &message).unwrap().len(), second);
    deflater.forget();
    assert_eq!(pack(&mut deflater, &mut workspace, &message).unwrap().len(), first);
}

/// 32 bytes beside the memory.
#[test]
fn the_state_is_small() {
    assert!(size_of::<Deflater<(), Best>>() <= 32, "{}", size_of::<Deflater<(), Best>>());
    assert_eq!(size_of::<Small>(), 512);
    assert_eq!(size_of::<Workspace>(), 136 << 10);
    assert_eq!(size_of::<Workspace<32_768, 2_048>>(), 72 << 10);
    let deflater = Deflater::new(Direction::new(9, true), Fast, [0; 512]);
    assert_eq!(format!("{deflater:?}"), "Deflater { direction: Direction { window_bits: 9, takes_over: true }, .. }");
    assert_eq!(format!("{:?}", Small::default()), "Workspace(256, 0)");
}

// ---- in the connection

/// A frame of a server with up to 125 bytes: its first byte, and its payload.
fn frame(wire: &[u8]) -> (u8, &[u8]) {
    assert_eq!(wire.len(), 2 + usize::from(wire[1]));
    (wire[0], &wire[2..])
}

/// [7692-6.1-rsv1]
#[test]
fn a_compressed_message_has_rsv1_on_its_first_frame_only() {
    let (mut workspace, mut out) = (Large::new(), [0; 256]);
    let mut server = Connection::server(SETTINGS);
    let mut deflater = Deflater::new(TAKEOVER, Balanced, vec![0; 1 << 15]);
    let mut peer = Peer::new(TAKEOVER);
    let text = "one two three one two three four";
    let wire = server.send_compressed(text, &mut deflater, &mut workspace, &mut out).unwrap();
    let (first, payload) = frame(wire);
    assert_eq!((first, peer.read(payload)), (0xC1, text.as_bytes().to_vec()));
    // in fragments, with a Ping and the payload of nothing between them
    let (mut packed, parts) = (vec![], ["one two ", "", "three", " four five"]);
    for (k, (part, byte)) in parts.into_iter().zip([0x42, 0x00, 0x00, 0x80]).enumerate() {
        let place = Place::new(k == 0, k == 3);
        let fragment = Fragment::binary(part.as_bytes()).at(place);
        let wire = server.send_compressed(fragment, &mut deflater, &mut workspace, &mut out).unwrap();
        let (first, payload) = frame(wire);
        assert_eq!(first, byte);
        packed.extend_from_slice(payload);
        server.ping(b"").unwrap();
        assert_eq!(server.poll_transmit(&mut out), 2);
    }
    assert_eq!(peer.read(&packed), parts.concat().into_bytes());
    // plain on purpose: it is in neither window
    assert_eq!(frame(server.send("secret", &mut out).unwrap()).0, 0x81);
    // and because it does not shrink, when the credit is used up
    let mut random = Random(2);
    let (mut plain, mut tried_again) = (0, 0);
    for number in 0..200 {
        let bytes = random.bytes(30);
        let wire = server.send_compressed(&bytes[..], &mut deflater, &mut workspace, &mut out).unwrap();
        match frame(wire) {
            (0x82, payload) => {
                assert_eq!(payload, bytes);
                plain += 1;
            }
            (first, payload) => {
                assert_eq!((first, peer.read(payload)), (0xC2, bytes));
                tried_again += usize::from(number >= 100);
            }
        }
    }
    // each plain one gives a little credit back
    assert!(plain > 100 && tried_again > 5, "{plain}, {tried_again}");
    let wire = server.send_compressed(text, &mut deflater, &mut workspace, &mut out).unwrap();
    assert_eq!(peer.read(frame(wire).1), text.as_bytes());
}

#[test]
fn after_an_error_neither_the_connection_nor_the_deflater_has_changed() {
    let mut workspace = Large::new();
    let (text, other) = ("a message that is long enough to shrink, shrink, shrink", "shrink, shrink");
    let mut deflater = Deflater::new(TAKEOVER, Balanced, vec![0; 1 << 15]);
    let mut peer = Peer::new(TAKEOVER);
    // compression was not agreed on
    let mut plain = Connection::server(Settings::new());
    let mut out = [0; 99];
    let error = plain.send_compressed(text, &mut deflater, &mut workspace, &mut out);
    assert_eq!(error, Err(SendError::ReservedBits));
    // no room, not even for a plain frame; no room for a fragment
    let mut server = Connection::server(SETTINGS);
    for room in 0..text.len() {
        let mut out = vec![0; room];
        match server.send_compressed(text, &mut deflater.clone(), &mut workspace, &mut out) {
            Ok(frame) => assert!(frame.len() <= room),
            Err(error) => assert_eq!(error, SendError::BufferTooSmall { required: 2 + text.len() }),
        }
        let mut server = Connection::server(SETTINGS);
        let (part, mut one) = (Fragment::text(text).first(), deflater.clone());
        match server.send_compressed(part, &mut one, &mut workspace, &mut out) {
            Ok(_) => {}
            Err(SendError::BufferTooSmall { required }) => {
                assert!(required >= text.len());
                assert!(server.send_compressed(part, &mut one, &mut workspace, &mut vec![0; required]).is_ok());
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    // a client without entropy
    let mut has_entropy = false;
    let mut out = [0; 99];
    for _ in 0..2 {
        let entropy = |key: &mut [u8]| {
            key.fill(0);
            if has_entropy { Ok(()) } else { Err(NoEntropy) }
        };
        let mut client = Connection::client(entropy, SETTINGS);
        let sent = client.send_compressed(text, &mut deflater, &mut workspace, &mut out);
        if has_entropy {
            let wire = sent.unwrap();
            assert_eq!((wire[0], wire[1] & 0x80), (0xC1, 0x80));
            assert_eq!(peer.read(&wire[6..]), text.as_bytes());
        } else {
            assert_eq!(sent, Err(SendError::NoEntropy));
            let first = Fragment::text(text).first();
            let sent = client.send_compressed(first, &mut deflater, &mut workspace, &mut out);
            assert_eq!(sent, Err(SendError::NoEntropy));
        }
        has_entropy = true;
    }
    // a message that began plain, one that began compressed, and one after the Close
    let mut server = Connection::server(SETTINGS);
    server.send(Fragment::text("a").first(), &mut out).unwrap();
    let last = Fragment::text("b").last();
    let sent = server.send_compressed(last, &mut deflater, &mut workspace, &mut out);
    assert_eq!(sent, Err(SendError::MessageInProgress));
    server.send(last, &mut out).unwrap();
    let sent = server.send_compressed(last, &mut deflater, &mut workspace, &mut out);
    assert_eq!(sent, Err(SendError::NoMessage));
    let wire = server.send_compressed(other, &mut deflater, &mut workspace, &mut out).unwrap();
    assert_eq!(peer.read(frame(wire).1), other.as_bytes());
    server.close(CloseCode::NORMAL, "").unwrap();
    let sent = server.send_compressed(other, &mut deflater, &mut workspace, &mut out);
    assert_eq!(sent, Err(SendError::Closing));
}

#[test]
fn halves_and_ends_that_are_chosen_at_run_time_send_the_same() {
    let text = "to and fro, to and fro, to and fro";
    let new = || (Deflater::new(TAKEOVER, Best, vec![0; 1 << 15]), Large::new());
    let ((mut a, mut b), (mut c, mut d), (mut e, mut f)) = (new(), new(), new());
    let (mut one, mut two, mut three) = ([0; 64], [0; 64], [0; 64]);
    let want = Connection::server(SETTINGS).send_compressed(text, &mut a, &mut b, &mut one).unwrap();
    let half = Transmitter::server(SETTINGS).send_compressed(text, &mut c, &mut d, &mut two).unwrap();
    let endpoint = Endpoint::<fn(&mut [u8]) -> Result<(), NoEntropy>>::Server;
    let any = Connection::endpoint(endpoint, SETTINGS).send_compressed(text, &mut e, &mut f, &mut three).unwrap();
    assert_eq!((want, want), (half, any));
    let mut client = Connection::client(|_: &mut [u8]| Ok(()), SETTINGS);
    let mut input = want;
    let Some(Event::Extended(piece)) = client.receive_shared(&mut input) else { panic!() };
    assert_eq!((piece.kind(), piece.reserved_bits()), (MessageKind::Text, ReservedBits::RSV1));
    assert_eq!(Peer::new(TAKEOVER).read(piece.as_bytes()), text.as_bytes());
}

/// [7692-7.2.1-prepared-window]
#[test]
fn a_prepared_message_reaches_connections_of_all_kinds() {
    let mut workspace = Large::new();
    let mut random = Random(11);
    let far = random.ascii(60);
    let news = [&far[..], &random.ascii(1000), &far].concat();
    let news = PreparedDeflate::new(&news[..], 15, Best, &mut workspace, vec![0; 3000]).unwrap();
    assert_eq!(news.longest_distance(), 1060);
    let own = "own news, and more of my own news";
    for bits in 8..=15 {
        for takes_over in [true, false] {
            let direction = Direction::new(bits, takes_over);
            let mut deflater = Deflater::new(direction, Best, vec![0; direction.window()]);
            let (mut server, mut peer) = (Connection::server(SETTINGS), Peer::new(direction));
            let mut out = [0; 200];
            for _ in 0..4 {
                let wire = server.send_prepared_compressed(&news, Some(&mut deflater)).unwrap();
                // the payload length has two bytes
                assert_eq!((wire[0], wire.len() < 1100), if bits < 11 { (0x82, false) } else { (0xC2, true) });
                if bits >= 11 {
                    assert!(peer.read(&wire[4..]) == news.plain()[4..]);
                }
                let wire = server.send_compressed(own, &mut deflater, &mut workspace, &mut out).unwrap();
                if wire[0] == 0xC1 {
                    assert_eq!(peer.read(frame(wire).1), own.as_bytes(), "{direction:?}");
                }
            }
            let mut half = Transmitter::server(SETTINGS);
            let wire = half.send_prepared_compressed(&news, Some(&mut deflater)).unwrap();
            assert_eq!(wire[0], if bits < 11 { 0x82 } else { 0xC2 });
        }
    }
}

#[test]
fn a_prepared_message_that_was_not_sent_is_not_in_the_window() {
    let (mut workspace, text) = (Large::new(), "news of today, and of today");
    let news = PreparedDeflate::new(text, 15, Best, &mut workspace, [0; 100]).unwrap();
    let mut deflater = Deflater::new(TAKEOVER, Best, vec![0; 1 << 15]);
    let mut plain = Connection::server(Settings::new());
    assert_eq!(plain.send_prepared_compressed(&news, Some(&mut deflater)), Err(SendError::ReservedBits));
    let (mut busy, mut out) = (Connection::server(SETTINGS), [0; 100]);
    busy.begin_frame(DataFrame::BINARY, 5, &mut out).unwrap();
    assert_eq!(busy.send_prepared_compressed(&news, Some(&mut deflater)), Err(SendError::FrameInProgress));
    deflater.rehash(&mut workspace);
    let mut server = Connection::server(SETTINGS);
    let wire = server.send_compressed(text, &mut deflater, &mut workspace, &mut out).unwrap();
    assert_eq!((wire[0], Peer::new(TAKEOVER).read(frame(wire).1)), (0xC1, text.as_bytes().to_vec()));
}

#[test]
fn a_prepared_message_can_move_to_memory_that_is_no_longer_than_it_needs() {
    let mut workspace = Small::new();
    for (text, room) in [("news news news news news", 70), ("abcdef", 70), ("news news news news news", 27)] {
        let news = PreparedDeflate::new(text, 8, Fast, &mut workspace, vec![0; room]).unwrap();
        let moved: PreparedDeflate<Box<[u8]>> = news.clone().move_to(|mut memory, used| {
            memory.truncate(used);
            memory.into()
        });
        assert_eq!((moved.plain(), moved.compressed()), (news.plain(), news.compressed()));
        assert_eq!((moved.message(), moved.longest_distance()), (text.as_bytes(), news.longest_distance()));
        let emptied = news.move_to(|_, _| [0; 0]);
        assert_eq!((emptied.plain(), emptied.compressed(), emptied.message()), (&b""[..], None, &b""[..]));
    }
}

#[test]
fn a_prepared_message_is_plain_where_it_must_be() {
    let mut workspace = Small::new();
    let none = None::<&mut Deflater<[u8; 0], Fast>>;
    let mut server = Connection::server(Settings::new());
    let news = PreparedDeflate::new("news news news news news", 8, Fast, &mut workspace, [0; 70]).unwrap();
    assert!(news.compressed().unwrap().len() < news.plain().len());
    assert_eq!(server.send_prepared_compressed(&news, none), Ok(news.plain()));
    // a deflater, but no agreement
    let mut deflater = Deflater::new(TAKEOVER, Fast, [0; 512]);
    assert_eq!(server.send_prepared_compressed(&news, Some(&mut deflater)), Err(SendError::ReservedBits));
    assert!(!format!("{news:?}").contains("news"));
    // no room for the compressed frame, or nothing to gain
    for (text, room) in [("news news news news news", 40), ("abcdef", 70)] {
        let news = PreparedDeflate::new(text, 15, Fast, &mut workspace, vec![0; room]).unwrap();
        assert_eq!((news.compressed(), news.longest_distance()), (None, 0));
        let mut server = Connection::server(SETTINGS);
        assert_eq!(server.send_prepared_compressed(&news, Some(&mut deflater)), Ok(news.plain()));
    }
    let short = PreparedDeflate::new("news", 15, Fast, &mut workspace, [0; 5]);
    assert_eq!(short.err(), Some(SendError::BufferTooSmall { required: 6 }));
    for (fragment, error) in [
        (Fragment::text("a").first(), SendError::MessageInProgress),
        (Fragment::text("a").middle(), SendError::NoMessage),
        (Fragment::text("a").last(), SendError::NoMessage),
    ] {
        let prepared = PreparedDeflate::new(fragment, 15, Fast, &mut workspace, [0; 70]);
        assert_eq!(prepared.err(), Some(error));
    }
    server.begin_frame(DataFrame::BINARY, 5, &mut [0; 14]).unwrap();
    assert_eq!(
        server.send_prepared_compressed(&news, None::<&mut Deflater<[u8; 0], Fast>>),
        Err(SendError::FrameInProgress)
    );
}
