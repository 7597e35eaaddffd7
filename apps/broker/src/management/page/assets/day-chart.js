import { setAttribute } from './element.js';
import { clockTime, counted } from './words.js';

const svg = 'http://www.w3.org/2000/svg';
const period = 1_800_000;
const periods = 48;
/** Of the picture: each lane of renewals and failures, and what one half hour is wide. */
const lane = 8;
const width = 4;
/** A half hour with so many has a bar of full height. */
const full = 4;

/** The renewals (up) and failures (down) of a token in the last 24 hours, by the half hour. */
export class DayChart {
  #renewed = drawn('path', { class: 'renewed' });
  #failed = drawn('path', { class: 'failed' });
  element = drawn('svg', {
    class: 'day',
    role: 'img',
    viewBox: `0 0 ${periods * width} ${2 * lane}`,
    preserveAspectRatio: 'none',
  });

  constructor() {
    const line = drawn('path', { class: 'base', d: `M0 ${lane}h${periods * width}` });
    this.element.append(line, this.#renewed, this.#failed);
  }

  update(day, now) {
    const first = Math.floor(now / period) - periods + 1;
    const bars = (name, sign) =>
      (day ?? [])
        .filter((one) => one[name] > 0)
        .map(({ from, [name]: count }) => {
          const height = Math.ceil((lane * Math.min(count, full)) / full);
          const x = (Math.round(Date.parse(from) / period) - first) * width;
          return x < 0 ? '' : `M${x + 0.5} ${lane}v${sign * height}h${width - 1}v${-sign * height}z`;
        })
        .join('');
    setAttribute(this.#renewed, 'd', bars('renewed', -1));
    setAttribute(this.#failed, 'd', bars('failed', 1));
    setAttribute(this.element, 'aria-label', daySentence(day, now));
  }
}

/** The chart in words. */
export function daySentence(day, now) {
  if (day === undefined) return 'The last 24 hours are being loaded';
  const sum = (name) => day.reduce((total, one) => total + one[name], 0);
  const [renewed, failed] = [sum('renewed'), sum('failed')];
  const last = day.findLast((one) => one.failed > 0);
  const when = last && `, the last after ${clockTime(last.from, now)}`;
  return `Last 24 hours: ${counted(renewed, 'renewal')}, ${counted(failed, 'failed attempt')}${when ?? ''}`;
}

function drawn(name, attributes) {
  const made = document.createElementNS(svg, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
