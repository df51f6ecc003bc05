//! The parameters of permessage-deflate in the opening handshakes of both ends (RFC 7692 §7.1).

mod heads;

use heads::server::GOOD;
use heads::{ACCEPT, KEY, NONCE, client, replace};
use std::fs;
use upframe::Settings;
use upframe::connection::{Connection, Endpoint, NoEntropy};
use upframe::deflate::{ClientDeflate, DeflateParams, DeflatePolicy, Direction, ServerDeflate};
use upframe::frame::ReservedBits;
use upframe::handshake::{
    Answer, Both, ClientRequest, Extension, ExtensionWriter, Failure, Key, Outcome, Refusal, RequestJudge,
    ResponseJudge, ServerHandshake, ServerOptions, Uri, write_extensions,
};

const ANY: DeflatePolicy = DeflatePolicy::new();
/// 10 bits in, 9 bits out.
const SMALL: DeflatePolicy = ANY.with_incoming(Direction::new(10, true)).with_outgoing(Direction::new(9, true));
/// Nothing is kept.
const NONE: DeflatePolicy = ANY.with_incoming(Direction::new(15, false)).with_outgoing(Direction::new(15, false));

/// What was agreed on, as `server / client`: bits, and `-` without takeover.
fn shown(params: Option<DeflateParams>) -> String {
    let direction = |d: Direction| format!("{}{}", d.window_bits(), if d.takes_over() { "" } else { "-" });
    params.map_or("none".into(), |params| format!("{} / {}", direction(params.server), direction(params.client)))
}

/// Returns what a server answers to the lines, and what it understands; `None` if it refuses the request.
fn served(extension: ServerDeflate, lines: &[&str]) -> Option<(String, String)> {
    let mut judge = RequestJudge::with_extension(ServerOptions::new(), extension);
    judge.request_line(b"GET", b"/", 1);
    for line in &GOOD[1..] {
        let (name, value) = line.split_once(": ").unwrap();
        judge.field(name.as_bytes(), value.as_bytes());
    }
    lines.iter().for_each(|line| judge.field(b"Sec-WebSocket-Extensions", line.as_bytes()));
    let upgrade = match judge.finish() {
        Outcome::Upgrade(upgrade) => upgrade,
        Outcome::Refusal(Refusal::Extensions) => return None,
        other => panic!("{other:?}"),
    };
    let mut out = [0; 200];
    let answer = String::from_utf8(judge.write_extensions(&upgrade, &mut out).unwrap().to_vec()).unwrap();
    let agreed = judge.extension().agreed(&upgrade);
    assert_eq!(agreed.is_some(), !answer.is_empty());
    let owned = if agreed.is_some() { ReservedBits::RSV1 } else { ReservedBits::NONE };
    assert_eq!(judge.settings(&upgrade, Settings::new()).reserved_bits(), owned);
    // a program that declines agrees to nothing
    let declined = upgrade.without_extension();
    assert_eq!(judge.extension().agreed(&declined), None);
    assert_eq!(judge.write_extensions(&declined, &mut out).unwrap(), b"");
    Some((answer.strip_prefix("permessage-deflate").map_or(answer.clone(), String::from), shown(agreed)))
}

/// Returns what a client understands of the lines of an answer; `None` if it fails the connection.
fn heard(extension: ClientDeflate, lines: &[&str]) -> Option<String> {
    let mut judge = ResponseJudge::with_extension(&Key::new(NONCE), &[], extension);
    for (name, value) in [("Upgrade", "websocket"), ("Connection", "upgrade"), ("Sec-WebSocket-Accept", ACCEPT)] {
        judge.field(name.as_bytes(), value.as_bytes());
    }
    lines.iter().for_each(|line| judge.field(b"Sec-WebSocket-Extensions", line.as_bytes()));
    match judge.finish(101, 1) {
        Answer::Agreed(agreed) => {
            let bits = agreed.settings(Settings::new()).reserved_bits();
            let params = judge.extension().agreed();
            assert_eq!(bits == ReservedBits::RSV1, params.is_some());
            Some(shown(params))
        }
        Answer::Failed(Failure::Extensions | Failure::ExtensionNotAgreed) => None,
        other => panic!("{other:?}"),
    }
}

