// Cases, checks and scenarios for the Node drivers.

import { readFileSync } from 'node:fs';

export const CASES = JSON.parse(readFileSync(new URL('../cases.json', import.meta.url), 'utf8'));

// A guard against hanging, not a measure: even a loaded machine is far faster.
const SCENARIO_SECONDS = 60;

// A text of `size` bytes in UTF-8, different at each place.
function textOf(size) {
  const units = [];
  for (let number = 0; ; number++) {
    const unit = `${number}é€🦀`;
    const bytes = Buffer.byteLength(unit);
    if (size < bytes) return units.join('') + '.'.repeat(size);
    units.push(unit);
    size -= bytes;
  }
}

// Bytes that look random but are the same in every run and language.
function binaryOf(size) {
  const words = new Uint32Array((size >> 2) + 1);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 0x9e3779b1);
  return Buffer.from(words.buffer, 0, size);
}

export const isText = (test) => !('binary_bytes' in test);

// The message of a case: a string for a text, a Buffer for a binary one.
export function content(test) {
  if ('text' in test) return test.text;
  return isText(test) ? textOf(test.text_bytes) : binaryOf(test.binary_bytes);
}

// The bytes of a case, cut as it asks.
export function fragments(test) {
  const whole = Buffer.from(content(test));
  const cuts = test.cuts ?? [];
  if (test.every) for (let at = test.every; at < whole.length; at += test.every) cuts.push(at);
  const edges = [0, ...cuts, whole.length];
  return edges.slice(1).map((end, i) => whole.subarray(edges[i], end));
}

// What `run` hands over.
export function environment(name) {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: start the drivers through qa/interop/run`);
  return value;
}

class Wrong extends Error {}

const shortened = (text) => (text.length <= 400 ? text : `${text.slice(0, 300)}… (length ${text.length})`);

// Buffers and strings have the same form only if they are of the same kind.
function form(value) {
  if (Buffer.isBuffer(value)) return `bytes ${value.toString('hex')}`;
  return typeof value === 'object' ? JSON.stringify(value) : JSON.stringify(value) ?? String(value);
}

export class Part {
  failures = 0;

  constructor(name) {
    this.name = name;
  }

  // One check; a scenario ends with the first that does not hold.
  equal(what, got, wanted) {
    const [a, b] = [form(got), form(wanted)];
    if (a === b) {
      console.log(`ok  ${this.name}: ${what}`);
      return;
    }
    let place = 0;
    while (a[place] === b[place]) place++;
    const lengths = `lengths ${a.length} and ${b.length}, the first difference is at ${place}`;
    throw new Wrong(`${what} (as text: ${lengths})\n  got    ${shortened(a)}\n  wanted ${shortened(b)}`);
  }

  // Runs checks that belong together; the others go on if one fails.
  async scenario(name, run) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Wrong(`not done after ${SCENARIO_SECONDS} s`)), SCENARIO_SECONDS * 1000);
    });
    try {
      await Promise.race([run(), late]);
    } catch (error) {
      this.failures++;
      console.log(`FAILED  ${this.name}: ${name}: ${error instanceof Wrong ? error.message : error.stack}`);
    } finally {
      clearTimeout(timer);
    }
  }

  // Ends the process, whatever still hangs.
  finish() {
    process.exit(this.failures ? 1 : 0);
  }
}
