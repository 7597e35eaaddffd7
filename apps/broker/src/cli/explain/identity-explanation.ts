import { Consumer } from '#consumers/consumer.js';
import { ConsumerDirectory } from '#consumers/consumer-directory.js';
import { noSuchKey, parseCredential, unknownCredential, withoutRule } from '#consumers/credential.js';
import { type ClaimMismatch, type WorkloadIdentity, WorkloadRule } from '#consumers/workload-rule.js';
import type { Clock } from '#tokens/model/clock.js';
import { Failure } from '#tokens/model/failures.js';
import type { Secret } from '#tokens/model/secret.js';
import type { Workload } from '#workloads/trusted-issuer.js';
import { WorkloadVerifier } from '#workloads/workload-verifier.js';
import type { Settings } from '../../settings/settings.js';
import { at, type SettingsLines } from '../settings-lines.js';

/** Rules that are shown at most, those with the fewest claims that do not fit first. */
const maxRules = 10;

interface ExplainedRule {
  /** The consumer whose rule it is. */
  consumer: string;
  mismatches: ClaimMismatch[];
}

export interface IdentityExplanation {
  /** Undefined: the broker would answer 401. */
  consumer: string | undefined;
  /** Why there is none. */
  reason?: string;
  /** Of the issuer of the JWT. */
  rules: ExplainedRule[];
}

/** Whose a workload JWT is, by the very code that decides it in the broker, and which claims do not fit. */
export async function identityExplanation(
  jwt: Secret,
  { consumers, workloadIssuers }: Settings,
  clock: Clock,
): Promise<IdentityExplanation> {
  const verifier = new WorkloadVerifier(Object.values(workloadIssuers), clock);
  const all = Object.values(consumers);
  try {
    const workload = await verifier.verify(workloadJwt(jwt));
    const rules = all
      .filter((one) => one.workload?.issuer === workload.issuer)
      .map(({ name, workload: rule }) => explainedRule(name, rule as WorkloadIdentity, workload));
    return { ...decision(all, workload), rules };
  } catch (error) {
    return { consumer: undefined, reason: reasonOf(error), rules: [] };
  } finally {
    await verifier.close();
  }
}

/** @throws Failure as for the header `Authorization` */
function workloadJwt(text: Secret): Secret {
  const credential = parseCredential(`Bearer ${text.reveal()}`);
  if (credential.kind !== 'workload_jwt') throw unknownCredential(noSuchKey);
  return credential.jwt;
}

function decision(
  consumers: readonly { name: string; workload?: WorkloadIdentity | undefined }[],
  verified: Workload,
): Pick<IdentityExplanation, 'consumer' | 'reason'> {
  const entries = consumers.map(({ name, workload }) => ({
    consumer: new Consumer(name, []),
    keys: [],
    workload,
  }));
  try {
    const consumer = new ConsumerDirectory(entries).byWorkload(verified)?.consumer.name;
    return consumer === undefined
      ? { consumer, reason: withoutRule(`the subject ${verified.subject}`) }
      : { consumer };
  } catch (error) {
    return { consumer: undefined, reason: reasonOf(error) };
  }
}

function explainedRule(
  consumer: string,
  { subject, claims }: WorkloadIdentity,
  workload: Workload,
): ExplainedRule {
  if (claims !== undefined) {
    return { consumer, mismatches: new WorkloadRule(claims).mismatches(workload.claims) };
  }
  const isSame = subject === workload.subject;
  const mismatch = { claim: 'sub', expected: [subject as string], actual: workload.subject };
  return { consumer, mismatches: isSame ? [] : [mismatch] };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Failure)) throw error;
  return error.cause instanceof Error ? error.cause.message : error.message;
}

export function identityLines(
  { consumer, reason, rules }: IdentityExplanation,
  lines: SettingsLines,
): string[] {
  const place = (name: string) => at(lines, 'consumers', name, 'workload');
  if (consumer !== undefined) return [`the JWT belongs to ${consumer}, by ${place(consumer)}`];
  const nearest = rules.toSorted((one, other) => one.mismatches.length - other.mismatches.length);
  return [
    `the JWT is not accepted: ${reason}`,
    ...nearest
      .slice(0, maxRules)
      .flatMap(({ consumer: name, mismatches }) => [`  ${place(name)}`, ...mismatches.map(mismatchLine)]),
  ];
}

function mismatchLine({ claim, expected, actual }: ClaimMismatch): string {
  const found = actual === undefined ? 'is missing' : `is ${JSON.stringify(actual).slice(0, 200)}`;
  return `    ${claim} ${found}; expected ${expected.join(' or ')}`;
}

export function plainIdentity({ consumer, reason, rules }: IdentityExplanation): Record<string, unknown> {
  return { identified: consumer !== undefined, consumer, reason, rules };
}
