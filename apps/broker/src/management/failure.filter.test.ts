import { type ArgumentsHost, NotFoundException } from '@nestjs/common';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { Failure } from '#tokens/model/failures.js';
import { createLog } from '../core/log.js';
import { AllowedMethods } from './allowed-methods.js';
import { FailureFilter } from './failure.filter.js';

function judge(
  filter: FailureFilter,
  thrown: unknown,
  [request, reply]: [FastifyRequest, FastifyReply],
): void {
  const http = { getRequest: () => request, getResponse: () => reply };
  // oxlint-disable-next-line promise/valid-params -- this is no promise
  filter.catch(thrown, { switchToHttp: () => http } as ArgumentsHost);
}

/** What a request is answered, and what is logged, when its handler throws the error. */
async function answerTo(error: unknown) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ write: (line) => void lines.push(JSON.parse(line)) });
  const filter = new FailureFilter(log);
  const server = fastify({ genReqId: () => 'request-1' });
  server.decorate('allowedMethods', new AllowedMethods(server));
  server.setErrorHandler((thrown, request, reply) => judge(filter, thrown, [request, reply]));
  server.get('/token', () => {
    throw error;
  });
  const { statusCode, headers, body } = await server.inject('/token');
  await server.close();
  return { status: statusCode, headers, body: JSON.parse(body) as unknown, lines };
}

describe('the failure filter', () => {
  it('answers a failure as the table has it and logs nothing', async () => {
    const { status, headers, body, lines } = await answerTo(
      new Failure('slow_down', 'ask later', { retryAfter: 2_000 }),
    );
    expect({ status, body }).toEqual({
      status: 429,
      body: { error: 'slow_down', error_description: 'ask later' },
    });
    expect(headers).toMatchObject({ 'retry-after': '2', 'content-type': 'application/json; charset=utf-8' });
    expect(lines).toEqual([]);
  });

  it('does not answer the cause', async () => {
    const { body } = await answerTo(
      new Failure('invalid_client', 'not accepted', {
        cause: new Error('"exp" claim timestamp check failed'),
      }),
    );
    expect(JSON.stringify(body)).not.toContain('exp');
  });

  it('says of an unexpected error only where to look for it', async () => {
    const { status, headers, body, lines } = await answerTo(new TypeError('not-a-real-secret'));
    expect([status, headers['retry-after']]).toEqual([503, '1']);
    expect(body).toEqual({
      error: 'temporarily_unavailable',
      error_description: expect.stringContaining('request-1') as string,
    });
    expect(JSON.stringify(body)).not.toContain('not-a-real-secret');
    expect(lines).toMatchObject([{ level: 'error', requestId: 'request-1', err: { name: 'TypeError' } }]);
  });

  it.each([
    [new NotFoundException('/not-a-real-secret'), 405],
    [Object.assign(new Error('not-a-real-secret'), { statusCode: 413 }), 413],
    [Object.assign(new Error('not-a-real-secret'), { statusCode: 415 }), 400],
    [Object.assign(new Error('not-a-real-secret'), { statusCode: 400 }), 400],
  ])('says of %s only what HTTP has a status for', async (error, expected) => {
    const { status, body, lines } = await answerTo(error);
    expect(status).toBe(expected);
    expect(body).toMatchObject({ error: 'invalid_request' });
    expect(JSON.stringify([body, lines])).not.toContain('not-a-real-secret');
  });
});
