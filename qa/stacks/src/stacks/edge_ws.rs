//! `edge-ws`, with `edge-http` for the opening handshake: the loops of its README. It reads and writes single frames.

use super::{ROOM, Stack, key};
use crate::script::{Begins, Check, End, Script, Seen};
use crate::wire::{Wire, run};
use edge_http::io::server::Connection;
use edge_http::ws::{MAX_BASE64_KEY_LEN, MAX_BASE64_KEY_RESPONSE_LEN, NONCE_LEN, upgrade_request_headers};
use edge_http::{Method, RequestHeaders, ResponseHeaders};
use edge_ws::{FrameHeader, FrameType};
use std::cell::RefCell;

pub const STACK: Stack = Stack {
    name: "edge-ws",
    version: "0.8.0",
    kind: "frames; edge-http 0.8.0 for heads",
    // The caller has the type of a frame, its length, its mask and its payload.
    leaves: |_, check| {
        matches!(
            check,
            Check::Mask | Check::ControlLength | Check::Order | Check::Text | Check::CloseBody | Check::Answer
        )
    },
    play: |script, wire| Some(play(script, wire)),
};

fn play(script: &Script, wire: &Wire) -> Seen {
    let seen = RefCell::new(Seen::default());
    run(async {
        if script.begins == Begins::Opening {
            let opened = match script.end {
                End::Server => accept(wire).await,
                End::Client => connect(wire).await,
            };
            if opened.is_none() {
                seen.borrow_mut().failed = true;
                return;
            }
        }
        seen.borrow_mut().opened = true;
        let (mut buf, mut message) = ([0; ROOM], vec![]);
        loop {
            let Ok(header) = FrameHeader::recv(wire.clone()).await else { return seen.borrow_mut().failed = true };
            let payload = header.recv_payload(wire.clone(), &mut buf).await;
            let mut seen = seen.borrow_mut();
            let Ok(payload) = payload else { return seen.failed = true };
            match header.frame_type {
                FrameType::Text(_) | FrameType::Binary(_) | FrameType::Continue(_) => {
                    message.extend_from_slice(payload);
                    if header.frame_type.is_final() {
                        seen.messages.push(std::mem::take(&mut message));
                    }
                }
                FrameType::Ping | FrameType::Pong => {}
                FrameType::Close => return seen.closed = true,
            }
        }
    });
    seen.into_inner()
}

async fn accept(wire: &Wire) -> Option<()> {
    let mut buf = [0; 2 * ROOM];
    let mut connection = Connection::<_, 64>::new(&mut buf, wire.clone()).await.ok()?;
    if connection.headers().ok()?.method != Method::Get || !connection.is_ws_upgrade_request().ok()? {
        return None;
    }
    let mut accept = [0; MAX_BASE64_KEY_RESPONSE_LEN];
    connection.initiate_ws_upgrade_response(&mut accept).await.ok()?;
    connection.complete().await.ok()?;
    connection.unbind().ok()?;
    Some(())
}

async fn connect(wire: &Wire) -> Option<()> {
    let (mut nonce, mut text) = ([0; NONCE_LEN], [0; MAX_BASE64_KEY_LEN]);
    key(&mut nonce);
    let mut request = RequestHeaders::<16>::new();
    for (name, value) in upgrade_request_headers(Some("a"), None, None, &nonce, &mut text) {
        if !name.is_empty() {
            request.headers.set(name, value);
        }
    }
    request.send(false, wire.clone()).await.ok()?;
    let (mut response, mut buf) = (ResponseHeaders::<16>::new(), [0; ROOM]);
    response.receive(&mut buf, wire.clone(), true).await.ok()?;
    let mut accept = [0; MAX_BASE64_KEY_RESPONSE_LEN];
    response.is_ws_upgrade_accepted(&nonce, &mut accept).then_some(())
}
