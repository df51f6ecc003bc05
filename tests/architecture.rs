//! The shape of the crate: imports run one way between folders and between files, the two wings of a connection do not know each
//! other, and nothing allocates. ARCHITECTURE.md says why.

mod imports;

use imports::{Crate, File, Import, is_folder};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What each folder or file right below `src` may import of this crate, itself aside.
const LAYERS: [(&str, &[&str]); 7] = [
    ("target", &[]),
    ("utf8", &["target"]),
    ("frame", &["target"]),
    ("http", &["target"]),
    ("connection", &["target", "frame", "utf8"]),
    ("message", &["target", "connection", "frame", "utf8"]),
    ("handshake", &["target", "connection", "frame", "http"]),
];

/// The two wings, and the files that may import both.
const WINGS: [&str; 2] = ["connection/receive/", "connection/send/"];
const BOTH_WINGS: [&str; 2] = ["connection/common", "connection/facade"];

fn read(folder: &Path, path: &str) -> Vec<File> {
    let mut files = vec![];
    for entry in fs::read_dir(folder.join(path)).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{path}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            files.extend(read(folder, &format!("{name}/")));
        } else if name.ends_with(".rs") {
            files.push((name, fs::read_to_string(entry.path()).unwrap()));
        }
    }
    files.sort();
    files
}

fn sources() -> Vec<File> {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "")
}

