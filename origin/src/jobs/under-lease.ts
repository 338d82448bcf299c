import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from 'mongodb'
import { type Lease, LeaseSeeker, type LeaseTimes } from './lease.ts'

export interface UnderLeaseOptions {
  readonly db: Db
  /** Name of the lease. */
  readonly name: string
  /** Name of this process, unique among all. */
  readonly holder: string
  readonly times: LeaseTimes & {
    /** Interval at which a process without the lease tries to get it, in ms. */
    readonly pollMs: number
  }
  /** Whether what the work needs is there. */
  readonly isReady: () => boolean
  /** Called with an error that ended the work: it begins again. */
  readonly onError: (error: unknown) => void
}

/** Does work while this process has its lease, again and again, until the signal is aborted. */
export async function underLease(
  { db, name, holder, times, isReady, onError }: UnderLeaseOptions,
  work: (lease: Lease<object>) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const seeker = new LeaseSeeker({ db, name, holder, times, now: () => performance.now() })
  while (!signal.aborted) {
    try {
      const lease = isReady() ? await seeker.tryTake() : undefined
      if (lease !== undefined) await holding(lease, work)
    } catch (error) {
      if (!signal.aborted) onError(error)
    }
    await sleep(times.pollMs, undefined, { signal, ref: false }).catch(() => {})
  }
}

async function holding(lease: Lease<object>, work: (lease: Lease<object>) => Promise<void>): Promise<void> {
  try {
    await work(lease)
  } finally {
    // A lease that is not released is taken when its holder is silent.
    await lease.release().catch(() => {})
  }
}
