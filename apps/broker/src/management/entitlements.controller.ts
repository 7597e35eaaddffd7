import { Controller, Get, Header } from '@nestjs/common';
import { ActiveSettings } from '../core/active-settings.js';
import { Needs } from './access/access.guard.js';

interface Entitled {
  consumer: string;
  client: string;
  /** Those of its tokens, with what they include. */
  scopes: string[];
}

/** Which consumers a token is for, so that an operator sees whom a failure affects. */
@Needs('viewer')
@Controller('api/entitlements')
export class EntitlementsController {
  constructor(private readonly settings: ActiveSettings) {}

  @Get()
  @Header('cache-control', 'no-store')
  entitlements(): { entitlements: Entitled[] } {
    const { settings, clients } = this.settings.active;
    const byName = new Map(clients.map(({ name, options }) => [name, options]));
    const entitlements = Object.values(settings.consumers).flatMap(({ name, allow }) =>
      allow.map(({ client, scopes }) => {
        const { impliedScopes, requiredScopes } = byName.get(client)!;
        const permitted = impliedScopes.closure(scopes.union(requiredScopes));
        return { consumer: name, client, scopes: [...permitted] };
      }),
    );
    return { entitlements };
  }
}
