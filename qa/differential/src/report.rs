//! What is printed, and the page that is committed.

use crate::End;
use crate::table::{Class, Difference, Right, Tally, shown};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The classes as they are, for readers.
pub const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/DISAGREEMENTS.md");

impl Right {
    fn words(self) -> &'static str {
        match self {
            Self::Upframe => "upframe",
            Self::Peer => "the peer",
            Self::Both => "either",
        }
    }
}

/// How often each peer agrees, and how often it disagrees in which way, with the rule that decides.
pub fn tally<D: Difference>(title: &str, tally: &Tally<D>) {
    println!("\n{title:<28} {:>8} {:>8} {:>8}", "cases", "agree", "differ");
    for (peer, counts) in &tally.peers {
        let (cases, agree) = (counts.cases, tally.agreements(peer));
        println!("\n{peer:<28} {cases:>8} {agree:>8} {:>8}", cases - agree);
        for (index, class) in tally.classes.iter().enumerate() {
            if let Some(count) = counts.classes.get(&index) {
                println!("{count:>8}  {}\n          right: {}; {}", class.name, class.right.words(), class.decides);
            }
        }
    }
}

/// What no class covers, of those that are much alike the one that is shortest to show. How many there are.
pub fn unknown<D: Difference>(tally: &Tally<D>) -> usize {
    let mut kinds: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for difference in &tally.unknown {
        let shown = difference.shown();
        let (count, shortest) = kinds.entry(format!("{} {}", difference.peer(), difference.kind())).or_default();
        *count += 1;
        if *count == 1 || shown.len() < shortest.len() {
            *shortest = shown;
        }
    }
    for (kind, (count, shortest)) in &kinds {
        println!("\nUNKNOWN  {count} times: {kind}\n{shortest}");
    }
    tally.unknown.len()
}

/// The classes in Markdown.
pub fn page<A, B>(frames: &[Class<A>], heads: &[Class<B>]) -> String {
    let mut page = "# Where upframe and its peers disagree\n\n\
        Written by `./run --write` from the classes in `src`; a run fails if this is not what it finds. Each example goes \
        to the peers in each run. What follows `|` arrives in another read.\n"
        .to_owned();
    section(&mut page, "Frames", frames, |pieces| {
        pieces.iter().map(|piece| shown(piece)).collect::<Vec<_>>().join(" | ")
    });
    section(&mut page, "Opening handshakes", heads, |pieces| shown(&pieces.concat()));
    page
}

fn section<D>(page: &mut String, title: &str, classes: &[Class<D>], example: fn(&[&[u8]]) -> String) {
    let _ = write!(
        page,
        "\n## {title}\n\n| a peer that | is | who is right | the rule | example |\n|---|---|---|---|---|\n"
    );
    for class in classes {
        let (end, pieces) = class.example;
        let end = if end == End::Server { "server" } else { "client" };
        let example = format!("to a {end}: {}", example(pieces));
        let (peers, right) = (class.peers.join(", "), class.right.words());
        let cells = [class.name, &peers, right, class.decides].map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(page, "| {} | {} |", cells.join(" | "), code(&example));
    }
}

/// As code in a cell of a table, which may have a bar and a backtick.
fn code(text: &str) -> String {
    let fence = if text.contains('`') { "``" } else { "`" };
    format!("{fence}{}{fence}", text.replace('|', "\\|"))
}
