import { plainToInstance } from 'class-transformer';
import { canonicalJson } from '#tokens/model/authorization-details.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import type { SettingsPath } from '../paths.js';
import { AllowSchema } from '../schema/consumer.js';
import { validName } from '../schema/nested.js';
import { isMapping } from '../schema/rules.js';
import { nameParticulars } from '../schema/shown-values.js';
import { validate } from '../schema/validate.js';
import type { AllowSettings } from '../settings.js';
import type { Steps } from '../slices.js';
import { checkAssigned } from './client-scopes.js';
import type { ResolvedClient } from './clients.js';

interface Policy {
  rules: readonly AllowSettings[];
  path: SettingsPath;
  isUsed: boolean;
}

/** What the clients have, and the policies: all that an entry of `allow` can refer to. */
export class AllowResolver {
  readonly #clients: ReadonlyMap<
    string,
    { scopes: ScopeSet | undefined; resources: readonly string[] | undefined }
  >;
  readonly #policies = new Map<string, Policy>();

  constructor(clients: readonly ResolvedClient[]) {
    this.#clients = new Map(
      clients.map(({ name, scopes: one, settings }) => [
        name,
        { scopes: one && one.impliedScopes.closure(one.scopes), resources: settings?.resources },
      ]),
    );
  }

  /** Checks each policy, whether consumers use it or not. */
  *resolvePolicies(policies: unknown, path: SettingsPath): Steps<void> {
    for (const [name, entries] of Object.entries(isMapping(policies) ? policies : {})) {
      yield;
      const here = path.key(name);
      if (!validName.test(name)) {
        here.fault(
          'must be named by 1 to 63 letters, digits, ".", "_" and "-", with a letter or digit first',
        );
      }
      const rules = Array.isArray(entries) ? this.#policyRules(name, entries, here) : [];
      if (rules.length === 0 && here.isValid) here.fault('must be a list of at least one mapping');
      this.#policies.set(name, { rules, path: here, isUsed: false });
    }
  }

  /** The entries of a consumer, with those of policies in place of their names. */
  resolve(allow: readonly AllowSchema[], path: SettingsPath): readonly AllowSettings[] {
    if (!path.isValid) return [];
    return Object.freeze(
      allow.flatMap((entry, index) => {
        const here = path.item(index);
        return entry.policy === undefined
          ? this.#rule(entry, here, ['allow', index])
          : this.#policy(entry, entry.policy, here);
      }),
    );
  }

  warnOfUnused(): void {
    for (const { path, isUsed } of this.#policies.values())
      if (!isUsed && path.isValid) path.warn('is used by no consumer');
  }

  #policy(entry: AllowSchema, name: string, here: SettingsPath): readonly AllowSettings[] {
    const policy = this.#policies.get(name);
    const { client, scopes, resources, authorizationDetails } = entry;
    if (client !== undefined || scopes !== undefined || resources || authorizationDetails.length > 0) {
      here.key('policy').fault('must stand alone: what it gives is in `policies`');
    }
    if (policy === undefined) {
      const particulars = nameParticulars(name, this.#policies.keys());
      here.key('policy').fault('must be a name in `policies`', particulars);
      return [];
    }
    policy.isUsed = true;
    return policy.rules;
  }

  #policyRules(name: string, entries: readonly unknown[], path: SettingsPath): readonly AllowSettings[] {
    return entries.flatMap((entry, index) => {
      const here = path.item(index);
      if (!isMapping(entry)) {
        here.fault('must be a mapping');
        return [];
      }
      const schema = plainToInstance(AllowSchema, entry);
      if (schema.policy !== undefined) here.key('policy').fault('must not stand in a policy');
      validate(schema, here);
      return here.isValid ? this.#rule(schema, here, ['policies', name, index]) : [];
    });
  }

  #rule(schema: AllowSchema, here: SettingsPath, place: AllowSettings['place']): AllowSettings[] {
    this.#check(schema, here);
    const { client, scopes, authorizationDetails, resources } = schema;
    return [
      Object.freeze({
        client,
        scopes: ScopeSet.of(scopes),
        place: Object.freeze(place),
        ...(resources && { resources: Object.freeze(resources) }),
        ...(authorizationDetails.length > 0 && {
          authorizationDetails: Object.freeze(authorizationDetails.map(canonicalJson)),
        }),
      }),
    ];
  }

  #check({ client, scopes, resources = [] }: AllowSchema, here: SettingsPath): void {
    if (this.#clients.size === 0) return;
    const known = this.#clients.get(client);
    if (known === undefined) {
      here.key('client').fault('must be a name in `clients`', nameParticulars(client, this.#clients.keys()));
      return;
    }
    if (known.scopes) checkAssigned(scopes, known.scopes, (number) => here.key('scopes').item(number));
    if (known.resources === undefined) return;
    for (const [number, resource] of resources.entries()) {
      if (known.resources.includes(resource)) continue;
      here
        .key('resources')
        .item(number)
        .fault("must be one of the client's `resources`", nameParticulars(resource, known.resources));
    }
  }
}

/** `allow[0]`, `policies.readers[0]`. */
export function ruleName(place: AllowSettings['place']): string {
  return place.map((key, n) => (typeof key === 'number' ? `[${key}]` : n === 0 ? key : `.${key}`)).join('');
}
