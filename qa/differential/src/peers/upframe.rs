//! `upframe` itself.

use crate::End;
use crate::opening::{Asked, FOLLOWS, Judged, Reason, Verdict, keeps};
use crate::receiving::{MAX_MESSAGE, Seen, Transcript, answers};
use upframe::connection::{Connection, Endpoint, Event, Limits, NoEntropy, Settings};
use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Outcome, ServerHandshake, ServerOptions, Uri};
use upframe::message::{Message, MessageAssembler};

/// A key that anyone can foresee.
fn key(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    bytes.fill(0x5A);
    Ok(())
}

pub fn receive(end: End, wire: &[u8]) -> Transcript {
    let limits = Limits::NONE.with_message(MAX_MESSAGE as u64).with_frame(MAX_MESSAGE as u64);
    let endpoint = match end {
        End::Server => Endpoint::Server,
        End::Client => Endpoint::Client(key as fn(&mut [u8]) -> Result<(), NoEntropy>),
    };
    let mut connection = Connection::endpoint(endpoint, Settings::new().with_limits(limits));
    let (mut memory, mut out, mut written) = (vec![0; wire.len()], [0; 256], vec![]);
    let (mut assembler, mut wire, mut seen) = (MessageAssembler::new(&mut memory), wire.to_vec(), vec![]);
    let mut input = &mut wire[..];
    while let Some(event) = connection.receive(&mut input) {
        let message = match event {
            Event::Text(piece) => assembler.push(piece),
            Event::Binary(piece) => assembler.push(piece),
            Event::Extended(_) => panic!("no extension was agreed on"),
            _ => Ok(None),
        };
        let payload = || connection.control_payload().expect("it has just come").to_vec();
        match (message.expect("memory for the whole wire"), event) {
            (Some(Message::Text(text)), _) => seen.push(Seen::Text(text.as_bytes().to_vec())),
            (Some(Message::Binary(bytes)), _) => seen.push(Seen::Binary(bytes.to_vec())),
            (None, Event::Ping) => seen.push(Seen::Ping(payload())),
            (None, Event::Pong) => seen.push(Seen::Pong(payload())),
            (None, Event::Close(code)) => seen.push(Seen::Close(code.0, connection.close_reason().into())),
            (None, Event::Failed(error)) => seen.push(Seen::Failed(Some(error.close_code().0))),
            (None, _) => {}
        }
        // the peer reads: each Ping gets its own Pong
        let n = connection.poll_transmit(&mut out);
        written.extend_from_slice(&out[..n]);
    }
    let failure = connection.failure();
    let mut answers = answers(&written);
    if let Some(error) = failure {
        assert_eq!(answers.pop(), Some(crate::receiving::Answer::Close(Some(error.close_code().0))));
    }
    let words = failure.map(|error| error.to_string()).unwrap_or_default();
    Transcript { seen, answers: Some(answers), failure, words }
}

pub fn serve(wire: &[u8]) -> Judged {
    let mut handshake = ServerHandshake::new(ServerOptions::new());
    let mut input = wire;
    let (verdict, reason) = match handshake.receive(&mut input) {
        None => (Verdict::Waiting, None),
        Some(Outcome::Upgrade(upgrade)) => {
            let said = Some(upgrade.accept_value().as_str().into());
            (Verdict::Agreed { said, kept: keeps(wire, || input == FOLLOWS) }, None)
        }
        Some(Outcome::PlainHttp(_)) => (Verdict::Refused(None), Some(Reason::PlainHttp)),
        Some(Outcome::Refusal(refusal)) => (Verdict::Refused(Some(refusal.status())), Some(Reason::Refusal(refusal))),
    };
    Judged { verdict, words: format!("{reason:?}"), reason }
}

pub fn connect(asked: &Asked, wire: &[u8]) -> Judged {
    let request = ClientRequest::new(Uri::parse("ws://server.example.com/chat").expect("a URI"));
    let nonce = asked.nonce;
    let mut entropy = |bytes: &mut [u8]| {
        bytes.copy_from_slice(&nonce);
        Ok(())
    };
    let request = request.with_subprotocols(asked.subprotocols);
    let mut handshake = ClientHandshake::new(request, &mut entropy).expect("a request");
    handshake.write_request(&mut [0; 512]).expect("room");
    let mut input = wire;
    let (verdict, reason) = match handshake.receive(&mut input) {
        None => (Verdict::Waiting, None),
        Some(Answer::Agreed(agreed)) => (
            Verdict::Agreed { said: agreed.subprotocol().map(Into::into), kept: keeps(wire, || input == FOLLOWS) },
            None,
        ),
        Some(Answer::Refused { status, .. }) => (Verdict::Refused(Some(status)), Some(Reason::Status(status))),
        Some(Answer::Failed(failure)) => (Verdict::Refused(None), Some(Reason::Failure(failure))),
    };
    Judged { verdict, words: format!("{reason:?}"), reason }
}
