import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Authentication } from './authentication.js';

/** Lets nobody in whose credential is not known. Leaves the consumer in the exchange. */
@Injectable()
export class ConsumerGuard implements CanActivate {
  constructor(private readonly authentication: Authentication) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { exchange, raw } = context.switchToHttp().getRequest<FastifyRequest>();
    // Joined, several are no credential: what stands in front of the broker may have looked at another one than we would.
    exchange.consumer = await this.authentication.consumer(raw.headersDistinct['authorization']?.join(', '));
    return true;
  }
}
