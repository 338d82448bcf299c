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

const limits = (
  memoryGib: number,
  vcpus: number,
  connections: number,
  connectionsActive: number,
  cursors: number,
): DatabaseLimits => ({ memoryGib, vcpus, connections, connectionsActive, cursors })

/** Classes that we deploy, smallest first. The R6G figures also apply to R6GD. */
export const databaseClasses = {
  't4g.medium': limits(4, 2, 1_000, 102, 30),
  'r6g.large': limits(16, 2, 3_400, 1_100, 450),
  'r6g.xlarge': limits(32, 4, 7_000, 2_700, 450),
  'r6g.2xlarge': limits(64, 8, 14_200, 4_500, 450),
  'r6g.4xlarge': limits(128, 16, 28_400, 4_500, 760),
  'r6g.8xlarge': limits(256, 32, 60_000, 4_500, 1_520),
  'r6g.12xlarge': limits(384, 48, 60_000, 4_500, 2_280),
  'r6g.16xlarge': limits(512, 64, 60_000, 4_500, 3_040),
} as const satisfies Readonly<Record<string, DatabaseLimits>>

export type DatabaseClass = keyof typeof databaseClasses

export const databaseClassNames = Object.keys(databaseClasses) as readonly DatabaseClass[]
