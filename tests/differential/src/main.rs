//! The same bytes to upframe and to its peers. See README.md.

#[path = "../../laws/mod.rs"]
mod laws;
#[path = "../../scripts/mod.rs"]
mod scripts;
#[path = "../../twin/mod.rs"]
mod twin;

mod opening;
mod peers;
mod random;
mod receiving;
mod report;
mod table;
mod wire;

use lexopt::prelude::*;
use peers::Peer;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
    let mut plan = Plan { seed: 6455, wires: 60_000, heads: 40_000, write: false };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("seed") => plan.seed = arguments.value()?.parse()?,
            Long("wires") => plan.wires = arguments.value()?.parse()?,
            Long("heads") => plan.heads = arguments.value()?.parse()?,
            Long("write") => plan.write = true,
            Long("help") => {
                println!("run [--seed N] [--wires COUNT] [--heads COUNT] [--write: the table of classes to DISAGREEMENTS.md]");
                std::process::exit(0);
            }
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(plan)
}

fn receive(case: &receiving::cases::Case, peer: &mut dyn Peer, ours: &receiving::Transcript) -> Option<receiving::Difference> {
    let theirs = catch_unwind(AssertUnwindSafe(|| peer.receive(case.end, &case.pieces())));
    let theirs = theirs.unwrap_or_else(|_| receiving::Transcript {
        seen: vec![receiving::Seen::Panicked],
        ..receiving::Transcript::default()
    });
    receiving::Difference::between(peer.name(), case.end, &case.wire, ours, theirs)
}

/// `Err`: the peer has no opening handshake.
fn open(case: &opening::cases::Case, peer: &mut dyn Peer, ours: &opening::Judged) -> Result<Option<opening::Difference>, ()> {
    let theirs = catch_unwind(AssertUnwindSafe(|| match case.end {
        End::Server => peer.serve(&case.wire),
        End::Client => peer.connect(&case.asked, &case.wire),
    }));
    let panicked = || Some(opening::Judged::new(opening::Verdict::Panicked, ""));
    let theirs = theirs.unwrap_or_else(|_| panicked()).ok_or(())?;
    Ok(opening::Difference::between(peer.name(), case.end, &case.wire, ours, theirs))
}

fn ours(case: &opening::cases::Case) -> opening::Judged {
    match case.end {
        End::Server => peers::upframe::serve(&case.wire),
        End::Client => peers::upframe::connect(&case.asked, &case.wire),
    }
}

/// The literal example of each class must still show it, in each peer that the class names.
fn untrue<D: Difference>(
    classes: &[Class<D>],
    peers: &mut [Box<dyn Peer>],
    mut difference: impl FnMut(&Class<D>, &mut dyn Peer) -> Option<D>,
) -> Vec<String> {
    let mut untrue = vec![];
    for (index, class) in classes.iter().enumerate() {
        for peer in peers.iter_mut().filter(|peer| class.peers.contains(&peer.name())) {
            let name = format!("{} {}", peer.name(), class.name);
            match difference(class, &mut **peer) {
                None => untrue.push(format!("{name}: the example shows no difference")),
                Some(shown) if class_of(classes, &shown) != Some(index) => {
                    untrue.push(format!("{name}: the example shows something else: {}", shown.shown()));
                }
                Some(_) => {}
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
    let mut peers = peers::all();
    // a panic of a peer is something that it is seen to do
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = catch_unwind(AssertUnwindSafe(|| {}));
    drop(result);

    let mut wires = Tally::new(receiving::classes::CLASSES);
    for case in receiving::cases::grids().into_iter().chain(receiving::cases::generated(plan.seed, plan.wires)) {
        let ours = peers::upframe::receive(case.end, &case.wire);
        for peer in &mut peers {
            wires.note(peer.name(), receive(&case, &mut **peer, &ours));
        }
    }
    let mut heads = Tally::new(opening::classes::CLASSES);
    for case in opening::cases::generated(plan.seed, plan.heads) {
        let ours = ours(&case);
        for peer in &mut peers {
            if let Ok(difference) = open(&case, &mut **peer, &ours) {
                heads.note(peer.name(), difference);
            }
        }
    }
    std::panic::set_hook(hook);
    report::print(&wires, &heads);
    ExitCode::SUCCESS
}
