import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SystemClock } from '#tokens/model/clock.js';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { routes } from '../../apps/broker/src/consumer-api/routes.js';
import type { OpenApiDocument } from '../../apps/broker/src/core/openapi-document.js';
import { OwnBroker } from '../http/own-broker.js';
import { exchangeRaw } from '../http/raw-socket.js';
import { someKey } from '#test/broker-process.js';
import { client, consumer, registration } from '#test/partner.js';
import { type Ask, sha256Of, ways } from './asking.js';
import { DescribedApi, lineOf } from './described-api.js';

const resources = ['https://api.example'];
/** What the authorization server answers to each client of the broker. */
const troubles = {
  rabot: undefined,
  spent: undefined,
  untrusted: { error: 'invalid_client' },
  unassigned: { error: 'invalid_scope' },
  'no-target': { error: 'invalid_target' },
  moved: { redirectTo: 'https://auth.example/oauth2/token' },
  odd: { html: true },
  down: { status: 503, headers: { 'retry-after': '7' } },
} as const;
type ClientName = keyof typeof troubles;
const names = Object.keys(troubles) as ClientName[];

/** A consumer of each client, and two of their own. */
const keys = new Map([...names, 'several', 'hasty'].map((name) => [name, someKey()]));
const credentialOf = (name: string) => ({ name, key: keys.get(name)!.key });
const of = (name: ClientName) => ({ client: name, credential: credentialOf(name) });
const rabot = { ...of('rabot'), scopes: 'api:partner' };

let server: DevAuthorizationServer;
let broker: OwnBroker;
let api: DescribedApi;
/** A token that has just been issued. */
let young: string;

/** Stands still: a token stays young, a limit reached, a cool-down in force. */
const clock = vi.spyOn(SystemClock.prototype, 'now').mockReturnValue(1_000_000);

function settings(): object {
  const clients = names.map((clientId) => {
    const maxTokenRequestsPerMinute = clientId === 'spent' ? 1 : 60;
    const fields = { clientId, resources, requiredScopes: [], maxTokenRequestsPerMinute };
    return [clientId, client(server, fields)] as const;
  });
  const scopes = ['api:partner', 'create:orders'];
  const own = names.map((name) => [name, consumer(keys.get(name)!, scopes, [name])] as const);
  return {
    clients: Object.fromEntries(clients),
    consumers: {
      ...Object.fromEntries(own),
      several: consumer(keys.get('several')!, scopes, ['rabot', 'spent']),
      hasty: { ...consumer(keys.get('hasty')!), maxRequestsPerSecond: 1 },
    },
  };
}

beforeAll(async () => {
  server = await DevAuthorizationServer.start({
    clients: names.map((name) => ({ ...registration(name), resources })),
  });
  for (const [name, answer] of Object.entries(troubles)) {
    if (answer !== undefined) server.misbehave({ client: name, answer });
  }
  broker = await OwnBroker.start(settings());
  const document = await fetch(`${broker.management}/openapi.json`);
  api = new DescribedApi((await document.json()) as OpenApiDocument);
  const { body } = await broker.get('/token?scopes=api:partner', rabot.credential.key);
  young = sha256Of(String(body['access_token']));
  await broker.get('/token?scopes=api:partner', credentialOf('spent').key);
  await broker.get('/token', credentialOf('hasty').key);
});

afterAll(async () => {
  await broker?.stop();
  await server?.stop();
  clock.mockRestore();
});

/** How each failure that the document has an example of is met. */
const asks = {
  malformedParameter: () => ({ ...rabot, isMalformed: true }),
  malformedBody: () => ({ ...rabot, isMalformed: true }),
  malformedForm: () => ({ ...rabot, isMalformed: true }),
  malformedAddress: () => ({ isMalformed: true }),
  clientMissing: () => ({ credential: credentialOf('several') }),
  beyondLifetime: () => ({ ...rabot, minTtl: '86400' }),
  otherGrant: () => ({ ...rabot, grantType: 'password' }),
  malformedScope: () => ({ ...rabot, scopes: 'api:"partner"' }),
  scopeRefusedUpstream: () => ({ ...of('unassigned'), scopes: 'api:partner' }),
  resourceRefusedUpstream: () => ({ ...of('no-target'), resource: resources[0]! }),
  noBearer: () => ({ ...rabot, credential: undefined }),
  noClientAuthentication: () => ({ ...rabot, credential: undefined }),
  forbiddenScope: () => ({ ...rabot, scopes: 'role:finance-reporting' }),
  forbiddenClient: () => ({ ...rabot, client: 'other' }),
  forbiddenResource: () => ({ ...rabot, resource: 'https://other.example' }),
  bodyTooLarge: () => ({ ...rabot, body: 'x'.repeat(17 * 1024) }),
  askedTooOften: () => ({ ...rabot, credential: credentialOf('hasty') }),
  rejectedTooSoon: () => ({ ...rabot, rejected: young }),
  refusedUpstream: () => of('untrusted'),
  wrongEndpoint: () => of('moved'),
  malformedUpstream: () => of('odd'),
  unavailableUpstream: () => of('down'),
  budgetUsedUp: () => ({ ...of('spent'), scopes: 'create:orders api:partner' }),
} as const satisfies Readonly<Record<string, () => Ask>>;

type FailureName = keyof typeof asks;

const seen = new Set<string>();

