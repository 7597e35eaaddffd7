/** One line of the table. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  goal?: Goal;
}

/** One of them. */
export interface Goal {
  atLeast?: number;
  atMost?: number;
}

/** Undefined when there is nothing to reach. */
export function isMet({ value, goal }: Figure): boolean | undefined {
  if (goal === undefined) return undefined;
  return value >= (goal.atLeast ?? -Infinity) && value <= (goal.atMost ?? Infinity);
}
