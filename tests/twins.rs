//! Compares the crate with a naive twin: on valid, odd, changed and random streams and heads, in both roles, in any
//! cut.

mod laws;
mod scripts;
mod targets;
mod twin;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use scripts::{Unstructured, heads, streams};
use std::collections::BTreeMap;
use targets::agree::{self, Judged};
use twin::{Said, request, response};
use upframe::connection::SendError;

fn choices() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..900)
}

proptest! {
    #![proptest_config(Config { cases: 1200, failure_persistence: None, ..Config::default() })]

    #[test]
    fn an_end_and_its_twin_observe_and_write_the_same(choices in choices()) {
        if let Ok(case) = streams::case(&mut Unstructured::new(&choices)) {
            agree::streams(&case);
        }
    }

    #[test]
    fn one_end_receives_what_the_other_sends_in_any_way(choices in choices()) {
        targets::round_trip(&choices);
    }

    #[test]
    fn two_ends_lose_nothing_agree_and_come_to_rest(choices in choices()) {
        targets::two_ends(&choices);
    }

    #[test]
    fn a_handshake_and_its_twin_reach_the_same_verdict(choices in choices()) {
        if let Ok(case) = heads::case(&mut Unstructured::new(&choices)) {
            agree::heads(&case);
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 200, failure_persistence: None, ..Config::default() })]

    #[test]
    fn compressed_messages_inflate_to_what_the_twin_makes_of_them(choices in choices()) {
        targets::inflate(&choices);
    }

    #[test]
    fn messages_compressed_in_any_way_are_read_back(choices in choices()) {
        targets::deflate_round_trip(&choices);
    }

    #[test]
    fn a_connection_yields_the_compressed_messages_that_its_twin_yields(choices in choices()) {
        targets::deflate_connection(&choices);
    }

    #[test]
    fn offers_and_answers_of_compression_mean_what_the_twin_says(choices in choices()) {
        targets::negotiation(&choices);
    }
}

/// Counts how often each class occurs in generated cases, and prints the shares. None may be near zero.
fn shares(mut classes: impl FnMut(&[u8]) -> Vec<String>, cases: u32) -> BTreeMap<String, u32> {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]));
    let mut shares = BTreeMap::new();
    for _ in 0..cases {
        let data = choices().new_tree(&mut runner).unwrap().current();
        let mut classes = classes(&data);
        classes.sort_unstable();
        classes.dedup();
        classes.into_iter().for_each(|class| *shares.entry(class).or_default() += 1);
    }
    for (class, count) in &shares {
        println!("{:6.2} %  {class}", f64::from(*count) * 100.0 / f64::from(cases));
    }
    shares
}

fn none_near_zero(shares: &BTreeMap<String, u32>, wanted: &[&str], cases: u32) {
    for class in wanted {
        let count = shares.get(*class).copied().unwrap_or_default();
        assert!(count * 1000 > cases, "{class}: only {count} of {cases}");
    }
}

#[test]
fn generated_streams_reach_every_violation_and_every_answer() {
    const CASES: u32 = 8000;
    let shares = shares(
        |data| {
            let Ok(case) = streams::case(&mut Unstructured::new(data)) else { return vec![] };
            let observed = twin::End::run(case.rules, &case.ops);
            let mut classes = vec![format!("state {:?}", observed.state), format!("server {}", case.rules.server)];
            classes.extend(observed.seen.iter().map(|seen| match seen {
                laws::Seen::Piece { kind, rsv, last, .. } => {
                    format!("{kind:?}{rsv:?} {}", if *last { "whole" } else { "open" })
                }
                laws::Seen::Ping(payload) => format!("Ping {}", if payload.is_some() { "shown" } else { "not shown" }),
                laws::Seen::Pong(payload) => format!("Pong {}", if payload.is_some() { "shown" } else { "not shown" }),
                laws::Seen::Close(..) => "Close".into(),
                laws::Seen::Failed(error) => format!("failed {:?}", error.violation),
                laws::Seen::TransmitFirst => "transmit first".into(),
            }));
            classes.extend(observed.said.iter().map(|said| match said {
                Said::Nothing => "nothing".into(),
                Said::Wrote(Ok(bytes)) => format!("wrote {}", if bytes.is_empty() { "nothing" } else { "something" }),
                Said::Wrote(Err(SendError::BufferTooSmall { .. })) => "error BufferTooSmall".into(),
                Said::Wrote(Err(error)) | Said::Queued(Err(error)) => format!("error {error:?}"),
                Said::Queued(Ok(())) => "queued".into(),
                Said::Skips(skips) => format!("skips {skips}"),
                Said::Ended(end) => format!("ended {end:?}"),
            }));
            classes
        },
        CASES,
    );
    #[rustfmt::skip]
    let wanted = [
        "state Open", "state Closing", "state Closed", "state Failed", "server true", "server false",
        "Text[] whole", "Text[] open", "Binary[] whole", "Binary[] open", "Text[\"RSV1\"] whole",
        "Binary[\"RSV2\", \"RSV3\"] whole", "Ping shown", "Pong shown", "Pong not shown", "Close",
        "failed Frame(ReservedBit)", "failed Frame(ReservedOpcode)", "failed Frame(Unmasked)", "failed Frame(Masked)",
        "failed Frame(FragmentedControl)", "failed Frame(ControlTooLong)", "failed Frame(UnexpectedContinuation)",
        "failed Frame(UnfinishedMessage)", "failed Frame(LengthTopBit)", "failed Frame(LengthNotMinimal)",
        "failed FrameTooBig", "failed MessageTooBig", "failed TooManyFragments", "failed TooManyEmptyFragments",
        "failed NotUtf8", "failed CloseTruncated", "failed CloseCode", "failed CloseReason",
        "wrote something", "wrote nothing", "error BufferTooSmall", "error Closing", "error FrameInProgress",
        "error MessageInProgress", "error NoMessage", "error QueueFull", "queued", "error ControlTooLong", "error CloseCode", "skips true", "skips false",
        "ended Expected", "ended WithoutClose", "ended InMessage", "ended InFrame", "transmit first",
    ];
    none_near_zero(&shares, &wanted, CASES);
}

