import { createHash, type Hash, timingSafeEqual } from 'node:crypto';
import { headInterval } from './audit-log.js';
import { sealOf } from './audit-chain.js';

/** What is wrong with a log. */
export interface AuditFinding {
  kind: 'missing' | 'altered' | 'out of order' | 'duplicate' | 'unsealed' | 'unchained';
  chain: string | undefined;
  /** File and line where it shows. */
  place: string;
  detail: string;
}

export interface VerificationOptions {
  key: Buffer;
  /** Whether lines before and after those of these files may be elsewhere. */
  isPartial: boolean;
}

/** How long lines may go without a head, in milliseconds: a process that is busy seals later. */
const maxUnsealed = 2.5 * headInterval;

const suffix =
  /,"chain":"([\w-]{12})","previous":"([\w-]{43})?","seq":(\d{1,15})(?:,"seal":"([\w-]{43})")?\}$/;
const timeField = /"(?:time|@timestamp|timestamp)":"([\dT:.Z-]{24})"/;
const endField = /"(?:token_broker\.)?end":true/;

interface Gap {
  from: number;
  /** Inclusive. */
  to: number;
  place: string;
}

interface Block {
  previous: string;
  hash: Hash;
  first: number;
  place: string;
  /** Lines are missing in it, or come in another order: its hash says nothing. */
  isBroken: boolean;
}

interface Chain {
  next: number;
  gaps: Gap[];
  block: Block | undefined;
  lastHeadAt: number;
  isEnded: boolean;
  place: string;
}

/**
 * Reads the lines of a log one by one, those of several replicas and runs in any mixture, and keeps no more than one state
 * for each chain.
 */
export class AuditVerification {
  readonly findings: AuditFinding[] = [];
  readonly #chains = new Map<string, Chain>();
  #lines = 0;

  constructor(private readonly options: VerificationOptions) {}

  /** Lines that belong to a chain, and chains. */
  get counts(): { lines: number; chains: number } {
    return { lines: this.#lines, chains: this.#chains.size };
  }

  /** @param line without its line break @param place `FILE:LINE` */
  read(line: string, place: string): void {
    const found = suffix.exec(line);
    if (found !== null) return this.#chained(line, place, found);
    const isAudit = /"(?:audit|event\.action|event\.name|chain|seal)":/.test(line);
    if (isAudit && this.#chains.size > 0)
      this.#find('unchained', undefined, place, 'an audit line that belongs to no chain, or was altered');
  }

  end(): void {
    for (const [id, chain] of this.#chains) {
      for (const { from, to, place } of chain.gaps) {
        this.#find(
          'missing',
          id,
          place,
          `${from === to ? `line ${from} is` : `lines ${from} to ${to} are`} missing`,
        );
      }
      if (!chain.isEnded && !this.options.isPartial) {
        this.#find(
          'missing',
          id,
          chain.place,
          `the end of the chain is missing: the log was cut off after line ${chain.next - 1}, or the broker was killed or is still running`,
        );
      }
    }
  }

  #chained(line: string, place: string, [, id = '', previous = '', seq, seal]: RegExpExecArray): void {
    this.#lines += 1;
    const number = Number(seq);
    const chain = this.#chains.get(id) ?? this.#begin(id, number, place);
    if (number < chain.next) return this.#late(id, chain, number, place);
    if (number > chain.next) this.#skip(chain, number, place);
    chain.next = number + 1;
    chain.place = place;
    if (chain.isEnded) this.#find('altered', id, place, 'a line after the end of its chain');
    this.#hash(id, chain, line, previous, number, place);
    const at = Date.parse(timeField.exec(line)?.[1] ?? '');
    if (seal !== undefined) this.#sealed(id, chain, line, seal, at, place);
    else if (!(at - chain.lastHeadAt < maxUnsealed)) {
      this.#find('unsealed', id, place, 'no sealed head in the minutes before this line');
      chain.lastHeadAt = Number.isNaN(at) ? chain.lastHeadAt : at;
    }
  }

  #begin(id: string, number: number, place: string): Chain {
    const isMiddle = this.options.isPartial;
    const chain: Chain = {
      next: isMiddle ? number : 0,
      gaps: [],
      block: undefined,
      lastHeadAt: isMiddle ? Infinity : -Infinity,
      isEnded: false,
      place,
    };
    this.#chains.set(id, chain);
    return chain;
  }

  #skip(chain: Chain, number: number, place: string): void {
    chain.gaps.push({ from: chain.next, to: number - 1, place });
    if (chain.block) chain.block.isBroken = true;
  }

  /** A line whose number has gone by: one that was moved, or a copy. */
  #late(id: string, chain: Chain, number: number, place: string): void {
    if (chain.block) chain.block.isBroken = true;
    const gap = chain.gaps.find(({ from, to }) => from <= number && number <= to);
    if (gap === undefined) return this.#find('duplicate', id, place, `line ${number} is repeated`);
    this.#find('out of order', id, place, `line ${number} comes after line ${chain.next - 1}`);
    chain.gaps = chain.gaps.flatMap((one) =>
      one === gap
        ? [
            { ...gap, to: number - 1 },
            { ...gap, from: number + 1 },
          ].filter(({ from, to }) => from <= to)
        : [one],
    );
  }

  #hash(id: string, chain: Chain, line: string, previous: string, number: number, place: string): void {
    const { block } = chain;
    if (block?.previous !== previous) {
      const isWhole = block !== undefined && !block.isBroken;
      if (isWhole && block.hash.copy().digest('base64url') !== previous) {
        const span =
          block.first === number - 1
            ? `line ${block.first}`
            : `one of the lines ${block.first} to ${number - 1}`;
        this.#find('altered', id, block.place, `${span}, or the line after it, was altered`);
      }
      if (number === 0 && previous !== '')
        this.#find(
          'altered',
          id,
          place,
          'the chain began before its first line: lines in front of it are missing',
        );
      // The first block of a part may have begun before it.
      const isBroken = block === undefined && number > 0;
      chain.block = { previous, hash: createHash('sha256'), first: number, place, isBroken };
    }
    chain.block!.hash.update(`${line}\n`);
  }

  #sealed(id: string, chain: Chain, line: string, seal: string, at: number, place: string): void {
    const expected = sealOf(line.slice(0, line.lastIndexOf(',"seal":"')), this.options.key);
    if (!timingSafeEqual(Buffer.from(seal), Buffer.from(expected))) {
      return this.#find(
        'altered',
        id,
        place,
        'the seal of this head is invalid: the head was altered, or sealed with another key',
      );
    }
    chain.lastHeadAt = at;
    chain.isEnded = endField.test(line);
  }

  #find(kind: AuditFinding['kind'], chain: string | undefined, place: string, detail: string): void {
    this.findings.push({ kind, chain, place, detail });
  }
}
