import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take the longest: half a minute and more on two cores. */
const longest = [
  'test/bench/bench.test.ts',
  'test/chaos/redis-outage.test.ts',
  'test/abuse/soak.test.ts',
  'test/chaos/topologies.test.ts',
  'test/prometheus/rules.test.ts',
  'test/chaos/connections.test.ts',
  'test/page/status-page.test.ts',
  'test/chaos/rolling-upgrade.test.ts',
  'test/page/accessibility.test.ts',
  'test/simulation/quota.test.ts',
  'test/redis/redis-connections.test.ts',
  'test/abuse/fuzz/fuzz.test.ts',
];

/**
 * Starts the longest files first, then those that start processes, then unit tests: a long file that starts last keeps
 * one worker busy while the others have nothing left. Vitest knows how long files take only where it has run before.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- vitest's own, which sorts no array in place
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one.moduleId) - rank(other.moduleId));
  }
}

function rank(file: string): number {
  const place = longest.findIndex((name) => file.endsWith(name));
  if (place !== -1) return place;
  return file.includes('/test/') ? longest.length : longest.length + 1;
}
