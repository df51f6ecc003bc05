//! The same bytes to upframe and to its peers. See README.md.

#[path = "../../../tests/laws/mod.rs"]
mod laws;
#[path = "../../../tests/scripts/mod.rs"]
mod scripts;
#[path = "../../../tests/twin/mod.rs"]
#[allow(unused_imports, reason = "a part of it is taken")]
mod twin;

mod guard;
mod opening;
mod peers;
mod random;
mod receiving;
mod report;
mod table;
mod wire;

use lexopt::prelude::*;
use peers::Peer;
use std::process::ExitCode;
use table::{Class, Difference, Tally, class_of};

/// Who receives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    Server,
    Client,
}

/// What a run does; the same unless it is told otherwise.
struct Plan {
    seed: u64,
    wires: usize,
    heads: usize,
    write: bool,
}

fn plan() -> Result<Plan, lexopt::Error> {
    let mut plan = Plan { seed: 6455, wires: 40_000, heads: 30_000, write: false };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("seed") => plan.seed = arguments.value()?.parse()?,
            Long("wires") => plan.wires = arguments.value()?.parse()?,
            Long("heads") => plan.heads = arguments.value()?.parse()?,
            Long("write") => plan.write = true,
            Long("help") => {
                println!(
                    "run [--seed N] [--wires COUNT] [--heads COUNT] [--write: the table of classes to DISAGREEMENTS.md]"
                );
                std::process::exit(0);
            }
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(plan)
}

/// Pieces of a wire, after the opening handshake.
fn receive(
    end: End,
    pieces: &[&[u8]],
    ours: &receiving::Transcript,
    peer: &mut dyn Peer,
) -> Option<receiving::Difference> {
    let theirs = guard::peer(|| peer.receive(end, pieces)).unwrap_or_else(receiving::Transcript::panicked);
    receiving::Difference::between(peer.name(), end, &pieces.concat(), ours, theirs)
}

/// A head. The outer `None`: the peer has no opening handshake.
fn open(
    case: &opening::cases::Case,
    ours: &opening::Judged,
    peer: &mut dyn Peer,
) -> Option<Option<opening::Difference>> {
    let theirs = guard::peer(|| match case.end {
        End::Server => peer.serve(&case.wire),
        End::Client => peer.connect(&case.asked, &case.wire),
    });
    let theirs = theirs.unwrap_or_else(|| Some(opening::Judged::panicked()))?;
    Some(opening::Difference::between(peer.name(), case.end, &case.wire, ours, theirs))
}

fn judge(case: &opening::cases::Case) -> opening::Judged {
    match case.end {
        End::Server => peers::upframe::serve(&case.wire),
        End::Client => peers::upframe::connect(&case.asked, &case.wire),
    }
}

/// The literal example of each class must still show it, in each peer that the class names: which do not.
fn untrue<D: Difference>(
    classes: &[Class<D>],
    peers: &mut [Box<dyn Peer>],
    mut run: impl FnMut(&Class<D>, &mut dyn Peer) -> Option<D>,
) -> Vec<String> {
    let mut untrue = vec![];
    for (index, class) in classes.iter().enumerate() {
        for peer in peers.iter_mut().filter(|peer| class.peers.contains(&peer.name())) {
            let difference = run(class, &mut **peer);
            if difference.as_ref().and_then(|difference| class_of(classes, difference)) != Some(index) {
                let shown = difference.map_or("they agree".into(), |difference| difference.shown());
                untrue.push(format!("{} {}: {shown}", peer.name(), class.name));
            }
        }
    }
    untrue
}

fn main() -> ExitCode {
    let plan = match plan() {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    guard::install();
    let mut peers = peers::all();

    let mut wires = Tally::new(receiving::classes::CLASSES);
    for case in receiving::cases::grids().into_iter().chain(receiving::cases::generated(plan.seed, plan.wires)) {
        let ours = peers::upframe::receive(case.end, &case.wire);
        for peer in &mut peers {
            wires.note(peer.name(), receive(case.end, &case.pieces(), &ours, &mut **peer));
        }
    }
    let mut heads = Tally::new(opening::classes::CLASSES);
    for case in opening::cases::generated(plan.seed, plan.heads) {
        let ours = judge(&case);
        for peer in &mut peers {
            if let Some(difference) = open(&case, &ours, &mut **peer) {
                heads.note(peer.name(), difference);
            }
        }
    }
    let mut untrue = untrue(wires.classes, &mut peers, |class, peer| {
        let (end, pieces) = class.example;
        receive(end, pieces, &peers::upframe::receive(end, &pieces.concat()), peer)
    });
    untrue.extend(self::untrue(heads.classes, &mut peers, |class, peer| {
        let case = opening::cases::Case::example(class.example);
        open(&case, &judge(&case), peer)?
    }));

    report::tally("frames", &wires);
    report::tally("opening handshakes", &heads);
    let mut failures = report::unknown(&wires) + report::unknown(&heads);
    for line in &untrue {
        println!("\nNO LONGER TRUE  {line}");
    }
    failures += untrue.len();
    let page = report::page(wires.classes, heads.classes);
    if plan.write {
        std::fs::write(report::PAGE, page).expect("a file that can be written");
    } else if std::fs::read_to_string(report::PAGE).ok() != Some(page) {
        println!("\nDISAGREEMENTS.md is not what these classes make: run --write");
        failures += 1;
    }
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
