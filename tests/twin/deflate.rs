//! The parameters of permessage-deflate, as RFC 7692 §7.1 is written: whole elements, read as text.

use super::lists::{Parameters, parsed};

/// A window in bits, and whether it is kept between messages.
pub type Direction = (u8, bool);

/// What an end can afford.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub outgoing: Direction,
    pub incoming: Direction,
}

/// What both ends agreed on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Agreed {
    pub server: Direction,
    pub client: Direction,
}

/// The parameters of an element: those without a value, and those with a number of bits.
struct Element {
    flags: Vec<&'static str>,
    bits: Vec<(&'static str, u8)>,
}

const NAMES: [&str; 4] =
    ["server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits", "client_max_window_bits"];

impl Element {
    /// Returns `None` if a parameter is unknown, duplicated, or has a value that it cannot have.
    fn new(parameters: &Parameters, is_offer: bool) -> Option<Self> {
        let mut element = Self { flags: vec![], bits: vec![] };
        for (name, value) in parameters {
            let name = *NAMES.iter().find(|known| known.as_bytes().eq_ignore_ascii_case(name))?;
            if element.has(name) || element.number(name).is_some() {
                return None;
            }
            let is_number = name.ends_with("bits");
            match value {
                Some(value) if is_number => {
                    let bits = (8u8..=15).find(|bits| bits.to_string().as_bytes() == value)?;
                    element.bits.push((name, bits));
                }
                None if !is_number || (is_offer && name.starts_with("client")) => element.flags.push(name),
                _ => return None,
            }
        }
        Some(element)
    }

    fn has(&self, name: &str) -> bool {
        self.flags.contains(&name)
    }

    fn number(&self, name: &str) -> Option<u8> {
        self.bits.iter().find(|(of, _)| *of == name).map(|(_, bits)| *bits)
    }
}

fn is_ours(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"permessage-deflate")
}

/// Returns what a server answers, and what that means; both are empty if no offer is acceptable. `Err`: the lines are not
/// a list.
pub fn serve(policies: &[Policy], lines: &[Vec<u8>]) -> Result<Option<(String, Agreed)>, ()> {
    let offers = parsed(lines).ok_or(())?;
    let ours = offers.iter().filter(|(name, _)| is_ours(name));
    let elements = ours.filter_map(|(_, parameters)| Element::new(parameters, true));
    let judged = |offer| policies.iter().find_map(|policy| answer(policy, &offer));
    Ok({ elements }.find_map(judged))
}

fn answer(policy: &Policy, offer: &Element) -> Option<(String, Agreed)> {
    let most = policy.incoming.0.max(9);
    let hint = offer.number(NAMES[3]);
    if most < 15 && hint.is_none() && !offer.has(NAMES[3]) {
        return None;
    }
    let client = most.min(hint.unwrap_or(15));
    let server = policy.outgoing.0.min(offer.number(NAMES[2]).unwrap_or(15));
    let takes_over = [
        policy.outgoing.1 && !offer.has(NAMES[0]), // the server
        policy.incoming.1 && !offer.has(NAMES[1]), // the client
    ];
    let mut text = String::from("permessage-deflate");
    for (takes_over, name) in takes_over.into_iter().zip(NAMES) {
        text += &if takes_over { String::new() } else { format!("; {name}") };
    }
    if server < 15 || offer.number(NAMES[2]).is_some() {
        text += &format!("; {}={server}", NAMES[2]);
    }
    if client < 15 {
        text += &format!("; {}={client}", NAMES[3]);
    }
    Some((text, Agreed { server: (server, takes_over[0]), client: (client, takes_over[1]) }))
}

/// Returns what a client that offered these policies understands of an answer; `None` in it if the server does not
/// compress. `Err`: it fails the connection.
pub fn hear(policies: &[Policy], lines: &[Vec<u8>]) -> Result<Option<Agreed>, ()> {
    let elements = parsed(lines).ok_or(())?;
    let parameters = match &elements[..] {
        [] => return Ok(None),
        [(name, parameters)] if is_ours(name) => parameters,
        _ => return Err(()),
    };
    let answer = Element::new(parameters, false).ok_or(())?;
    let server = (answer.number(NAMES[2]).unwrap_or(15), !answer.has(NAMES[0]));
    for policy in policies {
        let is_granted = server.0 <= policy.incoming.0.max(9) && (policy.incoming.1 || !server.1);
        if is_granted {
            let bits = answer.number(NAMES[3]).unwrap_or(15).min(policy.outgoing.0);
            return Ok(Some(Agreed { server, client: (bits, policy.outgoing.1 && !answer.has(NAMES[1])) }));
        }
    }
    Err(())
}
