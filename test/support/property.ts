import fc from 'fast-check';
import { seed } from './seed.js';

// A property that fails names its seed. Only tests that use fast-check pay for loading it: it is not part of the set-up.
fc.configureGlobal({ seed });

export { fc };
