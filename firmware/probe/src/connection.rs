//! Open connections, in every role, whole and in halves; messages.

use crate::opaque::{byte, bytes, entropy, flag, kind, long, place, reserved_bits, sink, text, word};
use upframe::connection::{
    Client, Connection, DataFrame, Endpoint, Entropy, Event, Extended, Fragment, Limits, Receiver, Role, Server,
    Settings, Step, Transmitter, Violation,
};
use upframe::frame::CloseCode;
use upframe::message::{Message, MessageAssembler, MessageReader, Next, Prepared, Steps};

fn settings() -> Settings {
    let limits = Limits::SMALL_DEVICE
        .with_message(long())
        .with_frame(long())
        .with_fragments(word() as u32)
        .with_empty_fragments(word() as u16);
    Settings::new()
        .with_limits(limits)
        .with_reserved_bits(reserved_bits())
        .with_automatic_pong(flag())
        .with_unmasked_frames_trusted(flag())
}

fn frame() -> DataFrame {
    DataFrame::extended(kind(), reserved_bits()).at(place())
}

fn fragment() -> Fragment<'static> {
    match byte() {
        0 => Fragment::text(text()),
        1 => Fragment::binary(bytes()),
        _ => Fragment::extended(kind(), reserved_bits(), bytes()),
    }
    .at(place())
}

fn violation() -> Violation {
    match byte() {
        0 => Violation::Policy,
        1 => Violation::MessageTooBig,
        _ => Violation::ExtensionData,
    }
}

#[inline(never)]
pub fn servers() {
    let mut server: Connection<Server> = Connection::server(settings());
    while flag() {
        either(&mut server);
        sink(server.frame_payload_shared(bytes()));
        sink(server.send_vectored(fragment(), bytes()));
        if let Ok(prepared) = Prepared::new(fragment(), settings(), &mut *bytes()) {
            sink((prepared.as_bytes().len(), server.send_prepared(&prepared)));
        }
    }
}

#[inline(never)]
pub fn clients() {
    let mut client: Connection<Client<_>> = Connection::client(entropy, settings());
    while flag() {
        either(&mut client);
        let mut input = &*bytes();
        while let Some(event) = client.receive_shared(&mut input) {
            what(&event);
        }
        let input = &*bytes();
        stepped(client.step_shared(input), input);
    }
}

#[inline(never)]
pub fn endpoints() {
    let endpoint = if flag() { Endpoint::Server } else { Endpoint::Client(entropy) };
    let mut connection = Connection::endpoint(endpoint, settings());
    while flag() {
        either(&mut connection);
    }
}

/// Calls what all roles have.
fn either<R: Role>(connection: &mut Connection<R>) {
    match byte() {
        0 => {
            let mut assembler = MessageAssembler::new(bytes());
            let mut input = bytes();
            while let Some(event) = connection.receive(&mut input) {
                what(&event);
                whole(&mut assembler, event);
                sink((connection.control_payload(), connection.close_reason()));
            }
        }
        1 => {
            let (mut input, mut scratch) = (&*bytes(), [0; 32]);
            while let Some(event) = connection.receive_copied(&mut input, &mut scratch) {
                what(&event);
            }
        }
        2 => {
            let input = bytes();
            stepped(connection.step(input), input);
        }
        3 => sink(connection.receive_eof()),
        4 => sink(connection.skip_message()),
        5 => connection.fail(violation()),
        6 => sink(connection.poll_transmit(bytes())),
        7 => sink(connection.send(fragment(), bytes())),
        8 => sink(connection.send(text(), bytes())),
        9 => sink(connection.send_in_place(frame(), bytes(), word())),
        10 => sink(connection.begin_frame(frame(), long(), bytes())),
        11 => sink(connection.frame_payload(bytes())),
        12 => sink(connection.ping(bytes())),
        13 => sink(connection.pong(bytes())),
        14 => sink(connection.close(CloseCode(word() as u16), text())),
        15 => sink(connection.close_without_code()),
        16 => connection.reset(),
        17 => in_buffer(connection),
        _ => sink((
            (
                connection.is_server(),
                connection.state(),
                connection.close_code(),
                connection.close_reason(),
                connection.failure(),
            ),
            (
                connection.may_disconnect(),
                connection.wants_transmit(),
                connection.offset(),
                connection.payload_remaining(),
            ),
        )),
    }
}

fn in_buffer(receiver: &mut impl Steps) {
    let (mut reader, buffer, mut filled) = (MessageReader::at(word()), bytes(), word());
    while flag() {
        sink((reader.position(), reader.is_message_begun()));
        match reader.next_within(receiver, buffer, filled, word()) {
            Next::Message(message) => sink((message.kind, message.reserved_bits, message.range)),
            Next::ReadOn { at, missing } => {
                filled = at.wrapping_add(word());
                sink(missing);
            }
            Next::Close(code) => sink(code),
            Next::Failed(error) => sink(error),
            _ => {}
        }
    }
}

fn what(event: &Event<'_>) {
    sink(event.as_fragment());
    match event {
        Event::Text(text) => {
            sink((text.as_bytes().len(), text.as_str(), text.chars(), text.place(), text.is_first(), text.is_last()));
            sink(text.str_in_input());
        }
        Event::Binary(binary) => sink((binary.as_bytes(), binary.place(), binary.is_first(), binary.is_last())),
        Event::Extended(compressed) => extended(compressed),
        Event::Close(code) => sink(code),
        Event::Failed(error) => {
            sink((error.close_code(), error.violation.section(), error.offset, upframe::Error::from(*error).code()));
        }
        _ => {}
    }
}

