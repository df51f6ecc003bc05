//! `upframe` itself: `Connection::receive` on the bytes of each read.

use crate::peer::{Contender, Keys, Offer, Peer, Size};
use crate::rows::handshake::{ACCEPT, FIELDS, KEY, NONCE, REQUEST, RESPONSE, each, socket};
use crate::rows::mask::mask_each;
use crate::rows::send::{payload, send_each, send_to};
use crate::socket::Socket;
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use std::hint::black_box;
use upframe::connection::{Connection, Event, Limits, MessageKind, NoEntropy, Server, Settings};
use upframe::frame::{Mask, MaskingKey};
use upframe::handshake::{
    Answer, ClientHandshake, ClientRequest, Outcome, ServerHandshake, ServerOptions, Uri, accept_key,
};
use upframe::http::{HeadLimits, HeadReader, Span};
use upframe::message::{Message, MessageAssembler, MessageReader, Next, Prepared};

pub struct Upframe;

/// The length of buffers that the contenders leave to their users: the default of tungstenite.
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

    fn messages(&self, _: &Stream, socket: Socket) -> Offer {
        let (mut connection, mut buf) = (server(), vec![0; BUFFER]);
        Ok(Contender::new(move |sum| {
            socket.rewind();
            let (mut reader, mut filled) = (MessageReader::new(), 0);
            loop {
                match reader.next(&mut connection, &mut buf, filled) {
                    Next::Message(message) if message.kind == MessageKind::Text => {
                        sum.piece(Kind::Text, &buf[message.range], true);
                    }
                    Next::Message(message) => sum.piece(Kind::Binary, &buf[message.range], true),
                    Next::ReadOn { at, .. } => match socket.fetch(&mut buf[at..]) {
                        0 => return,
                        n => filled = at + n,
                    },
                    other => panic!("{other:?}"),
                }
            }
        })
        .note("whole messages, in the read buffer"))
    }

    fn assembled(&self, stream: &Stream, socket: Socket) -> Offer {
        let (mut connection, mut buf, mut memory) = (server(), vec![0; BUFFER], vec![0; stream.longest]);
        Ok(Contender::new(move |sum| {
            socket.rewind();
            let mut assembler = MessageAssembler::new(&mut memory);
            loop {
                let n = socket.fetch(&mut buf);
                if n == 0 {
                    return;
                }
                let mut input = &mut buf[..n];
                while let Some(event) = connection.receive(&mut input) {
                    let message = match event {
                        Event::Text(piece) => assembler.push(piece),
                        Event::Binary(piece) => assembler.push(piece),
                        other => panic!("{other:?}"),
                    };
                    match message.expect("room") {
                        Some(Message::Text(text)) => sum.piece(Kind::Text, text.as_bytes(), true),
                        Some(Message::Binary(bytes)) => sum.piece(Kind::Binary, bytes, true),
                        None => {}
                    }
                }
            }
        })
        .note("whole messages, lent"))
    }

    fn mask(&self, len: usize) -> Offer {
        Ok(mask_each(len, |payload, key| Mask::new(MaskingKey(key)).apply(payload)))
    }

    fn send(&self, len: usize, masked: bool) -> Offer {
        let mut out = vec![0; len + 14];
        if masked {
            let mut keys = Keys::new();
            let entropy = move |bytes: &mut [u8]| -> Result<(), NoEntropy> {
                bytes.copy_from_slice(&keys.next());
                Ok(())
            };
            let mut client = Connection::client(entropy, Settings::new());
            return Ok(send_each(len, move |payload, sum| sum.frame(client.send(payload, &mut out).expect("a frame"))));
        }
        let mut server = server();
        Ok(send_each(len, move |payload, sum| sum.frame(server.send(payload, &mut out).expect("a frame"))))
    }

    fn prepared(&self, len: usize) -> Offer {
        let (server, socket) = (server(), Socket::silent());
        let prepared = Prepared::new(&payload(len)[..], Settings::new(), vec![0; len + 14]).expect("a frame");
        let mut server = server;
        Ok(send_to(socket.clone(), len, move |_| socket.put(server.send_prepared(&prepared).expect("it may"))))
    }

    fn serve(&self) -> Offer {
        let (socket, mut buf, mut out) = (socket(REQUEST), [0; 1024], [0; 256]);
        Ok(each(
            move |see| {
                socket.rewind();
                let n = socket.fetch(&mut buf);
                let (mut handshake, mut input) = (ServerHandshake::new(ServerOptions::new()), &buf[..n]);
                let Some(Outcome::Upgrade(upgrade)) = handshake.receive(&mut input) else { panic!("no upgrade") };
                let accepted = handshake.accept(&upgrade, Settings::new(), &[], &mut out).expect("room");
                let (response, connection) = accepted;
                black_box(connection);
                see(response);
            },
            Some(ACCEPT),
        ))
    }

    fn connect(&self) -> Offer {
        let (socket, mut buf, mut out) = (socket(RESPONSE), [0; 1024], [0; 512]);
        Ok(each(
            move |see| {
                let mut entropy = |bytes: &mut [u8]| -> Result<(), NoEntropy> {
                    bytes.copy_from_slice(&NONCE[..bytes.len()]);
                    Ok(())
                };
                let uri = Uri::parse("ws://localhost:8080/chat/room?id=42").expect("a URI");
                let mut handshake = ClientHandshake::new(ClientRequest::new(uri), &mut entropy).expect("a request");
                let request = handshake.write_request(&mut out).expect("room");
                socket.rewind();
                let n = socket.fetch(&mut buf);
                let mut input = &buf[..n];
                let Some(Answer::Agreed(agreed)) = handshake.receive(&mut input) else { panic!("not agreed") };
                black_box(agreed.connect(entropy, Settings::new()));
                see(request);
            },
            Some(KEY),
        ))
    }

    fn head(&self) -> Offer {
        Ok(each(
            |see| {
                let (mut reader, mut input) = (HeadReader::request(HeadLimits::DEFAULT), black_box(REQUEST.as_bytes()));
                let mut fields = 0;
                loop {
                    while black_box(reader.read_field(&mut input)).is_some() {
                        fields += 1;
                    }
                    match reader.read(&mut input) {
                        Some(span) => fields += usize::from(matches!(span, Span::Value(run) if run.last)),
                        None => break,
                    }
                }
                assert_eq!(fields, FIELDS);
                see(&[]);
            },
            None,
        ))
    }

    fn accept_key(&self) -> Offer {
        Ok(each(|see| see(accept_key(black_box(KEY)).expect("a key").as_str().as_bytes()), Some(ACCEPT)))
    }

    fn size(&self) -> Option<Size> {
        Some(Size::of::<Connection<Server>>(|socket| {
            let (mut connection, mut buf, mut out) = (server(), vec![0; BUFFER], [0; 256]);
            receive_all(&mut connection, &socket, &mut buf, &mut out, &mut Sum::default());
            Box::new(connection)
        }))
    }
}
