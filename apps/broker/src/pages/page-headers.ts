const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // Text from clients and authorization servers is shown: nothing may ever make markup of it.
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** What keeps everything else out of the broker's pages. */
export const pageHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  // Never cached: after an upgrade an operator must not use the page of the previous version.
  'cache-control': 'no-cache',
};
