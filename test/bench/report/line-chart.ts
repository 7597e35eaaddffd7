export interface Series {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  title: string;
  /** Of the axes. */
  x: string;
  y: string;
  series: readonly Series[];
}

const [width, height] = [640, 340];
const plot = { left: 64, top: 44, right: 150, bottom: 48 };

const style = `text{font:12px system-ui,sans-serif;fill:#57606a}.title{font-weight:600;font-size:14px}
.grid{stroke:#8b949e;stroke-opacity:.3}.line{fill:none;stroke-width:2}
.s0{stroke:#0969da}.s1{stroke:#bf3989}.s2{stroke:#1a7f37}
.n0{fill:#0969da}.n1{fill:#bf3989}.n2{fill:#1a7f37}
@media(prefers-color-scheme:dark){text{fill:#adbac7}.s0{stroke:#58a6ff}.s1{stroke:#f778ba}.s2{stroke:#56d364}
.n0{fill:#58a6ff}.n1{fill:#f778ba}.n2{fill:#56d364}}`;

/** Lines over logarithmic axes, on a transparent ground that may be light or dark, as SVG. At most three of them. */
export function lineChart({ title, x, y, series }: LineChart): string {
  const all = series.flatMap(({ points }) => points);
  const across = axis(
    all.map(([at]) => at),
    plot.left,
    width - plot.right,
  );
  const up = axis(
    all.map(([, at]) => at),
    height - plot.bottom,
    plot.top,
  );
  const bottom = height - plot.bottom;
  const marks = [
    ...across.ticks.map((tick) => text(across.place(tick), bottom + 18, short(tick), 'middle')),
    ...up.ticks.flatMap((tick) => [
      `<line class="grid" x1="${plot.left}" x2="${width - plot.right}" y1="${up.place(tick)}" y2="${up.place(tick)}"/>`,
      text(plot.left - 8, up.place(tick) + 4, short(tick), 'end'),
    ]),
    text((plot.left + width - plot.right) / 2, height - 10, x, 'middle'),
    text(plot.left - 48, plot.top - 12, y, 'start'),
    `<text class="title" x="16" y="18">${title}</text>`,
  ];
  const lines = series.flatMap(({ name, points }, n) =>
    line(
      name,
      n,
      points.map(([at, high]) => [across.place(at), up.place(high)]),
    ),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
<style>${style}</style>
${[...marks, ...lines].join('\n')}
</svg>
`;
}

function line(name: string, n: number, places: readonly (readonly [number, number])[]): string[] {
  const path = places.map((place) => place.join(',')).join(' ');
  const [x, y] = places.at(-1)!;
  return [
    `<polyline class="line s${n}" points="${path}"/>`,
    ...places.map(([cx, cy]) => `<circle class="n${n}" cx="${cx}" cy="${cy}" r="3"/>`),
    `<text class="n${n}" x="${x + 10}" y="${y + 4 + (n - 1) * 14}">${name}</text>`,
  ];
}

/** Powers of ten that take in all values, spread from one place to the other. */
function axis(values: readonly number[], from: number, to: number) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const place = (value: number) =>
    Math.round(from + ((Math.log10(value) - low) / (high - low)) * (to - from));
  return { place, ticks: Array.from({ length: high - low + 1 }, (_, n) => 10 ** (low + n)) };
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}

const short = (value: number): string => value.toLocaleString('en');
