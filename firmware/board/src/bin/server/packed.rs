//! Compressed messages (permessage-deflate, RFC 7692): they are inflated piece by piece, and sent back compressed.
//!
//! A peer may compress with a window of 1 KiB, and the board does with 512 bytes. [`PACKS`] connections have the memory
//! for it; further ones are told that messages stay plain. A byte can inflate to a thousand, so **what came is kept until
//! there is room for all that it inflates to**: [`KEPT`] bytes at most, the rest stays in the ring.

use crate::desk::SCRATCH;
use core::sync::atomic::{AtomicBool, Ordering};
use heapless::Vec;
use smoltcp::socket::tcp::Socket;
use upframe::connection::{Connection, Event, Extended, Fragment, MessageKind, Place, Server};
use upframe::deflate::{
    DeflateParams, DeflatePolicy, Deflater, Direction, Fast, Inflater, MessageInflater, ServerDeflate, SmallTables,
    Workspace,
};
use upframe::frame::ReservedBits;
use upframe::handshake::{ServerHandshake, ServerOptions, Upgrade};

/// How many connections can be compressed at once.
const PACKS: usize = 2;
/// The windows of both ends, in bits.
const PEER_BITS: u8 = 10;
const OWN_BITS: u8 = 9;
/// How many compressed bytes are kept while there is no room for what they inflate to.
pub const KEPT: usize = 64;
/// The longest piece that is inflated at once.
const PIECE: usize = 256;
/// The room that a piece needs when it is sent back. With the 4 bytes of a header it fits the scratch buffer, too.
pub const ROOM: usize = 4 + Workspace::<256, 0>::bound(PIECE);
const _: () = assert!(ROOM + 10 <= SCRATCH);

const POLICY: DeflatePolicy =
    DeflatePolicy::new().with_incoming(Direction::new(PEER_BITS, true)).with_outgoing(Direction::new(OWN_BITS, true));

/// The opening handshake.
pub type Handshake = ServerHandshake<'static, ServerDeflate>;

/// Begins an opening handshake.
pub const fn handshake(options: ServerOptions<'static>) -> Handshake {
    ServerHandshake::with_extension(options, ServerDeflate::new(POLICY))
}

static TAKEN: [AtomicBool; PACKS] = [const { AtomicBool::new(false) }; PACKS];

/// The memory of all connections that are compressed.
pub struct Packs {
    tables: SmallTables,
    workspace: Workspace<256, 0>,
    /// Empty, or one: an `Option` without a value is not all zeros, and would be stored in flash.
    each: [Vec<Memory, 1>; PACKS],
}

/// The memory of one.
struct Memory {
    inflater: MessageInflater<[u8; Inflater::memory(PEER_BITS)]>,
    deflater: Deflater<[u8; 1 << OWN_BITS], Fast>,
    kept: [u8; KEPT],
    /// The kept bytes are those from here to there.
    at: usize,
    end: usize,
    piece: Option<(Place, MessageKind, ReservedBits)>,
}

/// A connection's right to its memory. It is free again when this is dropped.
pub struct Pack(usize);

impl Drop for Pack {
    fn drop(&mut self) {
        if let Some(taken) = TAKEN.get(self.0) {
            taken.store(false, Ordering::Relaxed);
        }
    }
}

/// What was done.
pub enum Done {
    /// Nothing is kept: the connection can receive more.
    Nothing,
    /// A piece was sent back, in a frame of so many bytes.
    Sent(usize),
    /// The peer broke the protocol.
    Failed,
}

impl Packs {
    /// Nothing is in use.
    pub const fn new() -> Self {
        Self { tables: SmallTables::new(), workspace: Workspace::new(), each: [const { Vec::new() }; PACKS] }
    }

