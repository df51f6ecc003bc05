//! Plays a case against a subject and judges the answers.

use crate::case::{Case, Expectation, Role, Verdict};
use crate::drive::{Incoming, Link, Wait};
use crate::script::{Check, Chop, HeadCut, Script, Step};
use crate::wire::{Frame, FrameReader, Head, Message, Random, Template, accept_value, preview};

/// The address of a server under test, as its clients write it in their requests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address {
    /// The value of `Host`.
    pub host: String,
    /// The target: path and query.
    pub target: String,
}

impl Default for Address {
    fn default() -> Self {
        Self { host: "localhost".into(), target: "/".into() }
    }
}

/// What ends a case early.
enum End {
    Fail(String),
    Skip(String),
}

impl From<String> for End {
    fn from(detail: String) -> Self {
        Self::Fail(detail)
    }
}

fn fail<T>(detail: impl Into<String>) -> Result<T, End> {
    Err(End::Fail(detail.into()))
}

/// The payload of the Ping that finds out whether the subject still listens.
const PROBE: &[u8] = b"still there?";

impl Case {
    /// Plays the case over a new connection. If the subject is a server, the request contains the address.
    ///
    /// ```
    /// use upframe_conformance::{Address, Patience, Pipe, Role, Suite, Verdict};
    /// // a deaf server: it reads everything and ends the stream
    /// let mut pipe = Pipe::new(std::io::empty(), std::io::sink(), |_| {}, Patience::default());
    /// let suite = Suite::new().only("closing.clean");
    /// let verdict = suite.cases(Role::Server).next().unwrap().play(Role::Server, &Address::default(), &mut pipe);
    /// assert_eq!(verdict, Verdict::Fail("the stream ends without a response".into()));
    /// ```
    pub fn play(&self, role: Role, address: &Address, link: &mut dyn Link) -> Verdict {
        let script = (self.script)();
        let mut player = Player {
            case: self,
            script: &script,
            role,
            link,
            random: Random::named(&self.id),
            head: vec![],
            opened: false,
            reader: FrameReader::new(role == Role::Client),
            ended: false,
            notes: vec![],
            answered_pings: 0,
            key: String::new(),
        };
        let mut result = player.play(address);
        if self.expectation == Expectation::EchoOrEnd && player.has_ended_without_an_answer() {
            result = player.check_breach();
            player.note("ends the stream");
        }
        let notes = player.notes.join("; ");
        match result {
            Err(End::Fail(detail)) => Verdict::Fail(detail),
            Err(End::Skip(detail)) => Verdict::Skipped(detail),
            Ok(()) if notes.is_empty() => Verdict::Pass,
            Ok(()) => Verdict::Acceptable(notes),
        }
    }
}

/// Opens a connection to a client, sends a text in one message (nothing if it is empty), and closes. Used for what is
/// sent besides the cases.
pub fn say(link: &mut dyn Link, text: &str) {
    let text = text.to_string();
    let message = move || if text.is_empty() { Script::new() } else { Script::new().frame(Frame::text(&*text)) };
    let case = Case {
        id: "say".into(),
        description: "a text".into(),
        section: "",
        expectation: Expectation::Echo,
        role: Some(Role::Client),
        script: Box::new(message),
    };
    // It does not matter whether the client disconnects or echoes this text, too.
    let _ = case.play(Role::Client, &Address::default(), link);
}

struct Player<'a> {
    case: &'a Case,
    script: &'a Script,
    /// The role of the subject.
    role: Role,
    link: &'a mut dyn Link,
    random: Random,
    /// What came before the connection was open: the subject's head.
    head: Vec<u8>,
    opened: bool,
    reader: FrameReader,
    /// The subject has ended its direction of the stream.
    ended: bool,
    /// What is legal, but not strict.
    notes: Vec<String>,
    /// The number of the subject's Pings that were answered.
    answered_pings: usize,
    /// The value of `Sec-WebSocket-Key`.
    key: String,
}

