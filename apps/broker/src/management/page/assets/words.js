const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const brief = { d: 'd', h: 'h', min: 'min', s: 's' };
const spelled = { d: 'day', h: 'hour', min: 'minute', s: 'second' };

const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const otherDay = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** @param {number} ms a duration, such as `95 s`, `35 min`, `2 h 5 min`, `3 d 4 h` */
export function lasting(ms, units = brief) {
  const say = (count, unit) =>
    `${count} ${unit}${(unit.length > 3 || unit === 'day') && count !== 1 ? 's' : ''}`;
  const pair = (large, unit, small, rest) => [
    say(Math.floor(ms / large), unit),
    ...(ms % large >= small ? [say(Math.floor((ms % large) / small), rest)] : []),
  ];
  if (ms < 2 * minute) return say(Math.floor(ms / second), units.s);
  if (ms < hour) return say(Math.floor(ms / minute), units.min);
  if (ms < day) return pair(hour, units.h, minute, units.min).join(' ');
  return pair(day, units.d, hour, units.h).join(' ');
}

/**
 * An instant as seen from now: `in 35 min`, `12 s ago`, `now`.
 * @param {string} iso
 * @param {number} now milliseconds since 1970
 */
export function fromNow(iso, now, units = brief) {
  const ahead = Date.parse(iso) - now;
  if (Math.abs(ahead) < second) return 'now';
  return ahead > 0 ? `in ${lasting(ahead, units)}` : `${lasting(-ahead, units)} ago`;
}

/** For sentences, and for those who listen: `in 35 minutes`. */
export function fromNowSpelled(iso, now) {
  return fromNow(iso, now, spelled);
}

/** The time of day in the reader's time zone; to the minute and with the date when that is another day. */
export function clockTime(iso, now) {
  const at = new Date(iso);
  const isToday = at.toDateString() === new Date(now).toDateString();
  return (isToday ? timeOfDay : otherDay).format(at);
}

/** `21:05:12, in 25 seconds` */
export function clockAndFromNow(iso, now) {
  return `${clockTime(iso, now)}, ${fromNowSpelled(iso, now)}`;
}

/** Such as `Europe/Berlin (GMT+01:00)`. */
export function timeZone() {
  const { timeZone: name } = timeOfDay.resolvedOptions();
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'longOffset' }).formatToParts();
  return `${name} (${parts.find(({ type }) => type === 'timeZoneName').value})`;
}

/** @param {number} count */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
}

/** A text of another program as a sentence: with a capital and a full stop. */
export function asSentence(words) {
  const trimmed = words.trim();
  const begun = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
