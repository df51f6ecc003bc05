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
    /// The rule that decides: the section, and what it says.
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
pub struct Tally<D: Difference + 'static> {
    pub classes: &'static [Class<D>],
    /// Of each peer: how many cases, and how many of them in which class, with the one that is shortest to show.
    pub peers: BTreeMap<&'static str, (usize, BTreeMap<usize, (usize, String)>)>,
    /// What no class covers.
    pub unknown: Vec<D>,
}

impl<D: Difference> Tally<D> {
    pub fn new(classes: &'static [Class<D>]) -> Self {
        Self { classes, peers: BTreeMap::new(), unknown: vec![] }
    }

    /// One case, in one peer.
    pub fn note(&mut self, peer: &'static str, difference: Option<D>) {
        let (cases, counts) = self.peers.entry(peer).or_default();
        *cases += 1;
        let Some(difference) = difference else { return };
        match class_of(self.classes, &difference) {
            Some(class) => {
                let (count, shortest) = counts.entry(class).or_default();
                *count += 1;
                let shown = difference.shown();
                if *count == 1 || shown.len() < shortest.len() {
                    *shortest = shown;
                }
            }
            None => self.unknown.push(difference),
        }
    }

    /// Cases without a difference in them.
    pub fn agreements(&self, peer: &str) -> usize {
        let unknown = self.unknown.iter().filter(|difference| difference.peer() == peer).count();
        self.peers.get(peer).map_or(0, |(cases, counts)| cases - counts.values().map(|(count, _)| count).sum::<usize>() - unknown)
    }
}

/// Bytes as they stand in a literal, cut where they are many.
pub fn shown(wire: &[u8]) -> String {
    let (front, rest) = wire.split_at(wire.len().min(1500));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} bytes", rest.len()) };
    format!("b\"{}\"{more}", front.escape_ascii())
}
