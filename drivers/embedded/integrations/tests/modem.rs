//! `modem` against a modem of the test, which passes everything to a server over TCP.

use embedded_io::{ErrorKind, ErrorType, ReadReady};
use std::future::poll_fn;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};
use upframe_embedded::{Clock, Error, NoClock, NoEntropy, Uri};
use upframe_embedded_integrations::modem::{Commands, Failed, Line, report};

/// The board's end of a UART. As many UARTs do, it cannot end.
struct Uart(TcpStream);

impl ErrorType for Uart {
    type Error = ErrorKind;
}

impl embedded_io::Read for Uart {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        self.0.read(buf).map_err(|_| ErrorKind::Other)
    }
}

impl ReadReady for Uart {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        self.0.set_nonblocking(true).unwrap();
        let peeked = self.0.peek(&mut [0]);
        self.0.set_nonblocking(false).unwrap();
        Ok(peeked.is_ok_and(|n| n > 0))
    }
}

impl embedded_io::Write for Uart {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.0.write(bytes).map_err(|_| ErrorKind::Other)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// Both ends of a UART.
fn uart() -> (Uart, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let board = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let modem = listener.accept().unwrap().0;
    modem.set_nodelay(true).unwrap();
    (Uart(board), modem)
}

/// A clock that runs 100 times as fast.
struct Fast(Instant);

impl Clock for Fast {
    fn now(&self) -> Duration {
        self.0.elapsed() * 100
    }

    async fn wait_until(&self, time: Duration) {
        poll_fn(|_| if self.now() < time { Poll::Pending } else { Poll::Ready(()) }).await;
    }
}

/// What happens after `CONNECT`.
#[derive(Clone, Copy, PartialEq)]
enum Network {
    /// The modem passes everything, until the server ends.
    Good,
    /// It is lost after the handshake.
    Lost,
    /// The same, and the modem writes that into the stream.
    LostInWords,
}

/// A modem: answers commands with chatter between them, and dials on the last one.
fn modem(mut uart: TcpStream, network: Network, carrier: &AtomicBool) {
    let mut commands = BufReader::new(uart.try_clone().unwrap());
    let mut tcp = loop {
        let mut command = String::new();
        if commands.read_line(&mut command).unwrap() == 0 {
            return;
        }
        write!(uart, "{command}").unwrap(); // the echo
        let server = command.strip_prefix("AT+CIPSTART=\"TCP\",\"127.0.0.1\",");
        match command.trim() {
            "ATE0" | "AT+CIPMODE=1" => write!(uart, "\r\n+CREG: 1\r\n\r\nOK\r\n").unwrap(),
            _ if server.is_some() => {
                break TcpStream::connect(("127.0.0.1", server.unwrap().trim().parse().unwrap())).unwrap();
            }
            _ => write!(uart, "\r\n+CME ERROR: unknown\r\n").unwrap(),
        }
    };
    carrier.store(true, Ordering::SeqCst);
    // the server's first bytes may come in the same read as this line
    write!(uart, "\r\nCONNECT\r\n").unwrap();
    let (mut from_server, mut to_uart) = (tcp.try_clone().unwrap(), uart);
    thread::scope(|scope| {
        scope.spawn(move || {
            let (mut byte, mut came) = ([0], vec![]);
            while from_server.read(&mut byte).unwrap_or(0) > 0 {
                to_uart.write_all(&byte).unwrap();
                came.push(byte[0]);
                if network != Network::Good && came.ends_with(b"\r\n\r\n") {
                    break;
                }
            }
            if network != Network::Lost {
                write!(to_uart, "\r\nNO CARRIER\r\n").unwrap();
            }
            carrier.store(false, Ordering::SeqCst);
        });
        let mut byte = [0];
        while commands.read(&mut byte).unwrap_or(0) > 0 && tcp.write_all(&byte).is_ok() {}
        let _ = tcp.shutdown(Shutdown::Both);
    });
}

/// An echo server for one connection. Returns its port.
fn server() -> (u16, thread::JoinHandle<Option<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let mut ws = upframe_std::accept(listener.accept().unwrap().0).ok()?;
        while let Some(message) = ws.next() {
            let message = message.ok()?;
            if message.is_data() {
                ws.send(message).ok()?;
            }
        }
        ws.close_frame().map(|close| close.to_string())
    });
    (port, server)
}

