//! An implementation for servers and clients that is as simple as possible, and neither fast nor small.

use super::flaws::Flaw;
use crate::wire::{Frame, Kind, Message, accept_value, mask, may_stand_in_a_close};
use crate::{Role, Subject};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// Longer heads are refused.
const MAX_HEAD: usize = 32 << 10;

/// A frame whose payload is not complete.
struct Open {
    opcode: u8,
    fin: bool,
    key: [u8; 4],
    len: u64,
    payload: Vec<u8>,
}

pub(super) struct Naive {
    flaw: Option<Flaw>,
    role: Role,
    input: Vec<u8>,
    opened: bool,
    /// The number of heads that were skipped.
    interim: u8,
    frame: Option<Open>,
    message: Option<Message>,
    /// The length of the part of the message that is whole code points.
    valid: usize,
    late_pongs: Vec<Frame>,
    keys: u32,
    sent_close: bool,
    /// Nothing more is read.
    deaf: bool,
    ended: bool,
}

/// The code with which the connection fails.
struct Failed(u16);

impl Naive {
    pub(super) fn with(flaw: Option<Flaw>) -> Self {
        Self {
            flaw,
            role: Role::Server,
            input: vec![],
            opened: false,
            interim: 0,
            frame: None,
            message: None,
            valid: 0,
            late_pongs: vec![],
            keys: 0,
            sent_close: false,
            deaf: false,
            ended: false,
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn send(&mut self, frame: Frame, out: &mut Vec<u8>) {
        if !self.has(Flaw::OneMaskingKey) {
            self.keys += 1;
        }
        frame.write(self.role == Role::Client, self.keys.wrapping_mul(0x9E37_79B1).to_be_bytes(), out);
    }

    fn end(&mut self) {
        self.deaf = true;
        // A client waits for the server to end the stream (RFC 6455 §7.1.1).
        self.ended = self.role == Role::Server && !self.has(Flaw::StreamIsNotEnded);
    }

    // The opening handshake

    /// Removes the head from the input once it is whole.
    fn open(&mut self, out: &mut Vec<u8>) {
        if self.has(Flaw::AnswerComesEarly) && self.input.ends_with(b"Version: 13\r\n") {
            self.input.extend(b"\r\n");
        }
        let skipped = if self.input.starts_with(b"\r\n") && self.role == Role::Server { 2 } else { 0 };
        let end = self.input[skipped..].windows(4).position(|window| window == b"\r\n\r\n").map(|at| skipped + at);
        let head = &self.input[..end.unwrap_or(self.input.len())];
        if head.windows(2).any(|window| window[1] == b'\n' && window[0] != b'\r') {
            return self.refuse(400, out);
        }
        if head.len() > MAX_HEAD {
            let is_long_line = !head[..MAX_HEAD].contains(&b'\n') && !self.has(Flaw::LongTargetsAreLongFields);
            return self.refuse(if is_long_line { 414 } else { 431 }, out);
        }
        let Some(end) = end else {
            if self.has(Flaw::HeadsMustComeWhole) {
                self.refuse(400, out);
            }
            return;
        };
        let head: Vec<u8> = self.input.drain(..end + 4).collect();
        let head: String = head[skipped..end].iter().map(|byte| char::from(*byte)).collect();
        if self.has(Flaw::BytesAfterTheHeadAreLost) {
            self.input.clear();
        }
        match self.role {
            Role::Server => match self.judge_request(&head) {
                Ok(key) => {
                    let accept = accept_value(if self.has(Flaw::AcceptValueIsConstant) { KEY } else { &key });
                    let response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
                    out.extend(format!("{response}Sec-WebSocket-Accept: {accept}\r\n\r\n").into_bytes());
                    self.opened = true;
                }
                Err(status) => self.refuse(status, out),
            },
            Role::Client => match self.judge_response(&head) {
                Some(101) => self.opened = true,
                Some(_) if self.interim < 10 => {
                    self.interim += 1;
                    self.open(out);
                }
                _ => (self.deaf, self.ended) = (true, !self.has(Flaw::RefusedClientsWait)),
            },
        }
    }

    fn refuse(&mut self, status: u16, out: &mut Vec<u8>) {
        if self.role == Role::Server {
            let end = if self.has(Flaw::RefusalsHaveNoEnd) { "X-Nothing: " } else { "Content-Length: 0" };
            let fields = format!("Allow: GET\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n{end}");
            out.extend(format!("HTTP/1.1 {status} No\r\n{fields}\r\n\r\n").into_bytes());
            if self.has(Flaw::HeadsHaveBodies) {
                out.extend(b"No");
            }
        }
        (self.deaf, self.ended) = (true, !self.has(Flaw::RefusalsHaveNoEnd) && !self.has(Flaw::AnyLength));
    }

    /// Returns the key, or the status of a refusal.
    fn judge_request(&self, head: &str) -> Result<String, u16> {
        let Some((line, fields)) = fields(head) else { return Err(400) };
        let [method, target, version] = line.split(' ').collect::<Vec<_>>()[..] else { return Err(400) };
        let authority = ["http://", "https://", "ws://", "wss://"].iter().find_map(|it| target.strip_prefix(it));
        let authority = authority.map(|it| it.split(['/', '?']).next().unwrap_or_default());
        let is_form = target.starts_with('/') || authority.is_some_and(is_authority) || self.has(Flaw::AnyTarget);
        let target_is_good = is_form && target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if method != "GET" {
            return Err(405);
        }
        if version != "HTTP/1.1" || !target_is_good {
            return Err(if version.starts_with("HTTP/") && version != "HTTP/1.1" { 505 } else { 400 });
        }
        let of = |name: &str| {
            fields.iter().filter(|it| it.0.eq_ignore_ascii_case(name)).map(|it| &*it.1).collect::<Vec<_>>()
        };
        let has = |name: &str, token: &str| {
            of(name).iter().flat_map(|it| it.split(',')).any(|it| it.trim().eq_ignore_ascii_case(token))
        };
        let host = of("Host");
        if host.len() != 1 && !self.has(Flaw::AnyHost)
            || host.iter().any(|host| !is_authority(host)) && !self.has(Flaw::AnyHostValue)
        {
            return Err(400);
        }
        let (lengths, codings) = (of("Content-Length"), of("Transfer-Encoding"));
        let is_length = match (&lengths[..], &codings[..]) {
            ([], [] | ["chunked"]) => true,
            ([len], []) => len.bytes().all(|byte| byte.is_ascii_digit()) && len.parse::<u64>().is_ok(),
            _ => false,
        };
        let is_plain = !has("Upgrade", "websocket") || !has("Connection", "upgrade");
        if is_plain {
            return Err(if is_length || self.has(Flaw::AnyLength) { 426 } else { 400 });
        }
        let is_body = lengths.iter().any(|len| *len != "0") || !codings.is_empty();
        if is_body && !self.has(Flaw::BodiesAreFrames) {
            return Err(400);
        }
        let versions = of("Sec-WebSocket-Version");
        if versions != ["13"] && !self.has(Flaw::AnyVersion) {
            return Err(426);
        }
        let protocols = of("Sec-WebSocket-Protocol").join(",");
        let offered: Vec<_> = protocols.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
        let is_list = offered.iter().enumerate().all(|(i, it)| is_token(it) && !offered[..i].contains(it));
        if !of("Sec-WebSocket-Protocol").is_empty() && (offered.is_empty() || !is_list) {
            return Err(400);
        }
        let extensions = of("Sec-WebSocket-Extensions");
        let is_parameter = |text: &str| match text.trim().split_once('=') {
            Some((name, value)) => {
                is_token(name) && is_token(value.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(value))
            }
            None => is_token(text.trim()),
        };
        if !extensions.iter().all(|list| list.split(',').all(|it| it.split(';').all(is_parameter))) {
            return Err(400);
        }
        match of("Sec-WebSocket-Key")[..] {
            [key] if is_key(key) => Ok(key.into()),
            _ => Err(400),
        }
    }

    /// Returns 101, the status of an interim response, or `None` for any other response.
    fn judge_response(&self, head: &str) -> Option<u16> {
        let (line, fields) = fields(head)?;
        let words: Vec<_> = line.splitn(3, ' ').collect();
        let status: u16 = words.get(1).filter(|it| it.len() == 3)?.parse().ok()?;
        if words[0] != "HTTP/1.1" {
            return None;
        }
        if (100..200).contains(&status) && status != 101 && !self.has(Flaw::InterimResponsesAreFinal) {
            return Some(status);
        }
        let of = |name: &str| {
            fields.iter().filter(|it| it.0.eq_ignore_ascii_case(name)).map(|it| &*it.1).collect::<Vec<_>>()
        };
        let is_upgrade =
            self.has(Flaw::AnyUpgrade) || matches!(of("Upgrade")[..], [it] if it.eq_ignore_ascii_case("websocket"));
        let is_connection =
            of("Connection").iter().flat_map(|it| it.split(',')).any(|it| it.trim().eq_ignore_ascii_case("upgrade"));
        let is_accept = of("Sec-WebSocket-Accept") == [accept_value(KEY)] || self.has(Flaw::AcceptValueIsNotChecked);
        let is_unasked = !of("Sec-WebSocket-Extensions").is_empty() || !of("Sec-WebSocket-Protocol").is_empty();
        let is_101 = status == 101 || self.has(Flaw::AnyStatusOpens);
        (is_101 && is_upgrade && is_connection && is_accept && !is_unasked).then_some(101)
    }

    // Frames

    /// Consumes what the input contains of a frame. Returns `false` if nothing more can be done.
    fn step(&mut self, out: &mut Vec<u8>) -> Result<bool, Failed> {
        let Some(mut frame) = self.frame.take() else {
            self.frame = self.header()?;
            if self.frame.is_some() {
                return self.step(out);
            }
            return Ok(false);
        };
        let n = usize::try_from(frame.len - frame.payload.len() as u64)
            .map_or(self.input.len(), |it| it.min(self.input.len()));
        let mut piece: Vec<u8> = self.input.drain(..n).collect();
        let at = if self.has(Flaw::MaskIsNotContinued) { 0 } else { frame.payload.len() as u64 };
        mask(&mut piece, frame.key, at);
        frame.payload.extend_from_slice(&piece);
        let whole = frame.payload.len() as u64 == frame.len;
        if frame.opcode < 8 {
            self.data(&frame, &piece, whole, out)?;
        } else if whole {
            self.control(&frame, out)?;
        }
        if !whole {
            self.frame = Some(frame);
        }
        Ok(whole && !self.deaf)
    }

    fn header(&mut self) -> Result<Option<Open>, Failed> {
        let [b0, rest @ ..] = &self.input[..] else { return Ok(None) };
        let (b0, opcode, fin) = (*b0, b0 & 0x0F, b0 & 0x80 != 0);
        if b0 & 0x70 != 0 && !self.has(Flaw::ReservedBitsAreIgnored) {
            return Err(Failed(1002));
        }
        let is_known = matches!(opcode, 0..=2 | 8..=10) || self.has(Flaw::ReservedOpcodesAreSkipped);
        if !is_known || opcode >= 8 && !fin && !self.has(Flaw::ControlFramesMayBeFragmented) {
            return Err(Failed(1002));
        }
        let is_open = self.message.is_some();
        if opcode == 0 && !is_open && !self.has(Flaw::ContinuationsNeedNoStart) {
            return Err(Failed(1002));
        }
        if matches!(opcode, 1 | 2) && is_open && !self.has(Flaw::MessagesMayNest) {
            return Err(Failed(1002));
        }
        let [b1, rest @ ..] = rest else { return Ok(None) };
        let is_masked = b1 & 0x80 != 0;
        if is_masked != (self.role == Role::Server) && !self.has(Flaw::EitherMaskBitIsTaken) {
            return Err(Failed(1002));
        }
        let short = b1 & 0x7F;
        if opcode >= 8 && short > 125 && !self.has(Flaw::ControlFramesMayBeLong) {
            return Err(Failed(1002));
        }
        let size = [0, 2, 8][usize::from(short.saturating_sub(125))];
        if rest.len() < size {
            return Ok(None);
        }
        let (extended, rest) = rest.split_at(size);
        let mut len = extended.iter().fold(0, |len, byte| len << 8 | u64::from(*byte));
        if size == 0 {
            len = short.into();
        }
        if self.has(Flaw::TopBitIsIgnored) {
            len &= u64::MAX >> 1;
        }
        let is_minimal = size == 0 || size == 2 && len > 125 || size == 8 && len > 0xFFFF;
        if len >> 63 != 0 || !is_minimal && !self.has(Flaw::LongerFormsAreTaken) {
            return Err(Failed(1002));
        }
        if len > 64 << 20 || len > 4096 && self.has(Flaw::MessagesMayHave4096Bytes) {
            return Err(Failed(1009));
        }
        let key_len = if is_masked { 4 } else { 0 };
        let Some(key) = rest.get(..key_len) else { return Ok(None) };
        let key = key.try_into().unwrap_or([0; 4]);
        self.input.drain(..2 + size + key_len);
        Ok(Some(Open { opcode, fin, key, len, payload: vec![] }))
    }

    fn data(&mut self, frame: &Open, piece: &[u8], whole: bool, out: &mut Vec<u8>) -> Result<(), Failed> {
        if !matches!(frame.opcode, 0..=2) {
            return Ok(());
        }
        let is_first_piece = frame.payload.len() == piece.len();
        if is_first_piece && frame.opcode != 0 && self.message.is_none() {
            let kind = if frame.opcode == 1 && !self.has(Flaw::TextIsBinary) { Kind::Text } else { Kind::Binary };
            (self.message, self.valid) = (Some(Message::new(kind, [])), 0);
        }
        let mut message = self.message.take().unwrap_or_else(|| {
            self.valid = 0;
            Message::text([])
        });
        message.payload.extend_from_slice(piece);
        let last = whole && (frame.fin || frame.len == 0 && self.has(Flaw::EmptyFragmentsEndTheMessage));
        if message.kind == Kind::Text && !self.has(Flaw::TextIsNotValidated) {
            self.validate(&message, last)?;
        }
        self.message = Some(message);
        if last {
            let message = self.message.take().filter(|_| !self.sent_close || self.has(Flaw::LateFramesAreEchoed));
            message.into_iter().for_each(|it| self.send(Frame::data(it.kind, it.payload), out));
            std::mem::take(&mut self.late_pongs).into_iter().for_each(|pong| self.send(pong, out));
        }
        Ok(())
    }

    fn validate(&mut self, message: &Message, last: bool) -> Result<(), Failed> {
        if self.has(Flaw::TextIsValidatedAtItsEnd) && !last {
            return Ok(());
        }
        match std::str::from_utf8(&message.payload[self.valid..]) {
            Ok(_) => self.valid = message.payload.len(),
            Err(error) if error.error_len().is_none() && (!last || self.has(Flaw::TextMayEndInsideACodePoint)) => {
                self.valid += error.valid_up_to();
            }
            Err(_) => return Err(Failed(1007)),
        }
        Ok(())
    }

    fn control(&mut self, frame: &Open, out: &mut Vec<u8>) -> Result<(), Failed> {
        match frame.opcode {
            8 => self.close(&frame.payload, out),
            9 if self.has(Flaw::OnlyTheLastPingIsAnswered) && self.input.starts_with(b"\x89") => Ok(()),
            9 if self.has(Flaw::OnePongWaitsForTheMessage) && self.message.is_some() => {
                self.late_pongs.push(Frame::pong(&*frame.payload));
                Ok(())
            }
            9 => {
                let pong = Frame::pong(if self.has(Flaw::PongsAreEmpty) { &[] } else { &*frame.payload });
                self.send(pong, out);
                Ok(())
            }
            10 if self.has(Flaw::PongsAreAnswered) => {
                self.send(Frame::pong(&*frame.payload), out);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn close(&mut self, body: &[u8], out: &mut Vec<u8>) -> Result<(), Failed> {
        let answer = match body {
            [] => Frame::new(0x88, []),
            [_] if self.has(Flaw::CloseBodyOfOneByte) => Frame::new(0x88, []),
            [_] => return Err(Failed(1002)),
            [a, b, reason @ ..] => {
                let code = u16::from_be_bytes([*a, *b]);
                if !may_stand_in_a_close(code) && !self.has(Flaw::AnyCloseCode) {
                    return Err(Failed(1002));
                }
                if std::str::from_utf8(reason).is_err() && !self.has(Flaw::CloseReasonIsNotValidated) {
                    return Err(Failed(1007));
                }
                Frame::close(code, if self.has(Flaw::ReasonsAreLost) { &[] } else { reason })
            }
        };
        if !self.has(Flaw::CloseIsNotAnswered) && (!self.sent_close || self.has(Flaw::CloseIsAnsweredTwice)) {
            self.sent_close = true;
            self.send(answer, out);
        }
        if !self.has(Flaw::LateFramesAreEchoed) && !self.has(Flaw::CloseIsAnsweredTwice) {
            self.end();
        }
        Ok(())
    }

    fn fail(&mut self, Failed(code): Failed, out: &mut Vec<u8>) {
        if self.has(Flaw::FailureIsIgnored) {
            self.input.clear();
            return;
        }
        if !self.sent_close && !self.has(Flaw::FailureIsSilent) {
            self.sent_close = true;
            self.send(Frame::close(code, ""), out);
        }
        self.end();
    }
}

impl Subject for Naive {
    fn start(&mut self, role: Role, out: &mut Vec<u8>) {
        *self = Self { role, ..Self::with(self.flaw) };
        if role == Role::Client {
            let request = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
            out.extend(format!("{request}Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n").into_bytes());
            if self.has(Flaw::SpeaksBeforeTheResponse) {
                self.send(Frame::ping("hurry"), out);
            }
        }
    }

    fn receive(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.deaf {
            return;
        }
        self.input.extend_from_slice(bytes);
        if !self.opened {
            self.open(out);
        }
        while self.opened && !self.deaf {
            match self.step(out) {
                Ok(true) => {}
                Ok(false) => break,
                Err(failed) => {
                    self.fail(failed, out);
                    break;
                }
            }
        }
    }

    fn receive_eof(&mut self, _out: &mut Vec<u8>) {
        if !self.has(Flaw::EndOfStreamIsIgnored) {
            (self.deaf, self.ended) = (true, true);
        }
    }

    fn is_closed(&self) -> bool {
        self.ended
    }

    fn close(&mut self, out: &mut Vec<u8>) -> bool {
        self.sent_close = true;
        self.send(Frame::close(1000, ""), out);
        true
    }
}

/// Returns the first line, and the names and values of the fields.
fn fields(head: &str) -> Option<(&str, Vec<(&str, String)>)> {
    let mut lines = head.split("\r\n");
    let first = lines.next()?;
    let mut fields = vec![];
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let is_text = |c: char| c == '\t' || !c.is_ascii_control();
        if !is_token(name) || !value.chars().all(is_text) {
            return None;
        }
        fields.push((name, value.trim_matches([' ', '\t']).to_string()));
    }
    Some((first, fields))
}

/// Whether this is a host and perhaps a port (RFC 3986 §3.2).
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (text, ""),
    };
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit()) && (port.is_empty() || port.parse::<u16>().is_ok());
    let is_name = |text: &str, others: &[u8]| {
        let is_char = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte);
        !text.is_empty() && text.bytes().all(|byte| is_char(byte) || others.contains(&byte))
    };
    let is_host = match host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        Some(address) => {
            let future = address.strip_prefix(['v', 'V']).and_then(|it| it.split_once('.'));
            let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            address.parse::<std::net::Ipv6Addr>().is_ok()
                || future.is_some_and(|(version, rest)| is_hex(version) && is_name(rest, b":"))
        }
        None => {
            let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
            let is_escape = |part: &str| is_hex(part.as_bytes().first()) && is_hex(part.as_bytes().get(1));
            is_name(host, b"%") && host.split('%').skip(1).all(is_escape)
        }
    };
    is_host && is_port
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether a key is 22 digits of base64, of which the last has four bits that are 0, and two of padding.
fn is_key(key: &str) -> bool {
    let digits = key.strip_suffix("==").unwrap_or_default();
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    digits.len() == 22 && digits.bytes().all(is_digit) && digits.ends_with(['A', 'Q', 'g', 'w'])
}
