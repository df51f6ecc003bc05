//! Control frames and the closing handshake (RFC 6455 §5.5, §7).

use crate::peers::{Seen, client, polled, server, sum};
use crate::{Checked, ensure, given};
use upframe::connection::{EndOfStream, Fragment, SendError, State};
use upframe::frame::CloseCode;

pub fn control_frames_between_fragments() -> Checked {
    let mut all = 0;
    for cut in [1, 2, 7, 1000] {
        let (mut server, mut client) = (server(), client());
        let (mut wire, mut len) = ([0; 320], 0);
        let mut out = [0; 160];
        let payload = [0x5A; 125];
        len += given!(client.send(Fragment::text("Hel").first(), &mut wire[len..])).len();
        given!(client.ping(b"1"));
        len += polled(&mut client, &mut wire[len..], 1000);
        len += given!(client.send(Fragment::text("l").middle(), &mut wire[len..])).len();
        given!(client.pong(b""));
        len += polled(&mut client, &mut wire[len..], 1000);
        given!(client.ping(&payload));
        len += polled(&mut client, &mut wire[len..], 1000);
        len += given!(client.send(Fragment::text("o").last(), &mut wire[len..])).len();
        let mut seen = Seen::<16>::new();
        seen.receive(&mut server, &mut wire[..len], cut);
        ensure!(seen.came() == b"Hello" && (seen.messages, seen.pings, seen.pongs) == (1, 2, 1));
        // Of two Pings that wait, the second is answered.
        let n = polled(&mut server, &mut out, cut);
        ensure!(n == 127 && out[..2] == [0x8A, 125] && out[2..127] == payload);
        let mut seen = Seen::<16>::new();
        seen.receive(&mut client, &mut out[..n], cut);
        ensure!(seen.pongs == 1 && client.control_payload().is_none_or(|shown| shown == payload));
        ensure!(server.ping(&[0; 126]) == Err(SendError::ControlTooLong));
        all = sum(all, &wire[..len]);
    }
    Ok(all)
}

pub fn a_server_closes() -> Checked {
    let mut all = 0;
    for cut in [1, 3, 1000] {
        let (mut server, mut client) = (server(), client());
        let mut out = [0; 64];
        given!(server.close(CloseCode::GOING_AWAY, "bye"));
        let n = polled(&mut server, &mut out, cut);
        ensure!(out[..n] == *b"\x88\x05\x03\xE9bye" && server.state() == State::Closing);
        ensure!(server.send("more", &mut out[n..]) == Err(SendError::Closing));
        let mut seen = Seen::<8>::new();
        seen.receive(&mut client, &mut out[..n], cut);
        ensure!(seen.close == Some(1001) && client.close_reason() == "bye" && !client.may_disconnect());
        let n = polled(&mut client, &mut out, cut);
        ensure!(n == 11 && client.state() == State::Closed);
        let mut seen = Seen::<8>::new();
        seen.receive(&mut server, &mut out[..n], cut);
        ensure!(seen.close == Some(1001) && server.close_reason() == "bye" && server.may_disconnect());
        ensure!(server.state() == State::Closed);
        ensure!(client.receive_eof() == EndOfStream::Expected && client.may_disconnect());
        all = sum(all, &out[..n]);
    }
    Ok(all)
}

pub fn a_client_closes() -> Checked {
    let (mut server, mut client) = (server(), client());
    let mut out = [0; 64];
    given!(client.close_without_code());
    let n = polled(&mut client, &mut out, 1);
    ensure!(out[..n] == *b"\x88\x80\x37\xFA\x21\x3D");
    let mut seen = Seen::<8>::new();
    seen.receive(&mut server, &mut out[..n], 1);
    ensure!(seen.close == Some(1005) && server.close_code() == Some(CloseCode::NO_STATUS));
    let n = polled(&mut server, &mut out, 1);
    ensure!(out[..n] == *b"\x88\x00" && server.may_disconnect());
    let mut seen = Seen::<8>::new();
    seen.receive(&mut client, &mut out[..n], 1);
    ensure!(seen.close == Some(1005) && client.state() == State::Closed);
    Ok(n as u32)
}

pub fn a_stream_that_ends_without_a_close() -> Checked {
    let (mut server, mut out) = (server(), [0; 16]);
    let mut seen = Seen::<8>::new();
    seen.receive(&mut server, &mut { *b"\x81\x85\0\0\0\0He" }, 1);
    ensure!(seen.came() == b"He" && server.receive_eof() == EndOfStream::InFrame);
    ensure!(server.close_code() == Some(CloseCode::ABNORMAL) && server.state() == State::Closed);
    ensure!(server.send("x", &mut out) == Err(SendError::Closing));
    Ok(u32::from(server.close_code().map_or(0, |code| code.0)))
}
