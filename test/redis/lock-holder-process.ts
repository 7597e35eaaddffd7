import { ScopeSet } from '#tokens/model/scope-set.js';
import { leaseOf } from '#test/leases.js';
import { someClient } from '#test/the.js';
import { ReplicaLock } from './some-locks.js';

// Takes the lock of a request and holds it until it is lost: node lock-holder-process.ts <url of Redis> <scopes>
const [, , url, scopes] = process.argv;
const replica = await ReplicaLock.start({ url: url! });
const lease = await leaseOf(replica.lock.acquire(someClient().request(ScopeSet.parse(scopes!))));
process.stdout.write(`generation ${lease.generation}\n`);
lease.signal?.addEventListener('abort', () => process.stdout.write('lost\n'));
