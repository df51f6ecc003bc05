//! A WebSocket server on the board: a page at `/`, its counters at `/stats`, and at `/ws` an echo with telemetry.
//!
//! ```text
//! main      one loop: packets in, a turn for each slot, packets out, sleep
//! slot      a TCP socket from listening to listening again
//! request   the response to an HTTP request
//! session   a WebSocket: echo, telemetry, keepalive
//! packed    compressed messages, with the feature `deflate`; its twin without is plain
//! desk      what the slots share: memory, counters
//! ```

#![no_std]
#![no_main]
#![deny(missing_docs, unsafe_code)]

mod desk;
#[cfg_attr(not(feature = "deflate"), path = "plain.rs")]
mod packed;
mod request;
mod session;
mod slot;

use core::fmt::Write;
use cortex_m_rt::entry;
use desk::Desk;
use heapless::Vec;
use slot::Slot;
use static_cell::ConstStaticCell;
use upframe_board::{clock::Clock, jitter::Jitter, net, stack, uart::Uart};

/// TCP sockets: [`WEB_SOCKETS`], and some that are always left for pages and refusals.
const SOCKETS: usize = 8;
/// The number of WebSockets at once; a further one gets a 503.
const WEB_SOCKETS: usize = 6;
/// The size of each ring of a socket, in bytes: a full segment, and a little more.
const RING: usize = 1536;
/// Bytes for the parts of a request head that matter: target, `Host`, `Origin`. The head itself may have 8 KiB.
const HEAD: usize = 256;

// All statics start as zeros: they take no flash. What has another initial value is pushed to a `Vec`.
static NET_SOCKETS: ConstStaticCell<net::Sockets<SOCKETS>> = ConstStaticCell::new(net::Sockets::new());
static NET_MEMORY: ConstStaticCell<net::Memory<SOCKETS, RING>> = ConstStaticCell::new(net::Memory::new());
static SLOTS: ConstStaticCell<Vec<Slot, SOCKETS>> = ConstStaticCell::new(Vec::new());
static HEADS: ConstStaticCell<[[u8; HEAD]; SOCKETS]> = ConstStaticCell::new([[0; HEAD]; SOCKETS]);
static DESK: ConstStaticCell<Desk> = ConstStaticCell::new(Desk::new());

#[entry]
fn main() -> ! {
    let peripherals = cortex_m::Peripherals::take().expect("the first and only time");
    let mut clock = Clock::start(peripherals);
    let mut uart = Uart::start();
    let mut jitter = Jitter::new(net::ADDRESS);
    let (mut net, sockets) = net::Net::start(NET_SOCKETS.take(), NET_MEMORY.take(), &mut clock, &mut jitter);
    let (slots, desk) = (SLOTS.take(), DESK.take());
    for memory in HEADS.take() {
        let _ = slots.push(Slot::new(memory)); // there is a slot for each memory
    }
    let _ = writeln!(
        uart,
        "board-server: {SOCKETS} sockets on {}:80, {} bytes of RAM each; {} bytes of stack\r",
        net::IP,
        2 * RING + HEAD + size_of::<Slot>() + size_of::<smoltcp::iface::SocketStorage>(),
        stack::size()
    );
    loop {
        let mut busy = net.poll(&mut clock);
        desk.now = clock.now();
        desk.asleep = clock.asleep();
        desk.sockets.clear();
        desk.sockets.extend(slots.iter().zip(sockets).map(|(slot, handle)| slot.report(net.socket(handle))));
        for (slot, handle) in slots.iter_mut().zip(sockets) {
            busy |= slot.turn(net.socket(handle), desk);
        }
        if !busy {
            net.sleep(&mut clock);
        }
    }
}
