//! What a microcontroller does: serves one connection at a time, sends a measurement every second, and answers what
//! comes meanwhile. It is a library, so that it compiles for every target: `serve` is the task of an executor.

#![no_std]

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use upframe_embedded::embedded_io_async::{Read, Write};
use upframe_embedded::{Clock, CloseCode, Decision, Error, Message, Response, ServerOptions, accept_with};
use upframe_embedded::{Config, Head};

/// Serves a connection, until it is closed. Close the transport then.
///
/// # Errors
///
/// Those of the connection.
pub async fn serve<T: Read + Write, C: Clock>(
    tcp: T,
    clock: &C,
    mut measure: impl FnMut() -> u32,
) -> Result<(), Error<T::Error>> {
    let (mut receive, mut send) = ([0; 512], [0; 512]);
    let decide = |head: &Head<'_>| match head.path() {
        Ok(b"/sensor") => Decision::Accept(&[]),
        _ => Decision::Refuse(Response::new(404, "Not Found")),
    };
    let options = ServerOptions::new();
    let mut websocket = accept_with(tcp, clock, &mut receive, &mut send, options, Config::new(), decide).await?;
    let mut due = clock.now();
    loop {
        // `next` can be dropped: what has come stays in the connection
        match first(websocket.next_and_writer(), clock.wait_until(due)).await {
            Some(None) => return Ok(()),
            Some(Some(next)) => {
                let (message, writer) = next?;
                match message {
                    Message::Text("stop") => writer.close(CloseCode::NORMAL, "as you say").await?,
                    Message::Text(_) => writer.send("I know only: stop").await?,
                    _ => {}
                }
            }
            None => {
                due = clock.now().saturating_add(Duration::from_secs(1));
                match websocket.send(&measure().to_be_bytes()).await {
                    Ok(()) | Err(Error::Send(_)) => {} // it is closing
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

/// Waits for one of two: `Some` if the first one is done, `None` if the second one is.
async fn first<T>(one: impl Future<Output = T>, other: impl Future<Output = ()>) -> Option<T> {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => other.as_mut().poll(cx).map(|()| None),
    })
    .await
}
