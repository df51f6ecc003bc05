// What holds on any compressed connection to an echo, whichever end shook hands first.

import { once } from 'node:events';
import { CASES, content, fragments, isText } from './harness.mjs';

// Lines of JSON of this many bytes, as telemetry has them.
export function json(bytes) {
  const lines = [];
  for (let i = 0, length = 0; length < bytes; i++) {
    const line = `{"sensor":"boiler-${i % 7}","at":${1700000000 + i * 10},"celsius":${60 + ((i * 37) % 100) / 10}}\n`;
    lines.push(line);
    length += line.length;
  }
  return lines.join('').slice(0, bytes);
}

// 1 MB and more takes time, and is sent with some parameters only.
const SHORT = CASES.messages.map(content).filter((message) => message.length < 100_000);
const LONG = [...CASES.messages.map(content).filter((message) => message.length >= 100_000), json(1_000_000)];

async function same(part, peer, what, message) {
  peer.send(message);
  const got = await peer.recv();
  const equal = Buffer.isBuffer(message)
    ? Buffer.isBuffer(got) && Buffer.compare(got, message) === 0
    : got === message;
  if (!equal) part.equal(what, got, message);
  part.count++;
}

// Messages, fragments, Pings and plain messages, and many at once. `long`: also 1 MB.
export async function exchange(part, peer, long) {
  for (const message of [...SHORT, json(200), json(200), json(40_000), ...(long ? LONG : [])]) {
    await same(part, peer, `a message of ${message.length}`, message);
  }
  if (peer.sendFragments) {
    for (const test of CASES.fragmented.filter((test) => long || !test.binary_bytes)) {
      peer.sendFragments(fragments(test), isText(test));
      part.equal(test.name, await peer.recv(), content(test));
    }
  }
  if (peer.pingBetween) await peer.pingBetween(part);
  const many = Array.from({ length: 100 }, (_, i) => json(40 + 3 * i).slice(i % 30));
  many.forEach((message, i) => peer.send(message, i % 3 !== 2));
  for (const message of many) part.equal('one of 100 in a row', await peer.recv(), message);
}

// Pings between compressed fragments, with `ws`.
export async function pingBetween(part, ws, recv) {
  const text = json(300);
  for (let at = 0; at < 300; at += 100) {
    ws.send(text.slice(at, at + 100), { fin: at === 200 });
    const pong = once(ws, 'pong');
    ws.ping(`between ${at}`);
    part.equal('a Ping between fragments', (await pong)[0].toString(), `between ${at}`);
  }
  part.equal('the text around the Pings', await recv(), text);
}

// Whether what passed a tap was compressed in both directions, and saved bytes.
export function checkWire(part, { up, down }, agreed, bits) {
  part.equal('the answer', down.extensions.startsWith('permessage-deflate'), agreed);
  if (!agreed) {
    part.equal('nothing is compressed', [up.compressed, down.compressed], [0, 0]);
    return;
  }
  for (const [name, direction] of [['up', up], ['down', down]]) {
    const share = direction.compressed / (direction.compressed + direction.plain);
    if (!(share > 0.3)) part.equal(`${name}: most messages are compressed`, direction.compressed, direction.plain);
  }
  for (const [name, value] of Object.entries(bits)) {
    if (value !== undefined) part.equal(name, down.extensions.includes(`${name}=${value}`), true);
  }
}
