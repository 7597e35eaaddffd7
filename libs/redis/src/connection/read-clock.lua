-- A script with a key, and not a plain TIME: in a Cluster every replica must ask the same node.
return redis.call('TIME')
