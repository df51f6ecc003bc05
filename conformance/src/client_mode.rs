//! The subject is a client that connects once for each case.

use crate::options::Options;
use upframe_conformance::{Address, Case, Listener, Pipe, Report, Role, Suite, Verdict, Writer, say};

pub(crate) fn run(suite: &Suite, address: &str, options: &Options) -> Result<Report, String> {
    let cannot_listen = |error| format!("cannot listen on {address}: {error}");
    let listener = Listener::bind(address, options.patience).map_err(cannot_listen)?;
    eprintln!("listening on ws://{}", listener.local_addr().map_err(cannot_listen)?);
    let cases: Vec<&Case> = suite.cases(Role::Client).collect();
    let mut verdicts: Vec<Option<Verdict>> = vec![None; cases.len()];
    // A client that asks for cases by number tells when it is done. Any other client is done after the last case.
    let mut by_number = false;
    while by_number || verdicts.contains(&None) {
        let Some((mut pipe, target)) = listener.accept(options.idle).map_err(cannot_listen)? else { break };
        match Asked::parse(&target) {
            Asked::Count => {
                by_number = true;
                say(&mut pipe, &cases.len().to_string());
            }
            Asked::Done => {
                say(&mut pipe, "");
                break;
            }
            Asked::Info(number) => say(&mut pipe, &info(&cases, number)),
            Asked::Status(number) => say(&mut pipe, &status(&verdicts, number)),
            Asked::Case(number) => {
                by_number = true;
                play(&cases, &mut verdicts, number, &mut pipe);
            }
            Asked::Next => {
                let number = verdicts.iter().position(Option::is_none).map_or(0, |at| at + 1);
                play(&cases, &mut verdicts, number, &mut pipe);
            }
        }
    }
    let mut report = Report::new(Role::Client);
    for (case, verdict) in cases.into_iter().zip(verdicts) {
        report.add(case, verdict.unwrap_or(Verdict::Fail("the client did not connect for this case".into())));
    }
    Ok(report)
}

/// What a client asks for by its target. Case numbers begin with 1; 0 is not a valid number.
enum Asked {
    Count,
    Case(usize),
    Info(usize),
    Status(usize),
    Done,
    Next,
}

impl Asked {
    fn parse(target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let number = query.split('&').find_map(|pair| pair.strip_prefix("case=")?.parse().ok()).unwrap_or(0);
        match path.trim_start_matches('/') {
            "getCaseCount" => Self::Count,
            "runCase" => Self::Case(number),
            "getCaseInfo" => Self::Info(number),
            "getCaseStatus" => Self::Status(number),
            "updateReports" => Self::Done,
            _ => Self::Next,
        }
    }
}

fn play(cases: &[&Case], verdicts: &mut [Option<Verdict>], number: usize, pipe: &mut Pipe<Writer>) {
    if let Some(at) = number.checked_sub(1).filter(|at| *at < cases.len()) {
        verdicts[at] = Some(cases[at].play(Role::Client, &Address::default(), pipe));
    }
}

fn info(cases: &[&Case], number: usize) -> String {
    let case = number.checked_sub(1).and_then(|at| cases.get(at));
    case.map_or("{}".into(), |case| case.to_json())
}

/// Returns the result as a JSON object, in the customary words.
fn status(verdicts: &[Option<Verdict>], number: usize) -> String {
    let verdict = number.checked_sub(1).and_then(|at| verdicts.get(at)?.as_ref());
    let word = match verdict {
        Some(Verdict::Pass) => "OK",
        Some(Verdict::Acceptable(_)) => "NON-STRICT",
        Some(Verdict::Skipped(_)) => "INFORMATIONAL",
        Some(Verdict::Fail(_)) => "FAILED",
        None => "UNKNOWN",
    };
    format!("{{\"behavior\":{word:?}}}")
}
