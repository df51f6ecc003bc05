//! Field sections of HTTP/2 and HTTP/3 over any bytes: a request that is accepted keeps the rules when they are written
//! down another way, HTTP/1.1 judges its offers the same, and what one end writes the other accepts.

use upframe::connection::Settings;
use upframe::deflate::{ClientDeflate, DeflatePolicy, ServerDeflate};
use upframe::handshake::{
    ClientRequest, ConnectAnswer, ConnectOutcome, ConnectRequest, ConnectRequestJudge, ConnectResponseJudge,
    OriginPolicy, Outcome, RequestJudge, ServerOptions, Uri,
};

type Pair<'d> = (&'d [u8], &'d [u8]);

/// The names that sections usually have, by number.
const NAMES: [&[u8]; 16] = [
    b":method",
    b":protocol",
    b":scheme",
    b":path",
    b":authority",
    b":status",
    b"sec-websocket-version",
    b"sec-websocket-protocol",
    b"sec-websocket-extensions",
    b"origin",
    b"host",
    b"content-length",
    b"sec-websocket-key",
    b"sec-websocket-accept",
    b"te",
    b"x",
];

/// A pair is on a line: a letter for a usual name, or a name of its own before a `=`; then the value.
fn pairs(data: &[u8]) -> Vec<Pair<'_>> {
    data.split(|byte| *byte == b'\n').map(pair).collect()
}

fn pair(line: &[u8]) -> Pair<'_> {
    if let [letter @ b'A'..=b'P', value @ ..] = line {
        return (NAMES[usize::from(letter - b'A')], value);
    }
    let at = line.iter().position(|byte| *byte == b'=').unwrap_or(line.len());
    (&line[..at], line.get(at + 1..).unwrap_or_default())
}

pub fn run(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else { return };
    let pairs = pairs(data);
    if kind & 1 == 0 { request(&pairs) } else { response(&pairs) }
}

fn is_well_formed(pairs: &[Pair]) -> bool {
    let is_space = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let is_good = |(name, value): &Pair| {
        let rest = name.strip_prefix(b":").unwrap_or(name);
        let of_connection: [&[u8]; 5] =
            [b"connection", b"upgrade", b"keep-alive", b"proxy-connection", b"transfer-encoding"];
        !rest.is_empty()
            && rest.iter().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && *byte != b':')
            && value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..))
            && !is_space(value.first())
            && !is_space(value.last())
            && !of_connection.contains(name)
            && (*name != b"te" || value.eq_ignore_ascii_case(b"trailers"))
    };
    let pseudo = |pair: &&Pair| pair.0.starts_with(b":");
    let first = pairs.iter().take_while(pseudo).count();
    let unique = (0..first).all(|i| pairs[..i].iter().all(|pair| pair.0 != pairs[i].0));
    pairs.iter().all(is_good) && unique && !pairs[first..].iter().any(|pair| pseudo(&pair))
}

fn request(pairs: &[Pair]) {
    let options = ServerOptions::new().with_subprotocols(&["chat", "superchat"]);
    let options = options.with_origins(OriginPolicy::list(&["http://a"]).unwrap().or_same_host());
    let mut judge = ConnectRequestJudge::with_extension(options, ServerDeflate::new(DeflatePolicy::new()));
    pairs.iter().for_each(|(name, value)| judge.field(name, value));
    let outcome = judge.finish();
    let of = |wanted: &'static [u8]| pairs.iter().filter(move |(name, _)| *name == wanted).map(|(_, value)| *value);
    match outcome {
        ConnectOutcome::Malformed(_) => return,
        ConnectOutcome::OtherProtocol | ConnectOutcome::PlainHttp | ConnectOutcome::Refusal(_) => {
            return assert!(is_well_formed(pairs), "{outcome:?}");
        }
        ConnectOutcome::Tunnel(_) => assert!(is_well_formed(pairs)),
    }
    assert_eq!(of(b":method").collect::<Vec<_>>(), [b"CONNECT"]);
    assert!(of(b":path").next().unwrap().starts_with(b"/"));
    for absent in [&b":status"[..], b"sec-websocket-key", b"sec-websocket-accept", b"content-length"] {
        assert_eq!(of(absent).count(), 0, "{}", absent.escape_ascii());
    }
    let ConnectOutcome::Tunnel(tunnel) = outcome else { unreachable!() };

    let mut twin = RequestJudge::with_extension(options, ServerDeflate::new(DeflatePolicy::new()));
    twin.request_line(b"GET", of(b":path").next().unwrap(), 1);
    let host = of(b":authority").next().or(of(b"host").next()).unwrap();
    for (name, value) in [
        (&b"Host"[..], host),
        (b"Upgrade", b"websocket"),
        (b"Connection", b"Upgrade"),
        (b"Sec-WebSocket-Key", b"x3JJHMbDL1EzLkh9GBhXDw=="),
    ] {
        twin.field(name, value);
    }
    for (name, value) in pairs.iter().filter(|(name, _)| !name.starts_with(b":") && *name != b"host") {
        twin.field(name, value);
    }
    let Outcome::Upgrade(upgrade) = twin.finish() else { panic!("HTTP/1.1 does not accept it") };
    assert_eq!(upgrade.subprotocol(), tunnel.subprotocol());
    assert_eq!(twin.extension().agreed(&upgrade), judge.extension().agreed_in_tunnel(&tunnel));

    let mut out = [0; 512];
    let answer = judge.fields(&tunnel, &[("Set-Cookie", "a=b")], &mut out).unwrap();
    let offered: Vec<_> = tunnel.subprotocol().into_iter().collect();
    let mut judge = ConnectResponseJudge::with_extension(&offered, ClientDeflate::new(DeflatePolicy::new()));
    answer.for_each(|(name, value)| judge.field(name, value));
    let ConnectAnswer::Agreed(agreed) = judge.finish() else { panic!("the answer is not accepted") };
    assert_eq!(agreed.subprotocol(), tunnel.subprotocol());
}

fn response(pairs: &[Pair]) {
    let uri = Uri::parse("wss://a/").unwrap();
    let request = ClientRequest::new(uri).with_subprotocols(&["chat", "superchat"]);
    let request = ConnectRequest::with_extension(request, ClientDeflate::new(DeflatePolicy::new())).unwrap();
    let mut judge = request.into_judge();
    pairs.iter().for_each(|(name, value)| judge.field(name, value));
    let answer = judge.finish();
    if !matches!(answer, ConnectAnswer::Malformed(_)) {
        assert!(is_well_formed(pairs), "{answer:?}");
        assert!(pairs.iter().all(|(name, _)| *name != b"te"), "{answer:?}");
    }
    if let ConnectAnswer::Agreed(agreed) = answer {
        assert!(pairs.iter().any(|(name, value)| *name == b":status" && value[0] == b'2'));
        let named = pairs.iter().find(|(name, _)| *name == b"sec-websocket-protocol");
        assert_eq!(agreed.subprotocol().map(str::as_bytes), named.map(|(_, value)| *value));
        let owned = agreed.settings(Settings::new()).reserved_bits();
        assert_eq!(judge.extension().agreed().is_some(), owned != Settings::new().reserved_bits());
    }
}
