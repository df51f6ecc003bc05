//! The laws over generated streams: mostly valid, with a fault of a known kind, or with flipped bits.

mod laws;

use laws::{Role, Sent};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;
use upframe::connection::{Limits, Settings, State};
use upframe::frame::ReservedBits;

/// Limits that a generated stream can exceed.
fn settings(rsv1: bool) -> Settings {
    let limits = Limits::SMALL_DEVICE.with_message(3000).with_frame(2000).with_fragments(6).with_empty_fragments(2);
    let owned = if rsv1 { ReservedBits::RSV1 } else { ReservedBits::NONE };
    Settings::new().with_limits(limits).with_reserved_bits(owned)
}

/// A stream, before it is written for one of the roles.
#[derive(Clone, Debug)]
struct Script {
    role: Role,
    rsv1: bool,
    steps: Vec<Step>,
    fault: Option<Fault>,
    flips: Vec<(prop::sample::Index, u8)>,
    cuts: Vec<prop::sample::Index>,
    size: usize,
}

#[derive(Clone, Debug)]
enum Step {
    /// A message in fragments cut at these places, with a Ping or Pong before some of them; compressed if the extension
    /// is agreed.
    Message {
        text: bool,
        compressed: bool,
        payload: Vec<u8>,
        cuts: Vec<prop::sample::Index>,
        control: Vec<Option<(bool, u8)>>,
    },
    Control {
        ping: bool,
        len: u8,
    },
    Close {
        code: u16,
        reason: String,
    },
}

/// The one rule to break.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    ReservedBit,
    ReservedOpcode,
    Mask,
    FragmentedControl,
    ControlTooLong,
    UnexpectedContinuation,
    UnfinishedMessage,
    LengthTopBit,
    LengthNotMinimal,
    FrameTooBig,
    MessageTooBig,
    TooManyFragments,
    TooManyEmptyFragments,
    NotUtf8(&'static [u8]),
    CloseTruncated,
    CloseCode(u16),
    CloseReason,
}

const FAULTS: &[Fault] = &[
    Fault::ReservedBit,
    Fault::ReservedOpcode,
    Fault::Mask,
    Fault::FragmentedControl,
    Fault::ControlTooLong,
    Fault::UnexpectedContinuation,
    Fault::UnfinishedMessage,
    Fault::LengthTopBit,
    Fault::LengthNotMinimal,
    Fault::FrameTooBig,
    Fault::MessageTooBig,
    Fault::TooManyFragments,
    Fault::TooManyEmptyFragments,
    Fault::NotUtf8(b"\xC0\x80"),
    Fault::NotUtf8(b"ok \xED\xA0\x80"),
    Fault::NotUtf8(b"cut \xF0\x9F\x98"),
    Fault::CloseTruncated,
    Fault::CloseCode(1005),
    Fault::CloseReason,
];

/// Writes frames as RFC 6455 §5.2 requires, or breaks a rule.
struct Wire {
    bytes: Vec<u8>,
    masked: bool,
    key: u8,
}

impl Wire {
    fn header(&mut self, b0: u8, len: u64, masked: bool) {
        let mask = if masked { 0x80 } else { 0 };
        self.bytes.push(b0);
        match len {
            0..=125 => self.bytes.push(mask | len as u8),
            126..=0xFFFF => {
                self.bytes.push(mask | 126);
                self.bytes.extend((len as u16).to_be_bytes());
            }
            _ => {
                self.bytes.push(mask | 127);
                self.bytes.extend(len.to_be_bytes());
            }
        }
    }

