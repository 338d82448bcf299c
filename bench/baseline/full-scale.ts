import { databaseClasses } from '../../infra/src/database-class.ts'

/**
 * The story at full size. One factor scales everything that runs on one machine: users and documents (bench/scenarios),
 * and every limit here. Each design gets the same database behind the same proxy.
 */
export const fullScale = {
  /** DocumentDB: the smallest class with two processors, a usual first choice. */
  database: databaseClasses['t4g.medium'],
  lambda: {
    /**
     * Maximum concurrent executions per account and region, unless AWS raises it (Lambda quotas, "Concurrent
     * executions").
     */
    concurrencyMax: 1_000,
    /** Environments that the load before the spike has started: 1,000 requests/s of 25 to 100 ms. */
    warm: 100,
    /** Timeout of a REST API of API Gateway (API Gateway quotas, "Integration timeout"). */
    gatewayTimeoutMs: 29_000,
    /**
     * The function's own timeout. A function that exceeds it loses its execution environment (Lambda developer guide).
     */
    functionTimeoutMs: 30_000,
  },
  /** Four instances, each with the driver's default pool of 100. */
  second: { instances: 4, poolSize: 100, gatewayTimeoutMs: 29_000 },
  /** Connections of all origin processes together, within the number that the class allows to be active at once. */
  spillway: { poolSize: 100 },
} as const

/** A limit at a scale: an integer of at least 1. */
export const atScale = (limit: number, scale: number): number => Math.max(1, Math.round(limit * scale))
