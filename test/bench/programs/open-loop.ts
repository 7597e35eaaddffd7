import { connect, type Socket } from 'node:net';
import { constants, setPriority } from 'node:os';

/** What to send: each question is the whole text of a request. */
interface Plan {
  port: number;
  questions: string[];
  /** Requests per second. */
  rate: number;
  /** After those in which the generator itself gets up to speed: what it asks for then does not count. */
  seconds: number;
  warmUp: number;
  connections: number;
}

/*
 * Requests at a constant rate, whatever the answers do. What counts is the time since a request was to be sent, not since
 * it could be: a server that stalls makes all wait that would have come meanwhile (there is no coordinated omission).
 */
process.once('message', async (plan: Plan) => {
  goFirst();
  const latencies = await new OpenLoop(plan).run();
  process.send!(latencies, () => process.exit());
});

class OpenLoop {
  readonly #latencies: number[] = [];
  readonly #idle: ((at: number) => void)[] = [];
  /** When those were to be sent for which no connection was free. */
  readonly #waiting: number[] = [];
  readonly #total: number;
  #begin = 0;
  #sent = 0;
  #answered = 0;

  constructor(private readonly plan: Plan) {
    this.#total = Math.floor(plan.rate * (plan.warmUp + plan.seconds));
  }

  async run(): Promise<number[]> {
    const sockets = await Promise.all(Array.from({ length: this.plan.connections }, () => this.#open()));
    this.#begin = performance.now() + 10;
    await new Promise<void>((done) => {
      // Timers of Node.js are too coarse: this spins, on a core of its own.
      const turn = () => {
        this.#sendDue(performance.now());
        if (this.#answered === this.#total) done();
        else setImmediate(turn);
      };
      turn();
    });
    for (const socket of sockets) socket.destroy();
    return this.#latencies;
  }

  #sendDue(now: number): void {
    for (; this.#sent < this.#total; this.#sent++) {
      const at = this.#begin + (this.#sent * 1_000) / this.plan.rate;
      if (at > now) return;
      const send = this.#idle.pop();
      if (send === undefined) this.#waiting.push(at);
      else send(at);
    }
  }

  #note(sentFor: number): void {
    this.#answered++;
    if (sentFor < this.#begin + this.plan.warmUp * 1_000) return;
    this.#latencies.push(performance.now() - sentFor);
  }

  async #open(): Promise<Socket> {
    const socket = connect(this.plan.port, '127.0.0.1').setNoDelay(true);
    const { questions } = this.plan;
    let [sentFor, read, length] = [0, 0, Infinity];
    const send = (at: number) => {
      [sentFor, read, length] = [at, 0, Infinity];
      socket.write(questions[Math.floor(Math.random() * questions.length)]!, 'latin1');
    };
    socket.on('data', (chunk: Buffer) => {
      if (length === Infinity) length = answerLength(chunk);
      read += chunk.length;
      if (read < length) return;
      this.#note(sentFor);
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(send);
      else send(next);
    });
    socket.on('close', () => {
      if (this.#answered < this.#total) throw new Error('the server closed a connection');
    });
    await new Promise((connected) => socket.once('connect', connected));
    this.#idle.push(send);
    return socket;
  }
}

/** Of an answer whose head is in one piece: servers here send it so. */
function answerLength(chunk: Buffer): number {
  const head = chunk.toString('latin1', 0, 1_024);
  const end = head.indexOf('\r\n\r\n');
  if (end < 0 || !head.startsWith('HTTP/1.1 200')) throw new Error(`no answer: ${head}`);
  return end + 4 + Number(/content-length: (\d+)/i.exec(head)![1]);
}

/** It shares its core with Redis and the authorization server: what it sends late because of them would count. */
function goFirst(): void {
  try {
    setPriority(constants.priority.PRIORITY_ABOVE_NORMAL);
  } catch {
    // Only root may.
  }
}