    fn payload(&mut self, payload: &[u8], masked: bool) {
        self.key = self.key.wrapping_mul(5).wrapping_add(3);
        let key = if masked { [self.key, 0x11, 0, !self.key] } else { [0; 4] };
        if masked {
            self.bytes.extend(key);
        }
        self.bytes.extend(payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]));
    }

    fn frame(&mut self, b0: u8, payload: &[u8]) {
        self.header(b0, payload.len() as u64, self.masked);
        self.payload(payload, self.masked);
    }

    fn step(&mut self, step: &Step, rsv1: bool) {
        match step {
            Step::Control { ping, len } => self.frame(if *ping { 0x89 } else { 0x8A }, &vec![b'c'; usize::from(*len)]),
            Step::Close { code, reason } => self.frame(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat()),
            Step::Message { text, compressed, payload, cuts, control } => {
                let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(payload.len() + 1)).collect();
                places.sort_unstable();
                let mut b0 = if *text { 1 } else { 2 } | if *compressed && rsv1 { 0x40 } else { 0 };
                let mut from = 0;
                for (i, to) in places.iter().copied().chain([payload.len()]).enumerate() {
                    if let Some(Some((ping, len))) = control.get(i) {
                        self.step(&Step::Control { ping: *ping, len: *len }, rsv1);
                    }
                    let fin = if i == places.len() { 0x80 } else { 0 };
                    self.frame(b0 | fin, &payload[from..to]);
                    (b0, from) = (0, to);
                }
            }
        }
    }

    fn fault(&mut self, fault: Fault) {
        match fault {
            Fault::ReservedBit => self.frame(0xB2, b"x"),
            Fault::ReservedOpcode => self.frame(0x8B, b"x"),
            Fault::Mask => {
                self.header(0x82, 3, !self.masked);
                self.payload(b"abc", !self.masked);
            }
            Fault::FragmentedControl => self.frame(0x09, b"x"),
            Fault::ControlTooLong => self.frame(0x89, &[7; 126]),
            Fault::UnexpectedContinuation => self.frame(0x80, b"x"),
            Fault::UnfinishedMessage => {
                self.frame(0x01, b"a");
                self.frame(0x81, b"b");
            }
            Fault::LengthTopBit => self.header(0x82, 1 << 63 | 5, self.masked),
            Fault::LengthNotMinimal => {
                self.bytes.extend([0x82, if self.masked { 0xFE } else { 126 }, 0, 125]);
                self.payload(&[1; 125], self.masked);
            }
            Fault::FrameTooBig => self.frame(0x82, &[1; 2001]),
            Fault::MessageTooBig => {
                self.frame(0x02, &[1; 1900]);
                self.frame(0x80, &[1; 1101]);
            }
            Fault::TooManyFragments => {
                self.frame(0x02, b"a");
                (0..6).for_each(|_| self.frame(0x00, b"a"));
            }
            Fault::TooManyEmptyFragments => {
                self.frame(0x02, b"");
                (0..2).for_each(|_| self.frame(0x00, b""));
            }
            Fault::NotUtf8(bytes) => self.frame(0x81, bytes),
            Fault::CloseTruncated => self.frame(0x88, b"\x03"),
            Fault::CloseCode(code) => self.frame(0x88, &code.to_be_bytes()),
            Fault::CloseReason => self.frame(0x88, b"\x03\xE8bye \xFF"),
        }
        self.frame(0x82, b"later");
    }
}

impl Script {
    fn wire(&self) -> Vec<u8> {
        let mut wire = Wire { bytes: vec![], masked: self.role == Role::Server, key: 0x5A };
        self.steps.iter().for_each(|step| wire.step(step, self.rsv1));
        if let Some(fault) = self.fault {
            wire.fault(fault);
        }
        for (at, flip) in &self.flips {
            if !wire.bytes.is_empty() {
                let at = at.index(wire.bytes.len());
                wire.bytes[at] ^= flip;
            }
        }
        wire.bytes
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z ]{0,40}", 2 => "(aé世😀| ){0,12}", 1 => "[a-z世]{100,300}"]
}

fn step() -> impl Strategy<Value = Step> {
    let control = prop::option::weighted(0.2, (any::<bool>(), 0u8..=125));
    let payload = prop_oneof![
        3 => text().prop_map(|text| (true, text.into_bytes())),
        2 => vec(any::<u8>(), 0..200).prop_map(|bytes| (false, bytes)),
    ];
    let message = (payload, any::<bool>(), vec(any::<prop::sample::Index>(), 0..4), vec(control, 0..4)).prop_map(
        |((text, payload), compressed, cuts, control)| Step::Message { text, compressed, payload, cuts, control },
    );
    prop_oneof![
        8 => message,
        2 => (any::<bool>(), 0u8..=125).prop_map(|(ping, len)| Step::Control { ping, len }),
    ]
}

fn script() -> impl Strategy<Value = Script> {
    let close = (select(vec![1000u16, 1001, 1011, 3000, 4999]), "[a-zé]{0,20}");
    let close = close.prop_map(|(code, reason)| Step::Close { code, reason });
    (
        select(vec![Role::Server, Role::Client]),
        any::<bool>(),
        (vec(step(), 0..5), prop::option::weighted(0.2, close)),
        prop::option::weighted(0.75, select(FAULTS)),
        prop_oneof![9 => Just(vec![]), 1 => vec((any::<prop::sample::Index>(), 1u8..=255), 1..3)],
        vec(any::<prop::sample::Index>(), 0..5),
        1usize..140,
    )
        .prop_map(|(role, rsv1, (mut steps, close), fault, flips, cuts, size)| {
            steps.extend(close);
            Script { role, rsv1, steps, fault, flips, cuts, size }
        })
}

