import { fc } from '#test/property.js';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { client, clientSecret, consumer } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { type Secrets, leaksIn } from '../../http/secret-forms.js';
import { type PipelinedAnswer, Pipeline } from '../pipeline.js';
import type { FuzzTarget } from './fuzz-target.js';
import {
  bytesOf,
  canary,
  forConsumers,
  forOperators,
  framedRequests,
  type FramedRequest,
} from './http-requests.js';
import { must } from './must.js';
import { mutated } from './mutation.js';

const [key, stranger] = [someKey(), someKey()];
const basic = (name: string) => `Basic ${Buffer.from(`${name}:${key.key}`).toString('base64')}`;
const right = [`Bearer ${key.key}`, basic('order-service')];
const wrong = [
  undefined,
  `Bearer ${stranger.key}`,
  `Bearer ${canary}`,
  basic('batch'),
  'Basic',
  'Bearer eyJhbGciOiJub25lIn0.e30.AA',
];
const framed = {
  consumers: framedRequests(forConsumers, [...right, ...right, ...right, ...wrong]),
  management: framedRequests(forOperators, [undefined]),
};
type Side = keyof typeof framed;

/** Those over one connection, before the next one is opened. */
const perConnection = 50;
/** Of the inputs, one in so many is not even framed as HTTP. */
const unframedShare = 8;

/** Both ports of a real broker: no answer of 5xx, no crash, no request without an answer, nothing told. */
export const httpListeners: FuzzTarget = {
  name: 'each endpoint of both ports',
  inputs: 20_000,
  async fuzz(seed, inputs) {
    const broker = await listeningBroker();
    let accepted = 0;
    accepted += await fuzzSide(broker, 'consumers', seed, 0.85 * inputs);
    accepted += await fuzzSide(broker, 'management', seed, 0.15 * inputs);
    await mustBeUnharmed(broker);
    return { inputs, accepted };
  },
};

async function listeningBroker(): Promise<BrokerProcess> {
  const server = await runningServer();
  const settings = {
    clients: { rabot: client(server, { maxTokenRequestsPerMinute: 100_000 }) },
    consumers: { 'order-service': consumer(key), batch: consumer(someKey()) },
  };
  return BrokerProcess.start(settings);
}

/** @returns how many were answered as right ones are */
async function fuzzSide(broker: BrokerProcess, side: Side, seed: number, inputs: number): Promise<number> {
  let accepted = 0;
  const unframed = Math.floor(inputs / unframedShare);
  for (let done = 0; done < inputs - unframed; done += 1_000) {
    const numRuns = Math.min(1_000, inputs - unframed - done);
    accepted += await sendFramed(broker[side], fc.sample(framed[side], { seed: seed + done, numRuns }));
  }
  const whole = fc.sample(framed[side], { seed, numRuns: 50 }).map(bytesOf);
  const broken = fc.sample(mutated(whole), { seed, numRuns: unframed });
  for (let done = 0; done < unframed; done += 50) {
    await Promise.all(broken.slice(done, done + 50).map((bytes) => sendBroken(broker[side], bytes)));
  }
  return accepted;
}

async function sendFramed(url: string, requests: readonly FramedRequest[]): Promise<number> {
  const waiting = [...requests];
  let accepted = 0;
  while (waiting.length > 0) {
    const batch = waiting.splice(0, perConnection);
    const connection = new Pipeline(url, (n) => batch[n]?.method === 'HEAD');
    connection.write(Buffer.concat(batch.map(bytesOf)));
    const answers = await connection.answered(batch.length);
    connection.destroy();
    must(answers.length > 0, `there is an answer to ${inspectable(batch[0]!)}`);
    for (const [n, answer] of answers.entries()) {
      judge(answer, batch[n]!);
      if (answer.status < 300) accepted++;
    }
    waiting.unshift(...batch.slice(answers.length));
  }
  return accepted;
}

function judge({ status, body }: PipelinedAnswer, request: FramedRequest): void {
  const { method, credential = '' } = request;
  const what = `${status} ${body.slice(0, 200)} to ${inspectable(request)}`;
  must(status < 500, `no answer of 5xx: ${what}`);
  // Its description has the name in an example, too.
  const isToken = body.startsWith('{"access_token":');
  must(
    !isToken || right.some((one) => credential.includes(one.split(' ')[1]!)) || credential === '',
    `a token for a known consumer only: ${what}`,
  );
  if (status < 400 || method === 'HEAD') return;
  must(
    typeof (JSON.parse(body) as { error: unknown }).error === 'string',
    `a refusal in the form of the contract: ${what}`,
  );
  must(!body.includes(clientSecret), `a refusal without the client's secret: ${what}`);
}

/** Writes bytes and ends the connection: whatever they were, the server has to end it, too. */
async function sendBroken(url: string, bytes: Buffer): Promise<void> {
  const connection = new Pipeline(url, () => bytes.subarray(0, 5).toString() === 'HEAD ');
  connection.write(bytes);
  connection.end();
  const answers = await connection.answered(Infinity);
  for (const { status, body } of answers) {
    must(status < 500, `no answer of 5xx: ${status} ${body} to ${bytes.toString('latin1')}`);
  }
}

async function mustBeUnharmed(broker: BrokerProcess): Promise<void> {
  const { status, body } = await broker.get('/token?scopes=api:partner', key.key);
  must(status === 200, 'it serves as ever');
  const secrets: Secrets = new Map([
    ['API key', key.key],
    ['stranger', stranger.key],
    ['secret of the client', clientSecret],
    ['token', String(body['access_token'])],
    ['canary', canary],
  ]);
  const told = broker.output + (await broker.metrics());
  const leaks = leaksIn(told, secrets).join();
  must(leaks === '', `nothing is told in log and metrics: ${leaks}`);
  must(!/eyJ[\w-]{10,}\.eyJ/.test(told), 'no token is told in log and metrics');
  const faults = broker.lines.filter(({ level }) => level === 'error' || level === 'fatal');
  must(
    faults.length === 0 && broker.errorOutput === '',
    `nothing fails unexpectedly: ${JSON.stringify(faults[0])}`,
  );
  must((await broker.metrics()).split('\n').length < 1_000, 'what is asked makes no series');
}

function inspectable({ body, ...rest }: FramedRequest): string {
  return JSON.stringify({ ...rest, body: body.toString('latin1') }).slice(0, 3_000);
}
