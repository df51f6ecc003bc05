//! Checks the suite itself: a naive implementation passes every case strictly, and fails with any flaw planted in it.

mod flaws;
mod naive;
mod over_tcp;

use crate::{Report, Role, Suite};
use flaws::Flaw;
use naive::Naive;

fn run(suite: &Suite, role: Role, flaw: Option<Flaw>) -> Report {
    suite.run(role, &mut Naive::with(flaw))
}

/// Returns the cases that did not pass.
fn red(report: &Report) -> Vec<String> {
    let others = report.entries().iter().filter(|entry| entry.verdict.word() != "pass");
    others.map(|entry| entry.explain()).collect()
}

#[test]
fn a_naive_implementation_passes_every_case_strictly() {
    let suite = Suite::with_big_messages(128 << 10);
    for role in [Role::Server, Role::Client] {
        let report = run(&suite, role, None);
        assert!(report.is_strict(), "{}\n{report}", red(&report).join("\n"));
    }
}

#[test]
fn every_planted_flaw_is_found_where_it_belongs() {
    let is_missed = |(flaw, role, prefix): &(Flaw, Role, &str)| {
        let suite = Suite::with_big_messages(64 << 10).only(prefix);
        assert!(run(&suite, *role, None).is_strict());
        let report = run(&suite, *role, Some(*flaw));
        report.is_strict() || report.is_conformant() != flaw.is_legal()
    };
    let missed: Vec<_> = flaws::ALL.into_iter().filter(is_missed).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}
