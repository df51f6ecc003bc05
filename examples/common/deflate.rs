//! Compression (permessage-deflate, RFC 7692): what is asked for on the command line, and the memory of a connection.

use upframe::connection::{Connection, Event, Role, SendError};
use upframe::deflate::{
    Balanced, DeflateParams, DeflatePolicy, Deflater, Direction, FastTables, Inflater, MessageInflater, Workspace,
};
use upframe::frame::{BufferTooSmall, Header};

/// Reads parameters by their names in RFC 7692 §7.1, for example `server_no_context_takeover,client_max_window_bits=10`.
/// What is not named has its default: windows of 15 bits, with context takeover.
pub fn policy(parameters: &str, is_server: bool) -> Result<DeflatePolicy, String> {
    let (mut server, mut client) = (Direction::DEFAULT, Direction::DEFAULT);
    for parameter in parameters.split(',').filter(|parameter| !parameter.is_empty()) {
        let invalid = || format!("{parameter:?} is not a parameter of permessage-deflate, or has a wrong value");
        let (end, rest) = parameter.split_once('_').ok_or_else(invalid)?;
        let direction = match end {
            "server" => &mut server,
            "client" => &mut client,
            _ => return Err(invalid()),
        };
        *direction = match rest.split_once('=') {
            None if rest == "no_context_takeover" => Direction::new(direction.window_bits(), false),
            Some(("max_window_bits", bits)) => {
                let bits = bits.parse().ok().filter(|bits| (8..=15).contains(bits)).ok_or_else(invalid)?;
                Direction::new(bits, direction.takes_over())
            }
            _ => return Err(invalid()),
        };
    }
    let (outgoing, incoming) = if is_server { (server, client) } else { (client, server) };
    Ok(DeflatePolicy::new().with_outgoing(outgoing).with_incoming(incoming))
}

/// What a connection needs to receive and send compressed messages.
pub struct Compression {
    inflater: MessageInflater<Vec<u8>>,
    tables: Box<FastTables>,
    deflater: Deflater<Vec<u8>, Balanced>,
    workspace: Box<Workspace>,
}

impl Compression {
    /// The room for the frame of a fragment of `len` bytes.
    pub const fn room(len: usize) -> usize {
        Header::MAX_LEN + <Workspace>::bound(len)
    }

    /// Creates the memory for what was agreed on.
    pub fn new(agreed: DeflateParams, is_server: bool) -> Result<Self, BufferTooSmall> {
        let (incoming, outgoing) = (agreed.incoming(is_server), agreed.outgoing(is_server));
        Ok(Self {
            inflater: MessageInflater::new(incoming, vec![0; Inflater::memory(incoming.window_bits())])?,
            tables: Box::new(FastTables::new()),
            deflater: Deflater::new(outgoing, Balanced, vec![0; outgoing.window()]),
            workspace: Box::new(Workspace::new()),
        })
    }

    /// Writes the echo of a received event to the end of `out`. What came compressed goes back compressed, and what came
    /// plain goes back plain. `frame` has [`room`](Self::room) for the longest piece.
    pub fn echo<R: Role>(
        compression: &mut Option<Self>,
        connection: &mut Connection<R>,
        event: Event<'_>,
        frame: &mut [u8],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        match (event, compression) {
            (Event::Extended(mut piece), Some(Self { inflater, tables, deflater, workspace })) => {
                while let Some(event) = connection.inflate(inflater, tables, &mut piece) {
                    if let Some(fragment) = event.as_fragment() {
                        keep(connection.send_compressed(fragment, deflater, workspace, frame), out)?;
                    }
                }
            }
            (event, _) => {
                if let Some(fragment) = event.as_fragment() {
                    keep(connection.send(fragment, frame), out)?;
                }
            }
        }
        Ok(())
    }
}

/// Adds a frame to what is to be written. After a Close there is nothing to send.
fn keep(sent: Result<&[u8], SendError>, out: &mut Vec<u8>) -> Result<(), SendError> {
    match sent {
        Ok(frame) => out.extend_from_slice(frame),
        Err(SendError::Closing) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}
