//! The rules over the types of `http`, without a server.

mod common;

use common::{VALID, hostile};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version};
use upframe_http::{
    Answer, BuildError, ClientRequest, Failure, OriginPolicy, Outcome, Refusal, RequestError, ServerOptions, Uri,
    client_request, judge, judge_response, refuse, refuse_in, switch,
};

/// Reads a request as an HTTP stack would.
fn parsed(text: &str) -> Request<()> {
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let line: Vec<_> = lines.next().unwrap().split(' ').collect();
    let mut request = Request::builder().method(line[0]).uri(line[1]).body(()).unwrap();
    *request.version_mut() = if line[2] == "HTTP/1.0" { Version::HTTP_10 } else { Version::HTTP_11 };
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        request.headers_mut().append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    request
}

fn valid(fields: &str) -> Request<()> {
    parsed(&common::request("GET /ws", &format!("{VALID}{fields}")))
}

#[test]
fn the_key_of_the_test_vector_is_answered_and_the_subprotocol_chosen() {
    let request = valid("Sec-WebSocket-Protocol: chat, superchat\r\n");
    let options = ServerOptions::new().with_subprotocols(&["chat"]);
    let Outcome::Upgrade(upgrade) = judge(&request, options) else { panic!() };
    let response = switch::<String>(&upgrade);
    let mut want = HeaderMap::new();
    want.insert("upgrade", HeaderValue::from_static("websocket"));
    want.insert("connection", HeaderValue::from_static("Upgrade"));
    want.insert("sec-websocket-accept", HeaderValue::from_static("HSmrc0sMlYUkAGmm5OPpG2HaGWk="));
    want.insert("sec-websocket-protocol", HeaderValue::from_static("chat"));
    assert_eq!((response.status().as_u16(), response.headers()), (101, &want));
    assert_eq!(response.body(), "");
}

#[test]
fn without_a_common_subprotocol_the_response_names_none() {
    for (offered, supported) in [("", &["chat"][..]), ("Sec-WebSocket-Protocol: Chat\r\n", &["chat"]), ("", &[])] {
        let request = valid(offered);
        let Outcome::Upgrade(upgrade) = judge(&request, ServerOptions::new().with_subprotocols(supported)) else {
            panic!()
        };
        assert!(!switch::<String>(&upgrade).headers().contains_key("sec-websocket-protocol"));
    }
}

#[test]
fn every_refusal_has_its_status_its_fields_and_its_text() {
    for (text, status, field, body) in hostile() {
        let request = parsed(&text);
        let refusal = match judge(&request, ServerOptions::new().with_origins(OriginPolicy::same_host())) {
            Outcome::Refusal(refusal) => refusal,
            Outcome::PlainHttp(_) => Refusal::UpgradeRequired,
            Outcome::Upgrade(_) => panic!("{text}"),
        };
        let response = refuse::<String>(refusal, request.method());
        assert_eq!((response.status().as_u16(), response.body().as_str()), (status, body), "{text}");
        if let Some((name, value)) = field.split_once(": ") {
            assert_eq!(response.headers()[name], value, "{text}");
        }
        assert_eq!(response.headers()["content-type"], "text/plain");
    }
}

#[test]
fn a_head_is_refused_without_a_body_and_with_its_length() {
    let response = refuse::<String>(Refusal::Method, &Method::HEAD);
    assert_eq!((response.body().as_str(), &response.headers()["content-length"]), ("", &HeaderValue::from(18)));
    let response = refuse::<String>(Refusal::Method, &Method::PUT);
    assert_eq!((response.body().len(), response.headers().get("content-length")), (18, None));
}

/// A CONNECT for another protocol, or for a tunnel, asks for what is not implemented (RFC 9220 §3, RFC 9110 §9.3.6).
#[test]
fn a_connect_that_asks_for_no_websocket_is_refused_with_501() {
    for (version, method, status) in [
        (Version::HTTP_2, Method::CONNECT, 501),
        (Version::HTTP_3, Method::CONNECT, 501),
        (Version::HTTP_2, Method::GET, 400),
        (Version::HTTP_3, Method::POST, 400),
        (Version::HTTP_11, Method::CONNECT, 426),
        (Version::HTTP_11, Method::GET, 426),
    ] {
        let response = refuse_in::<String>(version, Refusal::UpgradeRequired, &method);
        assert_eq!(response.status(), status, "{version:?} {method}");
        assert_eq!(response.body(), "does not ask for a WebSocket\n");
        assert_eq!(response.headers().contains_key("upgrade"), status == 426);
        let response = refuse_in::<String>(version, Refusal::Origin, &method);
        assert_eq!(response.status(), 403);
    }
}

