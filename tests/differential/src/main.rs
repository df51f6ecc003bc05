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

fn receive(end: End, pieces: &[&[u8]], ours: &receiving::Transcript, peer: &mut dyn Peer) -> Option<receiving::Difference> {
    let theirs = catch_unwind(AssertUnwindSafe(|| peer.receive(end, pieces)));
    let theirs = theirs.unwrap_or_else(|_| receiving::Transcript::panicked());
    receiving::Difference::between(peer.name(), end, &pieces.concat(), ours, theirs)
}

/// `None`: the peer has no opening handshake.
fn open(case: &opening::cases::Case, ours: &opening::Judged, peer: &mut dyn Peer) -> Option<Option<opening::Difference>> {
    let theirs = catch_unwind(AssertUnwindSafe(|| match case.end {
        End::Server => peer.serve(&case.wire),
        End::Client => peer.connect(&case.asked, &case.wire),
    }));
    let theirs = theirs.unwrap_or_else(|_| Some(opening::Judged::new(opening::Verdict::Panicked, "")))?;
    Some(opening::Difference::between(peer.name(), case.end, &case.wire, ours, theirs))
}

fn judge(case: &opening::cases::Case) -> opening::Judged {
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
    std::panic::set_hook(Box::new(|panic| {
        let ours = panic.location().is_some_and(|place| place.file().starts_with("src/"));
        if ours {
            eprintln!("{panic}");
        }
    }));

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
    std::panic::set_hook(hook);
    report::print(&wires, &heads);
    for line in &untrue {
        println!("NO LONGER TRUE  {line}");
    }
    ExitCode::SUCCESS
}
