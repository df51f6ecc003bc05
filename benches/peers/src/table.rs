//! The table: as text for eyes, as Markdown for the repository.

use crate::rows::Unit;
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
    pub name: String,
    pub unit: Unit,
    pub cells: Vec<(String, Cell)>,
    /// Its time, and upframe's time divided by it.
    pub limit: Option<(f64, f64)>,
    /// The ratio and the peer, where the line says them itself.
    pub told: Option<(f64, String)>,
}

impl Line {
    pub fn new(section: &'static str, name: String, unit: Unit) -> Self {
        Self { section, name, unit, cells: Vec::new(), limit: None, told: None }
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

/// The table: one line a row, one column a contender.
pub struct Table {
    head: Vec<String>,
    body: Vec<(&'static str, Vec<String>)>,
    notes: Vec<String>,
}

impl Table {
    pub fn new(names: &[&str], lines: &[Line]) -> Self {
        let mut notes = Notes::default();
        let head = [
            "row",
            "unit",
            "upframe",
            "limit",
            "up/limit",
            "best peer",
            "up/best",
            "best, no duty left out",
            "up/best",
        ];
        let head: Vec<String> =
            head.into_iter().chain(names.iter().copied().filter(|n| *n != "upframe")).map(String::from).collect();
        let body = lines.iter().map(|line| (line.section, Self::line(line, names, &mut notes))).collect();
        Self { head, body, notes: notes.0 }
    }

    fn line(line: &Line, names: &[&str], notes: &mut Notes) -> Vec<String> {
        let mut cells = vec![line.name.clone(), line.unit_name().to_owned()];
        cells.push(Self::cell(line, "upframe", notes));
        cells.push(line.limit.map_or(String::new(), |(ns, _)| line.value(ns)));
        cells.push(line.limit.map_or(String::new(), |(_, ratio)| format!("{ratio:.2}")));
        if let Some((ratio, who)) = &line.told {
            cells.extend([who.clone(), format!("{ratio:.2}"), String::new(), String::new()]);
        } else {
            for all_duties in [false, true] {
                let best = line.best(all_duties);
                cells.push(best.map_or("–".to_owned(), |(who, _)| who.to_owned()));
                cells.push(best.map_or(String::new(), |(_, ratio)| format!("{ratio:.2}")));
            }
        }
        cells.extend(names.iter().filter(|name| **name != "upframe").map(|name| Self::cell(line, name, notes)));
        cells
    }

    fn cell(line: &Line, name: &str, notes: &mut Notes) -> String {
        match line.cell(name) {
            None => String::new(),
            Some(Cell::Told(text)) => text.clone(),
            Some(Cell::Missing(reason)) => format!("– [{}]", notes.number(format!("cannot: {reason}"))),
            Some(Cell::Timed { ns, lacks, notes: also, .. }) => {
                let mut numbers: Vec<usize> =
                    lacks.iter().map(|what| notes.number(format!("leaves out: {what}"))).collect();
                numbers.extend(also.iter().map(|what| notes.number((*what).to_owned())));
                let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
                let marks = if numbers.is_empty() { String::new() } else { format!(" [{}]", numbers.join(",")) };
                line.value(*ns) + &marks
            }
        }
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        let width = |column: usize| {
            let cells = self.body.iter().map(|(_, cells)| cells[column].chars().count());
            cells.chain([self.head[column].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let print = |cells: &[String]| {
            let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let mut text = print(&self.head) + "\n";
        let mut section = "";
        for (of, cells) in &self.body {
            if *of != section {
                section = of;
                let _ = writeln!(text, "-- {section}");
            }
            text += &(print(cells) + "\n");
        }
        text + "\n" + &self.notes_text("")
    }

    /// For the repository.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = line(&self.head) + &"|---".repeat(self.head.len()) + "|\n";
        let mut section = "";
        for (of, cells) in &self.body {
            if *of != section {
                section = of;
                let mut cells = vec![String::new(); self.head.len()];
                cells[0] = format!("**{section}**");
                text += &line(&cells);
            }
            text += &line(cells);
        }
        text + "\n" + &self.notes_text("* ")
    }

    fn notes_text(&self, bullet: &str) -> String {
        self.notes.iter().enumerate().map(|(i, note)| format!("{bullet}[{}] {note}\n", i + 1)).collect()
    }
}
