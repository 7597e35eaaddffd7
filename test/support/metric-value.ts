/** The value of a series such as `up{job="a"}` in the text exposition format; undefined when it is not there. */
export function metricValue(exposition: string, series: string): number | undefined {
  const line = exposition.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}
