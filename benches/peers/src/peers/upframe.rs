//! `upframe` itself: `Connection::receive` on the bytes of each read.

use crate::peer::{Contender, Offer, Peer};
use crate::socket::Socket;
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use upframe::connection::{Connection, Event, Limits, Server, Settings};

pub struct Upframe;

/// The length of buffers that the contenders leave to their users: what tungstenite takes when it may choose.
pub const BUFFER: usize = 1 << 17;

fn server() -> Connection<Server> {
    Connection::server(Settings::new().with_limits(Limits::NONE))
}

/// What a server does with each read.
fn receive_all(connection: &mut Connection<Server>, socket: &Socket, buf: &mut [u8], out: &mut [u8], sum: &mut Sum) {
    loop {
        let n = socket.fetch(buf);
        if n == 0 {
            return;
        }
        let mut input = &mut buf[..n];
        while let Some(event) = connection.receive(&mut input) {
            match event {
                Event::Text(piece) => sum.piece(Kind::Text, piece.as_bytes(), piece.place().is_last()),
                Event::Binary(piece) => sum.piece(Kind::Binary, piece.as_bytes(), piece.place().is_last()),
                Event::Ping => sum.piece(Kind::Ping, connection.control_payload().unwrap_or_default(), true),
                other => panic!("{other:?}"),
            }
        }
        if connection.wants_transmit() {
            let n = connection.poll_transmit(out);
            socket.put(&out[..n]);
        }
    }
}

impl Peer for Upframe {
    fn name(&self) -> &'static str {
        "upframe"
    }

    fn receive(&self, stream: &Stream, socket: Socket) -> Offer {
        let (mut connection, mut buf, mut out) = (server(), vec![0; BUFFER], [0; 256]);
        let pass = move |sum: &mut Sum| {
            socket.rewind();
            receive_all(&mut connection, &socket, &mut buf, &mut out, sum);
        };
        let contender = Contender::new(pass).note("pieces, as they come");
        Ok(if stream.has_pings { contender.note("one Pong for all Pings of a read") } else { contender })
    }
}
