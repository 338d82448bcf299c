import type { BatchItem } from './batch-item.ts'
import { type Fate, fateOf } from './database-error.ts'
import type { StoredRecord } from './envelope.ts'
import type { NotDone } from './repository.ts'

/** `undefined` if no record has the id. */
export type FindOutcome = { readonly kind: 'record'; readonly record: StoredRecord | undefined } | NotDone

export type ListingOutcome = { readonly kind: 'records'; readonly records: readonly StoredRecord[] } | NotDone

export type TallyOutcome = { readonly kind: 'tally'; readonly value: number } | NotDone

export type Find = (ids: readonly string[], timeoutMs: number) => Promise<readonly StoredRecord[]>

type FindItem = BatchItem<string, FindOutcome>

/** Outcome of a failed query. */
const failures: Readonly<Record<Exclude<Fate, 'refused'>, NotDone>> = {
  notSent: { kind: 'notDone', reason: 'unavailable' },
  crowded: { kind: 'notDone', reason: 'busy' },
  lost: { kind: 'notDone', reason: 'unavailable' },
  timedOut: { kind: 'notDone', reason: 'deadline' },
}
const absent: FindOutcome = { kind: 'record', record: undefined }

/**
 * Finds a batch of ids with one query. If the database refuses the query, each half is queried alone, so that one
 * unreadable item does not fail the others.
 */
export async function settleFinds(batch: readonly FindItem[], find: Find, now: () => number): Promise<void> {
  const timeoutMs = timeLeft(batch, now())
  try {
    const records = await find(
      batch.map(({ value }) => value),
      timeoutMs,
    )
    const byId = new Map(records.map((record) => [record._id, record]))
    for (const item of batch) {
      const record = byId.get(item.value)
      item.settle(record === undefined ? absent : { kind: 'record', record })
    }
  } catch (error) {
    const fate = fateOf(error)
    if (fate !== 'refused') {
      for (const item of batch) item.settle(failures[fate])
    } else if (batch.length === 1) {
      batch[0]?.fail(error)
    } else {
      const middle = batch.length >> 1
      await settleFinds(batch.slice(0, middle), find, now)
      await settleFinds(batch.slice(middle), find, now)
    }
  }
}

/** Settles one list, or one count. */
export async function settleListing<Outcome>(
  item: BatchItem<unknown, Outcome | NotDone>,
  ask: (timeoutMs: number) => Promise<Outcome>,
  now: () => number,
): Promise<void> {
  try {
    item.settle(await ask(timeLeft([item], now())))
  } catch (error) {
    const fate = fateOf(error)
    if (fate === 'refused') item.fail(error)
    else item.settle(failures[fate])
  }
}

/** Time until the latest deadline in the batch: a query is useful until then. */
const timeLeft = (batch: readonly { readonly deadline: number }[], now: number): number =>
  Math.max(1, Math.max(...batch.map(({ deadline }) => deadline)) - now)
