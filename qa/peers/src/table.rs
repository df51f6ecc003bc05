//! The table: as text for eyes, as Markdown for the repository.

use crate::rows::Unit;
use crate::rows::size::Memory;
use std::fmt::Write as _;

/// A contender's result in a row.
pub enum Cell {
    Timed { ns: f64, ratio: f64, lacks: Vec<&'static str>, notes: Vec<&'static str> },
    Missing(&'static str),
    Told(String),
}

/// A row's results.
pub struct Line {
    pub section: &'static str,
    pub feature: Option<&'static str>,
    pub name: String,
    pub unit: Unit,
    pub cells: Vec<(String, Cell)>,
    /// Its time, and upframe's time divided by it.
    pub limit: Option<(f64, f64)>,
    /// The ratio and the peer, if the line has them itself.
    pub told: Option<(f64, String)>,
}

impl Line {
    pub fn new(section: &'static str, feature: Option<&'static str>, name: String, unit: Unit) -> Self {
        Self { section, feature, name, unit, cells: Vec::new(), limit: None, told: None }
    }

    /// The name of the row as upframe does it with that feature.
    fn name_with_feature(&self) -> String {
        format!("{}, feature `{}`", self.name, self.feature.unwrap_or("none"))
    }

    /// The first cell of a contender counts.
    pub fn add(&mut self, name: &str, cell: Cell) {
        if self.cells.iter().all(|(who, _)| who != name) {
            self.cells.push((name.to_owned(), cell));
        }
    }

    fn cell(&self, name: &str) -> Option<&Cell> {
        self.cells.iter().find(|(who, _)| who == name).map(|(_, cell)| cell)
    }

    /// The peer with the shortest time, and upframe's time divided by it.
    fn best(&self, all_duties: bool) -> Option<(&str, f64)> {
        let ratios = self.cells.iter().filter_map(|(name, cell)| match cell {
            Cell::Timed { ratio, lacks, .. } if name != "upframe" && (!all_duties || lacks.is_empty()) => {
                Some((name.as_str(), *ratio))
            }
            _ => None,
        });
        ratios.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn value(&self, ns: f64) -> String {
        match self.unit {
            Unit::Gigabytes(bytes) => format!("{:.1}", bytes as f64 / ns),
            Unit::Nanoseconds if ns < 100.0 => format!("{ns:.1}"),
            Unit::Nanoseconds => format!("{ns:.0}"),
        }
    }

    fn time(&self, name: &str) -> String {
        match self.cell(name) {
            None => String::new(),
            Some(Cell::Told(text)) => text.clone(),
            Some(Cell::Missing(_)) => "–".to_owned(),
            Some(Cell::Timed { ns, .. }) => self.value(*ns),
        }
    }

    fn unit_name(&self) -> &'static str {
        match self.unit {
            Unit::Nanoseconds => "ns",
            Unit::Gigabytes(_) => "GB/s",
        }
    }
}

/// What is told below the table, each once, with its number.
#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn number(&mut self, note: String) -> usize {
        match self.0.iter().position(|known| *known == note) {
            Some(at) => at + 1,
            None => {
                self.0.push(note);
                self.0.len()
            }
        }
    }
}

