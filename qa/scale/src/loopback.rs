//! Echo servers on loopback, each in a process of its own, all under the same load in turn.

use crate::codec;
use crate::load::Load;
use crate::traffic::Traffic;
use crate::{Effort, grouped, head, line, median, program};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::fs;
use std::io::{self, BufRead, BufReader, Error};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// So many of the servers are our own; they come first.
const OURS: usize = 2;

/// The programs, their arguments, and what they are.
const SERVERS: [(&str, &[&str], &str); 6] = [
    ("echo_upframe", &[], "upframe [1]"),
    ("echo_upframe_own", &[], "upframe, buffers of each [1]"),
    ("echo_tungstenite", &[], "tokio-tungstenite [2]"),
    ("echo_tungstenite", &["4096"], "tokio-tungstenite, 4 KiB [2]"),
    ("echo_fastwebsockets", &[], "fastwebsockets [3]"),
    ("echo_sockudo", &[], "sockudo-ws [4]"),
];

const CONNECTIONS: [usize; 3] = [1, 100, 1000];
const LENGTHS: [usize; 4] = [16, 1024, 16 << 10, 64 << 10];
/// Messages that are on the way on each connection.
const WINDOWS: [usize; 2] = [1, 16];
/// Bytes that are on the way on all of them, at most: the kernel has to hold them.
const ON_THE_WAY: usize = 32 << 20;

