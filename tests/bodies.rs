//! How long a body is: `Content-Length` and `Transfer-Encoding` in ordinary requests, in requests for a WebSocket, and
//! in responses, at every cut.

mod heads;

use heads::server::{ANY, FRAME, judge, refused, with};
use heads::{Came, Heard, ask, client, every_cut, head};
use upframe::handshake::{Answer, ClientRequest, Failure, Key, NoExtension, Refusal, ResponseJudge, Uri};
use upframe::http::{Body, Method};

const MAX: &str = "Content-Length: 18446744073709551615";

/// Lines, and the body that they announce in HTTP/1.1; `None` if they are malformed or contradictory.
const TABLE: [(&[&str], Option<Body>); 44] = [
    (&["Content-Length: 0"], Some(Body::None)),
    (&["Content-Length: 00"], Some(Body::None)),
    (&["Content-Length: 1"], Some(Body::Length(1))),
    (&["content-length:5"], Some(Body::Length(5))),
    (&["CONTENT-LENGTH: \t5 \t"], Some(Body::Length(5))),
    (&["Content-Length: 000000000000000000000000011"], Some(Body::Length(11))),
    (&["Content-Length: 4294967295"], Some(Body::Length(4_294_967_295))),
    (&["Content-Length: 4294967296"], Some(Body::Length(4_294_967_296))),
    (&["Content-Length: 18446744073709551614"], Some(Body::Length(u64::MAX - 1))),
    (&[MAX], Some(Body::Length(u64::MAX))),
    (&["Content-Length: 18446744073709551616"], None),
    (&["Content-Length: 18446744073709551617"], None),
    (&["Content-Length: 99999999999999999999"], None),
    (&["Content-Length: 184467440737095516160"], None),
    (&["Content-Length:"], None),
    (&["Content-Length: \t"], None),
    (&["Content-Length: +5"], None),
    (&["Content-Length: -5"], None),
    (&["Content-Length: 0x5"], None),
    (&["Content-Length: 5x"], None),
    (&["Content-Length: 5 5"], None),
    (&["Content-Length: 5,5"], None),
    (&["Content-Length: 5, 5"], None),
    (&["Content-Length: 5, 6"], None),
    (&["Content-Length: 5,"], None),
    (&["Content-Length: \"5\""], None),
    (&["Content-Length: \u{665}"], None),
    (&["Content-Length: 5", "Content-Length: 5"], None),
    (&["Content-Length: 5", "content-length: 6"], None),
    (&["Content-Length: 0", "X: y", "Content-Length: 0"], None),
    (&["Transfer-Encoding: chunked"], Some(Body::Chunked)),
    (&["transfer-encoding:CHUNKED "], Some(Body::Chunked)),
    (&["Transfer-Encoding:"], None),
    (&["Transfer-Encoding: identity"], None),
    (&["Transfer-Encoding: gzip"], None),
    (&["Transfer-Encoding: gzip, chunked"], None),
    (&["Transfer-Encoding: chunked, gzip"], None),
    (&["Transfer-Encoding: chunked, chunked"], None),
    (&["Transfer-Encoding: chunke"], None),
    (&["Transfer-Encoding: xchunked"], None),
    (&["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], None),
    (&["Content-Length: 5", "Transfer-Encoding: chunked"], None),
    (&["Transfer-Encoding: chunked", "Content-Length: 5"], None),
    (&["Transfer-Encoding: identity", "Content-Length: 0"], None),
];

/// [9112-6.3-plain-http] [9112-6.3-once] [9110-8.6-overflow] [9112-6.1-coding]
#[test]
fn an_ordinary_request_tells_the_length_of_its_body_or_is_refused() {
    for (lines, want) in TABLE {
        for method in ["POST /form", "GET /", "HEAD /"] {
            let start = format!("{method} HTTP/1.1");
            let request = head(&[&[&start, "Host: a"], lines].concat());
            let seen = judge(ANY, &request);
            match (seen.came, want) {
                (Some(Came::PlainHttp(plain)), Some(body)) => {
                    assert_eq!(plain.body(), body, "{lines:?}");
                    assert_eq!(plain.has_body(), body != Body::None, "{lines:?}");
                    assert_eq!(plain.may_keep_alive(), body == Body::None, "{lines:?}");
                    assert_eq!(plain.method() == Method::HEAD, method == "HEAD /");
                    assert_eq!(seen.left, FRAME, "the body is left: {lines:?}");
                }
                (Some(Came::Refused(Refusal::BodyLength, answer)), None) => {
                    assert_eq!(
                        answer,
                        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n\
                         Connection: close\r\n\r\nbad body length\n"
                    );
                }
                (came, _) => panic!("{lines:?}: {came:?}"),
            }
        }
    }
}

/// [9112-6.1-coding]
#[test]
fn a_request_in_http_1_0_has_a_length_and_no_transfer_encoding() {
    for (lines, want) in TABLE {
        let request = head(&[&["POST /form HTTP/1.0"], lines].concat());
        let want = want.filter(|body| *body != Body::Chunked);
        match judge(ANY, &request).came {
            Some(Came::PlainHttp(plain)) => assert_eq!((Some(plain.body()), plain.may_keep_alive()), (want, false)),
            Some(Came::Refused(Refusal::BodyLength, _)) => assert_eq!(want, None, "{lines:?}"),
            came => panic!("{lines:?}: {came:?}"),
        }
    }
}

/// [9112-6-body]
#[test]
fn a_request_for_a_websocket_announces_no_body() {
    for (lines, body) in TABLE {
        let request = with("", lines);
        if body == Some(Body::None) {
            assert!(matches!(judge(ANY, &request).came, Some(Came::Upgrade { .. })), "{lines:?}");
        } else {
            refused(&request, Refusal::Body);
        }
    }
}

#[test]
fn a_bad_host_outranks_a_bad_length() {
    refused(&head(&["POST / HTTP/1.1", "Content-Length: x"]), Refusal::Host);
}

/// [9112-6.3-response] [9112-6.3-no-body] [9112-6.3-until-end] [9112-6.3-101-body] [4.1-status-101]
#[test]
fn a_response_tells_the_length_of_its_body_or_fails() {
    let none: (&[&str], Option<Body>) = (&[], Some(Body::UntilEnd));
    for (lines, want) in TABLE.into_iter().chain([none]) {
        for (line, status) in [
            ("HTTP/1.1 200 OK", 200),
            ("HTTP/1.1 302", 302),
            ("HTTP/1.1 204 No Content", 204),
            ("HTTP/1.1 304 ", 304),
            ("HTTP/1.1 401 x", 401),
            ("HTTP/1.0 401 x", 401),
        ] {
            let want = match want {
                Some(Body::Chunked) if line.starts_with("HTTP/1.0") => None,
                Some(_) if matches!(status, 204 | 304) => Some(Body::None),
                want => want,
            };
            let want = want.map_or(Heard::Failed(Failure::BodyLength), |body| Heard::Refused(status, body));
            let wire = [&head(&[&[line], lines].concat())[..], FRAME].concat();
            let request = ClientRequest::new(Uri::parse("ws://a/").unwrap());
            let seen = every_cut(&wire, |pieces| ask(client(request, NoExtension), pieces).2);
            assert_eq!((seen.came, &seen.left[..]), (Some(want.clone()), FRAME), "{line} {lines:?}");

            let mut judge = ResponseJudge::new(&Key::new(heads::NONCE), &[]);
            for line in lines {
                let (name, value) = line.split_once(':').unwrap();
                judge.field(name.as_bytes(), value.as_bytes());
            }
            let answer = match judge.finish(status, u8::from(line.starts_with("HTTP/1.1"))) {
                Answer::Refused { status, body } => Heard::Refused(status, body),
                Answer::Failed(failure) => Heard::Failed(failure),
                Answer::Agreed(_) => panic!(),
            };
            assert_eq!(answer, want, "as pairs: {line} {lines:?}");
        }
        // a 101 has no body, whatever it announces
        let upgraded = ["HTTP/1.1 101 x", "Upgrade: websocket", "Connection: Upgrade"];
        let accept = format!("Sec-WebSocket-Accept: {}", heads::ACCEPT);
        let wire = [&head(&[&upgraded[..], &[&accept], lines].concat())[..], FRAME].concat();
        let request = ClientRequest::new(Uri::parse("ws://a/").unwrap());
        let seen = every_cut(&wire, |pieces| ask(client(request, NoExtension), pieces).2);
        assert_eq!((seen.came, &seen.left[..]), (Some(Heard::Agreed(None)), FRAME), "{lines:?}");
    }
}
