//! Each rule of `qa/rules/rules.txt` has its id in the source, at what enforces it, and in the words above the tests that show it; and
//! no id stands there that the list does not know. Whether the tests go red without the rule, `qa/rules/run` finds out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Default)]
struct Rule {
    /// It is the caller's or the transport's, or enforced by the types.
    elsewhere: bool,
    /// The files that enforce it.
    files: BTreeSet<String>,
    /// The tests that go red without it.
    tests: BTreeSet<String>,
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn rules() -> BTreeMap<String, Rule> {
    let text = read("qa/rules/rules.txt");
    let (mut rules, mut id) = (BTreeMap::<String, Rule>::new(), "");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if !line.starts_with(' ') {
            id = line.split("  ").next().unwrap();
            assert!(rules.insert(id.into(), Rule::default()).is_none(), "{id} is there twice");
            continue;
        }
        let rule = rules.get_mut(id).unwrap();
        match line.trim_start().split(' ').collect::<Vec<_>>()[..] {
            ["in" | "and", file, ..] => drop(rule.files.insert(file.into())),
            ["test", test] => drop(rule.tests.insert(test.into())),
            ["caller" | "transport" | "types", file, ..] => {
                let said = line.split_once(": ").unwrap().1;
                assert!(read(file.trim_end_matches(':')).contains(said), "{id}: {file} does not say: {said}");
                rule.elsewhere = true;
            }
            _ => {}
        }
    }
    rules
}

/// The ids in a text: what begins with the number of a section, in brackets.
fn ids(text: &str) -> BTreeSet<&str> {
    let inside = text.split('[').skip(1).filter_map(|rest| rest.split_once(']')).map(|(inside, _)| inside);
    let is_id = |id: &&str| {
        id.starts_with(|c: char| c.is_ascii_digit())
            && id.contains(|c: char| c.is_ascii_lowercase() || c == '.')
            && id.contains('-')
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    };
    inside.filter(is_id).collect()
}

/// The comments of a file.
fn comments(text: &str) -> String {
    text.lines().filter_map(|line| line.split_once("//")).map(|(_, comment)| format!("{comment}\n")).collect()
}

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let inner = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            found.extend(sources(&inner));
        } else if inner.ends_with(".rs") {
            found.push(inner.into());
        }
    }
    found
}

#[test]
fn each_rule_stands_at_what_enforces_it() {
    let rules = rules();
    assert!(rules.len() > 100);
    for (id, rule) in &rules {
        assert!(rule.elsewhere == rule.files.is_empty(), "{id} is enforced here or elsewhere");
        for file in &rule.files {
            assert!(ids(&comments(&read(file))).contains(&id[..]), "{file} has no [{id}]");
        }
    }
    for path in sources("src") {
        for id in ids(&comments(&read(&path))) {
            let known = rules.get(id).is_some_and(|rule| rule.files.contains(path.to_str().unwrap()));
            assert!(known, "{} has [{id}], and the list does not know it there", path.display());
        }
    }
}

#[test]
fn each_rule_stands_above_the_tests_that_show_it() {
    let rules = rules();
    for (id, rule) in &rules {
        assert!(rule.elsewhere || !rule.tests.is_empty(), "{id} has no test");
        for test in &rule.tests {
            let (file, name) = test.split_once("::").unwrap();
            let text = read(format!("tests/{file}.rs"));
            let (before, _) = text.split_once(&format!("#[test]\nfn {name}() {{")).expect(test);
            let words: Vec<_> = before.lines().rev().take_while(|line| line.starts_with("///")).collect();
            assert!(ids(&words.join("\n")).contains(&id[..]), "{test} does not say [{id}]");
        }
    }
    for path in sources("tests").iter().filter(|path| path.parent() == Some(Path::new("tests"))) {
        let (file, mut words) = (path.file_stem().unwrap().to_str().unwrap(), String::new());
        for line in read(path).lines() {
            if line.starts_with("//") {
                words += line;
            } else if let Some((name, _)) = line.strip_prefix("fn ").and_then(|rest| rest.split_once('(')) {
                let test = format!("{file}::{name}");
                let unknown = |id: &&str| !rules.get(*id).is_some_and(|rule| rule.tests.contains(&test));
                assert_eq!(ids(&words).into_iter().find(unknown), None, "{test} says so, and the list does not");
                words.clear();
            }
        }
    }
}

#[test]
fn what_is_no_id_is_none() {
    assert_eq!(ids("[5.2-rsv] [`at`](x) [4096] [0-9] §5.2 [9112-2.2-bare-lf] a[0] [..n]").len(), 2);
}
