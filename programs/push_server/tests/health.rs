//! What a proxy and a careful client need: a health check, a good-bye in time, and news that may be sent twice.

mod common;

use common::{GUARD, Program, body, field, text};
use upframe_tokio::{CloseCode, Message};

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_will_end_says_so_before_it_closes_its_connections() {
    use std::process::Command;

    let mut program = Program::start(&["--drain", "2"]);
    let check = |program: &Program| program.ask("GET /healthz", "", "");
    assert!(check(&program).starts_with("HTTP/1.1 200 "), "{}", check(&program));
    let (mut socket, _) = program.listen("/ws").await;
    let status = Command::new("kill").arg("-TERM").arg(program.child.id().to_string()).status().unwrap();
    assert!(status.success());
    loop {
        let response = check(&program);
        if response.starts_with("HTTP/1.1 503 ") {
            assert!(body(&response).contains("about to end"), "{response}");
            break;
        }
    }
    // It still serves: those who do not know yet, and those who listen.
    let id = program.publish("still here");
    assert_eq!(text(&mut socket).await, format!(r#"{{"id":"{id}","text":"still here"}}"#));
    let close = loop {
        match tokio::time::timeout(GUARD, socket.next()).await.unwrap() {
            Some(Ok(Message::Close(frame))) => break frame,
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    let close = close.expect("it has a code");
    assert_eq!((close.code, &*close.reason), (CloseCode::GOING_AWAY, "the server shuts down"));
    assert!(program.child.wait().unwrap().success());
}

#[test]
fn news_with_the_same_key_are_published_once() {
    let program = Program::start(&[]);
    let post = |key: &str, text: &str| program.ask("POST /news", &format!("Idempotency-Key: {key}\r\n"), text);
    let id = |response: &str| field(response, "x-id").unwrap_or_else(|| panic!("{response}")).to_owned();
    let first = id(&post("a", "once"));
    assert_eq!(id(&post("a", "once")), first);
    assert_ne!(id(&post("b", "once more")), first);
    assert_eq!(program.news("0-0").matches("once").count(), 2, "{}", program.news("0-0"));
    for key in ["", "two words", "\u{e4}", &"k".repeat(65), "a\r\nIdempotency-Key: b"] {
        let response = post(key, "never");
        assert!(response.starts_with("HTTP/1.1 400 "), "{key}: {response}");
        assert!(body(&response).contains("Idempotency-Key"), "{response}");
    }
    assert!(!program.news("0-0").contains("never"));
    assert!(post(&"k".repeat(64), "long").starts_with("HTTP/1.1 204 "));
}

#[test]
fn health_checks_do_not_count_as_requests() {
    let program = Program::run(std::process::Command::new(env!("CARGO_BIN_EXE_push_server")).args([
        "127.0.0.1:0",
        "--report",
        "1",
    ]));
    let response = program.ask("HEAD /healthz", "", "");
    assert!(response.starts_with("HTTP/1.1 200 ") && body(&response).is_empty(), "{response}");
    std::thread::sleep(std::time::Duration::from_millis(1200));
    assert!(program.news("0-0").contains(r#""news":[]"#));
}
