//! The memory of idle WebSockets, in the server and in the kernel.

use crate::processes::{Process, free_port, read_log, wait_for};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use upframe_tokio::{ClientRequest, Config, Policy, Uri, connect_with};

/// Numbers of connections.
const STEPS: [usize; 5] = [0, 1000, 2000, 5000, 10_000];

/// Starts a server, opens connections, and prints what they take.
pub fn measure(runtime: &tokio::runtime::Runtime, work: &Path, server: &Path) {
    fs::create_dir_all(work).expect("a directory");
    let port = free_port();
    let before = read_log(work, "memory").len();
    let mut command = Command::new(server);
    command.arg(format!("127.0.0.1:{port}")).args(["--connections", "20000"]);
    let process = Process::start(work, "memory", &mut command);
    wait_for("the server to start", || read_log(work, "memory")[before..].contains("http://").then_some(()));
    let (open, told) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    println!("| WebSockets | server, KiB | B each | descriptors | kernel's TCP buffers, pages | slabs, KiB | B each |");
    println!("|---|---|---|---|---|---|---|");
    let mut first = None;
    for step in STEPS {
        for n in open.load(Ordering::Relaxed)..step {
            let (opened, told) = (open.clone(), told.clone());
            runtime.spawn(async move {
                // No Pings of its own, and small buffers: this end is not measured.
                let quiet = Policy { ping_after: None, ..Policy::DEFAULT };
                let config = Config::new().with_keepalive(quiet).with_read_buffer(512);
                let url = format!("ws://127.0.0.1:{port}/ws");
                let request = ClientRequest::new(Uri::parse(&url).expect("a URL"));
                let mut websocket =
                    connect_with(request, config).await.unwrap_or_else(|error| panic!("{n}: {error}")).0;
                opened.fetch_add(1, Ordering::Relaxed);
                while let Some(Ok(message)) = websocket.next().await {
                    told.fetch_add(usize::from(message.is_data()), Ordering::Relaxed);
                }
            });
            if n % 100 == 0 {
                wait_for("connections", || (open.load(Ordering::Relaxed) >= n).then_some(()));
            }
        }
        wait_for("connections", || (open.load(Ordering::Relaxed) == step).then_some(()));
        // Each has been told at least one report of the server, so all buffers have been used.
        let before = told.load(Ordering::Relaxed);
        wait_for("a report", || (told.load(Ordering::Relaxed) >= before + step).then_some(()));
        let now = [resident(process.id()), slabs()];
        let first = *first.get_or_insert(now);
        let each = |n: usize| (now[n] - first[n]) * 1024 / step.max(1) as i64;
        let descriptors = fs::read_dir(format!("/proc/{}/fd", process.id())).map_or(0, Iterator::count);
        println!("| {step} | {} | {} | {descriptors} | {} | {} | {} |", now[0], each(0), tcp_pages(), now[1], each(1));
    }
}

/// Returns the resident memory of a process in KiB.
fn resident(id: u32) -> i64 {
    number(&format!("/proc/{id}/status"), "VmRSS:", 1)
}

/// Returns the memory of the kernel's small objects in KiB: those of both ends.
fn slabs() -> i64 {
    number("/proc/meminfo", "Slab:", 1)
}

/// Returns the pages that TCP buffers occupy.
fn tcp_pages() -> i64 {
    number("/proc/net/sockstat", "TCP:", 10)
}

/// Returns a word of the line that begins with a name.
fn number(path: &str, name: &str, word: usize) -> i64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(word).and_then(|word| word.parse().ok()).unwrap_or(0)
}
