//! Every rule of `qa/rules/rules.txt` has its tag once in `src/`, after its sentence, and above a test that shows it. No other tag
//! appears in either. `qa/rules/run` finds out whether tests go red without the rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A file: its path, for messages, and its text.
type File = (String, String);

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The files with Rust code in a folder, and in the folders below it if `deep`.
fn files(folder: &str, deep: bool) -> Vec<File> {
    let mut found = vec![];
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if path.ends_with(".rs") {
            found.push((path.clone(), read(&path)));
        } else if deep && entry.path().is_dir() {
            found.extend(files(&path, deep));
        }
    }
    found
}

/// The ids of the list, and whether the codec enforces the rule: not the caller, the transport or the types.
fn list(text: &str) -> BTreeMap<&str, bool> {
    let (mut rules, mut last) = (BTreeMap::new(), "");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(keeper) = line.strip_prefix("  ") {
            let (word, why) = keeper.split_once("  ").expect(line);
            assert!(matches!(word, "caller" | "transport" | "types") && !why.is_empty(), "{line}");
            rules.insert(last, false);
            continue;
        }
        let (id, sentence) = line.split_once("  ").expect(line);
        assert!(is_id(id) && sentence.ends_with('.'), "{line}");
        assert!(rules.insert(id, true).is_none(), "{id} is duplicated");
        last = id;
    }
    rules
}

/// What looks like a tag: it begins with the number of a section or of an RFC.
fn is_id(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_digit())
        && id.contains(|c: char| c.is_ascii_lowercase() || c == '.')
        && id.contains('-')
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

/// The ids in a comment, each with the text between the one before it and itself.
fn tags(comment: &str) -> Vec<(&str, &str)> {
    let (mut found, mut text, mut rest) = (vec![], 0, 0);
    while let Some(open) = comment[rest..].find('[').map(|at| rest + at)
        && let Some(close) = comment[open..].find(']').map(|at| open + at)
    {
        rest = open + 1;
        if is_id(&comment[open + 1..close]) {
            found.push((&comment[open + 1..close], comment[text..open].trim()));
            (text, rest) = (close + 1, close + 1);
        }
    }
    found
}

/// The comments of a source file outside of unit tests. Lines in a row are one comment.
fn comments(text: &str) -> Vec<String> {
    let (mut found, mut open) = (vec![], false);
    for line in text.lines().map(str::trim).take_while(|line| *line != "mod tests {") {
        let own_line = line.starts_with("//");
        if let Some((_, comment)) = line.split_once("//") {
            let comment = comment.trim_start_matches(['/', '!']);
            match found.last_mut() {
                Some(last) if open && own_line => *last = format!("{last} {comment}"),
                _ => found.push(comment.to_string()),
            }
        }
        open = own_line;
    }
    found
}

/// The ids above each test of a file.
fn tested(text: &str) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let (mut all, mut above, mut waiting) = (BTreeSet::new(), BTreeSet::new(), vec![]);
    for line in text.lines() {
        let Some((_, comment)) = line.split_once("//") else {
            match line {
                "#[test]" => above.extend(waiting.drain(..)),
                _ if line.starts_with("#[") => {}
                _ => waiting.clear(),
            }
            continue;
        };
        let ids = tags(comment).into_iter().map(|(id, _)| id);
        all.extend(ids.clone());
        if line.starts_with("///") {
            waiting.extend(ids);
        }
    }
    (all, above)
}

