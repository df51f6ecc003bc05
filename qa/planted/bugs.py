"""Bugs to plant, one at a time: what each is, the file, what stands there once, and what stands there instead."""

BUGS = [
    (
        "a message may be one byte longer than the limit",
        "src/connection/machine.rs",
        "self.message_len > self.limits.message {",
        "self.message_len > self.limits.message.saturating_add(1) {",
    ),
    (
        "a whole frame in the input is not held against the limit",
        "src/connection/whole.rs",
        "let fits = short <= usize::from(self.medium) && ",
        "let fits = ",
    ),
    (
        "one control frame less than the limit while an answer waits",
        "src/connection/machine.rs",
        "frames.get() > self.limits.control_frames",
        "frames.get() >= self.limits.control_frames",
    ),
    (
        "a reserved bit on a continuation is missed",
        "src/frame/decoder.rs",
        "matches!(b0 & 0x0F, 0x1 | 0x2)",
        "matches!(b0 & 0x0F, 0x0 | 0x1 | 0x2)",
    ),
    (
        "the phase of the mask is lost at a cut",
        "src/frame/decoder.rs",
        "        self.key = self.key.at(n);\n",
        "",
    ),
    (
        "a code point that is cut in a skipped message is forgotten",
        "src/connection/machine.rs",
        "                } else {\n                    // [8.1-text-behind-cut]\n",
        "                } else if self.handed_out != HandedOut::Enough {\n",
    ),
    (
        "a length of 125 may take 16 bits",
        "src/frame/header.rs",
        "(Self::Bits16, ..=125)",
        "(Self::Bits16, ..=124)",
    ),
    (
        "a control frame of 126 bytes is taken",
        "src/frame/header.rs",
        "b1 & !MASK > 125",
        "b1 & !MASK > 126",
    ),
    (
        "a close reason is judged only when the frame has ended",
        "src/connection/machine.rs",
        "        if self.decoder.is(Opcode::Close) {\n",
        "        if self.decoder.is(Opcode::Close) && !whole {\n            return;\n        }\n        if self.decoder.is(Opcode::Close) {\n",
    ),
    (
        "long text may hold surrogates",
        "src/utf8/blocks.rs",
        "all(first == 0xED) & 0x60",
        "all(first == 0xED) & 0x40",
    ),
    (
        "close code 1005 is taken from the wire",
        "src/frame/close_code.rs",
        "1000..=1003 | 1007..=1014 | 3000..=4999)",
        "1000..=1003 | 1005 | 1007..=1014 | 3000..=4999)",
    ),
    (
        "a continuation needs no message to go on with",
        "src/frame/decoder.rs",
        "if self.is(Opcode::Continuation) != self.fragmented {",
        "if self.is(Opcode::Continuation) != self.fragmented && b0 & FIN == 0 {",
    ),
    (
        "a Pong goes out although the peer broke the protocol",
        "src/connection/halves.rs",
        "            Due::Failure => {\n                replies.drop_pong();\n",
        "            Due::Failure => {\n",
    ),
    (
        "the accept value is compared but for its last bytes",
        "src/handshake/response_judge.rs",
        "self.accept.once() == Some(self.expected.as_bytes())",
        "self.accept.once().map(|it| it.get(..26)) == Some(self.expected.as_bytes().get(..26))",
    ),
    (
        "subprotocols are compared without regard to case",
        "src/handshake/request_judge.rs",
        "(&mut self.seen.offered, self.supported, false)",
        "(&mut self.seen.offered, self.supported, true)",
    ),
    (
        "a version that is there twice is taken",
        "src/handshake/version.rs",
        "versions.lines() > 1",
        "versions.lines() > 2",
    ),
    (
        "white space in front of a colon is taken",
        "src/http/reader.rs",
        "let run = match bytes.get(n..).unwrap_or_default() {",
        "let run = match bytes.get(n..).unwrap_or_default() {\n"
        "            [b' ', b':', ..] if at == At::Name => self.take_run(input, n, 2, At::BeforeValue),",
    ),
]