fn extended(piece: &Extended<'_>) {
    sink((piece.as_bytes(), piece.place(), piece.is_first(), piece.is_last(), piece.kind(), piece.reserved_bits()));
    sink(piece.as_fragment());
    sink(Extended::new(bytes(), piece.place(), piece.kind(), piece.reserved_bits()));
}

fn stepped(step: Step, input: &[u8]) {
    sink((step.consumed(), step.payload(), step.kind(), step.place()));
    if let Some(event) = step.event(input) {
        what(&event);
    }
    // Also with a slice that is not the input of `step`.
    sink(step.event(bytes()));
}

fn whole(assembler: &mut MessageAssembler<'_>, event: Event<'_>) {
    let message = match event {
        Event::Text(piece) => assembler.push(piece),
        Event::Binary(piece) => assembler.push(piece),
        _ => return assembler.reset(),
    };
    match message {
        Ok(Some(message)) => {
            sink((message.as_bytes().len(), message.kind(), message.as_fragment()));
            if let Message::Text(text) = message {
                sink(text.as_str());
            }
        }
        Ok(None) => {}
        Err(error) => sink(error.limit),
    }
}

#[inline(never)]
pub fn halves() {
    match byte() {
        0 => {
            let mut transmitter = Transmitter::server(settings());
            sink(transmitter.frame_payload_shared(bytes()));
            sink(transmitter.send_vectored(fragment(), bytes()));
            if let Ok(prepared) = Prepared::new(fragment(), settings(), [0; 64]) {
                sink(transmitter.send_prepared(&prepared));
            }
            both(Receiver::<Server>::new(settings()), transmitter);
        }
        1 => {
            let mut receiver = Receiver::<Client>::new(settings());
            let mut input = &*bytes();
            while let Some(event) = receiver.receive_shared(&mut input) {
                what(&event);
            }
            let input = &*bytes();
            stepped(receiver.step_shared(input), input);
            both(receiver, Transmitter::client(entropy, settings()));
        }
        2 => {
            let (receiver, transmitter) = Connection::server(settings()).split();
            both(receiver, transmitter);
        }
        3 => {
            let (receiver, transmitter) = Connection::client(entropy, settings()).split();
            both(receiver, transmitter);
        }
        _ => {
            let endpoint = if flag() { Endpoint::Server } else { Endpoint::Client(entropy) };
            both(
                Connection::endpoint(endpoint, settings()).split().0,
                Transmitter::endpoint(Endpoint::Client(entropy), settings()),
            );
        }
    }
}

fn both<S: Role + Copy, R: Role>(mut receiver: Receiver<S>, mut transmitter: Transmitter<R>) {
    while flag() {
        match byte() {
            0 => {
                let mut input = bytes();
                while let Some(event) = receiver.receive(&mut input) {
                    what(&event);
                    if let Some(reply) = receiver.take_reply() {
                        sink((reply.is_pong(), transmitter.answer(&reply)));
                    }
                }
            }
            1 => {
                let (mut input, mut scratch) = (&*bytes(), [0; 8]);
                sink(receiver.receive_copied(&mut input, &mut scratch));
            }
            2 => {
                let input = bytes();
                stepped(receiver.step(input), input);
            }
            3 => sink(receiver.receive_eof()),
            4 => sink(receiver.skip_message()),
            5 => receiver.fail(violation()),
            6 => receiver.reset(),
            7 => sink(transmitter.send(fragment(), bytes())),
            8 => sink(transmitter.send_in_place(frame(), bytes(), word())),
            9 => sink(transmitter.begin_frame(frame(), long(), bytes())),
            10 => sink(transmitter.frame_payload(bytes())),
            11 => sink(transmitter.ping(bytes())),
            12 => sink(transmitter.pong(bytes())),
            13 => sink(transmitter.close(CloseCode(word() as u16), text())),
            14 => sink(transmitter.close_without_code()),
            15 => transmitter.end_stream(),
            16 => transmitter.reset(),
            17 => sink((
                (transmitter.state(), transmitter.is_frame_in_progress(), transmitter.is_server()),
                (transmitter.wants_transmit(), transmitter.may_disconnect()),
            )),
            19 => sink(transmitter.poll_transmit(bytes())),
            18 => in_buffer(&mut receiver),
            _ => sink((
                (receiver.control_payload(), receiver.close_code(), receiver.close_reason()),
                (receiver.failure(), receiver.offset(), receiver.payload_remaining()),
                (receiver.state(), receiver.is_server()),
            )),
        }
    }
}

/// Calls the methods of small values.
#[inline(never)]
pub fn values() {
    let frame = frame();
    sink([frame.first(), frame.middle(), frame.last(), frame.at(place())]);
    let fragment = fragment();
    sink([fragment.first(), fragment.middle(), fragment.last(), fragment.at(place())]);
    sink((violation().close_code(), violation().section(), place().is_first(), place().is_last()));
    sink((fragment.frame(), fragment.bytes(), fragment.frame_len(flag())));
    sink((frame.kind(), frame.place(), frame.reserved_bits()));
    sink((entropy.fill(bytes()), Entropy::by_ref(&mut { entropy }).fill(bytes())));
}
