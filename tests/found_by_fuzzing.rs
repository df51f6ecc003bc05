//! Inputs found by fuzzing, each of which once broke a law.

use upframe::handshake::{Outcome, Refusal, ServerHandshake, ServerOptions};

fn judge(pieces: &[&[u8]]) -> String {
    let mut handshake = ServerHandshake::new(ServerOptions::new());
    let outcome = pieces.iter().find_map(|piece| handshake.receive(&mut &**piece));
    format!("{:?}", outcome.unwrap())
}

/// White space at a cut was mistaken for white space at the end of the value.
#[test]
fn a_space_inside_a_host_or_a_length_is_seen_whatever_the_cut() {
    for (field, refusal) in [("Host: a b", Refusal::Host), ("Host: a\r\nContent-Length: 0 0", Refusal::Body)] {
        let head = format!("GET / HTTP/1.1\r\n{field}\r\nUpgrade: websocket\r\n\r\n").into_bytes();
        let want = format!("{:?}", Outcome::Refusal(refusal));
        assert_eq!(judge(&[&head]), want);
        for cut in 0..head.len() {
            assert_eq!(judge(&[&head[..cut], &head[cut..]]), want, "cut at {cut}");
        }
        assert_eq!(judge(&head.chunks(1).collect::<Vec<_>>()), want);
    }
}