    /// Takes memory for a connection, if compression was agreed on. Without free memory, it is declined.
    pub fn take(&mut self, handshake: &Handshake, upgrade: Upgrade<'static>) -> (Upgrade<'static>, Option<Pack>) {
        let Some(agreed) = handshake.extension().agreed(&upgrade) else { return (upgrade, None) };
        let free = TAKEN.iter().position(|taken| !taken.load(Ordering::Relaxed));
        let pack = free.and_then(|free| {
            let each = self.each.get_mut(free)?;
            each.clear();
            each.push(Memory::new(agreed)?).ok()?;
            TAKEN.get(free)?.store(true, Ordering::Relaxed);
            Some(Pack(free))
        });
        if pack.is_some() { (upgrade, pack) } else { (upgrade.without_extension(), None) }
    }

    /// Keeps what the connection received, until [`step`](Self::step) has inflated it.
    pub fn keep(&mut self, pack: &Pack, piece: &Extended<'_>) {
        let Some(memory) = self.each.get_mut(pack.0).and_then(|each| each.first_mut()) else { return };
        let bytes = piece.as_bytes();
        if let Some(place) = memory.kept.get_mut(..bytes.len()) {
            place.copy_from_slice(bytes);
            (memory.at, memory.end) = (0, bytes.len());
            memory.piece = Some((piece.place(), piece.kind(), piece.reserved_bits()));
        }
    }

    /// Inflates the next piece of what is kept, and sends it back by the ring, which has [`ROOM`].
    pub fn step(
        &mut self,
        pack: &Pack,
        connection: &mut Connection<Server>,
        scratch: &mut [u8],
        socket: &mut Socket,
    ) -> Done {
        let Some(memory) = self.each.get_mut(pack.0).and_then(|each| each.first_mut()) else { return Done::Nothing };
        let Some((place, kind, bits)) = memory.piece else { return Done::Nothing };
        let mut piece = Extended::new(memory.kept.get(memory.at..memory.end).unwrap_or_default(), place, kind, bits);
        let event = connection.inflate(&mut memory.inflater, &mut self.tables, &mut piece);
        memory.at = memory.end - piece.as_bytes().len();
        // all of it was inflated, or it is no longer the first piece of its message
        memory.piece = event.is_some().then_some((piece.place(), kind, bits));
        match event {
            None => Done::Nothing,
            Some(Event::Failed(_)) => Done::Failed,
            Some(event) => {
                let Some(fragment) = event.as_fragment() else { return Done::Sent(0) };
                // After a Close nothing may follow, so an error is ignored.
                let sent = connection.send_compressed(fragment, &mut memory.deflater, &mut self.workspace, scratch);
                Done::Sent(sent.map_or(0, |frame| written(frame, socket)))
            }
        }
    }

    /// Sends a message of the board. Returns the length of its frame; 0 if it cannot be sent now.
    pub fn send(
        &mut self,
        pack: &Pack,
        connection: &mut Connection<Server>,
        message: Fragment<'_>,
        scratch: &mut [u8],
        socket: &mut Socket,
    ) -> usize {
        let Some(memory) = self.each.get_mut(pack.0).and_then(|each| each.first_mut()) else { return 0 };
        let sent = connection.send_compressed(message, &mut memory.deflater, &mut self.workspace, scratch);
        sent.map_or(0, |frame| written(frame, socket))
    }
}

/// Writes a frame to the ring, which has room for it. It need not begin where the scratch buffer does.
fn written(frame: &[u8], socket: &mut Socket) -> usize {
    let _ = socket.send_slice(frame);
    frame.len()
}

impl Memory {
    fn new(agreed: DeflateParams) -> Option<Self> {
        let inflater = MessageInflater::new(agreed.incoming(true), [0; Inflater::memory(PEER_BITS)]).ok()?;
        Some(Self {
            inflater: inflater.with_longest_piece(PIECE),
            deflater: Deflater::new(agreed.outgoing(true), Fast, [0; 1 << OWN_BITS]),
            kept: [0; KEPT],
            at: 0,
            end: 0,
            piece: None,
        })
    }
}
