let [last, field] = [0, ''];

/** The instant as a field of a log line, `,"time":"…"` in ISO 8601; made once for all lines of a millisecond. */
export function timeField(): string {
  const now = Date.now();
  if (now !== last) [last, field] = [now, `,"time":"${new Date(now).toISOString()}"`];
  return field;
}
