import type { Severity } from './finding.js';

export interface RedisProblem {
  severity: Severity;
  detail: string;
}

export interface RedisReport {
  /** Without user and password. */
  location: string;
  /** Seconds by which its clock is ahead of this machine's. */
  clockSkew?: number;
  /** Token requests that brokers planned there: how many were looked at, and how many of these the keys open. */
  sealed?: { seen: number; opened: number };
  problems: readonly RedisProblem[];
}
