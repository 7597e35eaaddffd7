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

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `AccessGuard`. */
    operator?: Operator;
  }
}