/// All that is wrong.
fn complaints(list: &BTreeMap<&str, bool>, sources: &[File], tests: &[File]) -> Vec<String> {
    let (mut wrong, mut places, mut shown) = (vec![], BTreeMap::<String, Vec<&str>>::new(), BTreeSet::new());
    for (path, text) in sources {
        for comment in comments(text) {
            for (id, sentence) in tags(&comment) {
                places.entry(id.to_string()).or_default().push(path);
                let words = sentence.split_whitespace().filter(|word| word.contains(|c: char| c.is_alphabetic()));
                if words.count() < 3 {
                    wrong.push(format!("{path}: [{id}] is not after a sentence"));
                }
            }
        }
    }
    for (path, text) in tests {
        let (all, above) = tested(text);
        shown.extend(above.into_iter().map(String::from));
        wrong.extend(all.iter().filter(|id| !list.contains_key(*id)).map(|id| format!("{path}: not a rule: [{id}]")));
    }
    for (id, paths) in places.iter().filter(|(id, _)| !list.contains_key(&id[..])) {
        wrong.push(format!("{}: not a rule: [{id}]", paths[0]));
    }
    for (id, _) in list.iter().filter(|(_, of_codec)| **of_codec) {
        match places.get(*id).map_or(&[][..], Vec::as_slice) {
            [_] => {}
            [] => wrong.push(format!("src has no [{id}]")),
            several => wrong.push(format!("[{id}] appears {} times: {}", several.len(), several.join(", "))),
        }
        if !shown.contains(*id) {
            wrong.push(format!("no test has [{id}] above it"));
        }
    }
    wrong
}

#[test]
fn each_rule_has_one_place_and_a_test() {
    let text = read("qa/rules/rules.txt");
    let list = list(&text);
    assert!(list.len() > 100);
    let wrong = complaints(&list, &files("src", true), &files("tests", false));
    assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

const LIST: &str =
    "# rules\n5.2-rsv  No bit is set.\n9112-2.2-bare-lf  A LF is no end.\n10-tcp  Bytes arrive.\n  transport  below\n";
const SOURCE: &str = "fn f() {\n    // No reserved bit may\n    // be set. [5.2-rsv] A LF ends no line. [9112-2.2-bare-lf]\n    if a[0] {}\n}\n";
const TEST: &str = "/// No bits. [5.2-rsv] [9112-2.2-bare-lf]\n#[test]\nfn no_bits() {}\n";

/// What the checker reports of this list, source and test file.
fn reported(list_text: &str, source: &str, test: &str) -> Vec<String> {
    let file = |path: &str, text: &str| vec![(path.to_string(), text.to_string())];
    complaints(&list(list_text), &file("src/a.rs", source), &file("tests/a.rs", test))
}

#[test]
fn a_tree_in_order_has_no_complaints() {
    assert_eq!(reported(LIST, SOURCE, TEST), [""; 0]);
    let with_tests = format!("{SOURCE}#[cfg(test)]\nmod tests {{\n    // again: [5.2-rsv]\n}}\n");
    assert_eq!(reported(LIST, &with_tests, TEST), [""; 0]);
}

#[test]
fn each_kind_of_disorder_is_reported() {
    let without = SOURCE.replace("[5.2-rsv]", "");
    assert_eq!(reported(LIST, &without, TEST), ["src has no [5.2-rsv]"]);
    let duplicated = format!("{SOURCE}// No bit may be set. [5.2-rsv]\n");
    assert_eq!(reported(LIST, &duplicated, TEST), ["[5.2-rsv] appears 2 times: src/a.rs, src/a.rs"]);
    let bare = SOURCE.replace("A LF ends no line. ", "");
    assert_eq!(reported(LIST, &bare, TEST), ["src/a.rs: [9112-2.2-bare-lf] is not after a sentence"]);
    let unknown = format!("{SOURCE}/{}", "/ Nobody knows this rule. [5.2-unknown]\n");
    assert_eq!(reported(LIST, &unknown, TEST), ["src/a.rs: not a rule: [5.2-unknown]"]);
    assert_eq!(reported(LIST, SOURCE, &TEST.replace("rsv", "rsw"))[0], "tests/a.rs: not a rule: [5.2-rsw]");
    let not_above_a_test = TEST.replace("#[test]\n", "");
    assert_eq!(reported(LIST, SOURCE, &not_above_a_test)[0], "no test has [5.2-rsv] above it");
}

#[test]
fn what_is_not_a_tag_is_ignored() {
    let found = tags("[5.2-rsv] [`at`](x) [4096] [0-9] §5.2 [9112-2.2-bare-lf] a[0] [..n]");
    assert_eq!(found.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), ["5.2-rsv", "9112-2.2-bare-lf"]);
}
