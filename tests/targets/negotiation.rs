//! The parameters of permessage-deflate, in offers and answers of any text.
//!
//! **Both ends do what the naive twin does. A client agrees to every answer that a server gives to its offer, and both
//! understand the same, except that a client may use less.**

use super::super::scripts::{Result, Unstructured, mutate, once_in, pick};
use super::super::twin::deflate::{Agreed, Policy, hear, serve};
use super::super::twin::digest;
use upframe::connection::Settings;
use upframe::deflate::{ClientDeflate, DeflateParams, DeflatePolicy, Direction, ServerDeflate};
use upframe::frame::ReservedBits;
use upframe::handshake::{
    Answer, Failure, Key, Outcome, Refusal, RequestJudge, ResponseJudge, ServerOptions, write_extensions,
};

const NONCE: [u8; 16] = *b"the sample nonce";
const FIELD: &[u8] = b"Sec-WebSocket-Extensions";

pub fn run(u: &mut Unstructured) -> Result<()> {
    let (at_server, at_client) = (policies(u)?, policies(u)?);
    let lines = lines(u)?;
    let want = serve(&at_server, &lines);
    let found = served(&at_server, &lines);
    assert_eq!(found, want, "a server with {at_server:?}, {}", shown(&lines));
    assert_eq!(heard(&at_client, &lines), hear(&at_client, &lines), "a client with {at_client:?}, {}", shown(&lines));
    meet(&at_server, &at_client);
    Ok(())
}

fn shown(lines: &[Vec<u8>]) -> String {
    lines.iter().map(|line| format!("{} | ", line.escape_ascii())).collect()
}

/// One policy, or two.
fn policies(u: &mut Unstructured) -> Result<Vec<Policy>> {
    let mut policy = || {
        let bits = [8, 9, 10, 12, 14, 15, 15, 15];
        Ok(Policy { outgoing: (pick(u, &bits)?, u.arbitrary()?), incoming: (pick(u, &bits)?, u.arbitrary()?) })
    };
    let first = policy()?;
    let second = policy()?;
    Ok(if u.arbitrary()? { vec![first, second] } else { vec![first] })
}

fn lines(u: &mut Unstructured) -> Result<Vec<Vec<u8>>> {
    let mut lines = vec![];
    for _ in 0..pick(u, &[0, 1, 1, 1, 1, 2])? {
        let mut line = String::new();
        for at in 0..u.int_in_range(1..=4)? {
            line += if at == 0 { "" } else { pick(u, &[", ", ", ", ",", " ,\t", ",,", " "])? };
            line += pick(u, &["permessage-deflate", "permessage-deflate", "Permessage-Deflate", "x-sealed", ""])?;
            for _ in 0..u.int_in_range(0..=4)?.min(u.int_in_range(0..=4)?) {
                parameter(u, &mut line)?;
            }
        }
        let mut line = line.into_bytes();
        mutate(u, &mut line)?;
        // What is not in any field value, the head refuses.
        let visible = |byte| if byte == b'\t' || (b' '..=b'~').contains(&byte) { byte } else { 0xE9 };
        lines.push(line.into_iter().map(visible).collect::<Vec<u8>>().trim_ascii().to_vec());
    }
    Ok(lines)
}

fn parameter(u: &mut Unstructured, line: &mut String) -> Result<()> {
    *line += pick(u, &["; ", "; ", ";", " ;\t", ";;"])?;
    let name = pick(
        u,
        &[
            "server_no_context_takeover",
            "client_no_context_takeover",
            "server_max_window_bits",
            "client_max_window_bits",
            "client_max_window_bits",
            "Server_Max_Window_Bits",
            "level",
        ],
    )?;
    *line += name;
    let is_number = name.to_ascii_lowercase().ends_with("bits");
    if once_in(u, 8)? != is_number {
        let value = match u.int_in_range(0..=9)? {
            0 => pick(u, &["7", "16", "08", "010", "+9", "0", "true", "9.0", "255", "264"])?.to_string(),
            1 => format!("\"{}\"", u.int_in_range(7..=16)?),
            2 => pick(u, &["\"1\\0\"", "\"\\9\"", "\"\"", "\"", "", "\"1 0\"", "\"1,0\"", "\"10\\"])?.to_string(),
            _ => u.int_in_range(8..=15)?.to_string(),
        };
        *line += pick(u, &["=", "=", "=", " = ", "=="])?;
        *line += &value;
    }
    Ok(())
}

fn directions(policy: &Policy) -> DeflatePolicy {
    let direction = |(bits, takes_over)| Direction::new(bits, takes_over);
    DeflatePolicy::new().with_outgoing(direction(policy.outgoing)).with_incoming(direction(policy.incoming))
}

