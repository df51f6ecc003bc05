//! What of an echo server's work is the codec's: the same messages received and sent in memory, in reads as long as the server's.

use crate::traffic::Traffic;
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use upframe::connection::{Connection, Server, Settings};
use upframe_scale::{BUFFER, SPARE, answer};

/// Bytes of payload in one round, at least.
const ROUND: usize = 4 << 20;
const ROUNDS: usize = 15;

/// Nanoseconds of the processor for one message when `window` of them come at once; the fastest round.
pub fn time(traffic: &Traffic, window: usize) -> f64 {
    let wire = &traffic.frames[..window * traffic.frame_len];
    let mut connection = Connection::<Server>::server(Settings::new());
    let (mut input, mut out) = (vec![0; BUFFER], vec![0; BUFFER + SPARE]);
    let turns = (ROUND / (window * traffic.payload_len)).max(1);
    let mut round = |of_read: &mut dyn FnMut(&mut [u8])| {
        let start = now();
        for _ in 0..turns {
            for read in wire.chunks(BUFFER) {
                // as the kernel does, whose time this is
                let bytes = &mut input[..read.len()];
                bytes.copy_from_slice(read);
                of_read(black_box(bytes));
            }
        }
        (now() - start) / (turns * window) as f64
    };
    let mut least = [f64::INFINITY; 2];
    for _ in 0..ROUNDS {
        let copies = round(&mut |_| {});
        let whole = round(&mut |bytes| {
            let answers = answer(&mut connection, bytes, &mut out).expect("messages are echoed");
            black_box(answers);
        });
        least = [least[0].min(copies), least[1].min(whole)];
    }
    least[1] - least[0]
}

/// What this thread has had of the processor, in nanoseconds.
fn now() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
