//! The opening handshake (RFC 6455 §4).

use crate::peers::{SETTINGS, keys, sum};
use crate::{Checked, ensure, given};
use upframe::connection::{NoEntropy, State};
use upframe::handshake::{
    Answer, ClientHandshake, ClientRequest, Outcome, Refusal, ServerHandshake, ServerOptions, Uri, accept_key,
};

const REQUEST: &[u8] =
    b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\nOrigin: http://example.com\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\nSec-WebSocket-Protocol: chat\r\n\r\n";

const OPTIONS: ServerOptions<'static> = ServerOptions::new().with_subprotocols(&["chat"]);

/// Returns the response to a request in two pieces, each read by `cut` bytes, and the number of bytes left in the
/// input.
fn answer<'o>(pieces: [&[u8]; 2], cut: usize, out: &'o mut [u8]) -> Option<(&'o [u8], usize)> {
    let mut handshake = ServerHandshake::new(OPTIONS);
    for mut input in pieces.into_iter().flat_map(|piece| piece.chunks(cut)) {
        let refusal = match handshake.receive(&mut input) {
            None => continue,
            Some(Outcome::Upgrade(upgrade)) => {
                let (response, connection) = handshake.accept(&upgrade, SETTINGS, &[], out).ok()?;
                return (connection.state() == State::Open).then_some((response, input.len()));
            }
            Some(Outcome::PlainHttp(_)) => Refusal::UpgradeRequired,
            Some(Outcome::Refusal(refusal)) => refusal,
        };
        return Some((refusal.write(handshake.method(), out).ok()?, input.len()));
    }
    None
}

pub fn a_server_answers_the_request() -> Checked {
    let mut out = [0; 256];
    ensure!(answer([REQUEST, b""], 1000, &mut out) == Some((RESPONSE, 0)));
    // What follows is left to the connection.
    let mut more = [0; 300];
    more[..REQUEST.len()].copy_from_slice(REQUEST);
    let (_, left) = given!(answer([&more[..REQUEST.len() + 7], b""], 1000, &mut out));
    ensure!(left == 7);
    Ok(sum(0, RESPONSE))
}

pub fn a_server_answers_at_every_cut() -> Checked {
    let mut out = [0; 256];
    for at in 1..REQUEST.len() {
        ensure!(answer(REQUEST.split_at(at).into(), 1000, &mut out) == Some((RESPONSE, 0)));
    }
    ensure!(answer([REQUEST, b""], 1, &mut out) == Some((RESPONSE, 0)));
    Ok(REQUEST.len() as u32)
}

fn nonce(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    bytes.copy_from_slice(&0xc772_491c_c6c3_2f51_332e_487d_1818_570f_u128.to_be_bytes());
    Ok(())
}

fn request() -> Option<ClientRequest<'static>> {
    let uri = Uri::parse("ws://server.example.com/chat").ok()?;
    Some(ClientRequest::new(uri).with_subprotocols(&["chat", "superchat"]).with_origin("http://example.com"))
}

pub fn a_client_asks_and_takes_the_answer() -> Checked {
    let mut handshake = given!(ClientHandshake::new(given!(request()), &mut nonce));
    let mut out = [0; 512];
    ensure!(handshake.write_request(&mut out) == Ok(REQUEST));
    for (i, mut input) in RESPONSE.chunks(1).enumerate() {
        match handshake.receive(&mut input) {
            None => ensure!(i + 1 < RESPONSE.len()),
            Some(Answer::Agreed(agreed)) => {
                ensure!(i + 1 == RESPONSE.len() && agreed.subprotocol() == Some("chat"));
                ensure!(agreed.connect(keys, SETTINGS).state() == State::Open);
                return Ok(sum(0, REQUEST));
            }
            Some(_) => return Err(line!()),
        }
    }
    Err(line!())
}

pub fn a_server_refuses_and_says_why() -> Checked {
    let (mut out, mut again) = ([0; 384], [0; 384]);
    let mut all = 0;
    for (request, status) in [
        (&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], b"426"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", b"505"),
        (b"GET / HTTP/1.1\nHost: a\r\n\r\n", b"400"),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            b"405",
        ),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 8\r\n\r\n",
            b"426",
        ),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXD\r\nSec-WebSocket-Version: 13\r\n\r\n",
            b"400",
        ),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: close\r\n\
              Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            b"400",
        ),
    ] {
        let (whole, _) = given!(answer([request, b""], 1000, &mut out));
        let (bytes, _) = given!(answer([request, b""], 1, &mut again));
        ensure!(whole == bytes && whole.get(9..12) == Some(status));
        all = sum(all, whole);
    }
    Ok(all)
}

pub fn a_client_takes_no_other_answer() -> Checked {
    let mut all = 0;
    for (response, want) in [
        (&b"HTTP/1.1 302 Found\r\nLocation: ws://b/\r\n\r\n"[..], Some(302)),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\n\r\n", Some(401)),
        (
            b"HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk+\r\n\r\n",
            None,
        ),
        (
            b"HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\nSec-WebSocket-Protocol: other\r\n\r\n",
            None,
        ),
        (b"HTTP/1.1 101 \r\nSec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n\r\n", None),
        (b"ICY 200 OK\r\n\r\n", None),
    ] {
        for cut in [1, 1000] {
            let mut handshake = given!(ClientHandshake::new(given!(request()), &mut nonce));
            let answer = response.chunks(cut).find_map(|mut input| handshake.receive(&mut input));
            match (answer, want) {
                (Some(Answer::Refused { status, .. }), Some(want)) => ensure!(status == want),
                (Some(Answer::Failed(_)), None) => {}
                _ => return Err(line!()),
            }
            all += 1;
        }
    }
    Ok(all)
}

pub fn an_accept_value_is_that_of_the_standard() -> Checked {
    let value = given!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="));
    ensure!(value.as_str() == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    ensure!(accept_key("dGhlIHNhbXBsZSBub25jZR==").is_err());
    Ok(sum(0, value.as_str().as_bytes()))
}
