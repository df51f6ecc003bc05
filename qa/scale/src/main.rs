//! Many connections: a million in one process, fed from memory, and echo servers on loopback under one load. `./run` builds and
//! starts it.
//!
//! Each contender has a process of its own, and they have their turns in rounds. Time of the processor is told wherever it can be,
//! since that depends less on what else the machine does.

mod codec;
mod load;
mod loopback;
mod million;
mod traffic;

use lexopt::{Arg, Parser, ValueExt};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};
use std::{env, fs};

const HELP: &str = "\
A million connections in one process, and echo servers on loopback, by upframe and by its peers.

./run [--quick] [--only million|loopback] [--write]

--quick  few rounds and few connections, to see that it works
--only   one of the two parts
--write  writes the tables to RESULTS.md too, both of them
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

/// The two parts: a million connections in one process, and echo servers on loopback.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Part {
    Million,
    Loopback,
}

impl FromStr for Part {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "million" => Ok(Self::Million),
            "loopback" => Ok(Self::Loopback),
            _ => Err("a part is million or loopback"),
        }
    }
}

/// What to measure, how long, and whether to write it down.
struct Args {
    effort: Effort,
    only: Option<Part>,
    write: bool,
}

fn args() -> Result<Args, lexopt::Error> {
    let (mut effort, mut only, mut write, mut parser) = (WHOLE, None, false, Parser::from_env());
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("quick") => effort = QUICK,
            Arg::Long("only") => only = Some(parser.value()?.parse()?),
            Arg::Long("write") => write = true,
            Arg::Long("help") => {
                print!("{HELP}");
                std::process::exit(0);
            }
            _ => return Err(arg.unexpected()),
        }
    }
    if write && only.is_some() {
        return Err("--write needs both parts".into());
    }
    Ok(Args { effort, only, write })
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
    let Args { effort, only, write } = args()?;
    let start = Instant::now();
    let has = |part| only.is_none_or(|only| only == part);
    let million = if has(Part::Million) { million::run(&effort) } else { String::new() };
    let loopback =
        if has(Part::Loopback) { loopback::run(&effort).expect("servers and sockets") } else { String::new() };
    let text = format!("{HEAD}\n{}\n{million}\n{loopback}", facts(start.elapsed()));
    println!("{text}");
    if write {
        fs::write("RESULTS.md", text).expect("RESULTS.md is written");
    }
    Ok(())
}
