import { hash } from 'node:crypto'
import { type StoredUsage, type ToldUsage, usageName } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import type { CommandBounds } from '../store/command-bounds.ts'
import { readOptions } from '../store/read-options.ts'

/** Usage of a caller as it is stored. */
export type UsageRecord = StoredUsage & { readonly _id: string }

/** Adds edges' counts to the stored ones. @returns the totals, in the same order */
export type CountUsage = (told: readonly ToldUsage[]) => Promise<readonly number[]>

const timeoutMs = 2_000

/** Two edges that tell of a caller's first request at the same time: one of the two inserts fails, and then finds the other's. */
const duplicateKey = 11_000

/**
 * Counts in the database: each addition is atomic, so that reports of any number of edges through any number of processes add
 * up exactly. A report costs two commands, whatever the number of its callers.
 */
export function countUsage(db: Db, bounds: CommandBounds): CountUsage {
  const add = async (told: readonly ToldUsage[]): Promise<readonly ToldUsage[]> => {
    const updates = told.map((one) => ({
      q: { _id: idOf(one) },
      u: {
        $inc: { requests: one.requests },
        $set: { plan: one.plan },
        $setOnInsert: { caller: one.caller, month: one.month },
      },
      upsert: true,
    }))
    const command = { update: usageName, updates, ordered: false, writeConcern: { w: 'majority' } }
    const reply = await bounds.run(timeoutMs, (signal) => db.command(command, { signal }))
    const errors: readonly { readonly index: number; readonly code: number }[] = reply.writeErrors ?? []
    const other = errors.find(({ code }) => code !== duplicateKey)
    if (other !== undefined) throw new Error(`the database refuses a count: ${other.code}`)
    return errors.flatMap(({ index }) => told[index] ?? [])
  }
  return async (told) => {
    const counted = told.filter(({ requests }) => requests > 0)
    if (counted.length > 0) {
      const again = await add(counted)
      if (again.length > 0) await add(again)
    }
    const found = await bounds.run(timeoutMs, (signal) =>
      db
        .collection<UsageRecord>(usageName, { readPreference: 'primary' })
        .find({ _id: { $in: told.map(idOf) } }, { ...readOptions(timeoutMs), signal })
        .toArray(),
    )
    const totals = new Map(found.map(({ _id, requests }) => [_id, requests]))
    return told.map((one) => totals.get(idOf(one)) ?? 0)
  }
}

/** Id of a caller's month: a digest, since a subject may have characters that no path can have. */
const idOf = ({ caller, month }: ToldUsage): string =>
  `${month}-${hash('sha256', caller, 'base64url').slice(0, 22)}`
