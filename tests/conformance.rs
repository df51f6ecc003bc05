//! Runs the conformance suite of `conformance/` in process and in both roles. Every case must pass strictly.

use std::sync::atomic::{AtomicU32, Ordering};
use upframe::connection::{self, Client, Connection, Limits, NoEntropy, SendError, Server, Settings};
use upframe::frame::{CloseCode, Header};
use upframe::handshake::{
    Answer, ClientHandshake, ClientRequest, Outcome, Refusal, ServerHandshake, ServerOptions, Uri,
};
use upframe::http::Method;
use upframe_conformance::{Report, Role, Subject, Suite};

/// The size of one read in bytes, as in a program with a socket.
const READ: usize = 64 << 10;

type Keys = fn(&mut [u8]) -> Result<(), NoEntropy>;

/// Returns another key for each frame. The keys are predictable, which does not matter here.
fn keys(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    static DRAWN: AtomicU32 = AtomicU32::new(1);
    let key = DRAWN.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B1).to_be_bytes();
    bytes.iter_mut().zip(key.into_iter().cycle()).for_each(|(byte, key)| *byte = key);
    Ok(())
}

/// The state of an end. The handshakes and the connections after them are separate states, as in a program.
enum State {
    Request(ServerHandshake<'static>),
    Response(ClientHandshake<'static>),
    Server(Connection<Server>),
    Client(Connection<Client<Keys>>),
    Ended,
}

/// An end that echoes piece by piece, as `examples/echo_server.rs` and `examples/echo_client.rs` do.
struct Echo {
    state: State,
    buffer: Vec<u8>,
}

impl Echo {
    fn new() -> Self {
        Self { state: State::Ended, buffer: vec![0; READ + Header::MAX_LEN] }
    }

    fn receive_some(&mut self, mut input: &mut [u8], out: &mut Vec<u8>) {
        let Self { state, buffer } = self;
        let settings = Settings::new().with_limits(Limits::SERVER.with_fragments(u32::MAX));
        if let State::Request(handshake) = state {
            match handshake.receive(&mut input) {
                None => return,
                Some(Outcome::Upgrade(upgrade)) => {
                    let (response, connection) = handshake.accept(&upgrade, settings, &[], buffer).unwrap();
                    out.extend_from_slice(response);
                    *state = State::Server(connection);
                }
                Some(Outcome::Refusal(refusal)) => {
                    let method = handshake.method();
                    return self.refuse(refusal, method, out);
                }
                Some(Outcome::PlainHttp(request)) => {
                    return self.refuse(Refusal::UpgradeRequired, request.method(), out);
                }
            }
        }
        if let State::Response(handshake) = state {
            match handshake.receive(&mut input) {
                None => return,
                Some(Answer::Agreed(agreed)) => *state = State::Client(agreed.connect(keys as Keys, settings)),
                Some(Answer::Refused { .. } | Answer::Failed(_)) => *state = State::Ended,
            }
        }
        let result = match state {
            State::Server(connection) => echo(connection, input, buffer, out),
            State::Client(connection) => echo(connection, input, buffer, out),
            State::Request(_) | State::Response(_) | State::Ended => Ok(()),
        };
        // The suite reports which case it was.
        if let Err(error) = result {
            eprintln!("cannot send an echo: {error}");
            *state = State::Ended;
        }
    }

    fn refuse(&mut self, refusal: Refusal, method: Method, out: &mut Vec<u8>) {
        out.extend_from_slice(refusal.write(method, &mut self.buffer).unwrap());
        self.state = State::Ended;
    }
}

fn echo<R: connection::Role>(
    connection: &mut Connection<R>,
    mut input: &mut [u8],
    buffer: &mut [u8],
    out: &mut Vec<u8>,
) -> Result<(), SendError> {
    while let Some(event) = connection.receive(&mut input) {
        if let Some(fragment) = event.as_fragment() {
            match connection.send(fragment, buffer) {
                Ok(frame) => out.extend_from_slice(frame),
                Err(SendError::Closing) => {}
                Err(error) => return Err(error),
            }
        }
        transmit(connection, buffer, out);
    }
    Ok(())
}

fn transmit<R: connection::Role>(connection: &mut Connection<R>, buffer: &mut [u8], out: &mut Vec<u8>) {
    loop {
        let n = connection.poll_transmit(buffer);
        out.extend_from_slice(&buffer[..n]);
        if n < buffer.len() {
            return;
        }
    }
}

fn close<R: connection::Role>(connection: &mut Connection<R>, buffer: &mut [u8], out: &mut Vec<u8>) {
    connection.close(CloseCode::NORMAL, "").unwrap();
    transmit(connection, buffer, out);
}

impl Subject for Echo {
    fn start(&mut self, role: Role, out: &mut Vec<u8>) {
        self.state = match role {
            Role::Server => State::Request(ServerHandshake::new(ServerOptions::new())),
            Role::Client => {
                let request = ClientRequest::new(Uri::parse("ws://localhost/").unwrap());
                let handshake = ClientHandshake::new(request, &mut (keys as Keys)).unwrap();
                out.extend_from_slice(handshake.write_request(&mut self.buffer).unwrap());
                State::Response(handshake)
            }
        };
    }

    fn receive(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        bytes.to_vec().chunks_mut(READ).for_each(|read| self.receive_some(read, out));
    }

    fn receive_eof(&mut self, out: &mut Vec<u8>) {
        match &mut self.state {
            State::Server(connection) => {
                connection.receive_eof();
                transmit(connection, &mut self.buffer, out);
            }
            State::Client(connection) => {
                connection.receive_eof();
                transmit(connection, &mut self.buffer, out);
            }
            state => *state = State::Ended,
        }
    }

    fn is_closed(&self) -> bool {
        match &self.state {
            State::Request(_) | State::Response(_) => false,
            State::Server(connection) => connection.may_disconnect(),
            State::Client(connection) => connection.may_disconnect(),
            State::Ended => true,
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) -> bool {
        match &mut self.state {
            State::Server(connection) => close(connection, &mut self.buffer, out),
            State::Client(connection) => close(connection, &mut self.buffer, out),
            _ => return false,
        }
        true
    }
}

fn strict(report: &Report) {
    let others: Vec<_> = report.entries().iter().filter(|entry| entry.verdict.word() != "pass").collect();
    let lines: Vec<_> = others.iter().map(|entry| entry.explain()).collect();
    assert!(report.is_strict(), "{}\n{report}", lines.join("\n"));
}

/// Runs all cases. Big messages have 256 KiB, so that the run is quick without optimisation.
fn every_case(role: Role) {
    let report = Suite::with_big_messages(256 << 10).run(role, &mut Echo::new());
    strict(&report);
    assert!(report.entries().len() > 1000, "the suite has lost cases");
}

/// Runs the cases with big messages in full size.
fn big_messages(role: Role) {
    let report =
        Suite::new().only("limits.one-frame.text.whole,limits.fragments.binary.4194304").run(role, &mut Echo::new());
    strict(&report);
    assert_eq!(report.entries().len(), 2);
}

#[test]
fn a_server_passes_every_case_strictly() {
    every_case(Role::Server);
}

#[test]
fn a_client_passes_every_case_strictly() {
    every_case(Role::Client);
}

#[test]
fn a_server_echoes_big_messages() {
    big_messages(Role::Server);
}

#[test]
fn a_client_echoes_big_messages() {
    big_messages(Role::Client);
}
