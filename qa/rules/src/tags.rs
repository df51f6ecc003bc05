//! The list of rules, and where their tags are.

use std::collections::{BTreeMap, BTreeSet};

/// The ids of all rules, each with the word that says who keeps it if not the codec.
pub struct List(BTreeMap<String, Keeper>);

/// Who keeps a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// An `if` of the codec, which can be deleted.
    Codec,
    /// A type: code that breaks the rule does not compile.
    Types,
    /// The program that calls the codec, or the transport below it.
    Elsewhere,
}

impl List {
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rules = BTreeMap::new();
        let mut last = None;
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(word) = line.strip_prefix("  ").map(|rest| rest.split(' ').next().unwrap_or_default()) {
                let keeper = match word {
                    "types" => Keeper::Types,
                    "caller" | "transport" => Keeper::Elsewhere,
                    _ => return Err(format!("not a keeper of a rule: {line}")),
                };
                let id: &String = last.as_ref().ok_or_else(|| format!("no rule is above: {line}"))?;
                rules.insert(id.clone(), keeper);
                continue;
            }
            let (id, _) = line.split_once("  ").ok_or_else(|| format!("not an id and a sentence: {line}"))?;
            if rules.insert(id.to_string(), Keeper::Codec).is_some() {
                return Err(format!("{id} is duplicated"));
            }
            last = Some(id.to_string());
        }
        Ok(Self(rules))
    }

    pub fn keeper(&self, id: &str) -> Option<Keeper> {
        self.0.get(id).copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, Keeper)> {
        self.0.iter().map(|(id, keeper)| (&id[..], *keeper))
    }

    /// The ids in a text: what is in brackets and in the list.
    pub fn ids<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let inside = text.split('[').skip(1).filter_map(|rest| rest.split_once(']')).map(|(inside, _)| inside);
        inside.filter(|id| self.0.contains_key(*id)).collect()
    }
}

/// A comment with tags.
#[derive(Debug, PartialEq, Eq)]
pub struct Tagged {
    pub ids: Vec<String>,
    /// The first line of the comment, from 1.
    pub line: usize,
    /// Where the code begins that the comment is about, in bytes.
    pub code: usize,
}

/// All comments of a source file that have tags, unit tests left out. Several lines of comment in a row are one comment. Code
/// before a comment on the same line is what it is about; otherwise that is what follows.
pub fn tagged(source: &str, list: &List) -> Vec<Tagged> {
    let (mut found, mut open, mut offset) = (vec![], None::<Tagged>, 0);
    for (number, line) in (1..).zip(source.split_inclusive('\n')) {
        let start = offset + (line.len() - line.trim_start().len());
        offset += line.len();
        let text = line.trim();
        if text == "mod tests {" {
            break;
        }
        let ids = || list.ids(text.split_once("//").map_or("", |(_, comment)| comment)).into_iter().map(String::from);
        if text.starts_with("//") {
            open.get_or_insert(Tagged { ids: vec![], line: number, code: 0 }).ids.extend(ids());
        } else if !text.is_empty() {
            if let Some(comment) = open.take().filter(|comment| !comment.ids.is_empty()) {
                found.push(Tagged { code: start, ..comment });
            }
            let ids: Vec<_> = ids().collect();
            if !ids.is_empty() {
                found.push(Tagged { ids, line: number, code: start });
            }
        }
    }
    found
}

/// The test functions of a file in `tests/` whose comment has a tag, by id.
pub fn tests(source: &str, list: &List) -> BTreeMap<String, BTreeSet<String>> {
    let (mut found, mut ids) = (BTreeMap::<String, BTreeSet<String>>::new(), vec![]);
    for line in source.lines() {
        if line.starts_with("///") {
            ids.extend(list.ids(line));
        } else if let Some((name, _)) = line.strip_prefix("fn ").and_then(|rest| rest.split_once('(')) {
            for id in ids.drain(..) {
                found.entry(id.to_string()).or_default().insert(name.to_string());
            }
        } else if !line.starts_with("#[") {
            ids.clear();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str =
        "# a comment\n5.2-rsv  No bit is set.\n5.1-mask  There is a mask.\n\n10-tcp  Bytes arrive.\n  transport\n";

    #[test]
    fn a_list_says_who_keeps_a_rule() {
        let list = List::parse(LIST).unwrap();
        assert_eq!(list.keeper("5.2-rsv"), Some(Keeper::Codec));
        assert_eq!(list.keeper("10-tcp"), Some(Keeper::Elsewhere));
        assert_eq!(list.keeper("5.2"), None);
        assert!(List::parse("a-b  X.\na-b  Y.\n").is_err() && List::parse("  caller x").is_err());
    }

    #[test]
    fn comments_in_a_row_are_about_what_follows() {
        let source = "fn f() {\n    // No bit. [5.2-rsv]\n    // A mask,\n    // always. [5.1-mask]\n\n    if a {}\n    b(); // [5.1-mask]\n}\n#[cfg(test)]\nmod tests {\n// [5.2-rsv]\nx\n}\n";
        let found = tagged(source, &List::parse(LIST).unwrap());
        let shown: Vec<_> = found.iter().map(|it| (it.ids.join(" "), it.line, &source[it.code..it.code + 4])).collect();
        assert_eq!(shown, [("5.2-rsv 5.1-mask".into(), 2, "if a"), ("5.1-mask".into(), 7, "b();")]);
    }

    #[test]
    fn what_is_not_a_tag_is_ignored() {
        assert_eq!(List::parse(LIST).unwrap().ids("[`at`](x) a[0] [5.2-rsv] [5.3-rsv] [5.1-mask"), ["5.2-rsv"]);
    }

    #[test]
    fn tests_have_their_tags_above_them() {
        let source = "/// It does. [5.2-rsv]\n/// Again. [5.1-mask]\n#[test]\nfn one() {\n}\n\n/// [5.2-rsv]\n#[test]\nfn two() {}\nfn three() {}\n";
        let found = tests(source, &List::parse(LIST).unwrap());
        assert_eq!(found["5.2-rsv"].iter().collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(found["5.1-mask"].len(), 1);
    }
}
