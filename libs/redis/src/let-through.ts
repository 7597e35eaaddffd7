import type { CooldownRecord } from './cooldown-record.js';
import type { CooldownChange, CooldownSlots, FailedBefore } from './cooldown-slots.js';

interface ProbeStart extends CooldownChange {
  from: CooldownRecord;
}

/**
 * Makes the caller's the one attempt for all that have failed, until this instant; tells whether nobody else was
 * faster. Slot by slot, the client's first: that one is contended, a request's hardly, since whoever asks holds its lock.
 */
export async function letThrough(
  slots: CooldownSlots,
  failed: readonly FailedBefore[],
  until: number,
): Promise<boolean> {
  const starts = failed.map(({ target, record }): ProbeStart => {
    return { target, from: record, to: { ...record, probing: true, until } };
  });
  const bySlot = Map.groupBy(starts.toReversed(), ({ target }) => slots.slotOf(target));
  const made: ProbeStart[][] = [];
  for (const some of bySlot.values()) {
    if (!(await slots.replace(some))) {
      await Promise.all(made.map((one) => slots.replace(one.map(undone))));
      return false;
    }
    made.push(some);
  }
  return true;
}

function undone({ target, from, to }: ProbeStart): ProbeStart {
  return { target, from: to, to: from };
}