/// [7692-7.1.2.1-accepted] [7692-7.1.2.2-hint] [7692-7.1.2.2-offered]
#[test]
fn a_server_answers_what_it_can_afford() {
    for (policy, offer, answer, agreed) in [
        // nothing is limited
        (ANY, "", "", "15 / 15"),
        (ANY, "; client_max_window_bits", "", "15 / 15"),
        (ANY, "; client_max_window_bits=15", "", "15 / 15"),
        (ANY, "; CLIENT_Max_Window_Bits", "", "15 / 15"),
        // what the client asks for is granted
        (ANY, "; server_no_context_takeover", "; server_no_context_takeover", "15- / 15"),
        (ANY, "; client_no_context_takeover", "; client_no_context_takeover", "15 / 15-"),
        (ANY, "; server_max_window_bits=15", "; server_max_window_bits=15", "15 / 15"),
        (ANY, "; server_max_window_bits=8", "; server_max_window_bits=8", "8 / 15"),
        (ANY, "; server_max_window_bits=\"12\"", "; server_max_window_bits=12", "12 / 15"),
        (ANY, "; client_max_window_bits=11", "; client_max_window_bits=11", "15 / 11"),
        (ANY, "; client_max_window_bits=8", "; client_max_window_bits=8", "15 / 8"),
        // a small server with the offer of browsers
        (SMALL, "; client_max_window_bits", "; server_max_window_bits=9; client_max_window_bits=10", "9 / 10"),
        (SMALL, "; client_max_window_bits=9", "; server_max_window_bits=9; client_max_window_bits=9", "9 / 9"),
        (SMALL, "; client_max_window_bits=11", "; server_max_window_bits=9; client_max_window_bits=10", "9 / 10"),
        (
            SMALL,
            "; server_max_window_bits=8; client_max_window_bits",
            "; server_max_window_bits=8; client_max_window_bits=10",
            "8 / 10",
        ),
        (
            SMALL,
            "; server_max_window_bits=14; client_max_window_bits",
            "; server_max_window_bits=9; client_max_window_bits=10",
            "9 / 10",
        ),
        // the window of Firefox cannot be made smaller
        (SMALL, "", "", "none"),
        (SMALL, "; client_no_context_takeover", "", "none"),
        (SMALL.with_whole_messages(), "", "; client_no_context_takeover; server_max_window_bits=9", "9 / 15-"),
        (NONE, "", "; server_no_context_takeover; client_no_context_takeover", "15- / 15-"),
    ] {
        let offer = format!("permessage-deflate{offer}");
        let want = Some((String::from(answer), String::from(agreed)));
        assert_eq!(served(ServerDeflate::new(policy), &[&offer]), want, "{offer}");
        assert_eq!(served(ServerDeflate::new(policy), &["x; a=1, Permessage-Deflate; q", &offer]), want, "{offer}");
    }
}

/// [7692-7-parameters] [7692-7.1.2.2-value]
#[test]
fn a_malformed_parameter_declines_an_offer_and_fails_an_answer() {
    for (parameters, in_offer, in_answer) in [
        ("", true, true),
        ("; server_no_context_takeover", true, true),
        ("; server_no_context_takeover=1", false, false),
        ("; server_no_context_takeover=true", false, false),
        ("; server_no_context_takeover; server_no_context_takeover", false, false),
        ("; Server_No_Context_Takeover; server_no_context_takeover", false, false),
        ("; client_no_context_takeover", true, true),
        ("; client_no_context_takeover=\"\\1\"", false, false),
        ("; client_no_context_takeover; client_no_context_takeover", false, false),
        ("; server_max_window_bits", false, false),
        ("; server_max_window_bits=7", false, false),
        ("; server_max_window_bits=8", true, true),
        ("; server_max_window_bits=9", true, true),
        ("; server_max_window_bits=10", true, true),
        ("; server_max_window_bits=15", true, true),
        ("; server_max_window_bits=16", false, false),
        ("; server_max_window_bits=0", false, false),
        ("; server_max_window_bits=08", false, false),
        ("; server_max_window_bits=010", false, false),
        ("; server_max_window_bits=+9", false, false),
        ("; server_max_window_bits=-9", false, false),
        ("; server_max_window_bits=9.0", false, false),
        ("; server_max_window_bits=0x9", false, false),
        ("; server_max_window_bits=1e1", false, false),
        ("; server_max_window_bits=\"10\"", true, true),
        ("; server_max_window_bits=\"1\\0\"", true, true),
        ("; server_max_window_bits=\"010\"", false, false),
        ("; server_max_window_bits=10; server_max_window_bits=10", false, false),
        ("; server_max_window_bits=10; server_max_window_bits=12", false, false),
        ("; client_max_window_bits", true, false),
        ("; client_max_window_bits=8", true, true),
        ("; client_max_window_bits=15", true, true),
        ("; client_max_window_bits=7", false, false),
        ("; client_max_window_bits=16", false, false),
        ("; client_max_window_bits=09", false, false),
        ("; client_max_window_bits=\"12\"", true, true),
        ("; client_max_window_bits; client_max_window_bits", false, false),
        ("; client_max_window_bits=12; client_max_window_bits", false, false),
        ("; client_max_window_bits; client_max_window_bits=12", false, false),
        ("; server_max_window_bit=10", false, false),
        ("; max_window_bits=10", false, false),
        ("; level=9", false, false),
        ("; server_no_context_takeover; level", false, false),
    ] {
        let element = format!("permessage-deflate{parameters}");
        let (_, agreed) = served(ServerDeflate::new(ANY), &[&element]).unwrap();
        assert_eq!(agreed != "none", in_offer, "{element}");
        // the next offer is tried, and only that is answered
        let fallback = format!("{element}, permessage-deflate; server_max_window_bits=11");
        let (answer, agreed) = served(ServerDeflate::new(ANY), &[&fallback]).unwrap();
        assert_eq!((answer == "; server_max_window_bits=11", agreed == "11 / 15"), (!in_offer, !in_offer), "{element}");
        assert_eq!(heard(ClientDeflate::new(ANY), &[&element]).is_some(), in_answer, "{element}");
    }
}

