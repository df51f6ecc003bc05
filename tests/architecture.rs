//! The architecture of the crate: imports run one way between folders and between files, nobody imports through a
//! `mod.rs`, the wings of `connection/` do not know each other, and nothing allocates.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each folder, or file right below `src/`, may import of this crate besides itself.
const LAYERS: [(&str, &[&str]); 12] = [
    ("target", &[]),
    ("utf8", &["target"]),
    ("frame", &["target"]),
    ("http", &["target"]),
    ("keepalive", &[]),
    ("reconnect", &[]),
    ("connection", &["target", "frame", "utf8"]),
    ("message", &["target", "connection", "frame", "utf8"]),
    ("handshake", &["target", "connection", "frame", "http"]),
    ("deflate", &["target", "connection", "frame", "handshake", "message", "utf8"]),
    ("error_codes", &["connection", "deflate", "message", "frame", "utf8", "http", "handshake"]),
    ("error", &["error_codes", "connection", "deflate", "message", "frame", "utf8", "http", "handshake"]),
];

/// A file is known by its path below `src/`, such as `frame/header.rs`.
type Sources = BTreeMap<String, String>;

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The code of each file of the crate. The build script is none of them.
fn sources() -> Sources {
    fn add(folder: &Path, found: &mut Sources) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(source_folder()).unwrap();
                let name = inside.iter().map(|part| part.to_str().unwrap()).collect::<Vec<_>>().join("/");
                if name == "build.rs" {
                    continue;
                }
                found.insert(name, code(&fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Sources::new();
    add(&source_folder(), &mut found);
    assert!(found.len() > 50);
    found
}

/// A file without its comments and its tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// The path of the module that a file is: `frame/header.rs` is `frame::header`, `frame/mod.rs` is `frame`.
fn module(file: &str) -> Vec<String> {
    let mut path: Vec<String> = file.trim_end_matches(".rs").split('/').map(String::from).collect();
    if path.last().is_some_and(|last| last == "mod" || last == "lib") {
        path.pop();
    }
    path
}

/// All paths into the crate that a file's code names, from the crate's root: those of `use`, groups taken apart, and
/// those within code.
fn imports(file: &str, code: &str) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    for (start, _) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        for path in expand(&code[start..]) {
            let mut from = [module(file), vec![String::new(); inner(code, start)]].concat();
            let mut rest = &path[..];
            if rest[0] == "crate" {
                (from, rest) = (vec![], &rest[1..]);
            }
            while rest.first().is_some_and(|part| part == "super") {
                from.pop();
                rest = &rest[1..];
            }
            found.insert([&from, rest].concat());
        }
    }
    // the re-exports of a `mod.rs` are not imports, nor are visibilities
    found.retain(|path| !path.is_empty());
    found
}

/// In how many modules within the file a place is.
fn inner(code: &str, place: usize) -> usize {
    let begins = |at: usize| code[..at].chars().next_back().is_none_or(char::is_whitespace);
    let opened = code.match_indices("mod ").filter(|(at, _)| begins(*at)).filter_map(|(at, _)| {
        let brace = at + code[at..].find(['{', ';'])?;
        code[brace..].starts_with('{').then_some(brace + 1)
    });
    opened
        .filter(|open| {
            let mut depth = 1;
            let end = code[*open..].find(|c| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                depth == 0
            });
            (*open..open + end.unwrap_or_default()).contains(&place)
        })
        .count()
}

/// The paths at the front of a text: `a::{b, c::{d, e}}` is `a::b`, `a::c::d`, `a::c::e`.
fn expand(text: &str) -> Vec<Vec<String>> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '*').collect();
    let rest = &text[name.len()..];
    let Some(rest) = rest.strip_prefix("::") else { return vec![vec![name]] };
    let tails = match rest.strip_prefix('{') {
        Some(group) => items(group).into_iter().flat_map(expand).collect(),
        // a generic argument of a function
        None if rest.starts_with('<') => return vec![vec![name]],
        None => expand(rest),
    };
    tails.into_iter().map(|tail| [vec![name.clone()], tail].concat()).collect()
}

