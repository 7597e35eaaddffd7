import type { FailureName } from './failure-cases.js';

const askedWrongly = ['malformedParameter', 'clientMissing', 'malformedScope'] as const;
const denied = ['forbiddenScope', 'forbiddenClient', 'forbiddenResource'] as const;
const upstream = ['refusedUpstream', 'malformedUpstream', 'unavailableUpstream', 'budgetUsedUp'] as const;
const refusedUpstream = ['scopeRefusedUpstream', 'resourceRefusedUpstream'] as const;

const inQuery: FailureName[] = [
  ...askedWrongly,
  'beyondLifetime',
  ...refusedUpstream,
  'noBearer',
  ...denied,
  'askedTooOften',
  ...upstream,
];
const inForm: FailureName[] = [
  'malformedForm',
  'otherGrant',
  'malformedScope',
  'forbiddenScope',
  'forbiddenResource',
  ...refusedUpstream,
  'noClientAuthentication',
  'bodyTooLarge',
  'askedTooOften',
  ...upstream,
];

/** How each way to a token can fail. */
export const failuresOf = {
  query: inQuery,
  rejection: [
    'malformedBody',
    ...inQuery.filter((name) => name !== 'malformedParameter'),
    'bodyTooLarge',
    'rejectedTooSoon',
  ],
  form: [...inForm, 'clientMissing'],
  formOfClient: [...inForm, 'forbiddenClient'],
  forwardAuth: [...inQuery, 'rejectedTooSoon'],
  forwardAuthInPath: inQuery.filter(
    (name) =>
      !['clientMissing', 'beyondLifetime', 'forbiddenResource', 'resourceRefusedUpstream'].includes(name),
  ),
} as const satisfies Record<string, readonly FailureName[]>;
