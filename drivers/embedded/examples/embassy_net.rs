//! A server and a client on embassy-net. It is a library, so that it compiles for every target: `serve`, `report`
//! and `report_always` are tasks of an executor. `tests/embassy.rs` runs both over two network stacks.

#![cfg_attr(target_os = "none", no_std)]

use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use embassy_net::tcp::{self, TcpSocket};
use embassy_net::{IpEndpoint, Stack};
use embassy_time::{Instant, Timer};
use upframe_embedded::upframe::reconnect::Reconnect;
use upframe_embedded::{ClientRequest, Clock, CloseCode, Entropy, Error, Message, Uri, WebSocket, accept, client};

/// The clock of embassy-time.
#[derive(Clone, Copy, Debug)]
pub struct EmbassyClock;

impl Clock for EmbassyClock {
    fn now(&self) -> Duration {
        Duration::from_micros(Instant::now().as_micros())
    }

    async fn wait_until(&self, time: Duration) {
        Timer::at(Instant::from_micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))).await;
    }
}

/// Serves one connection after the other: sends back every message. `log` is told how each has ended.
pub async fn serve(stack: Stack<'_>, port: u16, mut log: impl FnMut(Result<(), Error<tcp::Error>>)) -> ! {
    let (mut receive, mut send) = ([0; 1024], [0; 1024]);
    loop {
        let mut tcp = TcpSocket::new(stack, &mut receive, &mut send);
        if tcp.accept(port).await.is_ok() {
            log(echo(&mut tcp).await);
        }
        finish(&mut tcp).await;
    }
}

/// Sends back every message, until the connection ends.
async fn echo(tcp: &mut TcpSocket<'_>) -> Result<(), Error<tcp::Error>> {
    let (mut receive, mut send) = ([0; 512], [0; 512]);
    let mut websocket = accept(tcp, EmbassyClock, &mut receive, &mut send).await?;
    while let Some(next) = websocket.next_and_writer().await {
        let (message, writer) = next?;
        if let Some(data) = message.to_fragment() {
            writer.send(data).await?;
        }
    }
    hang_up(websocket).await;
    Ok(())
}

/// Ends the stream after the closing handshake, and waits until the peer has, so that it surely gets the last Close.
async fn hang_up<E: Entropy>(mut websocket: WebSocket<'_, &mut TcpSocket<'_>, EmbassyClock, E>) {
    websocket.get_mut().close();
    websocket.linger().await;
}

/// Resets what is left of a connection, if the peer has not ended it.
async fn finish(tcp: &mut TcpSocket<'_>) {
    tcp.abort();
    let _ = tcp.flush().await; // until the reset is sent
}

/// Why `report` has failed.
#[derive(Debug)]
pub enum Failed {
    /// There is no TCP connection.
    Connect(tcp::ConnectError),
    /// The WebSocket has failed.
    WebSocket(Error<tcp::Error>),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "TCP: {error:?}"),
            Self::WebSocket(error) => error.fmt(f),
        }
    }
}

impl From<Error<tcp::Error>> for Failed {
    fn from(error: Error<tcp::Error>) -> Self {
        Self::WebSocket(error)
    }
}

/// Sends `count` measurements to `server`, one each second, and then closes. Returns how many answers came meanwhile.
///
/// `rng` is the generator of the hardware: with `rand_core`, `|out: &mut [u8]| { rng.fill_bytes(out); Ok(()) }`.
///
/// # Errors
///
/// If there is no connection, or if it has failed.
pub async fn report(
    stack: Stack<'_>,
    server: IpEndpoint,
    rng: impl Entropy,
    count: u32,
    mut measure: impl FnMut() -> u32,
) -> Result<u32, Failed> {
    let (mut receive, mut send) = ([0; 1024], [0; 1024]);
    let mut tcp = TcpSocket::new(stack, &mut receive, &mut send);
    // without a limit, it would try for ever
    tcp.set_timeout(Some(embassy_time::Duration::from_secs(10)));
    tcp.connect(server).await.map_err(Failed::Connect)?;
    tcp.set_timeout(None); // from here on, the keepalive limits the time
    let (mut receive, mut send) = ([0; 512], [0; 512]);
    let Ok(uri) = Uri::parse("ws://server.example.com/sensor") else { unreachable!("it is valid") };
    let request = ClientRequest::new(uri);
    let mut websocket = client(&mut tcp, EmbassyClock, rng, &mut receive, &mut send, request).await?;
    let (mut sent, mut answers) = (0, 0);
    let mut due = EmbassyClock.now();
    while sent < count || answers < sent {
        let wait =
            async { if sent < count { EmbassyClock.wait_until(due).await } else { core::future::pending().await } };
        match first(websocket.next(), wait).await {
            Some(Some(message)) => {
                if let Message::Binary(_) = message? {
                    answers += 1;
                }
            }
            Some(None) => return Ok(answers), // the server has closed
            None => {
                websocket.send(&measure().to_be_bytes()).await?;
                (sent, due) = (sent + 1, due + Duration::from_secs(1));
            }
        }
    }
    websocket.close(CloseCode::NORMAL, "all is told").await?;
    hang_up(websocket).await;
    finish(&mut tcp).await;
    Ok(answers)
}

/// Reports for ever: connects again whenever a connection has ended, each time after a longer wait, up to a minute. A
/// connection that lasts a minute makes the waits short again (RFC 6455 §7.2.3). `log` is told how each has ended, and
/// how long it waits.
pub async fn report_always(
    stack: Stack<'_>,
    server: IpEndpoint,
    mut rng: impl Entropy,
    mut measure: impl FnMut() -> u32,
    mut log: impl FnMut(Result<u32, Failed>, Duration),
) -> ! {
    let mut reconnect = Reconnect::DEFAULT;
    loop {
        // since the first measurement, it is open
        let mut open = None;
        let measure = || {
            open.get_or_insert(EmbassyClock.now());
            measure()
        };
        let ended = report(stack, server, rng.by_ref(), u32::MAX, measure).await;
        let mut random = [0; 4];
        let _ = rng.fill(&mut random); // without a number, the wait is the shortest
        let random = u32::from_ne_bytes(random);
        let now = EmbassyClock.now();
        let wait = match open {
            None => reconnect.failed(random),
            Some(open) => reconnect.lost(now - open, random),
        };
        log(ended, wait);
        EmbassyClock.wait_until(now + wait).await;
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