/// Cells under a head, in sections.
pub struct Grid {
    head: Vec<String>,
    body: Vec<(&'static str, Vec<String>)>,
}

/// The results: first upframe and the best of its peers, then all.
pub struct Table {
    grids: Vec<Grid>,
    notes: Vec<String>,
}

const SUMMARY: [&str; 9] =
    ["row", "unit", "upframe", "limit", "up/limit", "best peer", "up/best", "best with all duties", "up/best"];

const MEMORY: &str =
    "memory: `size_of` has 8 B of socket if the connection has one; caller-provided buffers are not counted";

/// A row of the first grid: upframe's time, the limit, the best peers, and the ratios to them.
pub fn summary(line: &Line) -> Vec<String> {
    let ratio = |ratio: f64| format!("{ratio:.2}");
    let name = if cfg!(feature = "features") { line.name_with_feature() } else { line.name.clone() };
    let mut cells = vec![name, line.unit_name().to_owned(), line.time("upframe")];
    cells.push(line.limit.map_or(String::new(), |(ns, _)| line.value(ns)));
    cells.push(line.limit.map_or(String::new(), |limit| ratio(limit.1)));
    if let Some((worst, who)) = &line.told {
        cells.extend([who.clone(), ratio(*worst), String::new(), String::new()]);
        return cells;
    }
    for all_duties in [false, true] {
        let best = line.best(all_duties);
        cells.push(best.map_or("–".to_owned(), |(who, _)| who.to_owned()));
        cells.push(best.map_or(String::new(), |best| ratio(best.1)));
    }
    cells
}

impl Table {
    /// `with_features`: rows of the summary that a program with more features has measured, each after its section.
    pub fn new(names: &[&str], lines: &[Line], memory: &[Memory], with_features: &[Vec<String>]) -> Self {
        let mut notes = Notes::default();
        let peers: Vec<&str> = names.iter().copied().filter(|name| *name != "upframe").collect();
        let mut best = Grid { head: SUMMARY.map(String::from).into(), body: Vec::new() };
        let head = SUMMARY[..3].iter().chain(&peers).map(|name| (*name).to_owned());
        let mut all = Grid { head: head.collect(), body: Vec::new() };
        for line in lines {
            let mut first = vec![line.name.clone(), line.unit_name().to_owned()];
            first.push(Self::cell(line, "upframe", &mut notes));
            let times = peers.iter().map(|name| Self::cell(line, name, &mut notes));
            all.body.push((line.section, first.into_iter().chain(times).collect()));
            best.body.push((line.section, summary(line)));
            let same = |row: &&Vec<String>| row[0] == line.section && row[1] == line.name_with_feature();
            best.body.extend(with_features.iter().find(same).map(|row| (line.section, row[1..].to_vec())));
        }
        let mut grids = vec![best, all];
        grids.retain(|grid| !grid.body.is_empty());
        if !memory.is_empty() {
            notes.number(MEMORY.to_owned());
            grids.push(Self::memory(memory));
        }
        Self { grids, notes: notes.0 }
    }

    fn memory(memory: &[Memory]) -> Grid {
        let head = ["a server's connection", "size_of", "heap, new", "heap, idle after 1 KiB"].map(String::from).into();
        let cells = |of: &Memory| vec![of.name.to_owned(), bytes(of.inline), bytes(of.new), bytes(of.used)];
        fn bytes(n: usize) -> String {
            format!("{n} B")
        }
        Grid { head, body: memory.iter().map(|of| ("memory", cells(of))).collect() }
    }

    fn cell(line: &Line, name: &str, notes: &mut Notes) -> String {
        let mut marks: Vec<usize> = Vec::new();
        match line.cell(name) {
            Some(Cell::Missing(reason)) => marks.push(notes.number(format!("cannot: {reason}"))),
            Some(Cell::Timed { lacks, notes: also, .. }) => {
                marks.extend(lacks.iter().map(|what| notes.number(format!("leaves out: {what}"))));
                marks.extend(also.iter().map(|what| notes.number((*what).to_owned())));
            }
            None | Some(Cell::Told(_)) => {}
        }
        let marks: Vec<String> = marks.iter().map(usize::to_string).collect();
        let marks = if marks.is_empty() { String::new() } else { format!(" [{}]", marks.join(",")) };
        line.time(name) + &marks
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        let grids: Vec<String> = self.grids.iter().map(Grid::text).collect();
        grids.join("\n") + "\n" + &self.notes_text("")
    }

    /// For the repository.
    pub fn markdown(&self) -> String {
        let grids: Vec<String> = self.grids.iter().map(Grid::markdown).collect();
        grids.join("\n") + "\n" + &self.notes_text("* ")
    }

    fn notes_text(&self, bullet: &str) -> String {
        self.notes.iter().enumerate().map(|(i, note)| format!("{bullet}[{}] {note}\n", i + 1)).collect()
    }
}

impl Grid {
    fn text(&self) -> String {
        let width = |column: usize| {
            let cells = self.body.iter().map(|(_, cells)| cells[column].chars().count());
            cells.chain([self.head[column].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let print = |cells: &[String]| {
            let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
        };
        let (mut text, mut section) = (print(&self.head), "");
        for (of, cells) in &self.body {
            if *of != section {
                section = of;
                let _ = writeln!(text, "-- {section}");
            }
            text += &print(cells);
        }
        text
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let (mut text, mut section) = (line(&self.head) + &"|---".repeat(self.head.len()) + "|\n", "");
        for (of, cells) in &self.body {
            if *of != section {
                section = of;
                let mut cells = vec![String::new(); self.head.len()];
                cells[0] = format!("**{section}**");
                text += &line(&cells);
            }
            text += &line(cells);
        }
        text
    }
}
