//! Classes of disagreement, and how often each occurs.

use crate::End;
use std::collections::BTreeMap;

/// Who is right, by the rule that decides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Right {
    Upframe,
    Peer,
    /// The rule leaves it open.
    Both,
}

/// A way in which peers see something else.
pub struct Class<D: 'static> {
    /// What the peers do, as a sentence without its subject.
    pub name: &'static str,
    /// In each of these it occurs.
    pub peers: &'static [&'static str],
    /// The rule that decides: the section, and its content.
    pub decides: &'static str,
    pub right: Right,
    /// What shows it, with each of the peers: reads of an end.
    pub example: (End, &'static [&'static [u8]]),
    pub covers: fn(&D) -> bool,
}

/// Two ends that do not see the same.
pub trait Difference {
    fn peer(&self) -> &'static str;

    /// In a few words, the same for differences that are much alike.
    fn kind(&self) -> String;

    /// All of it, for the reader of a report.
    fn shown(&self) -> String;
}

/// The first class that covers this.
pub fn class_of<D: Difference>(classes: &[Class<D>], difference: &D) -> Option<usize> {
    classes.iter().position(|class| class.peers.contains(&difference.peer()) && (class.covers)(difference))
}

/// What came of all cases.
pub struct Tally<D: 'static> {
    pub classes: &'static [Class<D>],
    pub peers: BTreeMap<&'static str, Counts>,
    /// What no class covers.
    pub unknown: Vec<D>,
}

/// Of one peer: how many cases, and how many of them in which class.
#[derive(Default)]
pub struct Counts {
    pub cases: usize,
    pub classes: BTreeMap<usize, usize>,
    unknown: usize,
}

impl<D: Difference> Tally<D> {
    pub fn new(classes: &'static [Class<D>]) -> Self {
        Self { classes, peers: BTreeMap::new(), unknown: vec![] }
    }

    /// One case, in one peer.
    pub fn note(&mut self, peer: &'static str, difference: Option<D>) {
        let counts = self.peers.entry(peer).or_default();
        counts.cases += 1;
        let Some(difference) = difference else { return };
        match class_of(self.classes, &difference) {
            Some(class) => *counts.classes.entry(class).or_default() += 1,
            None => {
                counts.unknown += 1;
                self.unknown.push(difference);
            }
        }
    }

    /// Cases without a difference in them.
    pub fn agreements(&self, peer: &str) -> usize {
        let differ = |counts: &Counts| counts.classes.values().sum::<usize>() + counts.unknown;
        self.peers.get(peer).map_or(0, |counts| counts.cases - differ(counts))
    }
}

/// Bytes as in a literal, cut if there are many.
pub fn shown(wire: &[u8]) -> String {
    let (front, rest) = wire.split_at(wire.len().min(1500));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} bytes", rest.len()) };
    format!("b\"{}\"{more}", front.escape_ascii())
}
