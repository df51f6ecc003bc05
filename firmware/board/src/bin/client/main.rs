//! A WebSocket client on the board: type `ws://ADDRESS:PORT/PATH` on the serial line. The board connects, sends messages, and
//! checks that each comes back. After `1000 ws://ADDRESS:PORT/PATH`, it connects a thousand times, and waits between as
//! `Reconnect` tells.
//!
//! ```text
//! main       reads a line, makes a visit, prints a line
//! visit      TCP and the opening handshake
//! exchange   messages out, their echo in
//! message    what is sent: generated while sending, and again for comparing
//! ```

#![no_std]
#![no_main]
#![deny(missing_docs, unsafe_code)]

mod exchange;
mod message;
mod visit;

use core::fmt::Write;
use cortex_m_rt::entry;
use heapless::String;
use static_cell::ConstStaticCell;
use upframe_board::{clock::Clock, jitter::Jitter, net, stack, uart::Uart};
use visit::Visitor;

/// The size of each ring of the socket, in bytes.
const RING: usize = 2048;

static NET_SOCKETS: ConstStaticCell<net::Sockets<1>> = ConstStaticCell::new(net::Sockets::new());
static NET_MEMORY: ConstStaticCell<net::Memory<1, RING>> = ConstStaticCell::new(net::Memory::new());

#[entry]
fn main() -> ! {
    let peripherals = cortex_m::Peripherals::take().expect("the first and only time");
    let mut clock = Clock::start(peripherals);
    let mut uart = Uart::start();
    let mut jitter = Jitter::new(net::ADDRESS);
    let (net, [socket]) = net::Net::start(NET_SOCKETS.take(), NET_MEMORY.take(), &mut clock, &mut jitter);
    let mut visitor = Visitor { net, socket, clock };
    let _ = writeln!(uart, "board-client: type ws://ADDRESS:PORT/PATH\r");
    loop {
        let line = read_line(&mut uart, &mut visitor, &mut jitter);
        let times = line.split_once(' ').and_then(|(times, uri)| Some((times.parse().ok()?, uri)));
        let _ = match times {
            Some((times, uri)) => writeln!(uart, "ok {}\r", visitor.keep(times, uri, &mut jitter)),
            None => match visitor.visit(&line, &mut jitter) {
                Ok(exchanged) => writeln!(uart, "ok {exchanged}\r"),
                Err(trouble) => writeln!(uart, "{trouble}\r"),
            },
        };
        let _ = writeln!(uart, "stack {} of {} bytes\r", stack::high_water(), stack::size());
    }
}

/// Reads a line from the serial line. The time that it takes to type is as unpredictable as anything on this board.
fn read_line(uart: &mut Uart, visitor: &mut Visitor, jitter: &mut Jitter) -> String<200> {
    let mut line = String::new();
    loop {
        match uart.read() {
            Some(b'\r' | b'\n') if line.is_empty() => {}
            Some(b'\r' | b'\n') => {
                let _ = writeln!(uart, "\r");
                return line;
            }
            Some(byte) => {
                jitter.stir();
                // A line that is too long is cut. It is then not a valid URI.
                if line.push(char::from(byte)).is_ok() {
                    let _ = uart.write_char(char::from(byte));
                }
            }
            None => visitor.rest(),
        }
    }
}
