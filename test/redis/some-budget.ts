import { RedisQuotas } from '#redis/budget/redis-quotas.js';
import {
  RedisTokenRequestBudget,
  ResilientTokenRequestBudget,
} from '#redis/budget/redis-token-request-budget.js';
import { MemoryTokenRequestBudget } from '#tokens/memory/memory-token-request-budget.js';
import type { SomeRedisParts } from './some-redis-parts.js';

/** The budget of one of three replicas, which fails with Redis. */
export function budgetOn(parts: SomeRedisParts): RedisTokenRequestBudget {
  return new RedisTokenRequestBudget(parts, new RedisQuotas(parts, () => 3));
}

/** The budget of one of some replicas, as the broker has it. */
/** @param replicas how many there are, as far as it knows */
export function resilientBudgetOn(parts: SomeRedisParts, replicas: () => number | undefined = () => 3) {
  const quotas = new RedisQuotas(parts, replicas);
  const failed: string[] = [];
  const budget = new ResilientTokenRequestBudget(
    new RedisTokenRequestBudget(parts, quotas),
    new MemoryTokenRequestBudget(parts.clock, quotas),
    (operation) => failed.push(operation),
  );
  return { budget, quotas, failed, parts };
}
