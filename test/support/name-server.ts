import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** What it does with a question: answers with these addresses, fails (SERVFAIL), or never answers. */
export type Zone = Record<string, readonly string[] | 'fails' | 'hangs'>;

const types = { a: 1, aaaa: 28 };
const servfail = 2;
const noSuchName = 3;

/** A DNS server (RFC 1035) on port 53 of 127.0.0.1, which needs a network namespace of its own. */
export class NameServer {
  private constructor(
    private readonly socket: Socket,
    /** May be changed while it runs. */
    readonly zone: Zone,
  ) {
    socket.on('message', (question, { port, address }) => {
      const reply = this.#reply(question);
      if (reply !== undefined) socket.send(reply, port, address);
    });
  }

  static async start(zone: Zone): Promise<NameServer> {
    const socket = createSocket('udp4');
    socket.bind(53, '127.0.0.1');
    await once(socket, 'listening');
    return new NameServer(socket, zone);
  }

  stop(): void {
    this.socket.close();
  }

  #reply(question: Buffer): Buffer | undefined {
    const { name, type, end } = asked(question);
    const found = this.zone[name] ?? [];
    if (found === 'hangs') return undefined;
    const addresses = found === 'fails' ? [] : found;
    const fit = addresses.filter((one) => type === (isIPv6(one) ? types.aaaa : types.a));
    const code = found === 'fails' ? servfail : addresses.length === 0 ? noSuchName : 0;
    const head = Buffer.alloc(12);
    question.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(fit.length, 6);
    return Buffer.concat([head, question.subarray(12, end), ...fit.map((one) => record(one, type))]);
  }
}

function asked(question: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at]!; length > 0; length = question[at]!) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += length + 1;
  }
  return { name: labels.join('.'), type: question.readUInt16BE(at + 1), end: at + 5 };
}

/** An answer for the name of the question, good for no time. */
function record(address: string, type: number): Buffer {
  const bytes = Buffer.from(isIPv6(address) ? groupsOf(address) : address.split('.').map(Number));
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length]);
  return Buffer.concat([head, bytes]);
}

function groupsOf(address: string): number[] {
  const [front, back] = address.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(8 - front!.length - (back?.length ?? 0)).fill('0');
  return [...front!, ...zeros, ...(back ?? [])].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
