import { type OperatorRole, operatorRoles } from '../../settings/schema/management.js';

/** Who asks at the management port. */
export interface Operator {
  /** Of the key, or of the person; undefined where nothing authenticates. */
  name?: string;
  /** What the provider identifies the person by (`sub`): a name can change hands. */
  subject?: string;
  /** Undefined: authenticated, and in no group that has a role. */
  role: OperatorRole | undefined;
  by: 'none' | 'bearer' | 'oidc' | 'proxy';
}

export function reaches(role: OperatorRole | undefined, needed: OperatorRole): boolean {
  return role !== undefined && operatorRoles.indexOf(role) >= operatorRoles.indexOf(needed);
}

/** The highest role that one of the groups has. */
export function roleOf(
  groups: readonly string[],
  roles: Readonly<Partial<Record<OperatorRole, readonly string[]>>>,
): OperatorRole | undefined {
  return operatorRoles.findLast((role) =>
    roles[role]?.some((group) => group === '*' || groups.includes(group)),
  );
}

/**
 * The groups that the claims of a person list: in the claim of this name, or where its dots lead into objects, as
 * `realm_access.roles` does.
 */
export function groupsIn(claims: Readonly<Record<string, unknown>>, claim: string): string[] {
  const listed = [Object.hasOwn(claims, claim) ? claims[claim] : valueAt(claims, claim.split('.'))].flat();
  return listed.filter((group): group is string => typeof group === 'string');
}

function valueAt(claims: object, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `AccessGuard`. */
    operator?: Operator;
  }
}