fn keys(out: &mut [u8]) -> Result<(), NoEntropy> {
    out.fill(0x5A);
    Ok(())
}

type Reported = Result<u32, Failed<ErrorKind>>;

/// Whether the board sees the DCD pin.
#[derive(Clone, Copy, PartialEq)]
enum Pin {
    There,
    Missing,
}

/// What the board reports, and the Close that the server had.
fn run(prepare: &[&str], network: Network, pin: Pin, clock: impl Clock) -> (Reported, Option<String>) {
    let (board, at_modem) = uart();
    let (port, server) = server();
    let carrier = Arc::new(AtomicBool::new(false));
    let of_modem = carrier.clone();
    let modem = thread::spawn(move || modem(at_modem, network, &of_modem));
    let connect = format!("AT+CIPSTART=\"TCP\",\"127.0.0.1\",{port}");
    let url = format!("ws://127.0.0.1:{port}/sensor");
    let commands = Commands { prepare, connect: &connect };
    let line = Line { uart: board, carrier: || pin == Pin::Missing || carrier.load(Ordering::SeqCst) };
    let result = report(line, commands, Uri::parse(&url).unwrap(), (clock, keys), 21..24, thread::yield_now);
    modem.join().unwrap();
    let dialled = !matches!(result, Err(Failed::Refused | Failed::NoModem));
    (result, dialled.then(|| server.join().unwrap()).flatten())
}

const PREPARE: [&str; 2] = ["ATE0", "AT+CIPMODE=1"];

#[test]
fn measurements_come_back_through_a_modem_and_the_closing_handshake_is_whole() {
    let (result, ended) = run(&PREPARE, Network::Good, Pin::There, NoClock);
    assert_eq!(result.unwrap(), 3);
    assert_eq!(ended.as_deref(), Some("1000 all is told"));
}

#[test]
fn without_the_pin_the_client_waits_for_the_end_no_longer_than_for_a_close() {
    let (result, ended) = run(&PREPARE, Network::Good, Pin::Missing, Fast(Instant::now()));
    assert_eq!(result.unwrap(), 3);
    assert_eq!(ended.as_deref(), Some("1000 all is told"));
}

#[test]
fn a_modem_that_refuses_is_an_error() {
    let (result, _) = run(&["ATE0", "AT+WHAT"], Network::Good, Pin::There, NoClock);
    assert!(matches!(result, Err(Failed::Refused)), "{result:?}");
}

#[test]
fn a_lost_network_is_the_end_of_the_stream() {
    let (result, _) = run(&PREPARE, Network::Lost, Pin::There, NoClock);
    assert!(matches!(result, Err(Failed::WebSocket(Error::Ended(_)))), "{result:?}");
}

#[test]
fn what_the_modem_says_when_the_network_is_lost_is_no_message() {
    let (result, _) = run(&PREPARE, Network::LostInWords, Pin::There, NoClock);
    assert!(matches!(result, Err(Failed::WebSocket(Error::Protocol(_)))), "{result:?}");
}

#[test]
fn a_line_that_does_not_end_is_an_error() {
    let (uart, mut other) = uart();
    other.write_all(&[b'x'; 65]).unwrap();
    let commands = Commands { prepare: &["AT"], connect: "" };
    let url = Uri::parse("ws://a/").unwrap();
    let result = report(Line { uart, carrier: || true }, commands, url, (NoClock, keys), 0..1, || ());
    assert!(matches!(result, Err(Failed::NoModem)), "{result:?}");
}