/// The grammar is that of RFC 6455 §9.1.
#[test]
fn a_list_that_breaks_the_grammar_is_refused_by_both_ends() {
    for list in [
        "permessage-deflate; server_max_window_bits=",
        "permessage-deflate; server_max_window_bits=\"\"",
        "permessage-deflate; server_max_window_bits=\"10",
        "permessage-deflate; =10",
        "permessage-deflate;",
        "permessage-deflate server_max_window_bits=10",
    ] {
        assert_eq!(served(ServerDeflate::new(ANY), &[list]), None, "{list}");
        assert_eq!(heard(ClientDeflate::new(ANY), &[list]), None, "{list}");
    }
}

#[test]
fn a_server_with_a_fallback_agrees_to_the_first_offer_that_either_can_afford() {
    let both = ServerDeflate::new(SMALL).with_fallback(SMALL.with_whole_messages());
    let (browser, firefox) = ("permessage-deflate; client_max_window_bits", "permessage-deflate");
    assert_eq!(served(both, &[browser]).unwrap().1, "9 / 10");
    assert_eq!(served(both, &[firefox]).unwrap().1, "9 / 15-");
    assert_eq!(served(both, &[firefox, browser]).unwrap().1, "9 / 15-");
    assert_eq!(served(both, &["permessage-deflate; x", browser]).unwrap().1, "9 / 10");
    assert_eq!(served(both, &[]).unwrap().1, "none");
}

/// [7692-7.1.2-never-8]
#[test]
fn what_a_client_offers() {
    let tiny = ANY.with_incoming(Direction::new(8, true));
    for (policy, want) in [
        (ANY, "permessage-deflate; client_max_window_bits"),
        (ANY.with_outgoing(Direction::new(9, true)), "permessage-deflate; client_max_window_bits"),
        (SMALL, "permessage-deflate; server_max_window_bits=10; client_max_window_bits"),
        // zlib cannot make a window of 8 bits
        (tiny, "permessage-deflate; server_max_window_bits=9; client_max_window_bits"),
        (SMALL.with_whole_messages(), "permessage-deflate; server_no_context_takeover; client_max_window_bits"),
        (NONE, "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits"),
    ] {
        let mut out = [0; 200];
        let offer = write_extensions(&ClientDeflate::new(policy), &mut out).unwrap();
        assert_eq!(String::from_utf8_lossy(offer), want);
    }
    // nor does a server ask for one
    let (answer, agreed) = served(ServerDeflate::new(tiny), &["permessage-deflate; client_max_window_bits"]).unwrap();
    assert_eq!((answer.as_str(), agreed.as_str()), ("; client_max_window_bits=9", "15 / 9"));
}

