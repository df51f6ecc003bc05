//! The program `echo` with compression: a window of 10 bits in, and one of 9 bits out with the fixed codes.
#![no_std]
#![no_main]

use upframe::connection::{Connection, Event, Limits, Server, Settings};
use upframe::deflate::{
    DeflateParams, DeflatePolicy, Deflater, Direction, Fast, Inflater, MessageInflater, ServerDeflate, SmallTables,
    Workspace,
};
use upframe::handshake::{Outcome, Refusal, ServerHandshake, ServerOptions};
use upframe_budgets::{random, read, write};

const SETTINGS: Settings = Settings::new().with_limits(Limits::SMALL_DEVICE);
const POLICY: DeflatePolicy =
    DeflatePolicy::new().with_incoming(Direction::new(10, true)).with_outgoing(Direction::new(9, true));

#[upframe_budgets::entry]
fn main() -> ! {
    random(&mut [0; 4]);
    loop {
        serve();
    }
}

fn serve() {
    let (mut buf, mut out) = ([0; 512], [0; 512]);
    let options = ServerOptions::new().with_subprotocols(&["chat"]);
    let mut handshake = ServerHandshake::with_extension(options, ServerDeflate::new(POLICY));
    loop {
        let mut input = read(&mut buf);
        if input.is_empty() {
            return;
        }
        let answer = match handshake.receive(&mut input) {
            None => continue,
            Some(Outcome::Upgrade(upgrade)) => match handshake.accept(&upgrade, SETTINGS, &[], &mut out) {
                Ok((response, connection)) => {
                    write(response);
                    let params = handshake.extension().agreed(&upgrade).and_then(Memory::new);
                    let mut echo = Echo { connection, memory: params };
                    echo.events(input, &mut out);
                    return echo.run(&mut buf, &mut out);
                }
                Err(_) => return,
            },
            Some(Outcome::PlainHttp(_)) => Refusal::UpgradeRequired.write(handshake.method(), &mut out),
            Some(Outcome::Refusal(refusal)) => refusal.write(handshake.method(), &mut out),
        };
        return write(answer.unwrap_or_default());
    }
}

struct Memory {
    inflater: MessageInflater<[u8; Inflater::memory(10)]>,
    tables: SmallTables,
    deflater: Deflater<[u8; 512], Fast>,
    workspace: Workspace<256, 0>,
}

impl Memory {
    fn new(params: DeflateParams) -> Option<Self> {
        let inflater = MessageInflater::new(params.incoming(true), [0; Inflater::memory(10)]).ok()?;
        Some(Self {
            inflater: inflater.with_longest_piece(256),
            tables: SmallTables::new(),
            deflater: Deflater::new(params.outgoing(true), Fast, [0; 512]),
            workspace: Workspace::new(),
        })
    }
}

struct Echo {
    connection: Connection<Server>,
    /// If compression was agreed on.
    memory: Option<Memory>,
}

impl Echo {
    fn run(&mut self, buf: &mut [u8], out: &mut [u8]) {
        while !self.connection.may_disconnect() {
            let input = read(buf);
            if input.is_empty() {
                self.connection.receive_eof();
            }
            self.events(input, out);
        }
    }

    fn events(&mut self, mut input: &mut [u8], out: &mut [u8]) {
        while let Some(event) = self.connection.receive(&mut input) {
            match (event, &mut self.memory) {
                (Event::Extended(mut piece), Some(memory)) => {
                    while let Some(event) =
                        self.connection.inflate(&mut memory.inflater, &mut memory.tables, &mut piece)
                    {
                        if let Some(piece) = event.as_fragment() {
                            let (deflater, workspace) = (&mut memory.deflater, &mut memory.workspace);
                            let sent = self.connection.send_compressed(piece, deflater, workspace, out);
                            write(sent.unwrap_or_default());
                        }
                    }
                }
                (event, _) => {
                    if let Some(piece) = event.as_fragment()
                        && let Ok(frame) = self.connection.send(piece, out)
                    {
                        write(frame);
                    }
                }
            }
            // there is room for all that is queued
            let n = self.connection.poll_transmit(out);
            write(out.get(..n).unwrap_or_default());
        }
    }
}
