//! A server that echoes: handshake with a subprotocol, refusals, all frames, the closing handshake.

use crate::{read, write};
use upframe::connection::{Connection, Limits, Server, Settings};
use upframe::handshake::{AcceptValue, Outcome, Refusal, ServerHandshake, ServerOptions, Upgrade};
use upframe::http::ResponseError;

const SETTINGS: Settings = Settings::new().with_limits(Limits::SMALL_DEVICE);

/// A 101, and its connection.
type Accepted<'o> = Result<(&'o [u8], Connection<Server>), ResponseError>;

/// Who answers a key: upframe.
#[inline(always)]
pub fn accept<'o>(handshake: &ServerHandshake, upgrade: &Upgrade, out: &'o mut [u8]) -> Accepted<'o> {
    handshake.accept(upgrade, SETTINGS, &[], out)
}

/// Who answers a key: the SHA-1 of the machine.
#[inline(never)]
pub fn accept_by_machine<'o>(handshake: &ServerHandshake, upgrade: &Upgrade, out: &'o mut [u8]) -> Accepted<'o> {
    let accept = AcceptValue::from_sha1(crate::sha1(&upgrade.key().sha1_input()));
    handshake.accept_with(&accept, upgrade, SETTINGS, &[], out)
}

/// One session of a server.
#[inline(always)]
pub fn serve(accept: impl for<'o> FnOnce(&ServerHandshake, &Upgrade, &'o mut [u8]) -> Accepted<'o>) {
    let (mut buf, mut out) = ([0; 512], [0; 512]);
    let mut handshake = ServerHandshake::new(ServerOptions::new().with_subprotocols(&["chat"]));
    loop {
        let mut input = read(&mut buf);
        if input.is_empty() {
            return;
        }
        let answer = match handshake.receive(&mut input) {
            None => continue,
            Some(Outcome::Upgrade(upgrade)) => match accept(&handshake, &upgrade, &mut out) {
                Ok((response, mut connection)) => {
                    write(response);
                    events(&mut connection, input, &mut out);
                    return echo(&mut connection, &mut buf, &mut out);
                }
                Err(_) => return,
            },
            Some(Outcome::Ordinary(_)) => Refusal::UpgradeRequired.write(&mut out),
            Some(Outcome::Refusal(refusal)) => refusal.write(&mut out),
        };
        return write(answer.unwrap_or_default());
    }
}

#[inline]
fn echo(connection: &mut Connection<Server>, buf: &mut [u8], out: &mut [u8]) {
    while !connection.may_disconnect() {
        let input = read(buf);
        if input.is_empty() {
            connection.receive_eof();
        }
        events(connection, input, out);
    }
}

#[inline]
fn events(connection: &mut Connection<Server>, mut input: &mut [u8], out: &mut [u8]) {
    while let Some(event) = connection.receive(&mut input) {
        if let Some(piece) = event.as_fragment()
            && let Ok(frame) = connection.send(piece, out)
        {
            write(frame);
        }
    }
    loop {
        let n = connection.poll_transmit(out);
        write(out.get(..n).unwrap_or_default());
        if n < out.len() {
            return;
        }
    }
}
