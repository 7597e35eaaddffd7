import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { newApiKey } from '#consumers/api-key.js';
import { RedisServer } from '#test/redis-server.js';
import { TokenSource } from '../bench/servers/token-source.js';
import { type Called, CountedBroker } from './counted-broker.js';
import { requestWalks, sourceFiles, withOneImporter } from './source-files.js';

// `npm run measure:structure`: how large the source is, and through how many of its files requests and renewals run, beside
// the targets. Exits with 1 when one is missed by more than a tenth. Another checkout that is built can be named as argument.

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '../..'));
const scopes = ['a', 'b', 'c', 'd', 'e'];
/** How often each thing is done: what happens to run beside it does not do so each time. */
const repetitions = 5;

interface Row {
  name: string;
  target: number;
  measured: number;
}

const key = newApiKey();
const atEnd: (() => Promise<void>)[] = [];

function settings(tokenEndpoint: string, redis?: RedisServer): object {
  const encryptionKeys = [{ id: 'one', key: randomBytes(32).toString('base64') }];
  return {
    ...(redis && { store: { redis: { url: redis.url, encryptionKeys } } }),
    clients: {
      one: {
        tokenEndpoint,
        clientId: 'one',
        clientSecret: 'not-a-real-secret',
        clientAuthentication: 'client_secret_post',
        scopes,
        maxTokenRequestsPerMinute: 100_000,
        // Of 12 s: some 2.4 s after it was issued.
        renewal: { at: 0.2, jitter: 0.02 },
      },
    },
    consumers: { one: { keys: [key.hash], allow: [{ client: 'one', scopes }] } },
  };
}

async function broker(lifetime: number, redis?: RedisServer) {
  const source = await TokenSource.start({ lifetime: () => lifetime });
  atEnd.unshift(() => source.stop());
  const counted = await CountedBroker.start(root, settings(source.tokenEndpoint, redis));
  atEnd.unshift(() => counted.stop());
  return { source, counted };
}

/** What runs each time that this is done. */
async function ranFor(counted: CountedBroker, act: (n: number) => Promise<void>): Promise<Called[]> {
  let each: Called[] | undefined;
  for (let n = 0; n < repetitions; n++) {
    await counted.called();
    await act(n);
    const called = new Map((await counted.called()).map((one) => [`${one.file} ${one.name}`, one]));
    each =
      each === undefined
        ? [...called.values()]
        : each.flatMap((one) => {
            const again = called.get(`${one.file} ${one.name}`);
            return again === undefined ? [] : { ...one, calls: Math.min(one.calls, again.calls) };
          });
  }
  return each!;
}

const filesOf = (called: readonly Called[]) => new Set(called.map(({ file }) => file)).size;

async function hit(redis?: RedisServer): Promise<Called[]> {
  const { counted } = await broker(3_600, redis);
  const ask = () => counted.token('?scopes=a', key.key.reveal());
  // Whatever is remembered of a caller is remembered by then.
  for (let n = 0; n < 5; n++) await ask();
  return ranFor(counted, ask);
}

async function cold(redis?: RedisServer): Promise<Called[]> {
  const { counted } = await broker(3_600, redis);
  await counted.token('', key.key.reveal());
  return ranFor(counted, (n) => counted.token(`?scopes=${scopes[n]}`, key.key.reveal()));
}

async function renewal(redis?: RedisServer): Promise<Called[]> {
  const { source, counted } = await broker(12, redis);
  await counted.token('?scopes=a', key.key.reveal());
  return ranFor(counted, async () => {
    const before = source.count;
    while (source.count === before) await pause(5);
    // Until what follows the token request has been done as well.
    await pause(100);
  });
}

async function measure(): Promise<Row[]> {
  const files = sourceFiles(root);
  const redis = await RedisServer.start();
  atEnd.push(() => redis.stop());
  const coldRequest = await cold(redis);
  const lookUps = coldRequest.filter(
    ({ file, name }) => file.endsWith('memory-token-store.ts') && /^(?:cached|copy|get|getStale)$/.test(name),
  );
  return [
    { name: 'source lines', target: 16_500, measured: files.reduce((sum, { lines }) => sum + lines, 0) },
    { name: 'source files', target: 250, measured: files.length },
    { name: 'source files with one importer', target: 70, measured: withOneImporter(files).length },
    {
      name: 'source files over 200 lines',
      target: 0,
      measured: files.filter(({ lines }) => lines > 200).length,
    },
    { name: 'request walks', target: 1, measured: requestWalks(root, files) },
    { name: 'files of a hit, memory', target: 20, measured: filesOf(await hit()) },
    { name: 'files of a hit, Redis', target: 24, measured: filesOf(await hit(redis)) },
    { name: 'files of a scheduled renewal, Redis', target: 60, measured: filesOf(await renewal(redis)) },
    { name: 'files of a scheduled renewal, memory', target: 60, measured: filesOf(await renewal()) },
    { name: 'files of a cold GET /token, Redis', target: 80, measured: filesOf(coldRequest) },
    {
      name: 'look-ups in memory of a cold GET /token',
      target: 3,
      measured: lookUps.reduce((sum, { calls }) => sum + calls, 0),
    },
  ];
}

try {
  const rows = await measure();
  const isMissed = ({ target, measured }: Row) => measured > 1.1 * target;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  process.stdout.write(line(['', 'target', 'measured', '']) + line(['---', '---:', '---:', '---']));
  for (const row of rows) {
    const { name, target, measured } = row;
    process.stdout.write(line([name, String(target), String(measured), isMissed(row) ? 'missed' : '']));
  }
  process.exitCode = rows.some(isMissed) ? 1 : 0;
} finally {
  for (const end of atEnd) await end();
}
