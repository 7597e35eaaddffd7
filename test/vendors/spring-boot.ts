import type { VendorResponse } from './corpus/vendor-response.js';

/** What Spring Boot, NestJS, Rails and hapi answer where no endpoint does: `error` names the status. */
export const responses: readonly VendorResponse[] = [
  {
    title: 'no such path',
    source: 'https://github.com/arocketman/Spring-oauth2-jpa-example/issues/2',
    status: 404,
    body: {
      timestamp: 1_499_576_683_397,
      status: 404,
      error: 'Not Found',
      message: 'No message available',
      path: '/oauth/token',
    },
    failure: { reason: 'unavailable' },
  },
  {
    title: 'another method only',
    source: 'https://github.com/malike/sso-auth/issues/7',
    status: 405,
    body: {
      timestamp: 1_503_311_563_804,
      status: 405,
      error: 'Method Not Allowed',
      message: "Request method 'POST' not supported",
      path: '/oauth/token',
    },
    failure: { reason: 'unavailable' },
  },
  {
    title: 'a filter before the endpoint',
    source: 'https://github.com/spring-attic/spring-security-oauth/issues/862',
    status: 403,
    body: { status: 403, error: 'Forbidden', message: 'Access Denied', path: '/oauth/token' },
    failure: { reason: 'client_refused' },
  },
];
