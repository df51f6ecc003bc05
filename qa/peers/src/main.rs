//! The same work by `upframe` and by its peers: in one process, in turn, medians and ratios. `./run` builds and starts it.
//!
//! A ratio is upframe's time divided by the other's: below 1 upframe is faster. Differences under 8 % are noise.
//!
//! Before a row is timed, every contender does it thoroughly: payloads, kinds and boundaries must come out as they went in, or the
//! run fails. The duties of a receiver that a contender may leave out, and is then told to: that frames have a mask, reserved bits,
//! the length of control frames, the order of fragments, UTF-8, the answer to a Ping.

mod heap;
mod measure;
mod peer;
mod peers;
mod rows;
mod socket;
mod stream;
mod sum;
mod table;

use lexopt::{Arg, Parser, ValueExt};
use measure::Effort;
use peer::Pass;
use rows::{receive, size};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};
use sum::Sum;
use table::Table;

const HELP: &str = "\
The same work by upframe and by its peers.

./run [FILTER…] [--rounds N] [--quick] [--write]

FILTER      only rows whose section or name has this in it
--rounds N  samples of each contender in each row (41)
--quick     7 short samples
--write     writes the table to RESULTS.md too
--count     one pass of each of upframe's rows, for ./instructions
";

struct Args {
    filters: Vec<String>,
    effort: Effort,
    step: usize,
    write: bool,
    count: bool,
}

/// The rows where another is first.
const WHY: &str = include_str!("../WHY.md");

fn args() -> Result<Args, lexopt::Error> {
    let effort = Effort { rounds: 41, sample: Duration::from_micros(400) };
    let mut args = Args { filters: Vec::new(), effort, step: 1, write: false, count: false };
    let mut parser = Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Long("rounds") => args.effort.rounds = parser.value()?.parse::<usize>()?.max(1),
            Arg::Long("quick") => {
                args.effort = Effort { rounds: 7, sample: Duration::from_micros(150) };
                args.step = 10;
            }
            Arg::Long("write") => args.write = true,
            Arg::Long("count") => args.count = true,
            Arg::Long("help") => {
                print!("{HELP}");
                std::process::exit(0);
            }
            Arg::Value(value) => args.filters.push(value.string()?),
            _ => return Err(arg.unexpected()),
        }
    }
    if args.write && !args.filters.is_empty() {
        return Err("--write is for all rows".into());
    }
    Ok(args)
}

/// Runs one pass of each row so that a tool that counts instructions can separate it from all others, and prints what it was.
fn count_upframe() {
    for row in rows::all(&peers::all()[..1]) {
        let Some((_, Ok(mut contender))) = row.offers.into_iter().next() else { continue };
        (contender.pass)(&mut Sum::default());
        counted_pass(&mut contender.pass);
        println!("{}\t{}: {}", row.items, row.section, row.name);
    }
}

/// Its name is what `./instructions` looks for.
#[inline(never)]
fn counted_pass(pass: &mut Pass) {
    pass(&mut Sum::default());
    std::hint::black_box(());
}

/// A program with more features of upframe measures the rows that they are for, and prints them for the one without.
const HAS_FEATURES: bool = cfg!(feature = "features");

/// Names the program that has the features; set by `./run`.
const FEATURES: &str = "UPFRAME_PEERS_FEATURES";

/// The rows of that program, cell by cell, each after its section. It measures the peers again, since ratios are of one process.
fn rows_with_features() -> Vec<Vec<String>> {
    let Some(program) = env::var_os(FEATURES) else { return Vec::new() };
    let args = env::args().skip(1).filter(|arg| arg != "--write");
    let mut command = Command::new(program);
    let output = command.args(args).stderr(Stdio::inherit()).output().expect("the program with features starts");
    assert!(output.status.success(), "the program with features has failed");
    let told = String::from_utf8(output.stdout).expect("text");
    told.lines().map(|line| line.split('\t').map(String::from).collect()).collect()
}

/// The machine, the compiler and the command.
fn machine() -> Vec<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("unknown", |it| it.1);
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    vec![
        format!("processor: {model}, {cores} cores seen"),
        format!("compiler: {}, default target processor, fat LTO", env!("RUSTC_VERSION")),
        format!("command: ./run {}", env::args().skip(1).collect::<Vec<_>>().join(" ")),
    ]
}

fn main() -> Result<(), lexopt::Error> {
    let Args { filters, effort, step, write, count } = args()?;
    let wanted = |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()));
    if count {
        count_upframe();
        return Ok(());
    }
    let (peers, start) = (peers::all(), Instant::now());
    let names: Vec<&str> = peers.iter().map(|peer| peer.name()).collect();
    let mut lines = Vec::new();
    for row in rows::all(&peers) {
        let name = format!("{}: {}", row.section, row.name);
        if wanted(&name) && (!HAS_FEATURES || row.feature.is_some()) {
            eprintln!("{name}{}", if HAS_FEATURES { ", with features" } else { "" });
            lines.push(row.run(effort));
        }
    }
    if HAS_FEATURES {
        lines.iter().for_each(|line| println!("{}\t{}", line.section, table::summary(line).join("\t")));
        return Ok(());
    }
    if wanted(&receive::lengths_name()) {
        eprintln!("{}", receive::lengths_name());
        lines.push(receive::lengths(&peers, effort, step));
    }
    let memory = if wanted(size::NAME) { size::memory(&peers) } else { Vec::new() };
    // that line belongs to the others of its section
    let sections: Vec<&str> = lines.iter().map(|line| line.section).collect();
    lines.sort_by_key(|line| sections.iter().position(|section| *section == line.section));
    let table = Table::new(&names, &lines, &memory, &rows_with_features());
    let mut facts = machine();
    facts.push(format!("{} rounds, {:.0} s", effort.rounds, start.elapsed().as_secs_f64()));
    println!("{}\n{}", facts.join("\n"), table.text());
    if write {
        let head = "# upframe and its peers\n\nWritten by `./run --write`, which measures all of it in one process and in turn. \
            Rows of upframe with a feature come from a second program, which measures the peers again. \
            A ratio is upframe's time divided by the other's: below 1 upframe is faster. Under 8 % is noise. The limit is a copy of \
            the bytes, and one plain XOR loop where there is a mask. The numbers in brackets are explained at the end: what a \
            contender leaves out, and what else is to be known.\n\n";
        let facts: String = facts.iter().map(|fact| format!("* {fact}\n")).collect();
        fs::write("RESULTS.md", format!("{head}{facts}\n{}{WHY}", table.markdown())).expect("RESULTS.md is written");
    }
    Ok(())
}