fn agreed(params: DeflateParams) -> Agreed {
    let pair = |direction: Direction| (direction.window_bits(), direction.takes_over());
    Agreed { server: pair(params.server), client: pair(params.client) }
}

/// Returns what a server answers, and what it understands.
fn served(policies: &[Policy], lines: &[Vec<u8>]) -> Result<Option<(String, Agreed)>, ()> {
    let mut extension = ServerDeflate::new(directions(&policies[0]));
    if let Some(second) = policies.get(1) {
        extension = extension.with_fallback(directions(second));
    }
    let mut judge = RequestJudge::with_extension(ServerOptions::new(), extension);
    judge.request_line(b"GET", b"/", 1);
    let key = digest::base64(&NONCE);
    let fields = [
        ("Host", "a"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", key.as_str()),
        ("Sec-WebSocket-Version", "13"),
    ];
    fields.iter().for_each(|(name, value)| judge.field(name.as_bytes(), value.as_bytes()));
    lines.iter().for_each(|line| judge.field(FIELD, line));
    let upgrade = match judge.finish() {
        Outcome::Upgrade(upgrade) => upgrade,
        Outcome::Refusal(Refusal::Extensions) => return Err(()),
        other => panic!("{other:?}, {}", shown(lines)),
    };
    let mut out = [0; 200];
    let answer = String::from_utf8(judge.write_extensions(&upgrade, &mut out).unwrap().to_vec()).unwrap();
    let params = judge.extension().agreed(&upgrade);
    let owned = judge.settings(&upgrade, Settings::new()).reserved_bits();
    assert_eq!(owned, if params.is_some() { ReservedBits::RSV1 } else { ReservedBits::NONE });
    assert_eq!(judge.extension().agreed(&upgrade.without_extension()), None);
    assert_eq!(params.is_some(), !answer.is_empty());
    Ok(params.map(|params| (answer, agreed(params))))
}

fn client(policies: &[Policy]) -> ClientDeflate {
    let extension = ClientDeflate::new(directions(&policies[0]));
    match policies.get(1) {
        Some(second) => extension.with_fallback(directions(second)),
        None => extension,
    }
}

/// Returns what a client understands.
fn heard(policies: &[Policy], lines: &[Vec<u8>]) -> Result<Option<Agreed>, ()> {
    let mut judge = ResponseJudge::with_extension(&Key::new(NONCE), &[], client(policies));
    let accept = digest::accept_value(&digest::base64(&NONCE));
    let fields = [("Upgrade", "websocket"), ("Connection", "upgrade"), ("Sec-WebSocket-Accept", accept.as_str())];
    fields.iter().for_each(|(name, value)| judge.field(name.as_bytes(), value.as_bytes()));
    lines.iter().for_each(|line| judge.field(FIELD, line));
    match judge.finish(101, 1) {
        Answer::Agreed(answer) => {
            let params = judge.extension().agreed();
            let owned = answer.settings(Settings::new()).reserved_bits();
            assert_eq!(owned, if params.is_some() { ReservedBits::RSV1 } else { ReservedBits::NONE });
            Ok(params.map(agreed))
        }
        Answer::Failed(Failure::Extensions | Failure::ExtensionNotAgreed) => Err(()),
        other => panic!("{other:?}, {}", shown(lines)),
    }
}

/// A real client and a real server.
fn meet(at_server: &[Policy], at_client: &[Policy]) {
    let mut out = [0; 400];
    let offer = write_extensions(&client(at_client), &mut out).unwrap().to_vec();
    let served = served(at_server, std::slice::from_ref(&offer)).expect("an offer is a list");
    let Some((answer, server)) = served else { panic!("an offer has client_max_window_bits") };
    let heard = heard(at_client, &[answer.clone().into_bytes()]);
    let Ok(Some(client)) = heard else { panic!("{at_client:?} {at_server:?}: {answer} to {}", offer.escape_ascii()) };
    assert_eq!(client.server, server.server);
    assert!(client.client.0 <= server.client.0 && client.client.1 <= server.client.1);
    // Neither end exceeds what it can afford, except that 8 bits count as 9.
    let fits = |of: (u8, bool), most: (u8, bool)| of.0 <= most.0.max(9) && of.1 <= most.1;
    assert!(
        at_server.iter().any(|policy| fits(server.client, policy.incoming) && fits(server.server, policy.outgoing))
    );
    assert!(
        at_client.iter().any(|policy| fits(client.server, policy.incoming) && fits(client.client, policy.outgoing))
    );
}