#[test]
fn generated_heads_reach_every_refusal_and_every_failure() {
    const CASES: u32 = 8000;
    let shares = shares(
        |data| {
            let Ok(case) = heads::case(&mut Unstructured::new(data)) else { return vec![] };
            // The kind of a head error counts, its offset does not.
            let name = |text: String| text.split(", offset").next().unwrap_or_default().to_string();
            vec![match agree::twin_heads(&case).map(|(judged, _)| judged) {
                None => format!("server {}: more must come", case.server),
                Some(Judged::Request(request::Verdict::Upgrade { subprotocol, .. })) => {
                    format!("upgrade, subprotocol {}", subprotocol.is_some())
                }
                Some(Judged::Request(request::Verdict::Refusal(refusal))) => name(format!("refusal {refusal:?}")),
                Some(Judged::Request(ordinary)) => format!("{ordinary:?}"),
                Some(Judged::Response(response::Verdict::Agreed(subprotocol))) => {
                    format!("agreed, subprotocol {}", subprotocol.is_some())
                }
                Some(Judged::Response(response::Verdict::Refused(..))) => "refused".into(),
                Some(Judged::Response(response::Verdict::Failed(failure))) => name(format!("failure {failure:?}")),
            }]
        },
        CASES,
    );
    #[rustfmt::skip]
    let wanted = [
        "upgrade, subprotocol true", "upgrade, subprotocol false", 
        "PlainHttp { body: None, is_head: false, may_keep_alive: true }",
        "refusal Method", "refusal Target", "refusal Host", "refusal HttpVersion", "refusal BodyLength", "refusal Body", "refusal Connection",
        "refusal Key", "refusal VersionMissing", "refusal VersionMalformed", "refusal VersionUnsupported",
        "refusal Subprotocols", "refusal TooManySubprotocols", "refusal Extensions", "refusal Origin",
        "refusal Head(HeadError { violation: Method", "refusal Head(HeadError { violation: Target",
        "refusal Head(HeadError { violation: Version", "refusal Head(HeadError { violation: MajorVersion",
        "refusal Head(HeadError { violation: FieldName", "refusal Head(HeadError { violation: FieldValue",
        "refusal Head(HeadError { violation: LineEnd", "refusal Head(HeadError { violation: TooManyBytes",
        "refusal Head(HeadError { violation: RequestLineTooLong",
        "refusal Head(HeadError { violation: TooManyFields",
        "agreed, subprotocol true", "agreed, subprotocol false", "refused",
        "failure BodyLength", "failure HttpVersion", "failure Upgrade", "failure Connection", "failure Accept", "failure Subprotocol",
        "failure Extensions", "failure ExtensionNotAgreed", "failure Head(HeadError { violation: Status",
        "failure Head(HeadError { violation: TooManyBytes", "failure Head(HeadError { violation: TooManyFields",
    ];
    none_near_zero(&shares, &wanted, CASES);
}

/// Each kind of malformed data, and each way to send.
#[test]
fn generated_messages_reach_every_violation_of_compression() {
    const CASES: u32 = 1500;
    let shares = shares(
        |data| {
            let name = |end: Result<(), (_, _)>| {
                end.map_or_else(|(violation, _)| format!("{violation:?}"), |()| "good".into())
            };
            targets::inflate(data).iter().map(|seen| name(seen.found.1)).collect()
        },
        CASES,
    );
    #[rustfmt::skip]
    let wanted = [
        "good", "BlockType", "StoredLength", "TooManyCodes", "LengthCodeOversubscribed", "LengthCodeIncomplete",
        "RepeatBeforeFirst", "RepeatPastLast", "NoEndOfBlock", "LiteralCodeOversubscribed", "LiteralCodeIncomplete",
        "DistanceCodeOversubscribed", "DistanceCodeIncomplete", "NoLength", "NoDistance", "DistanceTooFar", "Unfinished",
        "MemoryTooSmall", "TooBig",
    ];
    none_near_zero(&shares, &wanted, CASES);
}
