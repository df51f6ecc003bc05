//! How a handshake is answered. The accept value is computed by upframe, or with the feature `sha1-of-machine` by the
//! machine.

use crate::{random, write};
use upframe::connection::{Connection, Entropy, Server, Settings};
use upframe::handshake::{
    AcceptValue, ClientHandshake, ClientRequest, Key, NoExtension, Refusal, RequestError, ServerHandshake, Upgrade,
};
use upframe::http::WriteError;

const BY_MACHINE: bool = cfg!(feature = "sha1-of-machine");

/// Accepts as a server: returns the 101 and the connection.
#[inline(always)]
pub fn accept<'o>(
    handshake: &ServerHandshake,
    upgrade: &Upgrade,
    settings: Settings,
    out: &'o mut [u8],
) -> Result<(&'o [u8], Connection<Server>), WriteError> {
    if BY_MACHINE {
        handshake.accept_with(&computed(upgrade.key()), upgrade, settings, &[], out)
    } else {
        handshake.accept(upgrade, settings, &[], out)
    }
}

/// Refuses a request: with a line of text, or with the feature `no-bodies` without one.
#[inline(always)]
pub fn refuse<'o>(refusal: Refusal, handshake: &ServerHandshake, out: &'o mut [u8]) -> Result<&'o [u8], WriteError> {
    if cfg!(feature = "no-bodies") { refusal.write_without_body(out) } else { refusal.write(handshake.method(), out) }
}

/// Begins a handshake as a client.
#[inline(always)]
pub fn begin<'a>(request: ClientRequest<'a>, entropy: &mut impl Entropy) -> Result<ClientHandshake<'a>, RequestError> {
    if !BY_MACHINE {
        return ClientHandshake::new(request, entropy);
    }
    let mut nonce = [0; 16];
    entropy.fill(&mut nonce)?;
    let key = Key::new(nonce);
    ClientHandshake::with_key(request, NoExtension, key, &computed(&key))
}

#[inline(always)]
fn computed(key: &Key) -> AcceptValue {
    AcceptValue::from_sha1(sha1(&key.sha1_input()))
}

/// The SHA-1 unit of a machine: its registers consume the bytes and return the digest.
#[inline(never)]
fn sha1(bytes: &[u8; 60]) -> [u8; 20] {
    write(bytes);
    let mut digest = [0; 20];
    random(&mut digest);
    digest
}