fn check(script: &Script) -> laws::Transcript {
    let wire = script.wire();
    let cuts: Vec<_> = script.cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
    laws::all(script.role, settings(script.rsv1), &wire, &cuts, script.size)
}

proptest! {
    #![proptest_config(Config { cases: 1500, failure_persistence: None, ..Config::default() })]

    #[test]
    fn the_laws_hold_for_streams_that_are_mostly_valid(script in script()) {
        check(&script);
    }

    #[test]
    fn the_laws_hold_for_any_bytes(
        server: bool, rsv1: bool, wire in vec(any::<u8>(), 0..60), cuts in vec(0usize..60, 0..4), size in 1usize..20,
    ) {
        laws::all(if server { Role::Server } else { Role::Client }, settings(rsv1), &wire, &cuts, size);
    }

    #[test]
    fn receiving_is_the_inverse_of_sending(
        server: bool,
        sent in vec(prop_oneof![
            3 => vec(text(), 1..4).prop_map(Sent::Text),
            3 => vec(vec(any::<u8>(), 0..300), 1..4).prop_map(Sent::Binary),
            1 => vec(any::<u8>(), 0..=125).prop_map(Sent::Ping),
            1 => vec(any::<u8>(), 0..=125).prop_map(Sent::Pong),
        ], 0..6),
        cuts in subsequence((0..1000).collect::<Vec<_>>(), 0..6),
    ) {
        laws::what_is_sent_is_received(if server { Role::Server } else { Role::Client }, &sent, &cuts);
    }
}

/// A generator that never reaches a rule does not test it: this prints the share of each outcome. None may be near
/// zero.
#[test]
fn generated_streams_reach_every_state_and_every_violation() {
    const CASES: u32 = 6000;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut shares: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..CASES {
        let script = script().new_tree(&mut runner).unwrap().current();
        let transcript = laws::receive(script.role, settings(script.rsv1), &script.wire(), []);
        let states = transcript.states.iter().map(|state| format!("state {state:?}"));
        let mut kinds: Vec<_> = states
            .chain(transcript.seen.iter().map(|seen| match seen {
                laws::Seen::Piece { kind, rsv, last, .. } => {
                    format!("{kind:?}{rsv:?} {}", if *last { "whole" } else { "open" })
                }
                laws::Seen::Ping(_) => "Ping".into(),
                laws::Seen::Pong(_) => "Pong".into(),
                laws::Seen::Close(..) => "Close".into(),
                laws::Seen::Failed(error) => format!("failed {:?}", error.violation),
                laws::Seen::TransmitFirst => "transmit first".into(),
            }))
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            *shares.entry(kind).or_default() += 1;
        }
    }
    for (what, count) in &shares {
        println!("{:6.2} %  {what}", f64::from(*count) * 100.0 / f64::from(CASES));
    }
    let violations = [
        "Frame(ReservedBit)",
        "Frame(ReservedOpcode)",
        "Frame(Unmasked)",
        "Frame(Masked)",
        "Frame(FragmentedControl)",
        "Frame(ControlTooLong)",
        "Frame(UnexpectedContinuation)",
        "Frame(UnfinishedMessage)",
        "Frame(LengthTopBit)",
        "Frame(LengthNotMinimal)",
        "FrameTooBig",
        "MessageTooBig",
        "TooManyFragments",
        "TooManyEmptyFragments",
        "NotUtf8",
        "CloseTruncated",
        "CloseCode",
        "CloseReason",
    ]
    .map(|violation| format!("failed {violation}"));
    let states = [State::Open, State::Closing, State::Closed, State::Failed].map(|state| format!("state {state:?}"));
    let pieces = [
        "Text[] whole",
        "Text[] open",
        "Binary[] whole",
        "Text[\"RSV1\"] whole",
        "Binary[\"RSV1\"] whole",
        "Ping",
        "Pong",
        "Close",
    ];
    for what in violations.into_iter().chain(states).chain(pieces.map(String::from)) {
        let count = shares.get(&what).copied().unwrap_or_default();
        assert!(count * 100 > CASES, "{what}: only {count} of {CASES}");
    }
}