/** Sends it, and holds the answer against the document. */
async function send(path: string, method: string, ask: Ask) {
  const { target, headers, body = '' } = ways[path]!(ask);
  const head = Object.entries({ host: 'broker.example', 'content-length': String(body.length), ...headers });
  const lines = [`${method} ${target} HTTP/1.1`, ...head.map((field) => field.join(': ')), '', body];
  const raw = await exchangeRaw(broker.consumers, lines.join('\r\n'));
  const { status, headers: answered, body: text } = raw!;
  const answer = { path, method, status, headers: new Headers([...answered]), text };
  seen.add(lineOf(answer));
  expect([lineOf(answer), ask, api.faultsOf(answer)]).toEqual([lineOf(answer), ask, []]);
  return answer;
}

/** A failure, its description without the names and numbers in which the examples differ from this test. */
function shapeOf({ error_description: description = '', ...body }: Record<string, string>): object {
  const shape = description
    .replaceAll(/127\.0\.0\.1:\d+|auth\.rabot-charge\.de/g, 'HOST')
    .replaceAll(new RegExp(`\\b(?:other|order-service|${names.join('|')})\\b`, 'g'), 'NAME')
    .replaceAll(', as the script has it', '')
    .replaceAll(/SHA-256 [0-9a-f]+/g, 'DIGEST')
    .replaceAll(/\d+/g, 'N');
  return { ...body, error_description: shape };
}

/** What the document has examples of failures of, by their name. HEAD is answered like GET, without a body. */
function failuresAt(path: string, method: string): Map<FailureName, object> {
  const item = api.document.paths[path]!;
  const { responses } = item[method.toLowerCase()]!;
  const { responses: told } = method === 'HEAD' ? item['get']! : { responses };
  const statuses = Object.keys(responses).filter((status) => Number(status) >= 400);
  return new Map(
    statuses.flatMap((status) =>
      Object.entries(told[status]!.content!['application/json']!.examples).map(([name, { value }]) => {
        const body = shapeOf(value as Record<string, string>);
        return [name as FailureName, { status: Number(status), ...(method !== 'HEAD' && body) }] as const;
      }),
    ),
  );
}

describe('the OpenAPI document', () => {
  it('is one of version 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(api.document) as never);
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    expect(api.document.openapi).toMatch(/^3\.1\./);
  });

  it('has all routes of the server, and no other', () => {
    // Of a route for any method, the usual ones are documented.
    const usual = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
    const documented = api.operations.map(({ path, method }) => `${method} ${path}`);
    const served = routes.flatMap(({ method, path }) => {
      const template = path.replace(/:(\w+)/g, '{$1}').replace('*', '{rest}');
      return (method === 'any' ? usual : [method]).map((one) => `${one} ${template}`);
    });
    expect(documented.toSorted()).toEqual(served.toSorted());
  });

  it('has examples that are what its schemas say', () => {
    for (const { path, method, operation } of api.operations) {
      const at = ['paths', path, method.toLowerCase()];
      operation.parameters.forEach(({ name, example }, index) => {
        if (example === undefined) return;
        expect([name, api.faults([...at, 'parameters', String(index), 'schema'], example)]).toEqual([
          name,
          '',
        ]);
      });
      const bodies = Object.entries(operation.responses).map(
        ([status, { content }]) => [['responses', status], content] as const,
      );
      for (const [where, content] of [
        ...bodies,
        [['requestBody'], operation.requestBody?.content] as const,
      ]) {
        for (const [type, { examples }] of Object.entries(content ?? {})) {
          for (const { summary, value } of Object.values(examples)) {
            const faults = api.faults([...at, ...where, 'content', type, 'schema'], value);
            expect([path, summary, faults]).toEqual([path, summary, '']);
          }
        }
      }
    }
  });

  it(
    'tells how every path is answered, and each line of it is one of these answers',
    { timeout: 60_000 },
    async () => {
      for (const path of Object.keys(ways)) await expectAnswers(path);
      expect(api.lines.filter((line) => !seen.has(line))).toEqual([]);
    },
  );

  async function expectAnswers(path: string): Promise<void> {
    for (const method of Object.keys(api.document.paths[path]!).map((one) => one.toUpperCase())) {
      expect([path, method, await send(path, method, rabot)]).toMatchObject([path, method, { status: 200 }]);
      const failures = failuresAt(path, method);
      for (const name of Object.keys(asks) as FailureName[]) {
        // Those that are no failure of this way are answered as the document says, too.
        const { status, text } = await send(path, method, asks[name]());
        const body = text === '' ? {} : shapeOf(JSON.parse(text) as Record<string, string>);
        expect
          .soft([path, method, name, { status, ...body }])
          .toMatchObject([path, method, name, failures.get(name) ?? {}]);
      }
    }
  }

  it('has no way, and no failure, that was not asked for', () => {
    expect(Object.keys(api.document.paths).toSorted()).toEqual(Object.keys(ways).toSorted());
    const told = api.operations.flatMap(({ path, method }) => [...failuresAt(path, method).keys()]);
    expect([...new Set(told)].toSorted()).toEqual(Object.keys(asks).toSorted());
  });

  it('has calls of curl that work when pasted', async () => {
    const environment = {
      PATH: process.env['PATH'],
      TOKEN_BROKER_KEY: rabot.credential.key,
      TOKEN_BROKER_CONSUMER: rabot.credential.name,
    };
    const calls = api.operations.map(async ({ path, method, operation }) => {
      const source = operation['x-codeSamples'][0]!.source.replace(
        api.document.servers[0]!.url,
        broker.consumers,
      );
      const script = `curl() { command curl -o /dev/null -w '%{http_code}' "$@"; }\n${source}`;
      const { stdout } = await promisify(execFile)('sh', ['-c', script], { env: environment });
      return [method, path, stdout];
    });
    const answered = await Promise.all(calls);
    expect(answered).toEqual(api.operations.map(({ path, method }) => [method, path, '200']));
  });
});
