//! All cases, and how to run them.

use crate::case::{Case, Role};
use crate::cases;
use crate::drive::{InProcess, Subject};
use crate::play::Address;
use crate::report::Report;

/// A selection of the cases.
///
/// ```
/// use upframe_conformance::{Role, Suite};
/// let suite = Suite::new().only("framing.length.126.text");
/// assert_eq!(suite.cases(Role::Server).count(), 3);
/// ```
#[derive(Debug)]
pub struct Suite {
    cases: Vec<Case>,
}

impl Suite {
    /// The default length of the big messages: 16 MiB.
    pub const BIG: usize = 16 << 20;

    /// Selects all cases; the big messages have [`Suite::BIG`] bytes.
    pub fn new() -> Self {
        Self::with_big_messages(Self::BIG)
    }

    /// Selects all cases; the big messages have this many bytes. The ids stay the same, but cases with longer fragments
    /// are left out.
    pub fn with_big_messages(len: usize) -> Self {
        Self { cases: cases::all(len) }
    }

    /// Selects only the cases whose id begins with this prefix. Several prefixes are separated by commas.
    #[must_use]
    pub fn only(mut self, prefixes: &str) -> Self {
        self.cases.retain(|case| prefixes.split(',').any(|prefix| case.id().starts_with(prefix.trim())));
        self
    }

    /// Returns the cases for subjects of a role, in order.
    pub fn cases(&self, role: Role) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(move |case| case.is_for(role))
    }

    /// Plays all cases for a role with a subject in the same process.
    pub fn run(&self, role: Role, subject: &mut (impl Subject + ?Sized)) -> Report {
        let mut report = Report::new(role);
        for case in self.cases(role) {
            let mut link = InProcess::start(subject, role);
            report.add(case, case.play(role, &Address::default(), &mut link));
        }
        report
    }
}

impl Default for Suite {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_unique_and_can_stand_in_a_command_line() {
        let suite = Suite::new();
        let mut ids = HashSet::new();
        for case in &suite.cases {
            assert!(ids.insert(case.id()), "{} is duplicated", case.id());
            assert!(!case.id().contains([' ', ',', '/', '"']), "{}", case.id());
        }
    }

    #[test]
    fn every_case_says_what_it_does_and_where_it_stands() {
        for case in &Suite::new().cases {
            assert!(!case.description().is_empty() && !case.expectation().to_string().is_empty(), "{}", case.id());
            assert!(case.section().contains('§'), "{}", case.id());
        }
    }

    #[test]
    fn prefixes_choose_cases() {
        let suite = Suite::new().only("opcodes.3, reserved-bits.001.text");
        let ids: Vec<_> = suite.cases(Role::Client).map(Case::id).collect();
        assert_eq!(ids.len(), 6);
        assert!(ids.iter().all(|id| id.starts_with("opcodes.3") || *id == "reserved-bits.001.text"));
    }
}
