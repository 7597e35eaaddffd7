import { Failure } from '#tokens/model/failures.js';
import type { OperatorRole } from '../../settings/schema/management.js';
import type { Operator } from './operator.js';

/** Of a request at the management port. The message is for the one who asked. */
export class AccessRefused extends Failure {
  constructor(operator: Operator | undefined, needed: OperatorRole) {
    super(operator === undefined ? 'invalid_client' : 'access_denied', messageFor(operator, needed));
  }
}

function messageFor(operator: Operator | undefined, needed: OperatorRole): string {
  if (operator === undefined) {
    return 'the management port is for operators: authenticate as management.authentication in the settings says, such as by Authorization: Bearer <key>';
  }
  const { name = 'this operator', role } = operator;
  const has = role === undefined ? 'no role' : `the role ${role}`;
  return `${name} has ${has}, but this requires the role ${needed}; have it granted in management.authentication of the settings`;
}
