//! The conversation of a client and a server.

use super::explain::{Line, explain_frames, explain_head};
use upframe::connection::{Client, Connection, Entropy, Event, Fragment, NoEntropy, Role, Server, Settings};
use upframe::frame::CloseCode;
use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Outcome, ServerHandshake, ServerOptions, Uri};

/// The 16 bytes that are `x3JJHMbDL1EzLkh9GBhXDw==` in base64.
const NONCE: [u8; 16] =
    [0xc7, 0x72, 0x49, 0x1c, 0xc6, 0xc3, 0x2f, 0x51, 0x33, 0x2e, 0x48, 0x7d, 0x18, 0x18, 0x57, 0x0f];

const REQUEST: [Line; 8] = [
    ("GET ", "GET, with HTTP/1.1 or newer (§4.1)"),
    ("Host", "the host name that the client connects to (RFC 9110 §7.2)"),
    ("Upgrade", "the protocol to switch this connection to"),
    ("Connection", "Upgrade is for this hop only: a proxy that does not know it drops it (RFC 9110 §7.6.1)"),
    (
        "Sec-WebSocket-Key",
        "16 random bytes in base64: not a secret, but a challenge that only a WebSocket server answers",
    ),
    ("Sec-WebSocket-Version", "13 is the protocol of RFC 6455"),
    ("Sec-WebSocket-Protocol", "the subprotocols that the client speaks, the preferred one first (§1.9)"),
    ("Origin", "the page that connects; the server decides whether to allow it (§10.2)"),
];

const RESPONSE: [Line; 5] = [
    ("HTTP/1.1 101", "accepted; any other status would be an ordinary HTTP response"),
    ("Upgrade", "after the empty line, this connection no longer carries HTTP"),
    ("Connection", "as in the request"),
    (
        "Sec-WebSocket-Accept",
        "base64(SHA-1(key + 258EAFA5-E914-47DA-95CA-C5AB0DC85B11)): the answer to the key (§4.2.2)",
    ),
    ("Sec-WebSocket-Protocol", "the subprotocol that both ends will speak"),
];

/// What both ends sent, and its explanation.
pub struct Session {
    pub text: String,
    /// The bytes of each head and of each group of frames, in the order in which they were sent.
    pub wires: Vec<Vec<u8>>,
}

impl Session {
    fn chapter(&mut self, title: &str, about: &str) {
        self.text += &format!("\n{title}\n{}\n{about}\n", "=".repeat(title.chars().count()));
    }

    fn say(&mut self, who: &str, wire: &[u8], explained: &str) {
        self.text += &format!("\n{who}, {} bytes\n{explained}", wire.len());
        self.wires.push(wire.to_vec());
    }
}

/// Masking keys that are easy to read. The keys of a real client must be impossible to guess (§10.3).
fn entropy() -> impl Entropy {
    let mut keys = [[0x37, 0xfa, 0x21, 0x3d], [0x11, 0x22, 0x33, 0x44], [0xa1, 0xb2, 0xc3, 0xd4]].into_iter().cycle();
    move |bytes: &mut [u8]| match bytes.len() {
        16 => {
            bytes.copy_from_slice(&NONCE);
            Ok(())
        }
        _ => match keys.next() {
            Some(key) => {
                bytes.copy_from_slice(&key[..bytes.len().min(4)]);
                Ok(())
            }
            None => Err(NoEntropy),
        },
    }
}