#[test]
fn http_2_and_3_are_refused() {
    for version in [Version::HTTP_2, Version::HTTP_3] {
        let mut request = valid("");
        *request.version_mut() = version;
        assert!(matches!(judge(&request, ServerOptions::new()), Outcome::Refusal(Refusal::HttpVersion)));
    }
}

#[test]
fn an_absolute_target_counts_for_the_origin() {
    let mut request = valid("Origin: http://b\r\n");
    let options = ServerOptions::new().with_origins(OriginPolicy::same_host());
    assert!(matches!(judge(&request, options), Outcome::Refusal(Refusal::Origin)));
    *request.uri_mut() = "http://b/ws".parse().unwrap();
    assert!(matches!(judge(&request, options), Outcome::Upgrade(_)));
    request.headers_mut().insert("origin", "http://a".parse().unwrap());
    assert!(matches!(judge(&request, options), Outcome::Refusal(Refusal::Origin)));
}

#[test]
fn a_clients_request_satisfies_a_server_and_the_other_way_round() {
    let asked = ClientRequest::new(Uri::parse("ws://a:81/chat?x=y").unwrap())
        .with_subprotocols(&["chat", "superchat"])
        .with_origin("https://b")
        .with_fields(&[("Cookie", "a=1"), ("Cookie", "b=2")]);
    let (request, to_judge) = client_request::<String>(asked).unwrap();
    assert_eq!(request.uri(), "/chat?x=y");
    assert_eq!(request.headers()["host"], "a:81");
    assert_eq!(request.headers().get_all("cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
    assert_eq!(request.headers()["origin"], "https://b");
    let Outcome::Upgrade(upgrade) = judge(&request, ServerOptions::new().with_subprotocols(&["superchat"])) else {
        panic!()
    };
    let mut response = switch::<String>(&upgrade);
    let Answer::Agreed(agreed) = judge_response(to_judge.clone(), &response) else { panic!() };
    assert_eq!(agreed.subprotocol(), Some("superchat"));
    *response.version_mut() = Version::HTTP_10;
    assert_eq!(judge_response(to_judge.clone(), &response), Answer::Failed(Failure::HttpVersion));
    *response.version_mut() = Version::HTTP_11;
    response.headers_mut().insert("sec-websocket-accept", HeaderValue::from_static("HSmrc0sMlYUkAGmm5OPpG2HaGWk="));
    assert_eq!(judge_response(to_judge.clone(), &response), Answer::Failed(Failure::Accept));
    let response = Response::builder().status(401).body(()).unwrap();
    assert!(matches!(judge_response(to_judge, &response), Answer::Refused { status: 401, .. }));
}

#[test]
fn two_requests_have_different_keys() {
    let key = || {
        let (request, _) = client_request::<()>(ClientRequest::new(Uri::parse("ws://a/").unwrap())).unwrap();
        request.headers()["sec-websocket-key"].clone()
    };
    assert_ne!(key(), key());
}

#[test]
fn a_request_that_cannot_be_built_is_an_error() {
    let uri = Uri::parse("ws://a/").unwrap();
    let error = client_request::<()>(ClientRequest::new(uri).with_fields(&[("a", "b\r\nc: d")])).unwrap_err();
    assert!(matches!(error, BuildError::Request(RequestError::FieldValue { index: 0 })), "{error}");
    let long = format!("ws://a/{}", "x".repeat(70_000));
    let error = client_request::<()>(ClientRequest::new(Uri::parse(&long).unwrap())).unwrap_err();
    assert!(matches!(error, BuildError::Http(_)), "{error}");
    let names: Vec<_> = (0..40_000).map(|n| format!("n{n}")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    let error = client_request::<()>(ClientRequest::new(uri).with_fields(&many)).unwrap_err();
    assert!(matches!(error, BuildError::Http(_)), "{error}");
}

#[test]
fn each_cause_has_a_code_of_its_own() {
    let uri = Request::builder().uri("http://[").body(()).unwrap_err();
    let mut codes = vec![BuildError::Http(uri).code(), BuildError::Request(RequestError::Origin).code()];
    assert_eq!(codes, ["http-request", "request-origin"]);
    #[cfg(feature = "hyper")]
    {
        use upframe_http::{Error, UriError};
        codes.extend([
            Error::OpenTimedOut.code(),
            Error::Uri(UriError::Scheme).code(),
            Error::Failure(Failure::Accept).code(),
            Error::WebSocket(upframe_tokio::Error::Dead).code(),
        ]);
        assert_eq!(codes[2..], ["timeout-open", "uri-scheme", "response-accept", "timeout-keepalive"]);
        assert_eq!(Error::Request(BuildError::Request(RequestError::Origin)).code(), "request-origin");
    }
    codes.extend(["http-failed", "http-not-upgradable", "server-refused"]); // those of errors that need a connection
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
}