/// [7692-7.1-granted]
#[test]
fn a_client_accepts_only_answers_that_grant_what_it_asked_for() {
    for (policy, answer, want) in [
        (ANY, "", Some("15 / 15")),
        (ANY, "; server_no_context_takeover", Some("15- / 15")),
        (ANY, "; client_no_context_takeover", Some("15 / 15-")),
        (ANY, "; server_max_window_bits=12; client_max_window_bits=12", Some("12 / 12")),
        (ANY, "; server_max_window_bits=8; client_max_window_bits=8", Some("8 / 8")),
        (ANY, "; SERVER_MAX_WINDOW_BITS=12", Some("12 / 15")),
        // less than asked for is granted, too
        (SMALL, "; server_max_window_bits=10", Some("10 / 9")),
        (SMALL, "; server_max_window_bits=9", Some("9 / 9")),
        (SMALL, "; server_max_window_bits=8", Some("8 / 9")),
        (SMALL, "; server_max_window_bits=11", None),
        (SMALL, "; server_max_window_bits=15", None),
        (SMALL, "", None),
        (SMALL, "; server_no_context_takeover", None),
        (SMALL, "; server_max_window_bits=10; client_max_window_bits=8", Some("10 / 8")),
        (SMALL, "; server_max_window_bits=10; client_max_window_bits=12", Some("10 / 9")),
        (SMALL, "; server_max_window_bits=10; client_no_context_takeover", Some("10 / 9-")),
        (SMALL.with_whole_messages(), "", None),
        (SMALL.with_whole_messages(), "; server_no_context_takeover", Some("15- / 9")),
        (NONE, "; server_no_context_takeover", Some("15- / 15-")),
        (NONE, "; client_no_context_takeover", None),
    ] {
        let answer = format!("permessage-deflate{answer}");
        assert_eq!(heard(ClientDeflate::new(policy), &[&answer]).as_deref(), want, "{answer}");
        for bad in [format!("{answer}, {answer}"), format!("{answer}, x"), format!("x, {answer}")] {
            assert_eq!(heard(ClientDeflate::new(policy), &[&bad]), None, "{bad}");
        }
    }
    assert_eq!(heard(ClientDeflate::new(SMALL), &[]).as_deref(), Some("none"));
    assert_eq!(heard(ClientDeflate::new(SMALL), &["permessage-bzip2"]), None);
    let fallback = ClientDeflate::new(SMALL).with_fallback(SMALL.with_whole_messages());
    for (answer, want) in [
        ("; server_max_window_bits=10", Some("10 / 9")),
        ("; server_no_context_takeover", Some("15- / 9")),
        ("; server_no_context_takeover; server_max_window_bits=12", Some("12- / 9")),
        ("; server_max_window_bits=12", None),
        ("", None),
    ] {
        let answer = format!("permessage-deflate{answer}");
        assert_eq!(heard(fallback, &[&answer]).as_deref(), want, "{answer}");
    }
}

fn keys(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    bytes.fill(7);
    Ok(())
}

/// Both handshakes with each pair of policies: both ends understand the same, except that a client may use less.
#[test]
fn both_ends_agree_after_real_handshakes() {
    let policies = [8, 9, 10, 12, 15].into_iter().flat_map(|bits| {
        [(true, true), (true, false), (false, true), (false, false)].map(|(incoming, outgoing)| {
            ANY.with_incoming(Direction::new(bits, incoming)).with_outgoing(Direction::new(bits, outgoing))
        })
    });
    let policies: Vec<_> = policies.chain([SMALL, NONE, SMALL.with_whole_messages()]).collect();
    for at_client in &policies {
        for at_server in &policies {
            let request = ClientRequest::new(Uri::parse("ws://a").unwrap());
            let mut client = client(request, ClientDeflate::new(*at_client));
            let mut server = ServerHandshake::with_extension(ServerOptions::new(), ServerDeflate::new(*at_server));
            let (mut request, mut response) = ([0; 512], [0; 512]);
            let mut input = client.write_request(&mut request).unwrap();
            let Some(Outcome::Upgrade(upgrade)) = server.receive(&mut input) else { panic!() };
            let params = server.extension().agreed(&upgrade).unwrap();
            let (mut input, _) = server.accept(&upgrade, Settings::new(), &[], &mut response).unwrap();
            let Some(Answer::Agreed(agreed)) = client.receive(&mut input) else { panic!() };
            let heard = client.extension().agreed().unwrap();
            assert_eq!(heard.server, params.server);
            let Direction { .. } = heard.client;
            assert!(heard.client.window_bits() <= params.client.window_bits());
            assert!(params.client.takes_over() || !heard.client.takes_over());
            // an end that is chosen at run time
            let endpoint = Endpoint::Client(keys);
            let mut connection = Connection::endpoint(endpoint, agreed.settings(Settings::new()));
            let extended =
                upframe::connection::DataFrame::extended(upframe::connection::MessageKind::Text, ReservedBits::RSV1);
            assert!(connection.begin_frame(extended, 1, &mut [0; 14]).is_ok());
        }
    }
}