/// Runs one session from the first byte to the last.
pub fn session() -> Session {
    let mut session = Session { text: "A WebSocket session, byte by byte (RFC 6455)\n".into(), wires: vec![] };
    let (mut server, mut client) = shake_hands(&mut session);
    let mut out = [0; 512];

    session.chapter(
        "2. A text message",
        "Each frame begins with two bytes: the first tells what it is, the second its length (§5.2).\n\
         \n\
         \u{20}   x... ....  FIN: the last frame of its message     x... ....  MASK: the payload is masked\n\
         \u{20}   .xxx ....  RSV1 to RSV3: for extensions, or 0     .xxx xxxx  length of the payload\n\
         \u{20}   .... xxxx  opcode: the type of the frame\n\
         \n\
         A client masks what it sends: each byte is XORed with one of the four bytes of the masking key, in turn.\n\
         So no page can make a client send bytes that a careless proxy mistakes for HTTP. The keys here are easy\n\
         to read; real ones must be impossible to guess (§5.3, §10.3).",
    );
    let wire = client.send("Hello", &mut out).expect("a short text").to_vec();
    exchange(&mut session, &mut client, &mut server, &wire, true);

    session.chapter(
        "3. A message in two fragments, and a Ping between them",
        "A sender that does not yet know the length of its message sends it in several frames (§5.4). A\n\
         control frame may come between them and is answered at once (§5.5.2).",
    );
    let mut wire = client.send(Fragment::text("What is taller than ").first(), &mut out).expect("room").to_vec();
    client.ping(b"there?").expect("nothing else waits");
    let n = client.poll_transmit(&mut out);
    wire.extend_from_slice(&out[..n]);
    wire.extend_from_slice(client.send(Fragment::text("\u{1F992}?").last(), &mut out).expect("room"));
    exchange(&mut session, &mut client, &mut server, &wire, false);

    session.chapter(
        "4. A longer message, from the server",
        "From 126 bytes on, the length takes two more bytes; from 65,536 bytes on, eight. A server does not mask\n\
         what it sends (§5.1).",
    );
    let wire = server.send(&[b'.'; 130], &mut out).expect("room").to_vec();
    session.say("server to client", &wire, &explain_frames(&wire));

    session.chapter(
        "5. The closing handshake",
        "Each end sends one Close and nothing after it, so both know that no message was lost. Then the server\n\
         closes the TCP connection (§5.5.1, §7).",
    );
    client.close(CloseCode::NORMAL, "bye").expect("nothing else waits");
    let n = client.poll_transmit(&mut out);
    let wire = out[..n].to_vec();
    exchange(&mut session, &mut client, &mut server, &wire, false);
    session.text += &format!("\nserver: {:?}, client: {:?}\n", server.state(), client.state());
    session
}

/// The opening handshake: a request, and the answer to it.
fn shake_hands(session: &mut Session) -> (Connection<Server>, Connection<Client<impl Entropy + use<>>>) {
    session.chapter(
        "1. The opening handshake",
        "One request and one response of HTTP/1.1, and the connection belongs to the WebSocket (§1.3, §4).",
    );
    let uri = Uri::parse("ws://server.example.com/chat").expect("a good URI");
    let request = ClientRequest::new(uri).with_subprotocols(&["chat", "superchat"]).with_origin("http://example.com");
    let mut entropy = entropy();
    let mut from_client = ClientHandshake::new(request, &mut entropy).expect("a good request");
    let mut to_client = ServerHandshake::new(ServerOptions::new().with_subprotocols(&["chat"]));
    let (mut out, mut back) = ([0; 512], [0; 512]);

    let request = from_client.write_request(&mut out).expect("room");
    session.say("client to server", request, &explain_head(request, &REQUEST));
    let Some(Outcome::Upgrade(upgrade)) = to_client.receive(&mut &*request) else { panic!("refused") };
    let (response, server) = to_client.accept(&upgrade, Settings::new(), &[], &mut back).expect("room");
    session.say("server to client", response, &explain_head(response, &RESPONSE));
    let Some(Answer::Agreed(agreed)) = from_client.receive(&mut &*response) else { panic!("not agreed") };
    (server, agreed.connect(entropy, Settings::new()))
}

/// The server gets what the client sends, and answers; the client gets that.
fn exchange<E: Entropy>(
    session: &mut Session,
    client: &mut Connection<Client<E>>,
    server: &mut Connection<Server>,
    wire: &[u8],
    echo: bool,
) {
    session.say("client to server", wire, &explain_frames(wire));
    let answer = receive(server, wire, echo);
    session.say("server to client", &answer, &explain_frames(&answer));
    receive(client, &answer, false);
}

/// Gives bytes to one end; the bytes that it answers.
fn receive<R: Role>(end: &mut Connection<R>, wire: &[u8], echo: bool) -> Vec<u8> {
    let (mut wire, mut out, mut answer) = (wire.to_vec(), [0; 512], vec![]);
    let mut input = &mut wire[..];
    while let Some(event) = end.receive(&mut input) {
        if let (true, Event::Text(piece)) = (echo, &event) {
            answer.extend_from_slice(end.send(piece, &mut out).expect("room"));
        }
    }
    let n = end.poll_transmit(&mut out);
    answer.extend_from_slice(&out[..n]);
    answer
}
