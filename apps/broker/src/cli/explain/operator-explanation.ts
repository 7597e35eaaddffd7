import { roleOf } from '../../management/access/operator.js';
import type { Settings } from '../../settings/settings.js';
import { at, type SettingsLines } from '../settings-lines.js';

export interface ExplainedOperator {
  by: 'none' | 'bearer' | 'oidc' | 'proxy';
  /** Of a key. */
  name?: string;
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
  const keys = authentication.keys.map(({ name, role }) => {
    return { by: 'bearer' as const, name, role, place: [...place, 'bearer', name] };
  });
  const people = (['oidc', 'proxy'] as const).flatMap((by) => {
    const roles = authentication[by]?.roles;
    if (roles === undefined) return [];
    const role = roleOf(groups, roles);
    return [{ by, role, place: [...place, by, 'roles', ...(role === undefined ? [] : [role])] }];
  });
  return [...keys, ...people];
}

export function operatorLines(operators: readonly ExplainedOperator[], lines: SettingsLines): string[] {
  return operators.map(({ by, name, role, place }) => {
    const who = name === undefined ? by : `${by} ${name}`;
    return by === 'none'
      ? 'none: anyone who reaches the management port is an operator'
      : `${who}: ${role ?? 'no role'}, by ${at(lines, ...place)}`;
  });
}