/// Owns RSV2, and agrees to its name.
#[derive(Clone, Debug)]
struct Sealed;

impl Extension for Sealed {
    fn begin(&mut self, name: &str) -> bool {
        name == "x-sealed"
    }
    fn parameter(&mut self, _: &str, _: Option<&str>) {}
    fn end(&mut self) -> bool {
        true
    }
    fn reserved_bits(&self) -> ReservedBits {
        ReservedBits::RSV2
    }
    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        list.element("x-sealed");
    }
}

#[test]
fn a_second_extension_is_agreed_on_beside_it() {
    let request = |list: &str| replace(&GOOD, "", &[&format!("Sec-WebSocket-Extensions: {list}")]);
    for (list, deflates, seals) in [
        ("x-sealed, permessage-deflate; client_max_window_bits", true, true),
        ("permessage-deflate; x, x-sealed, permessage-deflate; client_max_window_bits", true, true),
        ("permessage-deflate, x-sealed", false, true),
        ("permessage-deflate; client_max_window_bits", true, false),
    ] {
        let both = Both::new(ServerDeflate::new(SMALL), Sealed);
        let mut server = ServerHandshake::with_extension(ServerOptions::new(), both);
        let Some(Outcome::Upgrade(upgrade)) = server.receive(&mut &request(list)[..]) else { panic!() };
        let agreed = server.extension().first().and_then(|deflate| deflate.agreed(&upgrade));
        assert_eq!((agreed.is_some(), server.extension().second().is_some()), (deflates, seals), "{list}");
        let declined = upgrade.without_extension();
        assert_eq!(server.extension().first().and_then(|deflate| deflate.agreed(&declined)), None);
    }
    let answer = format!("Sec-WebSocket-Accept: {ACCEPT}");
    for (list, agreed) in [
        ("permessage-deflate; server_max_window_bits=9, x-sealed", Some("9 / 9")),
        ("x-sealed, permessage-deflate; server_max_window_bits=9", Some("9 / 9")),
        ("x-sealed", None),
    ] {
        let lines = ["HTTP/1.1 101 Ok", "Upgrade: websocket", "Connection: Upgrade", &answer];
        let wire = replace(&lines, "", &[&format!("Sec-WebSocket-Extensions: {list}")]);
        let request = ClientRequest::new(Uri::parse("ws://a").unwrap());
        let mut client = client(request, Both::new(ClientDeflate::new(SMALL), Sealed));
        assert!(matches!(client.receive(&mut &wire[..]), Some(Answer::Agreed(_))), "{list}");
        let params = client.extension().first().and_then(ClientDeflate::agreed);
        assert_eq!(params.map(|params| shown(Some(params))).as_deref(), agreed, "{list}");
    }
}

/// What real programs sent.
#[test]
fn the_offers_and_answers_of_real_programs_are_understood() {
    let (mut offers, mut answers) = (0, 0);
    for entry in fs::read_dir("tests/vectors").unwrap() {
        let path = entry.unwrap().path();
        let (name, wire) = (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap());
        let text = String::from_utf8_lossy(&wire).into_owned();
        let field = text
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("Sec-WebSocket-Extensions"))
            .map(|(_, list)| list.trim().to_owned());
        let Some(list) = field else { continue };
        if name.starts_with("req-") {
            offers += 1;
            assert_eq!(served(ServerDeflate::new(ANY), &[&list]).unwrap().1, "15 / 15", "{name}");
            assert_eq!(served(ServerDeflate::new(SMALL), &[&list]).unwrap().1, "9 / 10", "{name}");
        } else if name.starts_with("resp-") {
            answers += 1;
            let want = match list.as_str() {
                "permessage-deflate" => "15 / 15",
                "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12" => "12 / 12",
                list => {
                    assert!(list.contains("takeover") && list.ends_with("=10"), "{list}");
                    "10- / 10-"
                }
            };
            assert_eq!(heard(ClientDeflate::new(ANY), &[&list]).as_deref(), Some(want), "{name}");
        }
    }
    assert_eq!((offers, answers), (8, 6));
    assert_eq!(KEY.len(), 24);
}
