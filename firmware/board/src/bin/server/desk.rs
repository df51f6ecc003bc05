//! What the slots share: scratch memory, the time, the counters, and the texts that report them.

use crate::SOCKETS;
use crate::packed::Packs;
use core::fmt::{self, Write};
use heapless::{String, Vec};
use upframe_board::stack;

/// The size of the scratch buffer. A piece is copied through it from ring to ring, with the header of its frame.
pub const SCRATCH: usize = 1024;

/// Milliseconds between two measurements of the stack, because they take a while.
const LOOK_AT_STACK: u64 = 500;

/// What the slots share.
pub struct Desk {
    /// Each slot uses it for a moment.
    pub scratch: [u8; SCRATCH],
    /// For compressed messages.
    pub packs: Packs,
    /// Milliseconds since the start.
    pub now: u64,
    /// Milliseconds since the start during which the processor slept.
    pub asleep: u64,
    /// The sockets, as they were before this turn.
    pub sockets: Vec<Report, SOCKETS>,
    /// The counters.
    pub counts: Counts,
    stack: usize,
    stack_seen: u64,
}

/// Counters since the start.
pub struct Counts {
    /// Requests that were read.
    pub requests: u32,
    /// WebSockets that were opened.
    pub upgrades: u32,
    /// Requests with a response of status 400 or more.
    pub refused: u32,
    /// Peers that broke the protocol.
    pub failed: u32,
    /// Peers that did not answer in time.
    pub timeouts: u32,
    /// Bytes of messages received and echoed.
    pub echoed: u64,
    /// Telemetry messages sent.
    pub telemetry: u32,
}

/// The state of a socket, for reports.
#[derive(Clone, Copy)]
pub struct Report {
    /// The current phase.
    pub phase: &'static str,
    /// The number of bytes in its rings.
    pub queued: usize,
}

impl Desk {
    /// The state at the start.
    pub const fn new() -> Self {
        Self {
            scratch: [0; SCRATCH],
            packs: Packs::new(),
            now: 0,
            asleep: 0,
            sockets: Vec::new(),
            counts: Counts { requests: 0, upgrades: 0, refused: 0, failed: 0, timeouts: 0, echoed: 0, telemetry: 0 },
            stack: 0,
            stack_seen: 0,
        }
    }

    /// Returns the number of sockets in a phase.
    pub fn in_phase(&self, phase: &str) -> usize {
        self.sockets.iter().filter(|socket| socket.phase == phase).count()
    }

    /// Returns the highest number of bytes of stack that were in use.
    fn stack(&mut self) -> usize {
        if self.stack == 0 || self.now - self.stack_seen >= LOOK_AT_STACK {
            (self.stack, self.stack_seen) = (stack::high_water(), self.now);
        }
        self.stack
    }

    /// Returns a telemetry message. Its text is short: the numbers always fit 200 bytes.
    pub fn telemetry(&mut self) -> String<200> {
        let (stack, open) = (self.stack(), self.in_phase("websocket"));
        written(|text| {
            write!(
                text,
                r#"{{"uptime_ms":{},"asleep_ms":{},"connections":{open},"echoed":{},"stack":{stack},"stack_size":{}}}"#,
                self.now,
                self.asleep,
                self.counts.echoed,
                stack::size(),
            )
        })
    }

    /// Returns all counters as JSON.
    pub fn stats(&mut self) -> String<900> {
        let stack = self.stack();
        let Counts { requests, upgrades, refused, failed, timeouts, echoed, telemetry } = self.counts;
        written(|text| {
            write!(
                text,
                r#"{{"uptime_ms":{},"stack":{stack},"stack_size":{},"requests":{requests},"upgrades":{upgrades},"#,
                self.now,
                stack::size(),
            )?;
            write!(
                text,
                r#""refused":{refused},"failed":{failed},"timeouts":{timeouts},"echoed":{echoed},"telemetry":{telemetry},"#
            )?;
            text.write_str(r#""sockets":["#)?;
            for (i, Report { phase, queued }) in self.sockets.iter().enumerate() {
                let comma = if i == 0 { "" } else { "," };
                write!(text, r#"{comma}{{"phase":"{phase}","queued":{queued}}}"#)?;
            }
            text.write_str("]}\n")
        })
    }
}

fn written<const N: usize>(write: impl FnOnce(&mut String<N>) -> fmt::Result) -> String<N> {
    let mut text = String::new();
    // The lengths above are sufficient; a longer text would be cut.
    let _ = write(&mut text);
    text
}
