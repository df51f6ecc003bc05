//! Memory of an idle server's connection.

use crate::heap;
use crate::peer::{Peer, Size};
use crate::socket::Socket;
use crate::stream::Stream;

pub const NAME: &str = "size: memory of an idle connection";

/// Bytes of one contender's connection.
pub struct Memory {
    pub name: &'static str,
    pub inline: usize,
    /// After the opening handshake.
    pub new: usize,
    /// After a message of 1 KiB.
    pub used: usize,
}

/// Measures all that have a connection.
pub fn memory(peers: &[Box<dyn Peer>]) -> Vec<Memory> {
    let message = Stream::binary(1024, 1);
    let of = |peer: &dyn Peer| {
        let Size { inline, connection } = peer.size()?;
        let heap = |socket: Socket| {
            let before = heap::in_use();
            let connection = connection(socket);
            let boxed = size_of_val(&*connection);
            (heap::in_use() - before).saturating_sub(boxed)
        };
        let (silent, talking) = (Socket::silent(), Socket::new(message.wire.clone(), usize::MAX));
        // what is made once for all is made before
        drop(connection(talking.clone()));
        talking.rewind();
        // the sockets are counted neither before nor after: they are kept here
        let (kept_silent, kept_talking) = (silent.clone(), talking.clone());
        let memory = Memory { name: peer.name(), inline, new: heap(silent), used: heap(talking) };
        drop((kept_silent, kept_talking));
        Some(memory)
    };
    peers.iter().filter_map(|peer| of(peer.as_ref())).collect()
}
