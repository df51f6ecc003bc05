//! The results of all cases, for people and for machines.

use crate::case::{Case, Role, Verdict};
use std::fmt::{self, Write};

/// The verdicts of a run, in the order of the cases. `Display` prints two lines for each case that failed, and a table of the
/// categories.
///
/// ```
/// use upframe_conformance::{Report, Role, Suite, Verdict};
/// let suite = Suite::new().only("closing.clean");
/// let mut report = Report::new(Role::Server);
/// suite.cases(Role::Server).for_each(|case| report.add(case, Verdict::Acceptable("a different code".into())));
/// assert!(report.is_conformant() && !report.is_strict());
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    role: Role,
    entries: Vec<Entry>,
}

/// The verdict on one case.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The id of the case.
    pub id: String,
    /// One sentence: what the suite sent.
    pub description: String,
    /// The section of the RFC.
    pub section: &'static str,
    /// What was expected, in words.
    pub expectation: String,
    /// The result.
    pub verdict: Verdict,
}

impl Entry {
    fn category(&self) -> &str {
        self.id.split('.').next().unwrap_or_default()
    }

    /// Returns two lines: what happened, and what should have happened.
    pub fn explain(&self) -> String {
        let Self { id, description, section, expectation, verdict } = self;
        let (word, detail) = (verdict.word(), verdict.detail());
        format!("{word}  {id}: {detail}\n      {description} → {expectation} ({section})")
    }
}

impl Report {
    /// Creates an empty report.
    pub fn new(role: Role) -> Self {
        Self { role, entries: vec![] }
    }

    /// Adds a verdict.
    pub fn add(&mut self, case: &Case, verdict: Verdict) {
        self.entries.push(Entry {
            id: case.id().into(),
            description: case.description().into(),
            section: case.section(),
            expectation: case.expectation().to_string(),
            verdict,
        });
    }

    /// Returns all verdicts.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the role of the subject.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns the number of verdicts with this word, for example `pass`.
    pub fn count(&self, word: &str) -> usize {
        self.entries.iter().filter(|entry| entry.verdict.word() == word).count()
    }

    /// Whether no case failed.
    pub fn is_conformant(&self) -> bool {
        self.count("fail") == 0
    }

    /// Whether every case passed: none failed, none was only acceptable, none was skipped.
    pub fn is_strict(&self) -> bool {
        self.count("pass") == self.entries.len()
    }

    /// Returns the names of the categories, in order.
    fn categories(&self) -> Vec<&str> {
        let mut names: Vec<&str> = vec![];
        for entry in &self.entries {
            if !names.contains(&entry.category()) {
                names.push(entry.category());
            }
        }
        names
    }

    /// Returns a JSON object with the role, the counts and an array of all cases.
    pub fn to_json(&self) -> String {
        let mut json = format!("{{\"role\":\"{}\",\"counts\":{{", self.role);
        for (i, word) in WORDS.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let _ = write!(json, "{comma}\"{word}\":{}", self.count(word));
        }
        json.push_str("},\"cases\":[");
        for (i, entry) in self.entries.iter().enumerate() {
            json.push_str(if i == 0 { "\n{" } else { ",\n{" });
            let members = [
                ("id", &*entry.id),
                ("verdict", entry.verdict.word()),
                ("detail", entry.verdict.detail()),
                ("description", &*entry.description),
                ("section", entry.section),
                ("expectation", &*entry.expectation),
            ];
            for (i, (name, value)) in members.into_iter().enumerate() {
                let _ = write!(json, "{}\"{name}\":{}", if i == 0 { "" } else { "," }, quoted(value));
            }
            json.push('}');
        }
        json.push_str("\n]}\n");
        json
    }
}

const WORDS: [&str; 4] = ["pass", "acceptable", "fail", "skipped"];

/// Returns a JSON string (RFC 8259 §7).
pub(crate) fn quoted(text: &str) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '\0'..'\x20' => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            _ => json.push(c),
        }
    }
    json.push('"');
    json
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for entry in self.entries.iter().filter(|entry| matches!(entry.verdict, Verdict::Fail(_))) {
            writeln!(f, "{}", entry.explain())?;
        }
        let [a, b, c, d] = WORDS;
        writeln!(f, "{:<16} {a:>6} {b:>11} {c:>6} {d:>8}", format!("as a {}", self.role))?;
        let row = |f: &mut fmt::Formatter, name: &str, is_it: &dyn Fn(&Entry) -> bool| {
            let of = |word: &str| self.entries.iter().filter(|it| is_it(it) && it.verdict.word() == word).count();
            writeln!(f, "{name:<16} {:>6} {:>11} {:>6} {:>8}", of(a), of(b), of(c), of(d))
        };
        for name in self.categories() {
            row(f, name, &|entry| entry.category() == name)?;
        }
        row(f, "all", &|_| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Suite;

    #[test]
    fn strings_of_json_are_escaped() {
        assert_eq!(quoted("a\"b\\c\n\0é"), r#""a\"b\\c\u000a\u0000é""#);
    }

    #[test]
    fn a_report_counts_and_explains() {
        let suite = Suite::new().only("opcodes.3.empty,opcodes.4.empty");
        let mut report = Report::new(Role::Server);
        let verdicts = [Verdict::Pass, Verdict::Fail("no answer".into())];
        suite.cases(Role::Server).zip(verdicts).for_each(|(case, verdict)| report.add(case, verdict));
        assert!(!report.is_conformant() && !report.is_strict());
        let text = report.to_string();
        assert!(text.starts_with("fail  opcodes.4.empty: no answer\n"), "{text}");
        assert!(report.to_json().contains(r#"{"id":"opcodes.4.empty","verdict":"fail","detail":"no answer""#));
        assert!(report.to_json().contains(r#""counts":{"pass":1,"acceptable":0,"fail":1,"skipped":0}"#));
    }
}
