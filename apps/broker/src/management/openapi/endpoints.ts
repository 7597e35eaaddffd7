import type { OpenApiDocument, Operation } from './openapi.js';

/** A path, and what it does whatever the method. */
export interface Endpoint {
  path: string;
  methods: readonly string[];
  operation: Operation;
}

export function endpointsOf({ paths }: OpenApiDocument): Endpoint[] {
  return Object.entries(paths).map(([path, item]) => ({
    path,
    methods: Object.keys(item).map((method) => method.toUpperCase()),
    operation: widest(Object.values(item)),
  }));
}

/** Those of one path differ in what their method leaves out: the one with the most answers, body and all, tells all. */
function widest(operations: readonly Operation[]): Operation {
  const [main] = operations as [Operation];
  const most = operations.toSorted(
    (a, b) => Object.keys(b.responses).length - Object.keys(a.responses).length,
  );
  return { ...most[0]!, operationId: main.operationId, 'x-codeSamples': main['x-codeSamples'] };
}
