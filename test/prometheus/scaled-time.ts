/** A day takes half a minute. */
const factor = 2 * 24 * 60;

/** Seconds: six scrapes. Over less there is no rate, and one scrape that comes late would count for too much. */
const least = 6;

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A duration such as `5m` in seconds of the time in which a day takes half a minute. */
export function scaled(duration: string): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  if (amount === undefined) throw new Error(`${duration} is no duration`);
  return Math.max(least, Math.round((Number(amount) * seconds[unit!]!) / factor));
}

/** The same rules where a day takes half a minute: windows, `for`, and thresholds of metrics in seconds. */
export function inScaledTime(rules: string): string {
  return rules
    .replaceAll(/\[(\d+[smhd])\]/g, (_, window: string) => `[${scaled(window)}s]`)
    .replaceAll(
      /^( +for:) (\d+[smhd])$/gm,
      (_, key: string, duration: string) => `${key} ${scaled(duration)}s`,
    )
    .replaceAll(
      /(_seconds\)) > (\d+)$/gm,
      (_, metric: string, threshold: string) => `${metric} > ${scaled(`${threshold}s`)}`,
    );
}
