//! A million connections in one process.

use crate::{Effort, grouped, head, line, program};
use std::process::{Command, Stdio};

/// Passes that are timed in each run.
const PASSES: usize = 3;

/// What `hold` calls them, and what they are.
const PEERS: [(&str, &str); 4] = [
    ("bare", "limit [1]"),
    ("fastwebsockets", "fastwebsockets [2]"),
    ("tungstenite-small", "tungstenite, buffers of 128 B [3]"),
    ("tungstenite", "tungstenite, as it comes [4]"),
];

/// What one run of `hold` has reported; all but the first are of one connection.
#[derive(Clone, Copy)]
struct Held {
    connections: usize,
    inline: usize,
    new: usize,
    used: usize,
    resident: usize,
    /// Of one message.
    ns: f64,
}

fn hold(who: &str, connections: usize) -> Held {
    let mut command = Command::new(program("hold"));
    command.args([who, &connections.to_string(), &PASSES.to_string()]).stderr(Stdio::inherit());
    let output = command.output().expect("hold is built");
    assert!(output.status.success(), "hold {who} has failed");
    let told = String::from_utf8_lossy(&output.stdout);
    let told: Vec<f64> = told.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    let [connections, inline, new, used, resident, ns] = told[..] else { panic!("six numbers, not {told:?}") };
    let [connections, inline, new, used, resident] =
        [connections, inline, new, used, resident].map(|number| number as usize);
    Held { connections, inline, new, used, resident, ns }
}

/// The runs of one peer, and of upframe with as many connections, one after the other.
#[derive(Default)]
struct Pair {
    peer: Vec<Held>,
    upframe: Vec<Held>,
}

pub fn run(effort: &Effort) -> String {
    let mut pairs = PEERS.map(|_| Pair::default());
    for round in 0..effort.million_rounds {
        let mut of_all = None;
        for ((who, _), pair) in PEERS.iter().zip(&mut pairs) {
            eprintln!("{} connections, round {}: {who}", grouped(effort.connections as f64), round + 1);
            let peer = hold(who, effort.connections);
            let upframe = match of_all {
                Some(held) if peer.connections == effort.connections => held,
                _ => hold("upframe", peer.connections),
            };
            if peer.connections == effort.connections {
                of_all = Some(upframe);
            }
            pair.peer.push(peer);
            pair.upframe.push(upframe);
        }
    }
    table(effort, &pairs)
}

fn fastest(runs: &[Held]) -> f64 {
    runs.iter().map(|held| held.ns).fold(f64::INFINITY, f64::min)
}

fn table(effort: &Effort, pairs: &[Pair]) -> String {
    let mut text = format!(
        "## {} connections in one process\n\n\
        Servers' connections, fed from memory: each gets {} binary messages of 16 to 64 bytes, one a pass, in an order that is random \
        in each pass; each message is echoed, and all echoes are hashed, which is part of the time. The fastest \
        pass but the first, which warms up, of {} times {PASSES}, in time of the processor. A contender gets as many connections as fit into 6 GB; upframe / this \
        is its time divided by that of the contender, each with as many connections. Bytes are of one connection; those that the \
        socket takes in it (8) are counted; upframe has no socket.\n\n",
        grouped(effort.connections as f64),
        PASSES + 1,
        effort.million_rounds,
    );
    text += &head(&[
        "contender",
        "connections",
        "`size_of`, B",
        "heap, new, B",
        "heap, after echoes, B",
        "resident, B",
        "ns a message",
        "messages/s",
        "upframe / this",
    ]);
    let cells = |name: &str, runs: &[Held], ratio: String| {
        let Held { connections, inline, new, used, resident, .. } = runs[0];
        let ns = fastest(runs);
        let bytes = [inline, new, used, resident].map(|bytes| grouped(bytes as f64));
        let [inline, new, used, resident] = bytes;
        let (time, rate) = (grouped(ns), grouped(1e9 / ns));
        line([name.to_owned(), grouped(connections as f64), inline, new, used, resident, time, rate, ratio])
    };
    for ((_, name), Pair { peer, upframe }) in PEERS.iter().zip(pairs) {
        // once, after the limit, and again wherever there are fewer
        let is_first = *name == PEERS[0].1;
        let ratio = fastest(upframe) / fastest(peer);
        text += &cells(name, peer, format!("{ratio:.2}"));
        if is_first || peer[0].connections < effort.connections {
            text += &cells("upframe", upframe, String::new());
        }
    }
    text + NOTES
}

const NOTES: &str = "
* [1] one cache line a connection, the copies, and the masking; no checks, and so little to do that the processor is with the next
  connections while it waits for the memory of this one
* [2] leaves out: takes frames without a mask
* [3] read and write buffer set to that; longer messages would make them grow
* [4] read buffer of 128 KiB, which it fills with zeros before each read
";
