//! Handshakes in a task that may move between threads: their futures are `Send`, with closures, too.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use upframe_embedded::embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use upframe_embedded::{
    ClientRequest, Config, Decision, NoClock, NoEntropy, Response, ServerOptions, Uri, accept_with, client_with,
};

/// A transport whose futures are `Send`.
struct Nothing;

impl ErrorType for Nothing {
    type Error = ErrorKind;
}

impl Read for Nothing {
    async fn read(&mut self, _: &mut [u8]) -> Result<usize, ErrorKind> {
        Ok(0)
    }
}

impl Write for Nothing {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        Ok(buf.len())
    }
    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

fn keys(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    bytes.fill(7);
    Ok(())
}

/// Runs a future with the bounds that `tokio::spawn` has, in a thread of its own. It never waits.
fn spawned<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let run = || match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits"),
    };
    thread::spawn(run).join().unwrap()
}

#[test]
fn a_server_decides_by_a_closure_in_a_task() {
    let room = String::from("/chat");
    let done = spawned(async move {
        let (mut receive, mut send) = ([0; 512], [0; 512]);
        let options = ServerOptions::new().with_subprotocols(&["chat"]);
        accept_with(Nothing, &NoClock, &mut receive, &mut send, options, Config::new(), |head| {
            if head.path() == Ok(room.as_bytes()) {
                Decision::Accept(&[("Set-Cookie", "id=7")])
            } else {
                Decision::Refuse(Response::new(404, "Not Found"))
            }
        })
        .await
        .is_ok()
    });
    assert!(!done);
}

#[test]
fn a_client_looks_at_the_response_by_a_closure_in_a_task() {
    let done = spawned(async {
        let (mut receive, mut send, mut status) = ([0; 512], [0; 512], 0);
        let url = String::from("ws://localhost/");
        let request = ClientRequest::new(Uri::parse(&url).unwrap());
        let config = Config::new();
        let opened = client_with(Nothing, &NoClock, keys, &mut receive, &mut send, request, config, |head| {
            status = head.status();
        })
        .await;
        (opened.is_ok(), status)
    });
    assert_eq!(done, (false, 0));
}
