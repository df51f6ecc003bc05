//! Redirects: followed on request, within bounds, and without credentials for other servers.

mod common;

use common::{GUARD, Peer, request, run, told, well};
use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::thread;

/// A server that answers with redirects to these locations, one per connection, and then opens one. It passes on the
/// requests.
fn redirecting(locations: Vec<String>) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, requests) = channel();
    thread::spawn(move || {
        for (location, status) in locations.iter().zip([301, 302, 303, 307, 308].iter().cycle()) {
            let mut stream = listener.accept().unwrap().0;
            let _ = tell.send(request(&mut stream));
            write!(stream, "HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").unwrap();
        }
        let stream = listener.accept().unwrap().0;
        stream.set_read_timeout(Some(GUARD)).unwrap();
        let peer = Peer::accept(stream);
        let _ = tell.send(peer.request.clone());
        peer.closes(b"\x03\xe8");
    });
    (address, requests)
}

const SECRETS: [&str; 6] = ["-H", "Cookie: id=1", "-H", "X-Api-Key: k", "--auth", "me:secret"];

#[test]
fn a_redirect_is_refused_without_the_option() {
    let (address, _requests) = redirecting(vec!["/there".into()]);
    let said = run(&[&address], Some(b""));
    told(&said, 4, "refused with 301 Moved\n  Location: /there\n");
    told(&said, 4, "--location follows redirects");
}

#[test]
fn the_same_server_gets_the_same_request() {
    let (address, requests) = redirecting(vec!["/one".into(), "two?x".into()]);
    let said = run(&[&["-L", &address][..], &SECRETS].concat(), Some(b""));
    let lines = format!(
        "redirected with 301 to ws://{address}/one\n\
        redirected with 302 to ws://{address}/two?x\nopen\nclosed with 1000\n"
    );
    assert_eq!(said, well("", &lines));
    let requests: Vec<_> = requests.iter().collect();
    assert_eq!(requests.len(), 3);
    for (request, line) in requests.iter().zip(["GET / ", "GET /one ", "GET /two?x "]) {
        assert!(request.starts_with(line), "{request}");
        for field in ["Cookie: id=1", "X-Api-Key: k", "Authorization: Basic "] {
            assert!(request.contains(field), "{field}: {request}");
        }
    }
}

#[test]
fn another_server_gets_no_credentials_and_the_first_one_gets_them_again() {
    // another port is another server; so is another name of the same one
    let (other, others) = redirecting(vec![]);
    let (first, firsts) = redirecting(vec![format!("http://user:password@{other}/x#y")]);
    let said = run(&[&["-L", "--origin", "http://o", &first][..], &SECRETS].concat(), Some(b""));
    let lines = format!(
        "redirected with 301 to ws://{other}/x; your fields are not sent to another server\nopen\nclosed with 1000\n"
    );
    assert_eq!(said, well("", &lines));
    assert!(firsts.recv().unwrap().contains("X-Api-Key"));
    let request = others.recv().unwrap();
    for field in ["Cookie", "X-Api-Key", "Authorization"] {
        assert!(!request.contains(field), "{request}");
    }
    assert!(request.contains("Origin: http://o"), "{request}");
}

#[test]
fn loops_and_bad_locations_end() {
    let (address, _requests) = redirecting(vec!["/again".into(); 20]);
    told(&run(&["-L", &address], None), 4, "more than 10 redirects");
    for (location, part) in
        [("ftp://a/", "scheme ftp:"), ("ws://[::g]/\x1b[m", "redirected to"), ("ws://", "not possible")]
    {
        let (address, _requests) = redirecting(vec![location.into()]);
        let said = run(&["-L", &address], None);
        assert!(!said.1.contains('\x1b'));
        assert!(said.1.contains(part) && said.2 == Some(4) || said.2 == Some(7), "{said:?}");
    }
}
