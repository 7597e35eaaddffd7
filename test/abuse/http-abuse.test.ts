import { atEndOfAll } from '#test/at-end.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { until } from '#test/until.js';
import { AbusedBroker, mostConnections } from './abused-broker.js';
import { attacks, slowBodies, slowHeaders } from './attacks.js';
import { Connections } from './connections.js';
import { patience } from './effort.js';
import { Pipeline } from './pipeline.js';
import { ServedConsumer, tolerated } from './served-consumer.js';

const atEnd = atEndOfAll();
let broker: AbusedBroker;
let consumer: ServedConsumer;

beforeAll(async () => {
  broker = await AbusedBroker.start(atEnd);
  consumer = new ServedConsumer(broker, () => broker.settled());
  atEnd(() => consumer.stop());
});

describe('a consumer is served as before', () => {
  it.each(attacks(mostConnections))('under $name', { timeout: patience(12) }, async (attack) => {
    const { quiet, attacked, failures } = await consumer.under(attack);
    expect(failures).toEqual([]);
    expect(attacked).toBeLessThanOrEqual(tolerated * quiet);
  });
});

const credential = () => `Host: broker.example\r\nAuthorization: Bearer ${broker.key}`;
const smuggled = () => `GET /token HTTP/1.1\r\n${credential()}\r\n\r\n`;
const posted = (lines: string, body = smuggled()) =>
  `POST /token/rejected HTTP/1.1\r\n${credential()}\r\nContent-Type: application/json\r\n${lines}\r\n\r\n${body}`;
const json = '{}';

describe('what two servers in a row could read in two ways', () => {
  it.each<[string, () => string]>([
    [
      'a length and chunks',
      () => posted('Content-Length: 5\r\nTransfer-Encoding: chunked', `0\r\n\r\n${smuggled()}`),
    ],
    [
      'chunks and a length',
      () => posted('Transfer-Encoding: chunked\r\nContent-Length: 5', `0\r\n\r\n${smuggled()}`),
    ],
    ['two lengths', () => posted('Content-Length: 0\r\nContent-Length: 2')],
    ['two lengths in a line', () => posted('Content-Length: 0, 2')],
    ['a signed length', () => posted('Content-Length: +0')],
    ['a length in hex', () => posted('Content-Length: 0x0')],
    ['a space before the colon', () => posted('Content-Length : 0')],
    ['an encoding before a space', () => posted('Transfer-Encoding : chunked', `0\r\n\r\n${smuggled()}`)],
    ['an unknown encoding', () => posted('Transfer-Encoding: xchunked', `0\r\n\r\n${smuggled()}`)],
    ['chunked, but not last', () => posted('Transfer-Encoding: chunked, identity', `0\r\n\r\n${smuggled()}`)],
    [
      'chunked twice',
      () => posted('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', `0\r\n\r\n${smuggled()}`),
    ],
    ['a folded length', () => posted('X: y\r\n Content-Length: 0')],
    ['a length after a bare CR', () => posted('X: y\rContent-Length: 0')],
    ['a length after a bare LF', () => posted('X: y\nContent-Length: 0')],
    [
      'a chunk of a huge size',
      () => posted('Transfer-Encoding: chunked', `ffffffffffffffff0\r\n${smuggled()}`),
    ],
    ['a chunk without CRLF', () => posted('Transfer-Encoding: chunked', `2\n${json}\n0\n\n${smuggled()}`)],
    [
      'a chunk longer than told',
      () => posted('Transfer-Encoding: chunked', `1\r\n${json}\r\n0\r\n\r\n${smuggled()}`),
    ],
  ])('is refused, and nothing behind it is read: %s', async (_, bytes) => {
    const connection = new Pipeline(broker.url);
    connection.write(Buffer.from(bytes(), 'latin1'));
    const answers = await connection.answered(Infinity);
    expect(answers.map(({ status }) => status)).toEqual([400]);
  });

  it('an absolute address means its path, whatever its host', async () => {
    const connection = new Pipeline(broker.url);
    connection.write(Buffer.from(smuggled().replace('/token', 'http://other.example/token')));
    const answers = await connection.answered(1);
    expect(answers.map(({ status }) => status)).toEqual([200]);
    connection.destroy();
  });
});

it(
  'connections that come to no end are ended, though their clients never do it',
  { timeout: patience(30) },
  async () => {
    const opened = performance.now();
    const slow = await Promise.all([
      slowHeaders(broker, 100),
      slowBodies(broker, 100),
      Connections.open(broker.url, 100),
    ]);
    await until(async () => (await broker.metric('process_open_fds')) > 300, 'it has taken all of them');
    while (performance.now() - opened < 15_000) await broker.settled().catch(() => {});
    await expect(broker.settled()).resolves.toBeUndefined();
    await Promise.all(slow.map((connections) => connections.end()));
  },
);

it('memory levels off under attacks', { timeout: patience(20) }, async () => {
  const waves: number[] = [];
  for (let wave = 0; wave < 6; wave++) {
    for (const attack of attacks(1_000)) {
      const begun = await attack.begin(broker);
      await until(async () => (await broker.process.get('/token', broker.key)).status === 200, 'it serves');
      await begun.end();
    }
    await broker.settled();
    waves.push(await broker.metric('process_resident_memory_bytes'));
  }
  const [before, after] = [Math.max(...waves.slice(0, 3)), Math.max(...waves.slice(3))];
  expect(after - before).toBeLessThan(0.2 * before);
});
