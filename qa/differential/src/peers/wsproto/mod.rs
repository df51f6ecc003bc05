//! `wsproto`, in Python: one child process for all cases, at the end of a pipe. `child.py` describes its protocol.

use super::Peer;
use crate::End;
use crate::opening::{Asked, Judged, Verdict, keeps, written_value};
use crate::receiving::{Seen, Transcript, answers};
use crate::twin::digest::base64;
use std::io::{BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub struct Wsproto {
    child: Child,
    /// `None` once it is told to end.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Wsproto {
    /// With the interpreter that `run` has prepared.
    pub fn start() -> Self {
        let python = std::env::var_os("WSPROTO_PYTHON").expect("WSPROTO_PYTHON: a Python that has wsproto");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/peers/wsproto/child.py");
        let mut command = Command::new(python);
        command.args(["-I", "-B", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("Python starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, input, output }
    }

    fn ask(&mut self, strings: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut message = (strings.len() as u32).to_be_bytes().to_vec();
        for string in strings {
            message.extend((string.len() as u32).to_be_bytes());
            message.extend(*string);
        }
        self.input.as_mut().expect("a pipe").write_all(&message).expect("the child reads");
        (0..self.number()).map(|_| self.string()).collect()
    }

    fn number(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.output.read_exact(&mut bytes).expect("the child answers");
        u32::from_be_bytes(bytes)
    }

    fn string(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; self.number() as usize];
        self.output.read_exact(&mut bytes).expect("the child answers");
        bytes
    }
}

impl Drop for Wsproto {
    fn drop(&mut self) {
        // it ends with its input
        self.input = None;
        self.child.wait().expect("the child ends");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn number(bytes: &[u8]) -> Option<u16> {
    text(bytes).parse().ok()
}

/// The verdict after a first string that is the same for both ends.
fn judged(answer: &[Vec<u8>], agreed: impl FnOnce(&[u8]) -> Option<String>, wire: &[u8]) -> Judged {
    match answer {
        [kind, said, kept] if kind == b"y" => {
            let kept = keeps(wire, || kept == b"1");
            Judged::new(Verdict::Agreed { said: agreed(said), kept }, "")
        }
        [kind, words] if kind == b"x" => Judged::new(Verdict::Panicked, text(words)),
        [kind, words] => Judged::new(Verdict::Refused(number(&kind[1..])), text(words)),
        _ => Judged::new(Verdict::Waiting, ""),
    }
}

impl Peer for Wsproto {
    fn name(&self) -> &'static str {
        super::WSPROTO
    }

    fn receive(&mut self, end: End, pieces: &[&[u8]]) -> Transcript {
        let kind = if end == End::Server { &b"server"[..] } else { b"client" };
        let mut transcript = Transcript::default();
        let mut raised = false;
        for string in self.ask(&[&[kind], pieces].concat()) {
            let (kind, rest) = string.split_first().expect("a letter");
            if raised {
                transcript.words = text(&string);
                break;
            }
            transcript.seen.push(match kind {
                b't' => Seen::Text(rest.into()),
                b'b' => Seen::Binary(rest.into()),
                b'p' => Seen::Ping(rest.into()),
                b'o' => Seen::Pong(rest.into()),
                b'c' => {
                    let (code, reason) = rest.split_at(rest.iter().position(|byte| *byte == b' ').expect("a space"));
                    Seen::Close(number(code).expect("a code"), reason[1..].into())
                }
                b'f' => Seen::Failed(number(rest)),
                b'x' => {
                    raised = true;
                    Seen::Panicked
                }
                b'w' => {
                    transcript.words = text(rest);
                    continue;
                }
                _ => {
                    transcript.answers = Some(answers(rest));
                    continue;
                }
            });
        }
        transcript
    }

    fn serve(&mut self, wire: &[u8]) -> Option<Judged> {
        let answer = self.ask(&[b"serve", wire]);
        Some(judged(&answer, |response| written_value(response, "sec-websocket-accept"), wire))
    }

    fn connect(&mut self, asked: &Asked, wire: &[u8]) -> Option<Judged> {
        let (key, list) = (base64(&asked.nonce), asked.subprotocols.join(","));
        let answer = self.ask(&[b"connect", key.as_bytes(), list.as_bytes(), wire]);
        Some(judged(&answer, |name| (!name.is_empty()).then(|| text(name)), wire))
    }
}
