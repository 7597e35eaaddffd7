import { IsProxy, type ProxySchema } from './proxy.js';
import { IsIn } from 'class-validator';
import { isClaimPattern } from '#consumers/claim-pattern.js';
import { type PresetName, presetNames } from '../issuer-presets.js';
import { Check, Description, HttpsUrl, isMapping, Line, Optional, Required, Text } from './rules.js';
import { IsTextOrFile, type TextOrFile } from './text-or-file.js';

/** What stands for a claim: text or a pattern, a number or a boolean, a list of these, or a mapping for a claim that is one. */
export type ClaimSetting = string | number | boolean | ClaimSetting[] | { [name: string]: ClaimSetting };

const maxClaimDepth = 4;

function claimsFault(value: unknown, depth = 0): string | undefined {
  if (!isMapping(value) || Object.keys(value).length === 0)
    return 'must be a mapping with at least one claim';
  if (depth === maxClaimDepth) return 'is nested too deeply';
  for (const expected of Object.values(value)) {
    const fault = isMapping(expected) ? claimsFault(expected, depth + 1) : claimFault(expected);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function claimFault(value: unknown): string | undefined {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  const areValues = all.every((one) => ['string', 'number', 'boolean'].includes(typeof one));
  if (all.length === 0 || !areValues) return 'must have text, a list of texts or a mapping for each claim';
  if (all.some((one) => typeof one === 'number' && !Number.isSafeInteger(one))) {
    return 'must have numbers of more than 15 digits, or with fractions, in quotes';
  }
  return all.every((one) => isClaimPattern(String(one)))
    ? undefined
    : 'must have at most one * in each part between / and :, and no empty text';
}

@Description('A workload that authenticates by a JWT, such as that of a Kubernetes service account.', {
  oneOf: [{ required: ['subject'] }, { required: ['claims'] }],
})
export class WorkloadSchema {
  @Description('Name of the issuer in `workloadIssuers`.')
  @Required()
  @Line()
  issuer!: string;

  @Description('The claim `sub` of its JWTs, as it is.', {
    examples: ['system:serviceaccount:finance:report'],
  })
  @Optional()
  @Line()
  subject?: string;

  @Description(
    'Instead of `subject`: claims of its JWTs, which all have to fit. A list means any of them; * stands for one character or more between two of / and :.',
    { examples: [{ repository: 'acme/*', ref: 'refs/heads/main' }] },
  )
  @Optional()
  @Check({ type: 'object', minProperties: 1 }, (value) => claimsFault(value))
  claims?: { [name: string]: ClaimSetting };
}

@Description('A client certificate, by one of its names.', {
  oneOf: [{ required: ['spiffeId'] }, { required: ['san'] }, { required: ['subject'] }],
})
export class CertificateSchema {
  @Description('Its SPIFFE ID; * stands for one character or more between two slashes.', {
    examples: ['spiffe://acme.example/ns/finance/sa/report'],
  })
  @Optional()
  @Text(
    /^spiffe:\/\/[^\s*/]+(\/[^\s*/]*\*?[^\s*/]*)+$/,
    'must be spiffe://, a trust domain without *, and a path',
  )
  spiffeId?: string;

  @Description('One of its subject alternative names: a DNS name, URI, e-mail or IP address, as it is.')
  @Optional()
  @Line()
  san?: string;

  @Description('Its subject as RFC 4514 writes it, the most particular part first.', {
    examples: ['CN=report,O=Example'],
  })
  @Optional()
  @Line()
  subject?: string;
}

@Description('Who issues the JWTs by which workloads authenticate.', {
  anyOf: [{ required: ['issuer'] }, { required: ['preset'] }],
})
export class WorkloadIssuerSchema {
  @Description(
    'The platform that signs the JWTs. It knows the issuer of github-actions, gitlab, google and buildkite, and that their rules have to name whose tokens are accepted.',
  )
  @Optional()
  @IsIn(presetNames, { message: `must be one of ${presetNames.join(', ')}` })
  preset?: PresetName;

  @Description('The claim `iss` of its JWTs.', { examples: ['https://kubernetes.default.svc'] })
  @Optional()
  @HttpsUrl({ query: false })
  issuer?: string;

  @Description('What the claim `aud` of a JWT for this broker holds.', { examples: ['token-broker'] })
  @Required()
  @Line()
  audience!: string;

  @Description("Where its keys are. Default: as in the issuer's /.well-known/openid-configuration.")
  @Optional()
  @HttpsUrl()
  jwksUri?: string;

  @Description('Certificates of the authorities to trust for fetching the keys, PEM.', {
    examples: [{ file: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' }],
  })
  @Optional()
  @IsTextOrFile()
  ca?: TextOrFile;

  @Description('HTTP proxy by which the keys are fetched. Default: as at the top level.')
  @Optional()
  @IsProxy()
  proxy?: ProxySchema;

  @Description('Bearer token for fetching the keys.', {
    examples: [{ file: '/var/run/secrets/kubernetes.io/serviceaccount/token' }],
  })
  @Optional()
  @IsTextOrFile()
  bearerToken?: TextOrFile;
}
