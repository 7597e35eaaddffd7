import { parseJsonObject } from './json-object.js';
import { digest } from './secret.js';

/** Milliseconds for which the tokens of a client are left alone when new ones are signed by a key that is not published. */
const passedOverFor = 3_600_000;

/** Clients that are passed over, at most. */
const maxPassedOver = 100;

/** Looks at all tokens after a change: a token may have been signed by the former key just before. */
const looksAfterChange = 2;

interface Fields {
  /** A digest of the ids of all keys. */
  keys: string;
  /** How often all tokens are to be looked at. */
  looks: number;
  /** Digests of the names of clients -> Unix time in milliseconds until which they are passed over. */
  passedOver: Readonly<Record<string, number>>;
}

/** What the replicas know together of the keys that an authorization server publishes. */
export class KeySetRecord {
  private constructor(private readonly fields: Fields) {}

  /** Of none, or of what is no record: one that has seen nothing yet. */
  static parse(text = ''): KeySetRecord {
    const fields = parseJsonObject(text);
    const [keys, looks, passedOver] = ['keys', 'looks', 'passedOver'].map((name) => fields?.get(name));
    return new KeySetRecord({
      keys: typeof keys === 'string' ? keys : '',
      looks: typeof looks === 'number' ? looks : looksAfterChange,
      passedOver: Object(passedOver) as Fields['passedOver'],
    });
  }

  toString(): string {
    return JSON.stringify(this.fields);
  }

  /** Whether the tokens of all replicas have been looked at since the keys have changed. */
  get isSettled(): boolean {
    return this.fields.looks <= 0;
  }

  isPassedOver(client: string, now: number): boolean {
    return (this.fields.passedOver[digest([client])] ?? 0) > now;
  }

  /** With other keys, the tokens of all clients are looked at anew. */
  read(ids: ReadonlySet<string>): KeySetRecord {
    const keys = digest([...ids].toSorted());
    return keys === this.fields.keys
      ? this
      : new KeySetRecord({ keys, looks: looksAfterChange, passedOver: {} });
  }

  looked(): KeySetRecord {
    const { looks } = this.fields;
    return looks <= 0 ? this : new KeySetRecord({ ...this.fields, looks: looks - 1 });
  }

  passOver(client: string, now: number): KeySetRecord {
    const before = Object.entries(this.fields.passedOver).filter(([, until]) => until > now);
    const all = [...before, [digest([client]), now + passedOverFor]].slice(-maxPassedOver);
    return new KeySetRecord({ ...this.fields, passedOver: Object.fromEntries(all) as Fields['passedOver'] });
  }
}
