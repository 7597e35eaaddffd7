/** Claims that say whose a token is, and how many segments of each have to be written out. */
type Tenancy = Readonly<Record<string, number>>;

interface IssuerPreset {
  /** Undefined: each account, tenant or trust domain has its own. */
  issuer?: string;
  /** Where to find that. */
  hint?: string;
  /** Of issuers that serve everybody: a rule without any of these would accept tokens of strangers. */
  tenancy?: Tenancy;
}

/** Issuers by the platform that signs the tokens. */
export const issuerPresets = {
  // https://docs.github.com/actions/reference/security/oidc
  'github-actions': {
    issuer: 'https://token.actions.githubusercontent.com',
    tenancy: {
      repository: 1,
      repository_id: 1,
      repository_owner: 1,
      repository_owner_id: 1,
      job_workflow_ref: 1,
      sub: 2,
    },
  },
  // https://docs.gitlab.com/ci/secrets/id_token_authentication/
  gitlab: {
    issuer: 'https://gitlab.com',
    tenancy: { namespace_path: 1, namespace_id: 1, project_path: 1, project_id: 1, sub: 2 },
  },
  // https://docs.cloud.google.com/compute/docs/instances/verifying-instance-identity
  google: { issuer: 'https://accounts.google.com', tenancy: { sub: 1, email: 1, hd: 1, azp: 1 } },
  // https://buildkite.com/docs/agent/cli/reference/oidc
  buildkite: {
    issuer: 'https://agent.buildkite.com',
    tenancy: { organization_slug: 1, organization_id: 1, pipeline_id: 1, sub: 2 },
  },
  aws: {
    hint: 'that of the account, as `aws iam get-outbound-web-identity-federation-info` prints it, or that of the EKS cluster',
  },
  azure: { hint: 'https://login.microsoftonline.com/TENANT/v2.0, or https://sts.windows.net/TENANT/' },
  spire: { hint: 'the jwt_issuer of the SPIRE server' },
} as const satisfies Record<string, IssuerPreset>;

export type PresetName = keyof typeof issuerPresets;

export const presetNames = Object.keys(issuerPresets) as PresetName[];

export function presetOf(name: PresetName): IssuerPreset {
  return issuerPresets[name];
}

/** Of an issuer that serves anyone, whether a preset names it or not. */
export function tenancyOf(issuer: string, preset: PresetName | undefined): Tenancy | undefined {
  const known = preset ?? presetNames.find((name) => presetOf(name).issuer === issuer);
  return known && presetOf(known).tenancy;
}
