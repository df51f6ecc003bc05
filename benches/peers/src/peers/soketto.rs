//! `soketto`: `Receiver::receive`, polled over memory.

use crate::peer::{Contender, Offer, Peer};
use crate::socket::{Socket, now};
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use soketto::connection::{Builder, Mode, Receiver, Sender};
use soketto::{Data, Incoming};

pub struct Soketto;

fn server(socket: Socket) -> (Sender<Socket>, Receiver<Socket>) {
    Builder::new(socket, Mode::Server).finish()
}

/// As many messages as there are: a future that waits for more must not be dropped, say its docs.
fn receive_all(receiver: &mut Receiver<Socket>, message: &mut Vec<u8>, count: u64, sum: &mut Sum) {
    for _ in 0..count {
        message.clear();
        match now(receiver.receive(message)).expect("bytes").expect("a message") {
            Incoming::Data(Data::Text(_)) => sum.piece(Kind::Text, message, true),
            Incoming::Data(Data::Binary(_)) => sum.piece(Kind::Binary, message, true),
            other => panic!("{other:?}"),
        }
    }
}

impl Peer for Soketto {
    fn name(&self) -> &'static str {
        "soketto"
    }

    fn receive(&self, stream: &Stream, socket: Socket) -> Offer {
        let count = stream.want.messages;
        if count == 0 {
            return Err("answers Pings and does not show them");
        }
        let ((sender, mut receiver), mut message) = (server(socket.clone()), Vec::new());
        let pass = move |sum: &mut Sum| {
            let _open = &sender;
            socket.rewind();
            receive_all(&mut receiver, &mut message, count, sum);
        };
        Ok(Contender::new(pass)
            .lacks("takes frames without a mask")
            .lacks_if(stream.has_text, "no UTF-8 check")
            .note("whole messages, in one memory")
            .hides_pings())
    }
}
