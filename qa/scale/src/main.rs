//! Many connections: a million in one process, fed from memory, and echo servers on loopback under one load. `./run` builds and
//! starts it.
//!
//! Each contender has a process of its own, and they have their turns in rounds. Time of the processor is told wherever it can be,
//! since that depends less on what else the machine does.

mod load;
mod loopback;
mod million;
mod traffic;

use lexopt::{Arg, Parser};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs};

const HELP: &str = "\
A million connections in one process, and echo servers on loopback, by upframe and by its peers.

./run [--quick] [--write]

--quick  few rounds and few connections, to see that it works
--write  writes the tables to RESULTS.md too
";

/// How long to measure.
struct Effort {
    connections: usize,
    million_rounds: usize,
    loopback_rounds: usize,
    sample: Duration,
}

const WHOLE: Effort =
    Effort { connections: 1_000_000, million_rounds: 2, loopback_rounds: 9, sample: Duration::from_millis(150) };
const QUICK: Effort =
    Effort { connections: 10_000, million_rounds: 1, loopback_rounds: 1, sample: Duration::from_millis(50) };

fn args() -> Result<(Effort, bool), lexopt::Error> {
    let (mut effort, mut write, mut parser) = (WHOLE, false, Parser::from_env());
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("quick") => effort = QUICK,
            Arg::Long("write") => write = true,
            Arg::Long("help") => {
                print!("{HELP}");
                std::process::exit(0);
            }
            _ => return Err(arg.unexpected()),
        }
    }
    Ok((effort, write))
}

/// Another program of this package.
fn program(name: &str) -> PathBuf {
    env::current_exe().expect("a path").with_file_name(name)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let mid = values.len() / 2;
    if values.len() % 2 == 1 { values[mid] } else { (values[mid - 1] + values[mid]) / 2.0 }
}

/// A line of a Markdown table.
fn line(cells: impl IntoIterator<Item = String>) -> String {
    format!("| {} |\n", cells.into_iter().collect::<Vec<_>>().join(" | "))
}

/// The head of one.
fn head(cells: &[&str]) -> String {
    line(cells.iter().map(|cell| (*cell).to_owned())) + &"|---".repeat(cells.len()) + "|\n"
}

/// A number as people read it: `1,234,567`.
fn grouped(n: f64) -> String {
    let digits = format!("{n:.0}");
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The machine, the compiler and the command.
fn facts(time: Duration) -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("unknown", |it| it.1);
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let command = env::args().skip(1).collect::<Vec<_>>().join(" ");
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').nth(1).unwrap_or("unknown");
    format!(
        "* processor: {model}, {cores} cores seen\n\
        * compiler: {}, default target processor, fat LTO\n\
        * command: ./run {command}\n\
        * it took {:.0} s; the load average of the last five minutes was {load}, of which it makes up to 2 itself\n",
        env!("RUSTC_VERSION"),
        time.as_secs_f64(),
    )
}

const HEAD: &str = "\
# Many connections, by upframe and by its peers

Written by `./run --write`. Each contender has a process of its own; they have their turns in rounds.
";

fn main() -> Result<(), lexopt::Error> {
    let (effort, write) = args()?;
    let start = Instant::now();
    let million = million::run(&effort);
    let loopback = loopback::run(&effort).expect("servers and sockets");
    let text = format!("{HEAD}\n{}\n{million}\n{loopback}", facts(start.elapsed()));
    println!("{text}");
    if write {
        fs::write("RESULTS.md", text).expect("RESULTS.md is written");
    }
    Ok(())
}
