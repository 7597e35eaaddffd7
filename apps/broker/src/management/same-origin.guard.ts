import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Failure } from '#tokens/model/failures.js';

/**
 * Lets no page of another site act through an operator's browser, which sends both headers automatically (Fetch Metadata;
 * RFC 6454). Programs send neither, and are let through.
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const { 'sec-fetch-site': site, origin, host } = headers;
    const isOwn = site === undefined || site === 'same-origin' || site === 'none';
    if (isOwn && (origin === undefined || hostOf(origin) === host?.toLowerCase())) return true;
    throw new Failure(
      'access_denied',
      `this request comes from a page of another site (${shown(origin ?? site)}) than ${shown(host)}; use the status page of the broker`,
    );
  }
}

const shown = (text = 'unknown'): string => JSON.stringify(String(text).slice(0, 100));

/** Undefined for `null` too, which stands for a page that does not say where it is from. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
