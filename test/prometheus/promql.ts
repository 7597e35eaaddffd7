/** A metric in a query, and the labels that its series are chosen by. */
export interface Use {
  metric: string;
  labels: string[];
}

const keywords = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);
const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;

/** The metrics of a query, with the labels in braces. */
export function usesIn(query: string): Use[] {
  const bare = withoutTexts(query).replaceAll(grouping, '');
  const found = bare.matchAll(/(?<![\w:.])([a-zA-Z_:][\w:]*)(?:\{([^}]*)\})?(?![\w:]|\s*\()/g);
  return [...found]
    .filter(([, name]) => !keywords.has(name!.toLowerCase()))
    .map(([, metric, braces = '']) => ({ metric: metric!, labels: names(braces) }));
}

/** The labels that a query groups and matches by. */
export function groupedBy(query: string): string[] {
  return [...withoutTexts(query).matchAll(grouping)].flatMap(([, list]) => names(list!));
}

/** Without what is quoted, durations and the variables of Grafana. */
function withoutTexts(query: string): string {
  return query.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').replaceAll(/\[[^\]]*\]/g, '');
}

function names(list: string): string[] {
  return [...list.matchAll(/([a-zA-Z_]\w*)/g)].map(([, name]) => name!);
}
