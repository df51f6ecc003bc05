//! Keeps many connections of one contender, and passes each several small messages in an order that no cache foresees:
//! `hold CONTENDER CONNECTIONS PASSES`. Prints one line for `upframe-scale`: connections, `size_of`, bytes of heap when new and when
//! they have echoed, resident bytes, each of one connection, and nanoseconds of the processor for one message.

mod contenders;
#[path = "../../../../peers/src/heap.rs"]
mod heap;
mod socket;
mod stream;

use contenders::{Bare, Contender, FastWebSockets, Tungstenite, Upframe};
use rustix::time::{ClockId, clock_gettime};
use socket::Socket;
use std::fs;
use stream::{Order, Pool, Sum};

/// Connections that are made to see what they need, before all of them are.
const SAMPLE: usize = 1000;
/// Bytes that all connections may need together.
const MEMORY: usize = 6_000_000_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, connections, passes] = &args[..] else { panic!("hold CONTENDER CONNECTIONS PASSES") };
    let (connections, passes) = (connections.parse().expect("a number"), passes.parse().expect("a number"));
    let (pool, socket) = (Pool::new(), Socket::new());
    let report = match name.as_str() {
        "upframe" => hold(Upframe::new(&socket), &socket, &pool, connections, passes),
        "tungstenite" => hold(Tungstenite::new(&socket, None), &socket, &pool, connections, passes),
        "tungstenite-small" => hold(Tungstenite::new(&socket, Some(128)), &socket, &pool, connections, passes),
        "fastwebsockets" => hold(FastWebSockets::new(&socket), &socket, &pool, connections, passes),
        "bare" => hold(Bare::new(&socket), &socket, &pool, connections, passes),
        _ => panic!("no contender is called {name}"),
    };
    println!("{report}");
}

/// As many of the connections that are wanted as fit; the first pass is to warm up, the best of the others counts.
fn hold<C: Contender>(mut contender: C, socket: &Socket, pool: &Pool, wanted: usize, passes: usize) -> String {
    let (mut order, before) = (Order::new(), heap::in_use());
    let mut sample: Vec<C::Connection> = (0..SAMPLE).map(|_| contender.connect()).collect();
    pass(&mut contender, &mut sample, socket, pool, &order.shuffled(SAMPLE));
    let count = wanted.min(MEMORY / ((heap::in_use() - before) / SAMPLE));
    drop(sample);

    let orders: Vec<Vec<u32>> = (0..=passes).map(|_| order.shuffled(count)).collect();
    let (before, resident_before) = (heap::in_use(), resident());
    let mut connections: Vec<C::Connection> = Vec::with_capacity(count);
    connections.extend((0..count).map(|_| contender.connect()));
    let inline = size_of::<C::Connection>();
    let on_heap = || (heap::in_use() - before) / count - inline;
    let new = on_heap();
    let times: Vec<f64> =
        orders.iter().map(|order| pass(&mut contender, &mut connections, socket, pool, order)).collect();
    let best = times.into_iter().skip(1).fold(f64::INFINITY, f64::min);
    format!("{count} {inline} {new} {} {} {best}", on_heap(), (resident() - resident_before) / count)
}

/// Passes a message to each connection, and returns the time of one. Fails if other echoes come back than should.
fn pass<C: Contender>(
    contender: &mut C,
    connections: &mut [C::Connection],
    socket: &Socket,
    pool: &Pool,
    order: &[u32],
) -> f64 {
    let (mut sum, start) = (Sum::new(), processor_time());
    for (turn, &at) in order.iter().enumerate() {
        socket.offer(pool.frame(turn));
        contender.turn(&mut connections[at as usize]);
        socket.written(|echo| sum.add(echo));
    }
    let time = processor_time() - start;
    assert_eq!(sum, pool.expected(order.len()), "other echoes than should be");
    time / order.len() as f64
}

/// Nanoseconds that this thread has had of the processor.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Bytes of memory that are backed.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    kilobytes.and_then(|kilobytes| kilobytes.parse::<usize>().ok()).expect("VmRSS") * 1024
}
