import { sum } from '#tokens/model/quota-window.js';
import type { RenewalPolicy } from '#tokens/model/renewal-policy.js';
import { limitsOf, type Quotas, type QuotaWindow, windows } from '#tokens/model/quota-window.js';
import type { RunningClient } from '../running-broker.js';
import { fault, type Finding, warning } from './finding.js';

const names: Record<QuotaWindow, string> = {
  perMinute: 'a minute',
  perHour: 'an hour',
  perDay: 'a day',
  perMonth: '31 days',
};

/**
 * Whether the tokens in use need more token requests than the quotas grant, each renewed as late as possible.
 * @param lifetimes of the tokens, in milliseconds
 */
export function quotaFindings(
  { quotas = {}, renewal }: { quotas?: Quotas | undefined; renewal: RenewalPolicy },
  lifetimes: readonly number[],
): Finding[] {
  return limitsOf(quotas).flatMap(([window, limit]) => {
    const needed = sum(lifetimes.map((lifetime) => windows[window].length / renewal.latest(lifetime)));
    if (needed <= limit) return [];
    return [
      warning(
        'quota_too_small',
        `${lifetimes.length} tokens need ${Math.ceil(needed)} token requests in ${names[window]}, and maxTokenRequests.${window} is ${limit}.`,
        [
          'those without recent demand lapse first; then consumers get temporarily_unavailable',
          'have the quota or the token lifetime raised at the authorization server, or request fewer distinct scope sets (oneTokenPerClient)',
        ],
      ),
    ];
  });
}

/** What the broker that runs by these settings says of the credential. */
export function trialFindings({
  changedCredential,
  changedCredentialSince,
}: Partial<RunningClient>): Finding[] {
  if (changedCredential !== 'refused') return [];
  const since = changedCredentialSince === undefined ? '' : ` since ${changedCredentialSince}`;
  return [
    fault(
      'changed_credential_refused',
      `The running broker has a changed credential on trial${since}, and the authorization server refuses it. The previous one stays in use.`,
      ['correct the credential in the settings or in its file before the tokens of the previous one expire'],
    ),
  ];
}
