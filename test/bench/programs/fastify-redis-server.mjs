import { hash } from 'node:crypto';
import { fastify } from 'fastify';
import { Redis } from 'ioredis';

// What one would write at first: the key is checked, and the answer lies in Redis, ready for use.
const { redisPort, keyHash, body } = JSON.parse(process.argv[2]);
const redis = new Redis(redisPort, '127.0.0.1', { enableAutoPipelining: true });
await redis.set('token', body);

const server = fastify();
server.get('/token', async (request, reply) => {
  const [, key = ''] = request.headers.authorization?.split(' ') ?? [];
  if (`sha256:${hash('sha256', key)}` !== keyHash) return reply.code(401).send();
  void reply.headers({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    pragma: 'no-cache',
  });
  return redis.get('token');
});
process.stdout.write(`listening on ${await server.listen({ port: 0, host: '127.0.0.1' })}\n`);
