/**
 * Limits of one DocumentDB instance, by class.
 *
 * Source: Amazon DocumentDB Developer Guide, "Quotas and limits", section "Instance limits"
 * (docs.aws.amazon.com/documentdb/latest/developerguide/limits.html#limits.instance), as published in late 2025 and
 * read from a copy on 2026-11-24. CloudWatch shows the limit of a running instance as `DatabaseConnectionsLimit`.
 * vCPU counts: the same guide, "Instance class specifications".
 */
export interface DatabaseLimits {
  /** Open connections, idle ones included. */
  readonly connections: number
  /** Connections with an operation in progress; the budget uses this limit. */
  readonly connectionsActive: number
  readonly cursors: number
  readonly vcpus: number
  readonly memoryGib: number
}

/** Classes that we deploy, smallest first. The R6G figures also apply to R6GD. */
export const databaseClasses = {
  't4g.medium': { memoryGib: 4, vcpus: 2, connections: 1_000, connectionsActive: 102, cursors: 30 },
  'r6g.large': { memoryGib: 16, vcpus: 2, connections: 3_400, connectionsActive: 1_100, cursors: 450 },
  'r6g.xlarge': { memoryGib: 32, vcpus: 4, connections: 7_000, connectionsActive: 2_700, cursors: 450 },
  'r6g.2xlarge': { memoryGib: 64, vcpus: 8, connections: 14_200, connectionsActive: 4_500, cursors: 450 },
  'r6g.4xlarge': { memoryGib: 128, vcpus: 16, connections: 28_400, connectionsActive: 4_500, cursors: 760 },
  'r6g.8xlarge': { memoryGib: 256, vcpus: 32, connections: 60_000, connectionsActive: 4_500, cursors: 1_520 },
  'r6g.12xlarge': {
    memoryGib: 384,
    vcpus: 48,
    connections: 60_000,
    connectionsActive: 4_500,
    cursors: 2_280,
  },
  'r6g.16xlarge': {
    memoryGib: 512,
    vcpus: 64,
    connections: 60_000,
    connectionsActive: 4_500,
    cursors: 3_040,
  },
} as const satisfies Readonly<Record<string, DatabaseLimits>>

export type DatabaseClass = keyof typeof databaseClasses

/** The cast is safe: the object has only these keys. */
export const databaseClassNames = Object.keys(databaseClasses) as readonly DatabaseClass[]
