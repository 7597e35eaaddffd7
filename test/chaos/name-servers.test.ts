import { beforeAll, describe, expect, it } from 'vitest';
import { runInOwnNetwork } from '#test/own-network.js';

interface BesideHanging {
  /** Of what was asked for. */
  status: number;
  /** How many of the others were answered before. */
  answeredBefore: number;
  /** Statuses of the others. */
  hanging: number[];
}

export interface NamesReport {
  hanging: BesideHanging;
  silentFirst: number;
  ipv6WithoutRoute: number;
  redisHangs: BesideHanging;
  redisSilentFirst: string;
  moved: number;
  down: number[];
}

const besideEight = { status: 200, answeredBefore: 0, hanging: Array(8).fill(503) };

describe('a broker in a network', () => {
  let report: NamesReport;

  beforeAll(async () => {
    report = await runInOwnNetwork(new URL('name-servers-process.ts', import.meta.url).pathname);
  }, 120_000);

  it('whose name server never answers for the hosts of eight clients serves the ninth meanwhile', () => {
    expect(report.hanging).toEqual(besideEight);
  });

  it('whose name server never answers for Redis and its lock nodes either serves alone meanwhile', () => {
    expect(report.redisHangs).toEqual(besideEight);
  });

  it('where the first address of an authorization server is silent connects to the second', () => {
    expect(report.silentFirst).toBe(200);
  });

  it('without a route to the IPv6 address of an authorization server connects by IPv4', () => {
    expect(report.ipv6WithoutRoute).toBe(200);
  });

  it('where the first address of Redis is silent shares tokens by the second', () => {
    expect(report.redisSilentFirst).toBe('in Redis');
  });

  it('where an authorization server moves to another address follows it', () => {
    expect(report.moved).toBe(1);
  });

  it('whose name server falls silent or fails uses the addresses that it knows', () => {
    expect(report.down).toEqual([200, 200]);
  });
});
