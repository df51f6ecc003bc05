//! The layers of the crate: imports run one way, and nothing allocates.

use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may import of this crate, itself aside.
const LAYERS: [(&str, &[&str]); 8] = [
    ("target", &[]),
    ("utf8", &["target"]),
    ("frame", &["target"]),
    ("keepalive", &[]),
    ("http", &["target"]),
    ("connection", &["target", "frame", "utf8"]),
    ("message", &["target", "connection", "frame", "utf8"]),
    ("handshake", &["target", "connection", "frame", "http"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The code of a file: no comment, no test.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// The layer of a file: the folder or the file right below `src`.
fn layer(path: &Path) -> String {
    let inside = path.strip_prefix(source_folder()).unwrap();
    inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_string()
}

/// The layers that a file's code names behind `crate::`.
fn imports(code: &str) -> Vec<String> {
    let behind = code.split("crate::").skip(1);
    let first = |path: &str| path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    behind
        .flat_map(|path| match path.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap().split(',').map(|item| first(item.trim())).collect(),
            None => vec![first(path)],
        })
        .collect()
}

#[test]
fn imports_run_one_way() {
    for path in sources(&source_folder()) {
        let layer = layer(&path);
        if layer == "lib" {
            continue;
        }
        let (_, allowed) =
            LAYERS.iter().find(|(name, _)| *name == layer).unwrap_or_else(|| panic!("no such layer: {layer}"));
        for import in imports(&code(&path)) {
            assert!(import == layer || allowed.contains(&import.as_str()), "{} imports {import}", path.display());
        }
    }
}

#[test]
fn the_checker_of_imports_sees_every_form() {
    assert_eq!(imports("use crate::frame::{A, B};\nfn f() { crate::utf8::check(b) }"), ["frame", "utf8"]);
    assert_eq!(imports("use crate::{frame::A, message};"), ["frame", "message"]);
}

#[test]
fn nothing_allocates_and_nothing_is_unsafe() {
    for path in sources(&source_folder()) {
        // those of heapless are arrays
        let code = code(&path).replace("heapless::Vec", "").replace("heapless::String", "");
        for word in ["std::", "alloc::", "extern crate alloc", "unsafe ", "Box<", "Vec::new", "String"] {
            let allowed = word == "std::" && code.contains("extern crate std");
            assert!(allowed || !code.contains(word), "{} has {word:?}", path.display());
        }
    }
    let root = fs::read_to_string(source_folder().join("lib.rs")).unwrap();
    assert!(root.contains("#![no_std]") && root.contains("#![forbid(unsafe_code)]"));
}
