import { type ApiKey, keyFingerprint } from '#consumers/api-key.js';
import { roleOf } from '../../management/access/operator.js';
import type { Settings } from '../../settings/settings.js';
import { at, type SettingsLines } from '../settings-lines.js';

export interface ExplainedOperator {
  by: 'none' | 'bearer' | 'oidc' | 'proxy';
  /** Of a key. */
  name?: string;
  /** When its keys expire, or should be replaced. */
  dates?: readonly string[];
  /** Undefined: authenticated, and without any role. */
  role: string | undefined;
  /** Where it stands in the settings. */
  place: (string | number)[];
}

/** Which role each key has, and people of these groups have, by the code that decides it at the management port. */
export function explainedOperators(
  { management: { authentication } }: Settings,
  groups: readonly string[],
): ExplainedOperator[] {
  const place = ['management', 'authentication'];
  if (authentication === undefined) return [{ by: 'none', role: 'operator', place }];
  const keys = authentication.keys.map(({ name, keys: own, role }) => {
    const dates = keyDateLines(own);
    return { by: 'bearer' as const, name, role, dates, place: [...place, 'bearer', name] };
  });
  const people = (['oidc', 'proxy'] as const).flatMap((by) => {
    const roles = authentication[by]?.roles;
    if (roles === undefined) return [];
    const role = roleOf(groups, roles);
    return [{ by, role, place: [...place, by, 'roles', ...(role === undefined ? [] : [role])] }];
  });
  return [...keys, ...people];
}

/** API keys that are refused from an instant on, or should be replaced. */
export function keyDateLines(keys: readonly ApiKey[]): string[] {
  return keys.flatMap(({ hash, expiresAt, replaceBy }, index) => {
    const dates = [
      ...(expiresAt === undefined ? [] : [`expires ${new Date(expiresAt).toISOString()}`]),
      ...(replaceBy === undefined ? [] : [`to be replaced by ${new Date(replaceBy).toISOString()}`]),
    ];
    return dates.length === 0 ? [] : [`keys[${index}] ${keyFingerprint(hash)}: ${dates.join(', ')}`];
  });
}

export function operatorLines(operators: readonly ExplainedOperator[], lines: SettingsLines): string[] {
  return operators.map(({ by, name, role, dates = [], place }) => {
    const who = name === undefined ? by : `${by} ${name}`;
    return by === 'none'
      ? 'none: anyone who reaches the management port is an operator'
      : [`${who}: ${role ?? 'no role'}, by ${at(lines, ...place)}`, ...dates].join('; ');
  });
}
