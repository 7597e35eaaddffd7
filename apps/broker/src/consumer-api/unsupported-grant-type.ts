import { Failure } from '#tokens/model/failures.js';

/** RFC 6749 §5.2: an error that only OAuth clients know. */
export class UnsupportedGrantType extends Failure {
  constructor() {
    super('invalid_request', 'this endpoint is for grant_type=client_credentials only');
  }
}
