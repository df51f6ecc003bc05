//! A client that holds `Bytes` and never a `&mut [u8]`: messages that lie whole in one buffer are slices of it, not copies.

use bytes::{Bytes, BytesMut};
use upframe::connection::{Client, Connection, Entropy, Event, Settings};

/// Joins pieces; a message in one piece is a view of the buffer that it came in.
struct Messages<E: Entropy> {
    connection: Connection<Client<E>>,
    open: BytesMut,
}

impl<E: Entropy> Messages<E> {
    fn receive(&mut self, buffer: Bytes) -> Vec<Bytes> {
        let mut whole = Vec::new();
        let mut input = &buffer[..];
        while let Some(event) = self.connection.receive_shared(&mut input) {
            let (place, in_input, bytes) = match &event {
                Event::Text(text) => (text.place(), text.chars().in_input(), text.as_bytes()),
                Event::Binary(binary) => (binary.place(), Some(binary.as_bytes()), binary.as_bytes()),
                _ => continue,
            };
            match in_input {
                Some(view) if place.is_first() && place.is_last() => whole.push(buffer.slice_ref(view)),
                _ => {
                    self.open.extend_from_slice(bytes);
                    if place.is_last() {
                        whole.push(self.open.split().freeze());
                    }
                }
            }
        }
        whole
    }
}

fn client() -> Connection<Client<impl Entropy>> {
    Connection::client(
        |key: &mut [u8]| {
            key.fill(1);
            Ok(())
        },
        Settings::new(),
    )
}

#[test]
fn a_whole_message_is_a_view_and_a_cut_one_is_joined() {
    let mut messages = Messages { connection: client(), open: BytesMut::new() };
    let buffer = Bytes::from_static("\u{1}\u{0}".as_bytes());
    assert!(messages.receive(buffer).is_empty());
    let wire = Bytes::from([&b"\x80\x06"[..], "a😀b".as_bytes(), b"\x82\x03\xff\xfe\xfd"].concat());
    let first = messages.receive(wire.slice(..6));
    assert!(first.is_empty());
    let rest = messages.receive(wire.slice(6..));
    assert_eq!(rest, ["a😀b".as_bytes(), b"\xff\xfe\xfd"]);
    assert_eq!(rest[1].as_ptr(), wire[wire.len() - 3..].as_ptr(), "not copied");
}

#[test]
fn ranges_serve_those_who_return_events_from_a_loop() {
    let mut connection = client();
    let buffer = Bytes::from_static(b"\x89\x00\x81\x05Hello\x81");
    let (mut at, mut texts) = (0, Vec::new());
    loop {
        let step = connection.step_shared(&buffer[at..]);
        let here = buffer.slice(at..);
        match step.event(&here) {
            None => break,
            Some(Event::Text(_)) => texts.push(here.slice(step.payload())),
            Some(_) => {}
        }
        at += step.consumed();
    }
    assert_eq!(texts, [&b"Hello"[..]]);
}
