//! A server and a client talk in memory, and every byte is printed: `cargo run --example session`.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use upframe::connection::{Client, Connection, Entropy, Event, Fragment, NoEntropy, Role, Server, Settings};
use upframe::frame::{CloseCode, Decoder, Part, PeerMasking, ReservedBits};
use upframe::handshake::{Answer, ClientHandshake, Outcome, Request, ServerHandshake, ServerOptions, Uri};

/// Good enough to show masks; a program takes the operating system's generator.
fn entropy(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    for byte in bytes {
        *byte = RandomState::new().build_hasher().finish() as u8;
    }
    Ok(())
}

/// Prints frames as a dissector sees them.
fn dissect(who: &str, wire: &[u8]) {
    let mut decoder = Decoder::new(PeerMasking::Optional, ReservedBits::NONE);
    let mut copy = wire.to_vec();
    let mut input = &mut copy[..];
    while let Some(part) = decoder.decode(&mut input) {
        match part {
            Part::Header(header) => {
                let mask = if header.masking_key.is_some() { "masked" } else { "not masked" };
                let fin = if header.fin { "FIN" } else { "   " };
                println!("{who:6} {fin} {:?}, {} bytes, {mask}", header.opcode, header.payload_len);
            }
            Part::Payload { bytes, .. } => println!("           {}", bytes.escape_ascii()),
            Part::Failed(error) => println!("           {error}"),
        }
    }
    println!("           {}\n", wire.iter().map(|byte| format!("{byte:02x} ")).collect::<String>());
}

/// Gives bytes to one end; the bytes that it answers, echoing where it is told to.
fn receive<R: Role>(end: &mut Connection<R>, wire: &[u8], echo: bool) -> Vec<u8> {
    let (mut input, mut out, mut answer) = (wire.to_vec(), [0; 256], Vec::new());
    let mut input = &mut input[..];
    while let Some(event) = end.receive(&mut input) {
        match &event {
            Event::Text(piece) => println!("       received: {:?}", piece.as_str()),
            Event::Close(code) => println!("       received: Close {code} {:?}", end.close_reason()),
            Event::Pong => {
                println!("       received: Pong {}", end.control_payload().unwrap_or_default().escape_ascii())
            }
            other => println!("       received: {other:?}"),
        }
        if let (true, Some(fragment)) = (echo, event.as_fragment()) {
            answer.extend_from_slice(end.send(fragment, &mut out).expect("the buffer is long enough"));
        }
    }
    loop {
        let n = end.poll_transmit(&mut out);
        answer.extend_from_slice(&out[..n]);
        if n < out.len() {
            return answer;
        }
    }
}

/// The opening handshake: a request, and the answer to it.
fn shake_hands() -> (Connection<Server>, Connection<Client<impl Entropy>>) {
    let uri = Uri::parse("ws://server.example.com/chat").expect("a good URI");
    let request = Request::new(uri).with_subprotocols(&["chat", "superchat"]);
    let mut from_client = ClientHandshake::new(request, &mut entropy).expect("a good request");
    let mut to_client = ServerHandshake::new(ServerOptions::new().with_subprotocols(&["chat"]));
    let (mut out, mut back) = ([0; 512], [0; 512]);

    let request = from_client.write_request(&mut out).expect("the buffer is long enough");
    println!("client\n{}", String::from_utf8_lossy(request));
    let Some(Outcome::Upgrade(upgrade)) = to_client.receive(&mut &*request) else { panic!("refused") };
    let accepted = to_client.accept(&upgrade, Settings::new(), &[], &mut back);
    let (response, server) = accepted.expect("the buffer is long enough");
    println!("server\n{}", String::from_utf8_lossy(response));
    let Some(Answer::Agreed(agreed)) = from_client.receive(&mut &*response) else { panic!("not agreed") };
    println!("agreed on {:?}\n", agreed.subprotocol());
    (server, agreed.connect(entropy, Settings::new()))
}

fn main() {
    let (mut server, mut client) = shake_hands();
    let mut out = [0; 256];

    let mut wires = vec![client.send("Hello", &mut out).unwrap().to_vec()];
    let first = client.send(Fragment::text("in two ").first(), &mut out).unwrap().to_vec();
    let ping = client.ping(b"still there?", &mut out).unwrap().to_vec();
    let last = client.send(Fragment::text("fragments").last(), &mut out).unwrap().to_vec();
    wires.push([first, ping, last].concat());
    wires.push(client.close(CloseCode::NORMAL, "that was all", &mut out).unwrap().to_vec());

    for wire in wires {
        dissect("client", &wire);
        let answer = receive(&mut server, &wire, true);
        dissect("server", &answer);
        receive(&mut client, &answer, false);
        println!();
    }
    println!("server: {:?}, client: {:?}", server.state(), client.state());
}
