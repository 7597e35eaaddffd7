export type PartnerType = 'whitelabel' | 'hems' | 'sales-affiliate';

interface PartnerScopes {
  scopes: readonly string[];
  /** Those without which every token request is refused. */
  requiredScopes: readonly string[];
}

const partnerTypes: Readonly<Record<PartnerType, PartnerScopes>> = {
  whitelabel: {
    scopes: [
      'api:partner',
      'create:orders',
      'role:finance-reporting',
      'role:customer-support',
      'role:application',
    ],
    requiredScopes: ['api:partner'],
  },
  hems: { scopes: ['api:partner'], requiredScopes: [] },
  'sales-affiliate': {
    scopes: ['api:partner', 'create:orders', 'role:finance-reporting'],
    requiredScopes: [],
  },
};

const includedScopes: ReadonlyMap<string, readonly string[]> = new Map([
  ['role:customer-support', ['role:finance-reporting']],
  ['role:application', ['role:customer-support', 'role:finance-reporting']],
]);

export function scopesOf(partnerType: PartnerType): PartnerScopes {
  return partnerTypes[partnerType];
}

/** The scopes and those that they include: whoever is assigned a role may ask for less. */
export function withIncluded(scopes: readonly string[]): ReadonlySet<string> {
  return new Set(scopes.flatMap((scope) => [scope, ...(includedScopes.get(scope) ?? [])]));
}

/** Every scope that this server knows. */
export const knownScopes: ReadonlySet<string> = new Set(
  Object.values(partnerTypes).flatMap((partner) => partner.scopes),
);
