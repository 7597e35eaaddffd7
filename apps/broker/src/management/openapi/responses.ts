import { type ErrorResponse, failureResponse } from '../../core/failure-response.js';
import type { TokenRoute } from '../../consumer-api/routes.js';
import type { FailureCase } from './failure-case.js';
import { failureCases, type FailureName } from './failure-cases.js';
import type { Example, Header, Response } from './openapi.js';
import { reference } from './schemas.js';

const text = { type: 'string' } as const;

/** Of every answer. */
const always: Readonly<Record<string, Header>> = {
  'Cache-Control': {
    description: '`no-store`: no cache keeps it.',
    required: true,
    schema: { ...text, const: 'no-store' },
  },
  'X-Request-Id': { description: 'What the log of the broker calls this request.', schema: text },
};

/** Of some, by the name that the code gives them. */
const sometimes: Readonly<Record<string, [name: string, header: Header]>> = {
  'www-authenticate': [
    'WWW-Authenticate',
    { description: 'How to authenticate (RFC 9110 §11.6.1).', schema: text },
  ],
  'retry-after': [
    'Retry-After',
    {
      description: 'Whole seconds after which asking again can help.',
      schema: { ...text, pattern: '^[1-9]\\d*$' },
    },
  ],
};

const meanings: Readonly<Record<string, string>> = {
  400: 'The request is wrong, or asks for what is not to be had.',
  401: 'Nobody known is asking.',
  403: 'This consumer may not have this.',
  413: 'The body is too large.',
  429: 'Too soon: ask again later.',
  502: 'The authorization server gives no token. Never a 401: the credential of the consumer is fine.',
  503: 'No token is to be had for now: ask again later.',
};

interface Told {
  name: FailureName;
  reason: FailureCase;
  answer: ErrorResponse;
}

/** The answers to these failures by status, told by the very code that answers them. */
export function failureResponses(
  names: readonly FailureName[],
  refusal?: TokenRoute['errorResponse'],
): Record<string, Response> {
  const told = names.map((name) => answered(name, refusal));
  const byStatus = Map.groupBy(told, ({ answer }) => answer.status);
  return Object.fromEntries([...byStatus].map(([status, some]) => [status, responseOf(status, some)]));
}

export function success(description: string, rest: Omit<Partial<Response>, 'description'>): Response {
  return { description, ...rest, headers: { ...always, ...rest.headers } };
}

/** As it is told to who asked by HEAD. */
export function withoutBody({ description, headers }: Response): Response {
  return { description, headers };
}

function answered(name: FailureName, refusal: TokenRoute['errorResponse']): Told {
  const reason: FailureCase = failureCases[name];
  const answer = failureResponse(reason.failure);
  return { name, reason, answer: refusal?.(reason.failure, answer) ?? answer };
}

function responseOf(status: number, told: readonly Told[]): Response {
  const errors = [...new Set(told.map(({ answer }) => answer.body.error))];
  const schema = { ...reference('Failure'), properties: { error: { ...text, enum: errors } } };
  return {
    description: meanings[status]!,
    headers: { ...always, ...headersOf(told) },
    content: {
      'application/json': {
        schema,
        examples: Object.fromEntries(told.map((one) => [one.name, exampleOf(one)])),
      },
    },
  };
}

/** Required is one that each of these failures has. */
function headersOf(told: readonly Told[]): Response['headers'] {
  const names = new Set(told.flatMap(({ answer }) => Object.keys(answer.headers)));
  return Object.fromEntries(
    [...names].map((key) => {
      const [name, header] = sometimes[key]!;
      const isAlways = told.every(({ answer }) => key in answer.headers);
      return [name, isAlways ? { ...header, required: true } : header];
    }),
  );
}

function exampleOf({ reason, answer }: Told): Example {
  return { summary: reason.when, description: reason.advice, value: answer.body };
}
