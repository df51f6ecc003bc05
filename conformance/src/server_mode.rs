//! The subject is a server: one connection for each case, several at once.

use crate::options::Options;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use upframe_conformance::{Case, Report, Role, ServerUrl, Suite, Verdict, connect};

pub(crate) fn run(suite: &Suite, url: &ServerUrl, options: &Options) -> Result<Report, String> {
    // A server that is not there gets no report.
    connect(url, options.patience).map_err(|error| format!("{}:{}: {error}", url.host, url.port))?;
    let cases: Vec<&Case> = suite.cases(Role::Server).collect();
    let verdicts = Mutex::new(vec![Verdict::Skipped("not run".into()); cases.len()]);
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { return };
                    let verdict = match connect(url, options.patience) {
                        Ok(mut pipe) => case.play(Role::Server, &url.address, &mut pipe),
                        Err(error) => Verdict::Fail(format!("the server does not accept a connection: {error}")),
                    };
                    if let Ok(mut verdicts) = verdicts.lock() {
                        verdicts[at] = verdict;
                    }
                }
            });
        }
    });
    let mut report = Report::new(Role::Server);
    let verdicts = verdicts.into_inner().map_err(|_| "a case panicked")?;
    cases.into_iter().zip(verdicts).for_each(|(case, verdict)| report.add(case, verdict));
    Ok(report)
}
