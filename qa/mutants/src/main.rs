//! Writes mutants into the source of a copy of the crate, each behind a switch:
//! `upframe-mutants COPY MUTANTS.json`, where MUTANTS.json is `[[number, mutant], ...]` with mutants of
//! `cargo mutants --list --json`. Prints the numbers of those that were written, and
//! of those of them that are in a `const fn`, as JSON.
//!
//! A mutant replaces a few characters. Where it may stand is decided by the smallest expression around it, of which the
//! copy gets both forms: `(if mutant_switch::on(7) { a <= b } else { a < b })`. The comments `/*<7*/` and `/*>7*/` around
//! the changed form tell whose fault it is if that does not compile.

mod sites;
mod weave;

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs, process};

/// A line and a column, both from 1; the column counts characters.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    line: usize,
    column: usize,
}

#[derive(Deserialize)]
pub struct Extent {
    start: Place,
    end: Place,
}

/// A mutant, as `cargo mutants` lists it.
#[derive(Deserialize)]
pub struct Mutant {
    file: String,
    genre: String,
    replacement: String,
    span: Extent,
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [copy, list] = arguments.as_slice() else {
        eprintln!("usage: upframe-mutants COPY MUTANTS.json");
        process::exit(2);
    };
    let list = fs::read_to_string(list).expect("the list of mutants can be read");
    let list: Vec<(u32, Mutant)> = serde_json::from_str(&list).expect("the list of mutants is JSON");
    let mut files: BTreeMap<&str, Vec<(u32, &Mutant)>> = BTreeMap::new();
    for (number, mutant) in &list {
        files.entry(&mutant.file).or_default().push((*number, mutant));
    }
    let mut all = weave::Woven::default();
    for (file, mutants) in files {
        let path = Path::new(copy).join(file);
        let source = fs::read_to_string(&path).expect("the source can be read");
        let (text, woven) = weave::weave(&source, &mutants);
        // With all the switches, functions are too long for that.
        let text = text.replace("inline(always)", "inline");
        fs::write(&path, text).expect("the copy can be written");
        all.all.extend(woven.all);
        all.constant.extend(woven.constant);
    }
    println!("{}", serde_json::to_string(&all).expect("numbers are JSON"));
}
