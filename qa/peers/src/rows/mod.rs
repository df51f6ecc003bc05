//! The rows: which work, how much of it, and what must come out.

pub mod handshake;
pub mod mask;
pub mod messages;
pub mod receive;
pub mod send;
pub mod size;

use crate::measure::{Effort, Timing, contest};
use crate::peer::{Contender, Offer, Peer};
use crate::sum::Sum;
use crate::table::{Cell, Line};

/// How a row is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unit {
    /// Nanoseconds an item.
    Nanoseconds,
    /// Bytes a nanosecond, if an item has so many bytes.
    Gigabytes(usize),
}

/// One row.
pub struct Row {
    pub section: &'static str,
    /// The feature of upframe that is for this row, if one is.
    pub feature: Option<&'static str>,
    pub name: String,
    pub unit: Unit,
    /// Items in a pass.
    pub items: usize,
    pub want: Sum,
    pub offers: Vec<(&'static str, Offer)>,
    /// What no contender can beat by much.
    pub limit: Option<Contender>,
}

const LIMIT: &str = "limit";

/// All rows but that of many lengths.
pub fn all(peers: &[Box<dyn Peer>]) -> Vec<Row> {
    let sections = [mask::rows, receive::rows, send::rows, messages::rows, handshake::rows];
    sections.iter().flat_map(|rows| rows(peers)).collect()
}

impl Row {
    /// Asks all peers.
    pub fn offers(peers: &[Box<dyn Peer>], ask: impl Fn(&dyn Peer) -> Offer) -> Vec<(&'static str, Offer)> {
        peers.iter().map(|peer| (peer.name(), ask(peer.as_ref()))).collect()
    }

    /// Measures, and returns a line of the table.
    pub fn run(self, effort: Effort) -> Line {
        let mut line = Line::new(self.section, self.feature, self.name.clone(), self.unit);
        let mut contenders = Vec::new();
        for (name, offer) in self.offers {
            match offer {
                Ok(contender) => contenders.push((name.to_owned(), contender)),
                Err(reason) => line.add(name, Cell::Missing(reason)),
            }
        }
        contenders.extend(self.limit.map(|limit| (LIMIT.to_owned(), limit)));
        let timings = contest(&self.name, &self.want, self.items, &mut contenders, effort);
        for ((name, contender), Timing { ns, first_to_this }) in contenders.into_iter().zip(timings) {
            if name == LIMIT {
                line.limit = Some((ns, first_to_this));
            } else {
                let Contender { lacks, notes, .. } = contender;
                line.add(&name, Cell::Timed { ns, ratio: first_to_this, lacks, notes });
            }
        }
        line
    }
}
