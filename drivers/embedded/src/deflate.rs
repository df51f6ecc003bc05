//! permessage-deflate (RFC 7692) in caller-provided memory.

use crate::inflating::{Inflates, Inflating};
use crate::packing::{Packer, Packing};
use core::fmt;
use upframe::connection::Entropy;
use upframe::deflate::{
    ClientDeflate, DeflateParams, DeflatePolicy, Direction, Inflater, ServerDeflate, SmallTables, Workspace,
};

/// The memory for compression: see [`Deflate`].
///
/// Connections that are never used at the same time can use the same one, one after the other.
#[derive(Debug)]
pub struct DeflateMemory<'m> {
    /// Received messages are inflated into it: the window, and the longest message, and 16 bytes.
    pub inflate: &'m mut [u8],
    /// The codes of a received message: 1.7 KB.
    pub tables: &'m mut SmallTables,
    /// The window of what is sent: a power of two from 256 bytes, or nothing. Then each message stands alone.
    pub window: &'m mut [u8],
    /// What compressing needs while it runs: 512 bytes.
    pub workspace: &'m mut Workspace<256, 0>,
}

/// Compression of one connection (permessage-deflate, RFC 7692), in caller-provided memory. Messages are compressed with
/// the fixed codes, which need the least memory.
///
/// It is passed to [`accept_with_deflate`](crate::accept_with_deflate) or
/// [`client_with_deflate`](crate::client_with_deflate). A peer that does not know compression is served without. A
/// program that calls neither has no code of this.
///
/// ```
/// use upframe_embedded::{Deflate, DeflateMemory, SmallTables, Workspace};
/// // a window of 1 KiB and messages of up to 1,000 bytes in, a window of 512 bytes out
/// let (mut inflate, mut window) = ([0; 1024 + 1000 + 16], [0; 512]);
/// let (mut tables, mut workspace) = (SmallTables::new(), Workspace::new());
/// let mut deflate = Deflate::new(10, DeflateMemory {
///     inflate: &mut inflate,
///     tables: &mut tables,
///     window: &mut window,
///     workspace: &mut workspace,
/// });
/// ```
///
/// **A message that has both a secret and text that an attacker chose must not be compressed**: send it with
/// [`feed_plain`](crate::Writer::feed_plain).
pub struct Deflate<'m> {
    policy: DeflatePolicy,
    inflating: Inflating<'m>,
    packing: Packing<'m>,
}

/// Both ends of a connection's compression.
pub(crate) type Parts<'b, E> = (&'b mut dyn Inflates, Packer<'b, E>);

impl<'m> Deflate<'m> {
    /// Returns compression for a window of `window_bits` bits, 9 to 15, for what is received: 2 to that power bytes.
    ///
    /// If `memory.inflate` is shorter, the window is the longest one that fits. With less than 512 bytes, the peer is
    /// asked for messages that stand alone, which need no window. So is a peer that cannot make its window as small.
    #[must_use]
    pub fn new(window_bits: u8, memory: DeflateMemory<'m>) -> Self {
        let DeflateMemory { inflate, tables, window, workspace } = memory;
        let mut bits = window_bits.clamp(9, 15);
        while bits > 9 && Inflater::memory(bits) > inflate.len() {
            bits = bits.saturating_sub(1);
        }
        let mut policy = DeflatePolicy::new().with_incoming(Direction::new(bits, true));
        if inflate.len() < Inflater::memory(bits) {
            policy = policy.with_whole_messages();
        }
        policy = policy.with_outgoing(match window.len().checked_ilog2() {
            Some(bits @ 8..) => Direction::new(bits.min(15) as u8, true),
            _ => Direction::new(15, false),
        });
        Self { policy, inflating: Inflating::new(inflate, tables), packing: Packing::new(window, workspace) }
    }

    pub(crate) const fn server(&self) -> ServerDeflate {
        ServerDeflate::new(self.policy).with_fallback(self.policy.with_whole_messages())
    }

    pub(crate) const fn client(&self) -> ClientDeflate {
        ClientDeflate::new(self.policy).with_fallback(self.policy.with_whole_messages())
    }

    /// Begins a connection.
    pub(crate) fn begin<E: Entropy>(&mut self, params: DeflateParams, is_server: bool) -> Parts<'_, E> {
        self.inflating.begin(params.incoming(is_server));
        self.packing.begin(params.outgoing(is_server));
        (&mut self.inflating, Packer::new(&mut self.packing))
    }
}

impl fmt::Debug for Deflate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflate").field("policy", &self.policy).finish_non_exhaustive()
    }
}
