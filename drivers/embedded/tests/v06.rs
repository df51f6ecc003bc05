//! A transport of embedded-io-async 0.6.
#![cfg(feature = "embedded-io-async-06")]

mod common;

use common::{TestClock, masked, run};
use embedded_io_async_06 as old;
use upframe_embedded::embedded_io_async::Error as _;
use upframe_embedded::{Config, Endpoint, Error, Error06, Message, NoClock, NoKeys, V06, WebSocket};

/// Reads from the slice, and cannot be written.
struct Old(&'static [u8]);

impl old::ErrorType for Old {
    type Error = old::ErrorKind;
}

impl old::Read for Old {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, old::ErrorKind> {
        let n = buf.len().min(self.0.len());
        buf[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

impl old::Write for Old {
    async fn write(&mut self, _: &[u8]) -> Result<usize, old::ErrorKind> {
        Err(old::ErrorKind::BrokenPipe)
    }
}

#[test]
fn a_transport_of_0_6_is_one_of_0_7() {
    let (clock, [mut receive, mut send]) = (TestClock::default(), [[0; 64]; 2]);
    let wire = masked(0x81, b"x").leak();
    let endpoint = Endpoint::<NoKeys>::Server;
    let mut ws = WebSocket::new(V06(Old(wire)), NoClock, endpoint, &mut receive, &mut send, Config::new());
    assert!(matches!(run(&clock, ws.next()), Some(Ok(Message::Text("x")))));
    let error = run(&clock, ws.send("y")).unwrap_err();
    assert_eq!(error.to_string(), "transport: BrokenPipe");
    let Error::Io(error) = error else { panic!() };
    assert_eq!(
        (error, error.kind()),
        (Error06(old::ErrorKind::BrokenPipe), upframe_embedded::embedded_io_async::ErrorKind::BrokenPipe)
    );
    assert!(matches!(run(&clock, ws.next()), Some(Err(Error::Ended(_)))));
}
