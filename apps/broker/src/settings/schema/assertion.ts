import { IsIn } from 'class-validator';
import { assertionTypes, type AssertionType } from '#oauth/request/client-credential.js';
import { signingAlgorithms, type SigningAlgorithm } from '#tokens/model/signing-algorithms.js';
import { Check, Description, Duration, isMapping, Line, Optional, Required, Text } from './rules.js';

const assertionTypeNames = Object.keys(assertionTypes);

@Description(
  'A JWT that the platform issues for the broker and replaces in a file: a Kubernetes service account token, a SPIFFE JWT-SVID, the identity token of a cloud. The file is read for each token request.',
)
export class ClientAssertionSchema {
  @Description('Path of the file, relative to the folder of the settings file.', {
    examples: ['/var/run/secrets/partner/token'],
  })
  @Required()
  @Line()
  file!: string;

  @Description(
    'Its `client_assertion_type`: `jwt-bearer` (RFC 7523), or `jwt-spiffe` (draft-ietf-oauth-spiffe-client-auth).',
  )
  @IsIn(assertionTypeNames, { message: `must be one of ${assertionTypeNames.join(', ')}` })
  type: AssertionType = 'jwt-bearer';
}

/** Those that have their own settings, or are made anew for each assertion. */
const ownClaims = ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti'];

@Description('What the assertions say that the client signs itself (RFC 7523 §3).')
export class AssertionSchema {
  @Description(
    'Audience (`aud`): the authorization server. Default: `issuer` where that is set, otherwise `tokenEndpoint`.',
  )
  @Optional()
  @Check(
    {
      anyOf: [
        { type: 'string', minLength: 1 },
        { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
      ],
    },
    (value) => {
      const all: unknown[] = Array.isArray(value) ? value : [value];
      const isFine = all.length > 0 && all.every((one) => typeof one === 'string' && /^\P{Cc}+$/u.test(one));
      return isFine ? undefined : 'must be a text, or a list of at least one text';
    },
  )
  audience?: string | string[];

  @Description('`typ` of the header, such as `client-authentication+jwt`. Default: none.')
  @Optional()
  @Text(/^[A-Za-z0-9][\w.+/-]{0,126}$/, 'must be a media type without `application/`')
  type?: string;

  @Description('Seconds from `iat` to `exp` of an assertion.')
  @Duration(10, 3_600, { whole: true })
  lifetime: number = 60;

  @Description('How the assertion is signed, as `algorithm` of the client.')
  @Optional()
  @IsIn(signingAlgorithms, { message: `must be one of ${signingAlgorithms.join(', ')}` })
  algorithm?: SigningAlgorithm;

  @Description('Further claims, such as `authorization_details` or the id of an organisation.')
  @Check({ type: 'object', not: { anyOf: ownClaims.map((name) => ({ required: [name] })) } }, (value) => {
    if (!isMapping(value)) return 'must be a mapping from names of claims to values';
    const own = ownClaims.filter((name) => Object.hasOwn(value, name));
    return own.length > 0 ? `must not set ${own.join(', ')}: the broker does` : undefined;
  })
  claims: Record<string, unknown> = {};

  @Description('For the grant jwt-bearer: issuer (`iss`) of the assertion. Default: `clientId`.')
  @Optional()
  @Line()
  issuer?: string;

  @Description(
    'For the grant jwt-bearer: subject (`sub`) of the assertion: the user or account that the token is for. Default: none.',
  )
  @Optional()
  @Line()
  subject?: string;

  @Description(
    'For the grant jwt-bearer: the claim that names the scopes, in place of the parameter `scope`: `scope` for Google and DocuSign.',
  )
  @Optional()
  @Line()
  scopeClaim?: string;
}
