//! A client over a modem that is told what to do by AT commands, on a UART that blocks. After `CONNECT`, the modem
//! passes all bytes to its TCP connection and back.
//!
//! The commands are those of modems with a transparent mode, as many LTE modems and Wi-Fi modules have. Their names differ:
//! [`Commands`] has them.
//!
//! **Read the FIFO of the UART in an interrupt**, into a ring of some hundred bytes, and let the transport read from that:
//! at 115,200 baud a byte comes every 87 µs, and one slow message takes longer. If the UART has RTS and CTS, use them.
//!
//! **A UART does not end when TCP does.** A modem shows that on its DCD pin: [`Line`] asks it. The client waits for that
//! after the closing handshake, since the server ends TCP (RFC 6455 §7.1.1). Without the pin it needs a clock, and waits
//! for the `close_within` of the keepalive policy.
//!
//! When TCP ends, some modems write a line into the stream, such as `NO CARRIER`. After the closing handshake nobody
//! minds. Before, it is no frame: the connection fails with a protocol error.

use crate::blocking::block_on;
use core::future::poll_fn;
use core::task::Poll;
use embedded_io::{ErrorType, Read, ReadReady, Write};
use upframe_embedded::{ClientRequest, Clock, CloseCode, Entropy, Error, Message, Uri, client};

/// A UART, and the DCD pin of the modem: whether its TCP connection lasts. Without the pin, that is always true.
#[derive(Debug)]
pub struct Line<U, C> {
    /// The UART. Its writes block.
    pub uart: U,
    /// Reads the pin.
    pub carrier: C,
}

impl<U: ErrorType, C> ErrorType for Line<U, C> {
    type Error = U::Error;
}

impl<U: Read + ReadReady, C: FnMut() -> bool> upframe_embedded::embedded_io_async::Read for Line<U, C> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, U::Error> {
        poll_fn(|_| {
            // in this order: what came before the end is read
            let lasts = (self.carrier)();
            if self.uart.read_ready()? {
                Poll::Ready(self.uart.read(buf))
            } else if lasts {
                Poll::Pending
            } else {
                Poll::Ready(Ok(0))
            }
        })
        .await
    }
}

impl<U: Write, C> upframe_embedded::embedded_io_async::Write for Line<U, C> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, U::Error> {
        self.uart.write(bytes)
    }

    async fn flush(&mut self) -> Result<(), U::Error> {
        self.uart.flush()
    }
}

/// What a modem is told.
#[derive(Clone, Copy, Debug)]
pub struct Commands<'a> {
    /// Each is answered with `OK`: no echo, the PIN, the transparent mode.
    pub prepare: &'a [&'a str],
    /// Opens the TCP connection; the answer is `CONNECT`.
    pub connect: &'a str,
}

/// Why there is no connection, or why it has ended.
#[derive(Debug)]
pub enum Failed<E> {
    /// The UART.
    Uart(E),
    /// The modem answered `ERROR`, or one of its other words for that.
    Refused,
    /// A line of the modem is longer than 64 bytes, or there are more than 32 before an answer: is this a modem?
    NoModem,
    /// The UART ended.
    Ended,
    /// The WebSocket has failed.
    WebSocket(Error<E>),
}

impl<E> From<Error<E>> for Failed<E> {
    fn from(error: Error<E>) -> Self {
        Self::WebSocket(error)
    }
}

/// Sends measurements through the modem to `url`, each when the last one was answered, and closes. Returns how many answers came. `idle` is called
/// whenever it waits: let the processor sleep until the next interrupt.
///
/// # Errors
///
/// If there is no connection, or if it has failed.
pub fn report<U: Read + ReadReady + Write>(
    mut line: Line<U, impl FnMut() -> bool>,
    commands: Commands<'_>,
    url: Uri<'_>,
    (clock, rng): (impl Clock, impl Entropy),
    measurements: impl Iterator<Item = u32>,
    idle: impl FnMut(),
) -> Result<u32, Failed<U::Error>> {
    dial(&mut line.uart, commands)?;
    let talk = async {
        let (mut receive, mut send) = ([0; 512], [0; 512]);
        let request = ClientRequest::new(url);
        let mut websocket = client(line, clock, rng, &mut receive, &mut send, request).await?;
        let mut answers = 0;
        for measurement in measurements {
            websocket.send(&measurement.to_be_bytes()).await?;
            loop {
                match websocket.next().await {
                    Some(Ok(Message::Binary(_))) => break,
                    Some(message) => drop(message?),
                    None => return Ok(answers),
                }
            }
            answers += 1;
        }
        match websocket.close(CloseCode::NORMAL, "all is told").await {
            // the Close of the server has come, but no pin shows the end of TCP
            Err(Error::CloseTimedOut) if websocket.close_code().is_some() => Ok(answers),
            closed => closed.map(|()| answers).map_err(Failed::WebSocket),
        }
    };
    block_on(talk, idle)
}

/// Prepares the modem, and opens its TCP connection. **Not a byte after the line `CONNECT` is read**: they belong to the
/// stream.
///
/// # Errors
///
/// If the modem refuses a command, or answers as no modem does.
pub fn dial<U: Read + Write>(uart: &mut U, commands: Commands<'_>) -> Result<(), Failed<U::Error>> {
    for command in commands.prepare {
        ask(uart, command, b"OK")?;
    }
    ask(uart, commands.connect, b"CONNECT")
}

/// Sends a command, and reads lines until the answer. Others are skipped: an echo, or news of the network.
fn ask<U: Read + Write>(uart: &mut U, command: &str, answer: &[u8]) -> Result<(), Failed<U::Error>> {
    for part in [command.as_bytes(), b"\r\n"] {
        let mut rest = part;
        while !rest.is_empty() {
            let n = uart.write(rest).map_err(Failed::Uart)?;
            rest = rest.get(n..).filter(|_| n > 0).ok_or(Failed::Ended)?;
        }
    }
    uart.flush().map_err(Failed::Uart)?;
    for _ in 0..32 {
        let mut line = [0; 64];
        let line = read_line(uart, &mut line)?;
        if line.starts_with(answer) {
            return Ok(());
        }
        if line.starts_with(b"ERROR") || line.starts_with(b"+CME ERROR") || line.starts_with(b"NO CARRIER") {
            return Err(Failed::Refused);
        }
    }
    Err(Failed::NoModem)
}

/// Reads a line, without its CR LF. It reads single bytes, so that nothing after the line is lost.
fn read_line<'l, U: Read>(uart: &mut U, line: &'l mut [u8; 64]) -> Result<&'l [u8], Failed<U::Error>> {
    let mut len = 0;
    loop {
        let mut byte = [0];
        if uart.read(&mut byte).map_err(Failed::Uart)? == 0 {
            return Err(Failed::Ended);
        }
        match byte {
            [b'\n'] => return Ok(line.get(..len).unwrap_or_default().trim_ascii()),
            [byte] => *line.get_mut(len).ok_or(Failed::NoModem)? = byte,
        }
        len += 1;
    }
}
