// `ws` and sockets with the interface of browsers as peers of the drivers, and what holds on any connection with them.

import { once } from 'node:events';
import { messagesOf } from './exchange.mjs';
import { CASES, Part, content, fragments, isText } from './harness.mjs';

// Compares many values, and prints one line for them when all held.
export class Quiet extends Part {
  count = 0;

  equal(what, got, wanted) {
    const print = console.log;
    console.log = () => {};
    try {
      super.equal(what, got, wanted);
      this.count++;
    } finally {
      console.log = print;
    }
  }

  held(what) {
    console.log(`ok  ${this.name}: ${what}: ${this.count} values`);
    this.count = 0;
  }
}

// The library `ws`, in both roles.
export class WsPeer {
  constructor(ws) {
    this.ws = ws;
    this.answers = messagesOf(ws);
    this.end = once(ws, 'close').then(([code, reason]) => ({ code, reason: reason.toString() }));
  }

  send(message) {
    this.ws.send(message);
  }

  async recv() {
    return (await this.answers.next()).value;
  }

  sendFragments(pieces, text) {
    pieces.forEach((piece, i) => this.ws.send(piece, { binary: !text, fin: i === pieces.length - 1 }));
  }

  async ping(payload) {
    const pong = once(this.ws, 'pong');
    this.ws.ping(payload);
    return (await pong)[0];
  }

  close(code, reason) {
    if (code === null) this.ws.close();
    else this.ws.close(code, reason);
  }
}

// Undici: scripts can neither send fragments nor Pings, and of the codes 1000 and those from 3000.
export class ScriptPeer {
  waiting = [];
  arrived = [];

  constructor(ws) {
    this.ws = ws;
    ws.binaryType = 'arraybuffer';
    ws.onmessage = ({ data }) => {
      const value = typeof data === 'string' ? data : Buffer.from(data);
      if (this.waiting.length) this.waiting.shift()(value);
      else this.arrived.push(value);
    };
    this.end = new Promise((resolve) => {
      ws.onclose = ({ code, reason }) => {
        resolve({ code, reason });
        for (const resolve of this.waiting) resolve(undefined);
      };
    });
  }

  send(message) {
    this.ws.send(message);
  }

  recv() {
    if (this.arrived.length) return this.arrived.shift();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  close(code, reason) {
    if (code === null) this.ws.close();
    else this.ws.close(code, reason);
  }
}

export const PINGS = CASES.pings.map((ping) => Buffer.from(content(ping)));
export const codesOfDrivers = CASES.closes.filter(({ code }) => code !== null);
export const codesOfScripts = CASES.closes.filter(({ code }) => code === null || code === 1000 || code >= 3000);
export const codesOf = (peer) => (peer === ScriptPeer ? codesOfScripts : CASES.closes);

export async function conversation(part, peer) {
  for (const test of [...CASES.messages, CASES.driver_large]) {
    peer.send(content(test));
    part.equal(test.name, await peer.recv(), content(test));
  }
  part.held('messages of 0 B to 16 MB come back');
  if (peer.sendFragments) {
    for (const test of CASES.fragmented) {
      peer.sendFragments(fragments(test), isText(test));
      part.equal(test.name, await peer.recv(), content(test));
    }
    part.held('messages in fragments come back');
  }
  if (peer.ping) {
    for (const payload of PINGS) part.equal('a Ping', await peer.ping(payload), payload);
    part.held('Pings are answered with their payload');
  }
}

export async function peerCloses(part, peer, { code, reason }) {
  peer.close(code, reason);
  part.equal(`${code}`, await peer.end, { code: code ?? 1005, reason });
}

export async function driverCloses(part, peer, { code, reason }) {
  peer.send(`/close ${code} ${reason}`);
  part.equal(`${code}`, await peer.end, { code, reason });
}

// Its own messages, and a code of its own.
export async function oneOfHundred(part, peer, number) {
  for (let i = 0; i < 5; i++) {
    const message = `🦀 ${number}.${i} ${'x'.repeat(number * 50)}`;
    peer.send(message);
    part.equal('an own message', await peer.recv(), message);
  }
  await peerCloses(part, peer, { code: 4000 + number, reason: 'bye' });
}
