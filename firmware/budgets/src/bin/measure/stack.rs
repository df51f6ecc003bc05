//! The deepest stack of a call: paints the memory below, makes the call, and checks how much paint is left.

use core::fmt::Write;
use core::hint::black_box;
use core::{arch::asm, mem, ptr};
use upframe::connection::{Connection, Fragment, Limits, Settings};
use upframe::frame::CloseCode;
use upframe::handshake::{ClientHandshake, ClientRequest, Outcome, Refusal, ServerHandshake, ServerOptions, Uri};
use upframe_budgets::console::Console;

const DEPTH: usize = 8192;
const PAINT: u8 = 0xA5;
/// Bytes between the stack pointer and the paint, for the loop that paints.
const GAP: usize = 64;

/// Measures how deep `call` goes. Its result does not count: it is in the frame of this function.
#[inline(never)]
fn depth<T>(call: &mut dyn FnMut() -> T) -> usize {
    let top: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) top, options(nomem, nostack)) };
    for at in top - DEPTH..top - GAP {
        // SAFETY: RAM below the stack, which nothing uses.
        unsafe { ptr::write_volatile(at as *mut u8, PAINT) };
    }
    black_box(&call());
    // SAFETY: as above.
    let first = (top - DEPTH..top - GAP).find(|at| unsafe { ptr::read_volatile(*at as *const u8) } != PAINT);
    top - first.unwrap_or(top - GAP)
}

fn line<T>(name: &str, call: &mut dyn FnMut() -> T) {
    let deep = depth(call);
    let _ = writeln!(Console, "stack {name}|{deep}");
}

const REQUEST: &[u8] =
    b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Version: 13\r\nOrigin: http://example.com\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\nSec-WebSocket-Protocol: chat\r\n\r\n";
const SETTINGS: Settings = Settings::new().with_limits(Limits::SMALL_DEVICE);

#[inline(never)]
pub fn print() {
    handshakes();
    frames();
}

#[inline(never)]
fn handshakes() {
    let mut out = [0; 512];
    let mut handshake = ServerHandshake::new(ServerOptions::new().with_subprotocols(&["chat"]));
    let (mut outcome, mut input) = (None, black_box(REQUEST));
    line("`ServerHandshake::receive`, whole", &mut || outcome = handshake.receive(&mut input));
    let Some(Outcome::Upgrade(upgrade)) = outcome else { return };
    let mut response = [0; 256];
    let mut place = &mut response[..];
    line("`ServerHandshake::accept`", &mut || handshake.accept(&upgrade, SETTINGS, &[], mem::take(&mut place)));
    line("`Refusal::write`", &mut || {
        let _ = black_box(black_box(Refusal::UpgradeRequired).write(handshake.method(), &mut out));
    });

    let mut uri = None;
    line("`Uri::parse`", &mut || uri = Uri::parse(black_box("ws://server.example.com/chat")).ok());
    let Some(uri) = uri else { return };
    let request = ClientRequest::new(uri).with_subprotocols(&["chat", "superchat"]);
    let mut nonce = |bytes: &mut [u8]| {
        bytes.copy_from_slice(&0xc772_491c_c6c3_2f51_332e_487d_1818_570f_u128.to_be_bytes());
        Ok(())
    };
    line("`ClientHandshake::new`", &mut || ClientHandshake::new(black_box(request), &mut nonce));
    let Ok(mut client) = ClientHandshake::new(request, &mut nonce) else { return };
    line("`ClientHandshake::write_request`", &mut || {
        let _ = black_box(client.write_request(&mut out));
    });
    let (mut answer, mut input) = (None, black_box(RESPONSE));
    line("`ClientHandshake::receive`, whole", &mut || answer = client.receive(&mut input));
    black_box(&answer);
}

#[inline(never)]
fn frames() {
    let mut out = [0; 256];
    let mut server = Connection::server(SETTINGS);
    let mut wire = black_box(*b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x89\x81\0\0\0\0x\x88\x82\0\0\0\0\x03\xe8");
    let (message, ping_and_close) = wire.split_at_mut(11);
    let mut received = 0;
    line("server: `receive`, a message whole", &mut || {
        let mut input = &mut *message;
        while let Some(event) = server.receive(&mut input) {
            received += usize::from(event.as_fragment().is_some());
        }
    });
    let mut server = Connection::server(SETTINGS);
    let mut sent = 0;
    line("server: `send`", &mut || sent = server.send(black_box("Hello"), &mut out).map_or(0, <[u8]>::len));
    line("server: `ping`", &mut || sent = usize::from(server.ping(black_box(b"Hello")).is_ok()));
    line("server: `receive`, byte by byte, a Ping and a Close", &mut || {
        for mut input in ping_and_close.chunks_mut(1) {
            while let Some(event) = server.receive(&mut input) {
                black_box(&event);
            }
        }
    });
    line("server: `poll_transmit`", &mut || sent = server.poll_transmit(&mut out));
    let mut server = Connection::server(SETTINGS);
    line("server: `close`", &mut || {
        sent = usize::from(server.close(CloseCode::GOING_AWAY, black_box("bye")).is_ok());
    });

    let keys = |bytes: &mut [u8]| {
        bytes.fill(0x5A);
        Ok(())
    };
    let mut client = Connection::client(keys, SETTINGS);
    let mut wire = black_box(*b"\x81\x05Hello");
    line("client: `receive`, a message whole", &mut || {
        let mut input = &mut wire[..];
        while let Some(event) = client.receive(&mut input) {
            received += usize::from(event.as_fragment().is_some());
        }
    });
    line("client: `send`", &mut || {
        sent = client.send(Fragment::text(black_box("Hello")), &mut out).map_or(0, <[u8]>::len)
    });
    line("client: `close`", &mut || {
        sent = usize::from(client.close(CloseCode::GOING_AWAY, black_box("bye")).is_ok());
    });
    black_box((received, sent));
}
