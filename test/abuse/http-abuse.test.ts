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

/** Where a request with a body goes, and one that is to be hidden in it. */
const ports = {
  consumers: {
    url: () => broker.process.consumers,
    post: '/token/rejected',
    get: '/token',
    headers: () => `Host: broker.example\r\nAuthorization: Bearer ${broker.key}`,
  },
  management: {
    url: () => broker.process.management,
    post: '/api/tokens/purge',
    get: '/api/tokens',
    headers: () => 'Host: localhost',
  },
};
type Port = (typeof ports)[keyof typeof ports];

const smuggled = ({ get, headers }: Port) => `GET ${get} HTTP/1.1\r\n${headers()}\r\n\r\n`;
const posted = (port: Port, lines: string, body = smuggled(port)) =>
  `POST ${port.post} HTTP/1.1\r\n${port.headers()}\r\nContent-Type: application/json\r\n${lines}\r\n\r\n${body}`;
const chunked = (port: Port, chunks: string) =>
  posted(port, 'Transfer-Encoding: chunked', chunks + smuggled(port));
const encoded = (port: Port, line: string) => posted(port, line, `0\r\n\r\n${smuggled(port)}`);
const json = '{}';

describe.each(Object.entries(ports))(
  'what two servers in a row could read in two ways (%s)',
  (_name, port) => {
    it.each<[string, (port: Port) => string]>([
      ['a length and chunks', (to) => encoded(to, 'Content-Length: 5\r\nTransfer-Encoding: chunked')],
      ['chunks and a length', (to) => encoded(to, 'Transfer-Encoding: chunked\r\nContent-Length: 5')],
      ['two lengths', (to) => posted(to, 'Content-Length: 0\r\nContent-Length: 2')],
      ['two lengths that are the same', (to) => posted(to, 'Content-Length: 0\r\nContent-Length: 0')],
      ['two lengths in a line', (to) => posted(to, 'Content-Length: 0, 2')],
      ['a signed length', (to) => posted(to, 'Content-Length: +0')],
      ['a length in hex', (to) => posted(to, 'Content-Length: 0x0')],
      ['an empty length', (to) => posted(to, 'Content-Length:')],
      ['a length beyond 2^64', (to) => posted(to, 'Content-Length: 99999999999999999999')],
      ['a length with NUL', (to) => posted(to, 'Content-Length: 0\0')],
      ['a name with NUL', (to) => posted(to, 'Content-\0Length: 0')],
      ['a space before the colon', (to) => posted(to, 'Content-Length : 0')],
      ['an encoding before a space', (to) => encoded(to, 'Transfer-Encoding : chunked')],
      ['an encoding after a vertical tab', (to) => encoded(to, 'Transfer-Encoding:\vchunked')],
      ['an encoding in quotes', (to) => encoded(to, 'Transfer-Encoding: "chunked"')],
      ['an unknown encoding', (to) => encoded(to, 'Transfer-Encoding: xchunked')],
      ['an unknown encoding, then chunked', (to) => encoded(to, 'Transfer-Encoding: x, chunked')],
      ['an empty encoding, then chunked', (to) => encoded(to, 'Transfer-Encoding: , chunked')],
      ['chunked, but not last', (to) => encoded(to, 'Transfer-Encoding: chunked, identity')],
      ['chunked twice', (to) => encoded(to, 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity')],
      [
        'an encoding of HTTP/1.0',
        (to) => encoded(to, 'Connection: keep-alive\r\nTransfer-Encoding: chunked').replace('1.1', '1.0'),
      ],
      ['a folded encoding', (to) => encoded(to, 'Transfer-Encoding:\r\n chunked')],
      ['a folded length', (to) => posted(to, 'X: y\r\n Content-Length: 0')],
      ['a folded host', (to) => smuggled(to).replace('\r\n\r\n', '\r\n b\r\n\r\n') + smuggled(to)],
      ['a length after a bare CR', (to) => posted(to, 'X: y\rContent-Length: 0')],
      ['a length after a bare LF', (to) => posted(to, 'X: y\nContent-Length: 0')],
      ['a head that ends in a bare LF', (to) => smuggled(to).replace('\r\n\r\n', '\r\n\n') + smuggled(to)],
      ['nothing but bare LF', (to) => smuggled(to).replaceAll('\r', '').repeat(2)],
      ['nothing but bare CR', (to) => smuggled(to).replaceAll('\n', '').repeat(2)],
      ['tabs in the request line', (to) => smuggled(to).replaceAll(/ (?=[/H].*\r)/g, '\t') + smuggled(to)],
      ['a preface of HTTP/2', (to) => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${smuggled(to)}`],
      ['a chunk of a huge size', (to) => chunked(to, 'ffffffffffffffff0\r\n')],
      ['a chunk of a size with 0x', (to) => chunked(to, `0x2\r\n${json}\r\n0\r\n\r\n`)],
      ['a chunk of a signed size', (to) => chunked(to, `-2\r\n${json}\r\n0\r\n\r\n`)],
      ['a chunk of a size with spaces', (to) => chunked(to, `2 \r\n${json}\r\n0\r\n\r\n`)],
      ['a chunk without CRLF', (to) => chunked(to, `2\n${json}\n0\n\n`)],
      ['a chunk longer than told', (to) => chunked(to, `1\r\n${json}\r\n0\r\n\r\n`)],
      ['a chunk followed by other than CRLF', (to) => chunked(to, `2\r\n${json}xy0\r\n\r\n`)],
      ['a chunk extension that ends in a bare LF', (to) => chunked(to, `2;\n${json}\r\n0\r\n\r\n`)],
      ['a chunk extension with a bare CR', (to) => chunked(to, `2;a\rb\r\n${json}\r\n0\r\n\r\n`)],
      ['chunk extensions of 20 KB', (to) => chunked(to, `2;${'a'.repeat(20_000)}\r\n${json}\r\n0\r\n\r\n`)],
      ['a last chunk without CRLF', (to) => chunked(to, `2\r\n${json}\r\n0\n\n`)],
      ['a trailer without CRLF', (to) => chunked(to, `2\r\n${json}\r\n0\r\nX: y\n\n`)],
    ])('is refused, and nothing behind it is read: %s', async (_, bytes) => {
      const connection = new Pipeline(port.url());
      connection.write(Buffer.from(bytes(port), 'latin1'));
      const answers = await connection.answered(Infinity);
      const [first, ...others] = answers.map(({ status }) => status);
      expect([400, 413]).toContain(first);
      expect(others).toEqual([]);
    });
  },
);

it('an absolute address means its path, whatever its host', async () => {
  const connection = new Pipeline(broker.url);
  const bytes = smuggled(ports.consumers).replace('/token', 'http://other.example/token');
  connection.write(Buffer.from(bytes));
  const answers = await connection.answered(1);
  expect(answers.map(({ status }) => status)).toEqual([200]);
  connection.destroy();
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
      slowHeaders({ key: broker.key, url: broker.process.management }, 100),
      Connections.open(broker.process.management, 100),
    ]);
    await until(async () => (await broker.metric('process_open_fds')) > 500, 'it has taken all of them');
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
