import { ValidateBy } from 'class-validator';
import { notText } from './texts.js';

/** The parser would mend these silently: white space, a backslash, a missing `//`. */
const strictUrl = /^https?:\/\/[^\s\\/?#][^\s\\]*$/i;

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

interface UrlRules {
  /** An issuer has no query (RFC 8414 §2). */
  query: boolean;
}

export function IsHttpsUrl(rules: UrlRules = { query: true }): PropertyDecorator {
  return ValidateBy({
    name: 'httpsUrl',
    constraints: [rules],
    validator: {
      validate: (value) => urlFault(value, rules) === undefined,
      defaultMessage: (args) => urlFault(args?.value, rules) ?? '',
    },
  });
}

function urlFault(value: unknown, rules: UrlRules): string | undefined {
  if (typeof value !== 'string') return notText(value);
  if (!strictUrl.test(value) || !URL.canParse(value)) return 'must be an https URL';
  const url = new URL(value);
  if (url.protocol !== 'https:' && !loopback.test(url.hostname)) {
    return 'must be an https URL (http is for loopback hosts only)';
  }
  if (url.username !== '' || url.password !== '') return 'must be an https URL without user or password';
  if (value.includes('#')) return 'must be an https URL without a fragment';
  if (!rules.query && value.includes('?')) return 'must be an https URL without a query';
  return undefined;
}

/** Absolute URIs without fragment: resource indicators (RFC 8707 §2). */
export function IsResourceList(): PropertyDecorator {
  return ValidateBy({
    name: 'resourceList',
    validator: {
      validate: (value) => Array.isArray(value) && value.every(isResource),
      defaultMessage: () => 'must be a list of absolute URIs without fragment (RFC 8707)',
    },
  });
}

function isResource(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z][a-z0-9+.-]*:[^\s#]+$/i.test(value) && URL.canParse(value);
}
