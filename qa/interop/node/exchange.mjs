// What holds on a connection to an echo, whichever end shook hands first.

import { on, once } from 'node:events';
import { CASES, content, fragments, isText } from './harness.mjs';

// The messages from now on, one by one: a string for a text, a Buffer for a binary one.
export function messagesOf(ws) {
  // listens at once; a generator would not before its first use
  const events = on(ws, 'message', { close: ['close'] });
  return (async function* () {
    for await (const [data, isBinary] of events) yield isBinary ? data : data.toString();
  })();
}

async function wholeMessages(part, ws) {
  const answers = messagesOf(ws);
  for (const test of CASES.messages) {
    ws.send(content(test));
    part.equal(`${test.name} comes back`, (await answers.next()).value, content(test));
  }
}

// All are sent before the first answer is read.
async function messagesInARow(part, ws) {
  const answers = messagesOf(ws);
  const messages = CASES.messages.map(content);
  for (const message of messages) ws.send(message);
  const got = [];
  while (got.length < messages.length) got.push((await answers.next()).value);
  part.equal('messages in a row come back in order', got, messages);
}

async function fragmentedMessages(part, ws) {
  const answers = messagesOf(ws);
  for (const test of CASES.fragmented) {
    const pieces = fragments(test);
    pieces.forEach((piece, i) => ws.send(piece, { binary: !isText(test), fin: i === pieces.length - 1 }));
    part.equal(`${test.name} comes back`, (await answers.next()).value, content(test));
  }
}

async function pings(part, ws) {
  const whole = 'é€🦀';
  const pieces = [[0xc3], [0xa9, 0xe2, 0x82], [0xac, 0xf0], [0x9f, 0xa6, 0x80]].map((bytes) => Buffer.from(bytes));
  const answers = messagesOf(ws);
  for (const ping of CASES.pings) {
    ws.send(pieces.shift(), { binary: false, fin: false });
    const pong = once(ws, 'pong');
    const payload = Buffer.from(content(ping));
    ws.ping(payload);
    part.equal(`${ping.name} between fragments is answered with its payload`, (await pong)[0], payload);
  }
  ws.send(pieces.shift(), { binary: false, fin: true });
  part.equal('the text around the Pings comes back', (await answers.next()).value, whole);
  ws.pong('nobody asked');
  ws.send(whole);
  part.equal('a Pong out of the blue changes nothing', (await answers.next()).value, whole);
}

// Closes, and checks that the answer has the same code and reason.
export async function close(part, ws, { code, reason }) {
  const closed = once(ws, 'close');
  if (code === null) ws.close();
  else ws.close(code, reason);
  const [answer, why] = await closed;
  const length = Buffer.byteLength(reason);
  part.equal(
    `close code ${code} with ${length} bytes of reason comes back`,
    [answer, why.toString()],
    [code ?? 1005, reason],
  );
}

export const SUITES = [wholeMessages, messagesInARow, fragmentedMessages, pings];
