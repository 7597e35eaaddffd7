/** Of the metrics that prom-client collects of a Node.js process, those that the dashboards show. */
export const nodeMetrics = {
  cpu: 'process_cpu_seconds_total',
  eventLoopLag: 'nodejs_eventloop_lag_p99_seconds',
  garbageCollection: 'nodejs_gc_duration_seconds',
  heapUsed: 'nodejs_heap_size_used_bytes',
  openFiles: 'process_open_fds',
  residentMemory: 'process_resident_memory_bytes',
  startTime: 'process_start_time_seconds',
} as const;
