import { type Figure, type Goal, isMet } from './figure.js';

/** Figures as a table in Markdown. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.what,
    `${rounded(figure.value)} ${figure.unit}`.trim(),
    goalText(figure.goal),
    verdict(isMet(figure)),
  ]);
  return [['measured', 'value', 'goal', ''], ['---', '---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** Three digits that count, and no more after the point than they need. */
export function rounded(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(digits, 4) });
}

function goalText(goal: Goal | undefined): string {
  if (goal?.atLeast !== undefined) return `≥ ${rounded(goal.atLeast)}`;
  return goal?.atMost === undefined ? '' : `≤ ${rounded(goal.atMost)}`;
}

function verdict(met: boolean | undefined): string {
  if (met === undefined) return '';
  return met ? 'met' : '**missed**';
}