impl Player<'_> {
    fn play(&mut self, address: &Address) -> Result<(), End> {
        let steps = &self.script.steps[..];
        let glued = if self.script.glued { 1 } else { 0 };
        let (first, rest) = steps.split_at(glued.min(steps.len()));
        let after = first.iter().flat_map(|step| self.bytes_of(step)).collect::<Vec<_>>();
        let go_on = match self.role {
            Role::Server => self.open_server(address, &after)?,
            Role::Client => self.open_client(&after, rest)?,
        };
        if go_on {
            rest.iter().try_for_each(|step| self.step(step))?;
            self.judge()?;
        }
        Ok(())
    }

    /// Whether the subject has ended the stream without an answer to anything.
    fn has_ended_without_an_answer(&mut self) -> bool {
        let is_unanswered = |player: &Self| player.reader.messages.is_empty() && !player.script.messages.is_empty();
        is_unanswered(self) && self.wait(Wait::Early, |player| player.ended) && is_unanswered(self)
    }

    // The opening handshake

    /// Sends the request and judges the response. Returns `false` if the case is decided.
    fn open_server(&mut self, address: &Address, after: &[u8]) -> Result<bool, End> {
        self.key = crate::wire::encode(&self.random.bytes::<16>());
        let values = [("target", &*address.target), ("host", &*address.host), ("key", &*self.key)];
        let request = self.script.head.clone().unwrap_or_else(Template::request).render(&values);
        let may_answer = |player: &Self| matches!(player.case.expectation, Expectation::Refusal { .. }) || player.ended;
        self.send_head(&request, after, may_answer)?;
        if let HeadCut::Only(_) = self.script.head_cut {
            return Ok(true);
        }
        let head = self.subject_head()?;
        if let Expectation::Refusal { statuses, or_end, or_open } = self.case.expectation {
            return self.judge_refusal(head, statuses, or_end, or_open);
        }
        let Some(head) = head else { return fail(self.no_head("response")) };
        if let (Expectation::EchoOrRefusal, status @ 400..=599) = (self.case.expectation, head.status()?) {
            self.note(format!("answers with {status}"));
            return self.judge_refusal(Some(head), &[], false, false);
        }
        head.check_response(&self.key)?;
        self.check_response(&head)?;
        Ok(true)
    }

    /// Judges the request and sends the response. Returns `false` if the case is decided.
    fn open_client(&mut self, after: &[u8], rest: &[Step]) -> Result<bool, End> {
        let Some(head) = self.subject_head()? else { return fail(self.no_head("request")) };
        if self.has(Check::Request) {
            head.check_request()?;
        }
        self.key = head.once("Sec-WebSocket-Key").map_err(End::Fail)?.to_string();
        if self.has(Check::Patience) && self.wait(Wait::Quiet, |player| player.reader.has_begun() || player.ended) {
            return fail("the client sends something between the request and the response");
        }
        let accept = accept_value(&self.key);
        let other_case = accept.chars().map(swapped_case).collect::<String>();
        let values = [
            ("accept", &*accept),
            ("key", &*self.key),
            ("accept-in-other-case", &*other_case),
            ("accept-cut", &accept[..accept.len() - 2]),
        ];
        let response = self.script.head.clone().unwrap_or_else(Template::response).render(&values);
        self.send_head(&response, after, |player| player.ended)?;
        if let Expectation::Unopened { or_keep, or_open } = self.case.expectation {
            rest.iter().try_for_each(|step| self.step(step))?;
            return self.judge_unopened(or_keep, or_open);
        }
        Ok(true)
    }

    fn send_head(&mut self, head: &[u8], after: &[u8], may_answer: impl Fn(&Self) -> bool) -> Result<(), End> {
        let whole = [head, after].concat();
        let cut = match self.script.head_cut {
            HeadCut::Whole => 0,
            HeadCut::HeldBack(len) => head.len().saturating_sub(len),
            HeadCut::By(len) => {
                let last = head.len() - 1;
                for piece in head[..last].chunks(len) {
                    self.link.send(piece);
                    self.wait(Wait::No, |_| false);
                    if self.has_come_early() && !may_answer(self) {
                        break;
                    }
                }
                return self.hold_back(&whole[last..], may_answer);
            }
            HeadCut::Only(len) => {
                self.link.send(&head[..len.min(head.len())]);
                return Ok(());
            }
        };
        self.link.send(&whole[..cut]);
        if cut > 0 {
            return self.hold_back(&whole[cut..], may_answer);
        }
        self.link.send(&whole);
        Ok(())
    }

    /// Sends the rest of a head if nothing came back before it was whole.
    fn hold_back(&mut self, rest: &[u8], may_answer: impl Fn(&Self) -> bool) -> Result<(), End> {
        self.wait(Wait::Quiet, |player| player.has_come_early() || player.ended);
        if (self.has_come_early() || self.ended) && !may_answer(self) {
            return fail(format!("an answer comes before the head is whole: {}", preview(&self.head)));
        }
        self.link.send(rest);
        Ok(())
    }

    /// Whether something came after the suite began to send its head.
    fn has_come_early(&self) -> bool {
        !self.head.is_empty() || self.reader.has_begun()
    }

    /// Reads the subject's head. What comes after it is read as frames.
    fn subject_head(&mut self) -> Result<Option<Head>, End> {
        let whole = |player: &Self| !matches!(Head::parse(&player.head), Ok(None));
        self.wait(Wait::Answer, whole);
        let Some((head, len)) = Head::parse(&self.head)? else { return Ok(None) };
        let after = self.head.split_off(len);
        if self.role == Role::Server && matches!(head.status(), Ok(100 | 102..200)) {
            // RFC 9110 §15.2: an interim response, for example to an expectation.
            self.head = after;
            return self.subject_head();
        }
        self.head.clear();
        self.opened = true;
        self.reader.read(&after);
        Ok(Some(head))
    }

    fn no_head(&self, what: &str) -> String {
        let came = if self.head.is_empty() { String::new() } else { format!(" but {}", preview(&self.head)) };
        let how = if self.ended { "the stream ends" } else { "timeout" };
        format!("{how} without a {what}{came}")
    }

    fn check_response(&mut self, head: &Head) -> Result<(), End> {
        for check in &self.script.checks {
            match check {
                Check::NoBodyFields => {
                    for name in ["Content-Length", "Transfer-Encoding"] {
                        if let [value, ..] = head.values(name)[..] {
                            return fail(format!("the 101 has {name}: {value}"));
                        }
                    }
                }
                Check::Subprotocol(offered) => match head.values("Sec-WebSocket-Protocol")[..] {
                    [] => {}
                    [chosen] if offered.contains(&chosen) => {}
                    ref other => return fail(format!("the server chooses the subprotocol {other:?} of {offered:?}")),
                },
                _ => {}
            }
        }
        Ok(())
    }

    fn judge_refusal(
        &mut self,
        head: Option<Head>,
        statuses: &[u16],
        or_end: bool,
        or_open: bool,
    ) -> Result<bool, End> {
        let Some(head) = head else {
            if !(self.ended && self.head.is_empty() && or_end) {
                return fail(self.no_head("response"));
            }
            self.note("ends the stream without a response");
            return Ok(false);
        };
        let status = head.status()?;
        match status {
            101 if or_open => {
                self.note("opens the connection");
                return Ok(true);
            }
            101 => return fail("opens the connection"),
            _ if statuses.is_empty() || statuses.contains(&status) => {}
            400..=599 => self.note(format!("answers with {status}")),
            200..=399 if self.has(Check::MayBeServed) => self.note(format!("answers with {status}")),
            _ => return fail(format!("answers with {status}")),
        }
        if self.has(Check::VersionField) && !head.has_token("Sec-WebSocket-Version", "13") {
            return fail(format!("the response with {status} does not name the version 13 (§4.2.2)"));
        }
        // RFC 9110 §15.5.6, §15.5.22
        let demanded = [(405, "Allow"), (426, "Upgrade")];
        if let Some((_, name)) = demanded.iter().find(|(it, name)| *it == status && head.values(name).is_empty()) {
            self.note(format!("the response with {status} has no {name}"));
        }
        if self.has(Check::NoBody) && self.wait(Wait::Quiet, |player| player.reader.has_begun()) {
            return fail(format!("the response with {status} to a HEAD has a body"));
        }
        // RFC 9112 §6.3, §9.6: the end of the stream ends the response if nothing else does.
        let has_length = self.has(Check::NoBody)
            || ["Content-Length", "Transfer-Encoding"].iter().any(|name| !head.values(name).is_empty());
        let is_last = head.has_token("Connection", "close") || !has_length;
        if self.has(Check::EndsAfterAnswer) && !self.wait(Wait::Answer, |player| player.ended) {
            return fail(format!(
                "the stream does not end after the response with {status}, as if the request had an end"
            ));
        }
        if is_last && !self.wait(Wait::Answer, |player| player.ended) {
            return fail(format!("the response with {status} has no length, and the stream does not end"));
        }
        Ok(false)
    }

    fn judge_unopened(&mut self, or_keep: bool, or_open: bool) -> Result<bool, End> {
        let wait = if or_keep { Wait::Early } else { Wait::Answer };
        self.wait(wait, |player| player.reader.is_over() || !player.reader.messages.is_empty());
        if self.reader.messages.is_empty() && self.reader.partial.is_none() {
            return match (&self.reader.close, self.ended) {
                (Some(_), _) => {
                    self.note("opens the connection and closes it at once");
                    Ok(false)
                }
                (None, true) => Ok(false),
                (None, false) if or_keep => {
                    self.note("keeps the stream open");
                    Ok(false)
                }
                (None, false) => fail("neither ends the stream nor opens the connection"),
            };
        }
        if !or_open {
            return fail("opens the connection");
        }
        self.note("opens the connection");
        self.close_cleanly()?;
        Ok(false)
    }

    // Steps

    fn bytes_of(&mut self, step: &Step) -> Vec<u8> {
        match step {
            Step::Frames(frames) => {
                let mut bytes = vec![];
                frames.iter().for_each(|frame| self.write(frame, &mut bytes));
                bytes
            }
            Step::Bytes(bytes) => bytes.clone(),
            _ => vec![],
        }
    }

    fn write(&mut self, frame: &Frame, out: &mut Vec<u8>) {
        let key = self.random.bytes();
        frame.write(self.role == Role::Server, key, out);
    }

    fn step(&mut self, step: &Step) -> Result<(), End> {
        match *step {
            Step::Frames(_) | Step::Bytes(_) => {
                let bytes = self.bytes_of(step);
                self.send(&bytes);
            }
            Step::Await { messages, pings } => {
                let last = self.script.pings[..pings].last();
                self.wait_for_echo(messages, last)?;
            }
            Step::PongByNow { pings } => {
                let last = self.script.pings[..pings].last().cloned().unwrap_or_default();
                if !self.wait(Wait::Early, |player| player.reader.is_over() || player.reader.pongs.contains(&last)) {
                    self.note("the Pong comes only after the message");
                }
            }
            Step::FailedByNow => {
                if !self.wait(Wait::Early, |player| player.reader.is_over() || player.ended) {
                    self.note("fails later than at the first invalid byte");
                }
            }
            Step::AskToClose => {
                if !self.link.ask_to_close() {
                    return Err(End::Skip("the subject cannot be asked to begin the closing handshake".into()));
                }
            }
            Step::Finish => self.link.finish(),
        }
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) {
        for piece in self.script.chop.pieces(bytes) {
            self.link.send(piece);
            if self.script.chop != Chop::Whole {
                self.wait(Wait::No, |_| false);
            }
        }
    }

    fn send_frame(&mut self, frame: &Frame) {
        let mut bytes = vec![];
        self.write(frame, &mut bytes);
        self.link.send(&bytes);
    }

    // What comes back

    /// Reads until `done`, until nothing more comes, or until the stream ends. Returns whether it is done.
    fn wait(&mut self, wait: Wait, done: impl Fn(&Self) -> bool) -> bool {
        loop {
            if done(self) || self.ended {
                return done(self);
            }
            match self.link.receive(wait) {
                Incoming::Bytes(bytes) if self.opened => self.reader.read(&bytes),
                Incoming::Bytes(bytes) => self.head.extend(bytes),
                Incoming::End => self.ended = true,
                Incoming::Silence => return done(self),
            }
            // The subject may also want to know whether the suite is still there.
            while self.reader.close.is_none() && self.answered_pings < self.reader.pings.len() {
                let payload = self.reader.pings[self.answered_pings].clone();
                self.answered_pings += 1;
                self.send_frame(&Frame::pong(payload));
            }
        }
    }

    fn check_breach(&self) -> Result<(), End> {
        match &self.reader.breach {
            Some(breach) => fail(format!("the subject breaks the protocol: {breach}")),
            None => Ok(()),
        }
    }

    /// Waits for this many messages and for the Pong that answers the last Ping.
    fn wait_for_echo(&mut self, messages: usize, last_ping: Option<&Vec<u8>>) -> Result<(), End> {
        let has_all = |player: &Self| {
            player.reader.messages.len() >= messages && last_ping.is_none_or(|ping| player.reader.pongs.contains(ping))
        };
        let done = self.wait(Wait::Answer, |player| player.reader.is_over() || has_all(player));
        self.check_breach()?;
        if has_all(self) {
            return Ok(());
        }
        let got = self.reader.messages.len();
        let what = if got < messages { format!("{got} of {messages} messages come back") } else { "no Pong".into() };
        match self.reader.close {
            Some(ref close) => fail(format!("{what}, then a Close with {}", spoken(close.code))),
            None if self.ended => fail(format!("{what}, then the stream ends")),
            None if done => fail(what),
            None => fail(format!("no answer: {what}")),
        }
    }

    /// Asserts that every message is the expected one and that no Pong answers a Ping that was not sent.
    fn check_echo(&mut self) -> Result<(), End> {
        self.check_breach()?;
        let mut expected = self.script.messages.iter().chain(&self.script.tolerated);
        for (i, came) in self.reader.messages.iter().enumerate() {
            match expected.next() {
                Some(wanted) if wanted == came => {}
                Some(wanted) => {
                    return fail(format!("message {} comes back changed: {}", i + 1, difference(wanted, came)));
                }
                None => {
                    return fail(format!("a message comes back that must not come back: {}", preview(&came.payload)));
                }
            }
        }
        if let Some(came) = &self.reader.partial {
            let begun = expected.next().or(self.script.open.as_ref());
            if !begun.is_some_and(|begun| begun.kind == came.kind && begun.payload.starts_with(&came.payload)) {
                return fail(format!(
                    "part of a message comes back that must not come back: {}",
                    preview(&came.payload)
                ));
            }
        }
        // §5.5.3: only the newest Ping must be answered.
        let mut pings = self.script.pings.iter();
        let unasked = self.reader.pongs.iter().filter(|pong| *pong != PROBE && !pings.any(|ping| ping == *pong));
        if let Some(pong) = unasked.last() {
            self.note(format!("a Pong matches no Ping: {}", preview(pong)));
        }
        Ok(())
    }

    fn note_missing_messages(&mut self) {
        let (got, wanted) = (self.reader.messages.len(), self.script.messages.len());
        if got < wanted {
            self.note(format!("{got} of {wanted} messages come back before"));
        }
    }

    fn judge(&mut self) -> Result<(), End> {
        let script = self.script;
        match self.case.expectation {
            Expectation::Refusal { .. } | Expectation::Echo | Expectation::EchoOrEnd | Expectation::EchoOrRefusal => {
                self.judge_echo()
            }
            Expectation::EchoWithinLimits => {
                let last = script.pings.last();
                let result = self.wait_for_echo(script.messages.len(), last);
                if let (Err(_), Some(close @ (1008 | 1009))) =
                    (&result, self.reader.close.as_ref().and_then(|it| it.code))
                {
                    self.note(format!("fails with {close}: a limit is reached"));
                    return self.end_of_stream();
                }
                result?;
                self.judge_echo()
            }
            Expectation::Failure { code } | Expectation::FailureOrEcho { code } => self.judge_failure(code),
            Expectation::FailureOrSilence { code } => self.judge_failure_or_silence(code),
            Expectation::Close { code } => self.judge_close(code),
            Expectation::End => self.judge_end(),
            Expectation::Unopened { .. } => Ok(()),
        }
    }

    fn judge_echo(&mut self) -> Result<(), End> {
        self.wait_for_echo(self.script.messages.len(), self.script.pings.last())?;
        self.check_echo()?;
        if self.has(Check::EachPong) {
            let (first, all) = (self.reader.pongs_first.unwrap_or_default(), self.script.pings.len());
            if self.reader.pongs != self.script.pings || first < all {
                self.note(format!("{first} Pongs for {all} Pings come before the message"));
            }
        }
        if self.has(Check::FreshKeys) {
            let keys = &self.reader.keys;
            let again = keys.iter().enumerate().find(|(i, key)| keys[..*i].contains(key));
            if let Some((i, key)) = again {
                return fail(format!("frame {} has the masking key {key:02x?}, which was used before (§5.3)", i + 1));
            }
        }
        self.close_cleanly()
    }

    /// The suite closes with 1000, and so does the subject.
    fn close_cleanly(&mut self) -> Result<(), End> {
        if let Some(close) = &self.reader.close {
            return fail(format!("closes by itself with {}", spoken(close.code)));
        }
        self.send_frame(&Frame::close(1000, ""));
        self.wait(Wait::Answer, |player| player.reader.is_over());
        self.check_echo()?;
        let Some(close) = &self.reader.close else {
            let how = if self.ended { "the stream ends" } else { "no answer" };
            return fail(format!("{how}: a Close with 1000 is not answered (§5.5.1)"));
        };
        if close.code != Some(1000) {
            self.note(format!("a Close with 1000 is answered by one with {}", spoken(close.code)));
        }
        self.end_of_stream()
    }

    /// Both ends have sent a Close, or have failed: the stream ends, closed by the server (RFC 6455 §7.1.1).
    fn end_of_stream(&mut self) -> Result<(), End> {
        if self.role == Role::Client {
            self.link.finish();
        }
        self.wait(Wait::Answer, |player| player.ended);
        self.check_echo()?;
        if self.ended { Ok(()) } else { fail("the subject does not end the stream (§7.1.1)") }
    }

    fn judge_failure(&mut self, code: u16) -> Result<(), End> {
        let wanted = self.script.messages.len();
        let over = |player: &Self| player.reader.is_over() || player.ended || player.reader.messages.len() > wanted;
        if !self.wait(Wait::Early, over) && !self.script.is_inside_a_frame {
            // A subject that still listens answers the Ping.
            self.send_frame(&Frame::ping(PROBE));
        }
        self.wait(Wait::Answer, |player| over(player) || player.is_listening());
        self.check_echo()?;
        if self.reader.messages.len() > wanted {
            // `check_echo` has found it tolerated.
            self.note("the message comes back");
            return self.close_cleanly();
        }
        if self.is_listening() && self.is_tolerant() {
            self.note("the frame is accepted");
            return self.close_cleanly();
        }
        self.judge_failed(code)
    }

    fn judge_failure_or_silence(&mut self, code: u16) -> Result<(), End> {
        if self.wait(Wait::Early, |player| player.reader.is_over() || player.ended) {
            return self.judge_failed(code);
        }
        self.check_echo()?;
        self.link.finish();
        self.wait(Wait::Answer, |player| player.ended);
        self.check_echo()?;
        if self.ended {
            Ok(())
        } else {
            fail("the subject does not end the stream after the suite ended its direction")
        }
    }

    /// Asserts that the subject fails the connection.
    fn judge_failed(&mut self, code: u16) -> Result<(), End> {
        self.check_echo()?;
        self.note_missing_messages();
        match &self.reader.close {
            _ if self.is_listening() => return fail("goes on as if nothing were wrong"),
            Some(close) if close.code == Some(code) => {}
            // A failure does not use the code of a received Close.
            Some(close) if self.has_sent_close(close.code) && !self.is_tolerant() => {
                return fail(format!("answers a Close with {}, as if nothing were wrong", spoken(close.code)));
            }
            Some(close) => self.note(format!("fails with {} instead of {code}", spoken(close.code))),
            None if self.ended => self.note("ends the stream without a Close"),
            None => return fail("no answer: the connection does not fail"),
        }
        if let Some(close) = &self.reader.close
            && !self.ended
            && !self.has(Check::EndsUnanswered)
        {
            let answer = Frame::close(close.code.unwrap_or(1000), "");
            self.send_frame(&answer);
        }
        self.end_of_stream()
    }

    /// Whether it is acceptable that the invalid frame is accepted.
    fn is_tolerant(&self) -> bool {
        matches!(self.case.expectation, Expectation::FailureOrEcho { .. })
    }

    /// Whether a Close with this code is among the frames of the script.
    fn has_sent_close(&self, code: Option<u16>) -> bool {
        self.script.steps.iter().any(|step| match step {
            Step::Frames(frames) => frames.iter().any(|frame| frame.close_code() == Some(code)),
            _ => false,
        })
    }

    fn is_listening(&self) -> bool {
        self.reader.pongs.iter().any(|pong| pong == PROBE)
    }

    fn judge_close(&mut self, code: Option<u16>) -> Result<(), End> {
        self.wait(Wait::Answer, |player| player.reader.is_over());
        self.check_echo()?;
        self.note_missing_messages();
        match &self.reader.close {
            Some(close) if close.code == code => {
                let is_missing = |check: &Check| matches!(check, Check::ReasonBack(reason) if *reason != close.reason);
                if self.script.checks.iter().any(is_missing) {
                    self.note("the reason does not come back");
                }
            }
            Some(close) => self.note(format!("answers with {} instead of {}", spoken(close.code), spoken(code))),
            None if self.ended => return fail("ends the stream without an answer to the Close (§5.5.1)"),
            None => return fail("no answer to the Close (§5.5.1)"),
        }
        self.end_of_stream()
    }

    fn judge_end(&mut self) -> Result<(), End> {
        self.wait(Wait::Answer, |player| player.ended);
        self.check_echo()?;
        if self.head.starts_with(b"HTTP/1.1 101") {
            return fail("an incomplete head is answered with a 101");
        }
        if self.ended { Ok(()) } else { fail("the subject does not end the stream") }
    }

    /// Notes something that is legal, but not strict, once.
    fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn has(&self, check: Check) -> bool {
        self.script.checks.contains(&check)
    }
}

fn swapped_case(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}

/// Formats a close code for a sentence.
fn spoken(code: Option<u16>) -> String {
    code.map_or("no code".into(), |code| code.to_string())
}

fn difference(wanted: &Message, came: &Message) -> String {
    if wanted.kind != came.kind {
        return format!("as {} instead of {}", came.kind, wanted.kind);
    }
    let same = wanted.payload.iter().zip(&came.payload).take_while(|(a, b)| a == b).count();
    format!("{} instead of {} bytes, different from byte {same} on", came.payload.len(), wanted.payload.len())
}