/// The folder or the file right below `src`.
fn layer(file: &str) -> &str {
    file.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

fn told(import: &Import) -> String {
    format!("{} imports {} of {}", import.from, import.path, import.to)
}

/// Imports against the order of the layers.
fn against_layers(imports: &[Import]) -> Vec<String> {
    let may = |from: &str, to: &str| {
        let (_, allowed) =
            LAYERS.iter().find(|(name, _)| *name == from).unwrap_or_else(|| panic!("no such layer: {from}"));
        from == to || allowed.contains(&to)
    };
    let wrong = imports.iter().filter(|it| it.from != "lib.rs" && !may(layer(&it.from), layer(&it.to)));
    wrong.map(|it| format!("against the layers: {}", told(it))).collect()
}

/// Imports of what a `mod.rs` or `lib.rs` only passes on, or of all that is in it.
fn through_folders(of: &Crate, imports: &[Import]) -> Vec<String> {
    let direct = |it: &&Import| it.item.as_ref().is_some_and(|item| of.defines(&it.to, item));
    let wrong = imports.iter().filter(|it| is_folder(&it.to) && !it.is_reexport && !direct(it));
    wrong.map(|it| format!("not from the file that defines it: {}", told(it))).collect()
}

/// Imports from one wing to the other, and files that import both and are not made for it.
fn between_wings(imports: &[Import]) -> Vec<String> {
    let wing = |file: &str| WINGS.iter().position(|wing| file.starts_with(wing));
    let (mut wrong, mut seen) = (vec![], BTreeMap::<&str, [Option<&Import>; 2]>::new());
    for import in imports.iter().filter(|import| !import.is_reexport) {
        let Some(to) = wing(&import.to) else { continue };
        match wing(&import.from) {
            Some(from) if from != to => wrong.push(format!("from wing to wing: {}", told(import))),
            Some(_) => {}
            None => seen.entry(&import.from).or_default()[to] = Some(import),
        }
    }
    for (file, pair) in seen {
        if let [Some(receive), Some(send)] = pair
            && !BOTH_WINGS.iter().any(|name| file.starts_with(name))
        {
            wrong.push(format!("both wings: {}; {}", told(receive), told(send)));
        }
    }
    wrong
}

/// Each circle of files that import each other: the shortest one through its first file.
fn circles(imports: &[Import]) -> Vec<String> {
    let mut of = BTreeMap::<&str, Vec<&Import>>::new();
    for import in imports.iter().filter(|import| !import.is_reexport) {
        of.entry(&import.from).or_default().push(import);
    }
    let (mut found, mut known) = (vec![], BTreeSet::new());
    for start in of.keys().copied() {
        // how each file was reached first
        let (mut reached, mut next) = (BTreeMap::<&str, &Import>::new(), vec![start]);
        while !next.is_empty() && !reached.contains_key(start) {
            for import in std::mem::take(&mut next).into_iter().filter_map(|file| of.get(file)).flatten() {
                if !reached.contains_key(&import.to[..]) {
                    reached.insert(&import.to, import);
                    next.push(&import.to);
                }
            }
        }
        let mut circle = vec![];
        let mut step = reached.get(start);
        while let Some(import) = step {
            circle.push(*import);
            step = reached.get(&import.from[..]).filter(|_| import.from != start);
        }
        circle.reverse();
        let files: BTreeSet<_> = circle.iter().map(|import| &import.from[..]).collect();
        if !circle.is_empty() && known.insert(files) {
            found.push(format!("a circle: {}", circle.iter().map(|it| told(it)).collect::<Vec<_>>().join("; ")));
        }
    }
    found
}

fn offences(files: &[File]) -> Vec<String> {
    let of = Crate::new(files);
    let imports = of.imports();
    [against_layers(&imports), through_folders(&of, &imports), between_wings(&imports), circles(&imports)].concat()
}

#[test]
fn imports_run_one_way() {
    let wrong = offences(&sources());
    assert!(wrong.is_empty(), "{} imports are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A crate in order.
const ORDER: [(&str, &str); 12] = [
    ("lib.rs", "mod target; pub mod frame; pub mod connection; pub use connection::Connection;"),
    ("target.rs", "pub(crate) const SMALL: bool = false;"),
    ("frame/mod.rs", "mod header; mod mask; pub use header::{Header, Fin as Last}; pub(crate) use mask::Key;"),
    ("frame/header.rs", "use super::mask::{self, Key}; use core::fmt; pub struct Header; pub struct Fin;"),
    (
        "frame/mask/mod.rs",
        "mod wide; pub(crate) struct Key; #[cfg(test)] mod tests { use super::*; use crate::connection::X; }",
    ),
    ("frame/mask/wide.rs", "use super::Key; fn f() { crate::target::inline!(x); // crate::handshake::Y\n }"),
    (
        "connection/mod.rs",
        "mod common; mod receive; mod send; pub use receive::machine::Machine; pub use send::writer::*;",
    ),
    ("connection/receive/mod.rs", "pub(super) mod machine;"),
    ("connection/send/mod.rs", "pub(super) mod writer;"),
    (
        "connection/common.rs",
        "use super::{receive::machine::Machine, send::writer::Writer}; use super::receive::machine;",
    ),
    (
        "connection/receive/machine.rs",
        "use crate::{frame::{header::Header, mask::Key}, target::SMALL}; pub struct Machine;",
    ),
    (
        "connection/send/writer.rs",
        "mod inner { use super::Writer; } pub struct Writer; fn f() -> crate::frame::header::Header {}",
    ),
];

/// The offences of the crate in order when this file is added or put in place of another.
fn with(file: &str, text: &str) -> Vec<String> {
    let mut files: Vec<File> = ORDER.iter().map(|(file, text)| (file.to_string(), text.to_string())).collect();
    files.retain(|(name, _)| name != file);
    files.push((file.into(), text.into()));
    offences(&files)
}

#[test]
fn a_crate_in_order_has_no_offence() {
    assert_eq!(with(ORDER[0].0, ORDER[0].1), [""; 0]);
}

#[test]
fn a_planted_import_against_the_layers_is_reported() {
    for text in [
        "use crate::connection::common::X;",
        "fn f() { crate::connection::common::x() }",
        "use crate::{connection::{common}};",
    ] {
        let wrong = with("frame/planted.rs", text);
        assert!(
            wrong.iter().any(|it| it.starts_with("against the layers: frame/planted.rs imports ")),
            "{text}: {wrong:?}"
        );
    }
}

#[test]
fn a_planted_circle_is_reported() {
    assert_eq!(
        with("frame/mask/mod.rs", "mod wide; use super::header::Header; pub(crate) struct Key;"),
        ["a circle: frame/header.rs imports super::mask::Key of frame/mask/mod.rs; \
          frame/mask/mod.rs imports super::header::Header of frame/header.rs"]
    );
    // of three files, and of two one of which is a folder's
    assert_eq!(with("frame/mask/wide.rs", "use super::super::header::Fin;"), [""; 0]);
    let wrong = with("frame/mask/mod.rs", "mod wide; fn f() { wide::f() } pub(crate) struct Key;");
    assert!(
        matches!(&wrong[..], [it] if it.starts_with("a circle: frame/mask/mod.rs imports wide::f of ")),
        "{wrong:?}"
    );
}

#[test]
fn a_planted_import_through_a_folder_is_reported() {
    let through = "not from the file that defines it: connection/planted.rs imports";
    assert_eq!(
        with("connection/planted.rs", "use crate::frame::Header;"),
        [format!("{through} crate::frame::Header of frame/mod.rs")]
    );
    assert_eq!(
        with("connection/planted.rs", "use crate::frame::{Last};"),
        [format!("{through} crate::frame::Last of frame/mod.rs")]
    );
    assert_eq!(
        with("connection/planted.rs", "use crate::frame as f; fn g(x: f::Header) {}"),
        [format!("{through} f::Header of frame/mod.rs")]
    );
    assert_eq!(
        with("connection/planted.rs", "use crate::Connection;")[1..],
        [format!("{through} crate::Connection of lib.rs")]
    );
}

#[test]
fn a_planted_import_from_wing_to_wing_is_reported() {
    assert_eq!(
        with("connection/receive/planted.rs", "fn f(x: super::super::send::writer::Writer) {}"),
        [
            "from wing to wing: connection/receive/planted.rs imports super::super::send::writer::Writer of connection/send/writer.rs"
        ]
    );
    let wrong = with("connection/planted.rs", ORDER[9].1);
    assert!(matches!(&wrong[..], [it] if it.starts_with("both wings: connection/planted.rs imports ")), "{wrong:?}");
}

#[test]
fn nothing_allocates_and_nothing_is_unsafe() {
    for (file, text) in sources() {
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let code = text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n");
        // those of heapless are arrays
        let code = code.replace("heapless::Vec", "").replace("heapless::String", "");
        for word in ["std::", "alloc::", "extern crate alloc", "unsafe ", "Box<", "Vec::new", "String"] {
            let allowed = word == "std::" && code.contains("extern crate std");
            assert!(allowed || !code.contains(word), "{file} has {word:?}");
        }
        if file == "lib.rs" {
            assert!(text.contains("#![no_std]") && text.contains("#![forbid(unsafe_code)]"));
        }
    }
}

/// `tests/in_one` is what changes of the code are held against: no test may be forgotten there, but those that read the repository
/// or start programs.
#[test]
fn all_tests_of_behaviour_are_in_one_program() {
    const ELSEWHERE: [&str; 6] =
        ["anatomy", "architecture", "conformance", "programs", "programs_meet_a_server", "rules"];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    // a package has no corpus
    let Ok(program) = fs::read_to_string(folder.join("in_one/main.rs")) else { return };
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        if let Some(name) = file.strip_suffix(".rs").filter(|name| !ELSEWHERE.contains(name)) {
            assert!(program.contains(&format!("\"../{file}\"]\nmod {name};")), "tests/in_one does not have {file}");
        }
    }
}
