import type { States } from './panels.js';

export const clientStates: States = {
  0: { text: 'fine', color: 'green' },
  1: { text: 'cooling down', color: 'orange' },
  2: { text: 'credential refused', color: 'red' },
};

export const trialStates: States = {
  0: { text: 'on trial', color: 'orange' },
  1: { text: 'refused', color: 'red' },
};

export const tokenStates: States = {
  0: { text: 'fresh', color: 'green' },
  1: { text: 'due for renewal', color: 'yellow' },
  2: { text: 'expires soon', color: 'red' },
};

export const upOrDown: States = {
  0: { text: 'down', color: 'red' },
  1: { text: 'up', color: 'green' },
};

export const takenOrRefused: States = {
  0: { text: 'change refused', color: 'red' },
  1: { text: 'in force', color: 'green' },
};