/// A server that runs.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(name: &str, args: &[&str]) -> io::Result<Self> {
        let mut process = Command::new(program(name)).args(args).stdout(Stdio::piped()).spawn()?;
        let mut said = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut said)?;
        }
        let address = said.trim().strip_prefix("listening on ws://").and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| Error::other(format!("{name} does not report where it listens")))?;
        Ok(Self { process, address })
    }

    /// Nanoseconds of the processor that it has had: it has one thread.
    fn processor_time(&self) -> io::Result<f64> {
        let told = fs::read_to_string(format!("/proc/{}/schedstat", self.process.id()))?;
        told.split(' ').next().and_then(|ns| ns.parse().ok()).ok_or_else(|| Error::other("no schedstat"))
    }

    /// Bytes of its memory that are backed.
    fn resident(&self) -> io::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let told = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        told.and_then(|kb| kb.parse::<f64>().ok()).map(|kb| kb * 1024.0).ok_or_else(|| Error::other("no VmRSS"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// Keeps the load, and the servers that it starts, on one processor: to wake another can cost more than all else, on a virtual
/// machine above all, and only sometimes does the system do so.
fn stay_on_one_processor() -> io::Result<()> {
    let all = sched_getaffinity(None)?;
    let mut one = CpuSet::new();
    (0..CpuSet::MAX_CPU).filter(|cpu| all.is_set(*cpu)).take(1).for_each(|cpu| one.set(cpu));
    Ok(sched_setaffinity(None, &one)?)
}

/// One row: what all servers have done in it.
struct Row {
    connections: usize,
    len: usize,
    window: usize,
    /// Nanoseconds of the codec alone for one message.
    codec: f64,
    /// For each server, of each round.
    rates: [Vec<f64>; SERVERS.len()],
    times: [Vec<f64>; SERVERS.len()],
}

/// Bytes of one connection, with many of them, for each server: new, and after echoes.
type Memory = [[f64; 2]; SERVERS.len()];

pub fn run(effort: &Effort) -> io::Result<String> {
    let (mut rows, mut memory) = (Vec::new(), Memory::default());
    stay_on_one_processor()?;
    for connections in CONNECTIONS {
        let mut servers = Vec::new();
        for ((name, args, _), memory) in SERVERS.iter().zip(&mut memory) {
            let server = Server::start(name, args)?;
            // what is made once for all is made before
            drop(Load::connect(server.address, 1)?);
            let before = server.resident()?;
            let load = Load::connect(server.address, connections)?;
            memory[0] = (server.resident()? - before) / connections as f64;
            servers.push((server, load, before));
        }
        let pairs = LENGTHS.iter().flat_map(|len| WINDOWS.map(|window| (*len, window)));
        for (len, window) in pairs.filter(|(len, window)| connections * len * window <= ON_THE_WAY) {
            eprintln!("{connections} connections, {len} B, {window} on the way");
            let traffic = Traffic::new(len);
            let codec = codec::time(&traffic, window);
            let mut row = Row { connections, len, window, codec, rates: Default::default(), times: Default::default() };
            for round in 0..effort.loopback_rounds {
                for turn in 0..servers.len() {
                    let i = (round + turn) % servers.len();
                    let (server, load, _) = &mut servers[i];
                    let (rate, time) = sample(server, load, &traffic, window, effort.sample)?;
                    row.rates[i].push(rate);
                    row.times[i].push(time);
                }
            }
            rows.push(row);
        }
        for ((server, _, before), memory) in servers.iter().zip(&mut memory) {
            memory[1] = (server.resident()? - before) / connections as f64;
        }
    }
    Ok(tables(effort, &rows, &memory))
}

/// Messages a second, and microseconds of the server's processor for one.
fn sample(
    server: &Server,
    load: &mut Load,
    traffic: &Traffic,
    window: usize,
    time: Duration,
) -> io::Result<(f64, f64)> {
    let mut marks = Vec::new();
    let (messages, time) = load.run(traffic, window, time, || marks.push(server.processor_time()))?;
    let marks: Vec<f64> = marks.into_iter().collect::<io::Result<_>>()?;
    let messages = messages as f64;
    Ok((messages / time.as_secs_f64(), (marks[1] - marks[0]) / 1e3 / messages))
}

fn tables(effort: &Effort, rows: &[Row], memory: &Memory) -> String {
    let names = SERVERS.map(|(.., name)| name);
    let with_head = |first: &[&str], last: &[&str], lines: String| head(&[first, &names[..], last].concat()) + &lines;
    let first = ["connections", "message, B", "on the way"];
    let firsts = |row: &Row| [row.connections, row.len, row.window].map(|n| grouped(n as f64)).into_iter();
    let times = rows.iter().map(|row| {
        let times = row.times.each_ref().map(|samples| median(samples.clone()));
        let (ours, peers) = times.split_at(OURS);
        let best = peers.iter().copied().fold(f64::INFINITY, f64::min);
        let codec = row.codec / 1e3;
        let last =
            [format!("{:.2}", ours[0] / best), format!("{codec:.2}"), format!("{:.0} %", 100.0 * codec / ours[0])];
        line(firsts(row).chain(times.map(|us| format!("{us:.2}"))).chain(last))
    });
    let times = with_head(&first, &["upframe / best peer", "codec alone [5]", "its share"], times.collect());
    let rates = rows.iter().map(|row| {
        let rates = row.rates.each_ref().map(|samples| grouped(median(samples.clone())));
        line(firsts(row).chain(rates))
    });
    let rates = with_head(&first, &[], rates.collect());
    let bytes = ["new", "after echoes"].into_iter().enumerate().map(|(i, when)| {
        let cells = memory.iter().map(|of| grouped(of[i]));
        line([when.to_owned()].into_iter().chain(cells))
    });
    let bytes = with_head(&["connection"], &[], bytes.collect());
    format!(
        "## Echo servers on loopback\n\n\
        tokio, one thread a server; the load is one thread too, its messages are encoded before, and each echo is compared. Both run \
        on the same processor, so that nobody pays for waking another. On each connection one message is on the way, or sixteen, where \
        each echo lets another message go. The medians of {} samples of {} ms.\n\n\
        Microseconds of the server's processor for one message, most of them the kernel's:\n\n{times}\n\
        Messages a second, on the processor that the server shares with the load and with all that runs on the machine:\n\n{rates}\n\
        Resident bytes of the server for each of {} connections, with its task and its share of tokio, without the kernel's:\n\n\
        {bytes}{NOTES}",
        effort.loopback_rounds,
        effort.sample.as_millis(),
        grouped(CONNECTIONS[CONNECTIONS.len() - 1] as f64),
    )
}

const NOTES: &str = "
* [1] `echo_upframe` has one pair of buffers of 128 KiB for all connections, `echo_upframe_own` two of 4 KiB in each task;
  with sixteen messages of 1 KiB on the way the short ones take four times the calls
* [2] the echo server of its examples: forwards what it reads, flushes when nothing more is there; its read buffers are of 128
  KiB, filled with zeros before each read, or set to 4 KiB
* [3] the echo server of its examples, on the socket itself and not on hyper's, with upframe's handshake; writes each echo for itself;
  leaves out: takes frames without a mask
* [4] the loop of its documentation, with upframe's handshake; writes each echo for itself
* [5] the same messages received and sent by the codec in memory, in reads as long as the server's, without copying the reads there
";