/// The items of a group whose opening brace is gone.
fn items(group: &str) -> Vec<&str> {
    let (mut found, mut depth, mut start) = (vec![], 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            ',' if depth == 0 => {
                found.push(group[start..at].trim());
                start = at + 1;
            }
            '}' if depth == 0 => {
                found.push(group[start..at].trim());
                break;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    found.retain(|item| !item.is_empty());
    found
}

/// For each file, the files that it imports; or what is wrong.
fn graph(sources: &Sources) -> Result<BTreeMap<&str, BTreeSet<&str>>, String> {
    let modules: BTreeMap<Vec<String>, &str> = sources.keys().map(|file| (module(file), &file[..])).collect();
    let mut graph = BTreeMap::new();
    for (file, code) in sources.iter().filter(|(file, _)| !is_index(file)) {
        let edges = graph.entry(&file[..]).or_insert_with(BTreeSet::new);
        for path in imports(file, code) {
            // the longest front of the path that is a module
            let len = (0..=path.len()).rev().find(|len| modules.contains_key(&path[..*len])).unwrap_or_default();
            let target = modules.get(&path[..len]).copied().unwrap_or("lib.rs");
            let what = path.join("::");
            // naming a folder's visibility, `pub(in crate::connection)`, imports nothing
            if len == path.len() && code.contains(&format!("pub(in crate::{what})")) {
                continue;
            }
            if is_index(target) {
                return Err(format!("{file} imports {what} through {target}"));
            }
            if target != file {
                edges.insert(target);
            }
        }
    }
    Ok(graph)
}

/// Whether a file only declares modules and re-exports.
fn is_index(file: &str) -> bool {
    file == "lib.rs" || file.ends_with("mod.rs")
}

/// A circle of imports, if there is one.
fn circle(graph: &BTreeMap<&str, BTreeSet<&str>>) -> Option<String> {
    fn visit<'a>(
        graph: &BTreeMap<&'a str, BTreeSet<&'a str>>,
        file: &'a str,
        trail: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<String> {
        if let Some(start) = trail.iter().position(|earlier| *earlier == file) {
            return Some([&trail[start..], &[file]].concat().join(" -> "));
        }
        if !done.insert(file) {
            return None;
        }
        trail.push(file);
        let found = graph.get(file).into_iter().flatten().find_map(|next| visit(graph, next, trail, done));
        trail.pop();
        found
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|file| {
        // a file that was seen cannot be on a circle that was not
        if done.contains(file) { None } else { visit(graph, file, &mut vec![], &mut done) }
    })
}

/// Files of one wing of `connection/` that import the other, and files that know both though they are not where the
/// wings meet.
fn wings(graph: &BTreeMap<&str, BTreeSet<&str>>) -> Option<String> {
    let in_wing = |file: &str, wing| file.starts_with(&format!("connection/{wing}/"));
    graph.iter().find_map(|(file, edges)| {
        let knows = |wing| in_wing(file, wing) || edges.iter().any(|edge| in_wing(edge, wing));
        let meets = *file == "connection/common.rs" || file.starts_with("connection/facade");
        // other folders use the public types of both
        let inside = file.starts_with("connection/");
        (inside && !meets && knows("receive") && knows("send")).then(|| format!("{file} knows both wings"))
    })
}

/// Imports from a folder that the layer of the file may not know.
fn layers(graph: &BTreeMap<&str, BTreeSet<&str>>) -> Option<String> {
    let layer = |file: &str| file.split('/').next().unwrap().trim_end_matches(".rs").to_string();
    graph.iter().find_map(|(file, edges)| {
        let own = layer(file);
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == own) else {
            return Some(format!("{file} is in no layer"));
        };
        let other = edges.iter().find(|edge| layer(edge) != own && !allowed.contains(&&layer(edge)[..]))?;
        Some(format!("{file} imports {other}"))
    })
}

/// Whatever is wrong with the imports of these sources.
fn offence(sources: &Sources) -> Option<String> {
    match graph(sources) {
        Err(offence) => Some(offence),
        Ok(graph) => layers(&graph).or_else(|| wings(&graph)).or_else(|| circle(&graph)),
    }
}

#[test]
fn imports_run_one_way_and_never_through_an_index() {
    assert_eq!(offence(&sources()), None);
}

/// These sources with one more line in a file.
fn planted(file: &str, line: &str) -> Option<String> {
    let mut sources = sources();
    let code = sources.get_mut(file).expect("no such file");
    code.insert_str(0, line);
    offence(&sources)
}

#[test]
fn each_kind_of_offence_is_found() {
    let said =
        |found: Option<String>, what: &str| assert!(found.as_ref().is_some_and(|it| it.contains(what)), "{found:?}");
    // a layer that may not be known
    said(planted("http/head.rs", "use crate::frame::opcode::Opcode;\n"), "http/head.rs imports frame/opcode.rs");
    // through an index, from the outside, from the inside, and within code
    said(
        planted("connection/event.rs", "use crate::frame::{Opcode, header::Header};\n"),
        "frame::Opcode through frame/mod.rs",
    );
    said(planted("frame/opcode.rs", "use super::Header;\n"), "frame::Header through frame/mod.rs");
    said(planted("connection/event.rs", "fn f(_: crate::Settings) {}\n"), "Settings through lib.rs");
    said(planted("connection/receive/whole.rs", "use crate::utf8::{self};\n"), "through utf8/mod.rs");
    // a wing that imports the other
    let wing = "use crate::connection::send::state::Outgoing;\n";
    said(planted("connection/receive/machine.rs", wing), "connection/receive/machine.rs knows both wings");
    let wing = "fn f() { super::super::receive::step::Step::of(); }\n";
    said(planted("connection/send/frames.rs", wing), "connection/send/frames.rs knows both wings");
    // circles: of two files, and of more
    said(planted("frame/opcode.rs", "use super::header::Header;\n"), "frame/header.rs -> ");
    let circle = planted("connection/closing.rs", "use super::facade::Connection;\n");
    said(circle, "connection/closing.rs");
}

#[test]
fn every_form_of_an_import_is_seen() {
    let seen = |code: &str| {
        let paths = imports("connection/receive/data.rs", code);
        paths.into_iter().map(|path| path.join("::")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        seen("use crate::frame::{A, b::{C, D}};\nfn f() { crate::utf8::check(x) }"),
        "frame::A frame::b::C frame::b::D utf8::check"
    );
    assert_eq!(seen("use crate::{frame::A,\n    message};"), "frame::A message");
    assert_eq!(
        seen("use super::input::Input as I; use super::super::role::{self, Role};"),
        "connection::receive::input::Input connection::role::Role connection::role::self"
    );
    assert_eq!(seen("let x = crate::frame::f::<crate::http::B>(); mycrate::no();"), "frame::f http::B");
}

#[test]
fn nothing_allocates_and_nothing_is_unsafe() {
    for (file, code) in sources() {
        // those of heapless are arrays
        let code = code.replace("heapless::Vec", "").replace("heapless::String", "");
        for word in ["std::", "alloc::", "extern crate alloc", "unsafe ", "Box<", "Vec::new", "String"] {
            let allowed = word == "std::" && code.contains("extern crate std");
            assert!(allowed || !code.contains(word), "{file} has {word:?}");
        }
    }
    let root = fs::read_to_string(source_folder().join("lib.rs")).unwrap();
    assert!(root.contains("#![no_std]") && root.contains("#![forbid(unsafe_code)]"));
}
