import type { ChangeLog } from './change-log.ts'
import type { StoredRecord } from './envelope.ts'
import { comparedFrom } from './outbox.ts'

/** Records without the events that are in the log already, where they have many. */
export type WithoutDrained = (records: StoredRecord[]) => StoredRecord[] | Promise<StoredRecord[]>

const hasMany = ({ _out }: StoredRecord): boolean => _out !== undefined && _out.events.length >= comparedFrom

/**
 * Compares long outboxes with the log. A document that is written again and again is always read before the drain clears
 * it, so each write would carry all earlier events; one query for every {@link comparedFrom} writes ends that.
 */
export function withoutDrained(log: Pick<ChangeLog, 'known'>): WithoutDrained {
  return (records) => {
    const long = records.filter(hasMany)
    return long.length === 0 ? records : compare(records, long, log)
  }
}

async function compare(
  records: readonly StoredRecord[],
  long: readonly StoredRecord[],
  log: Pick<ChangeLog, 'known'>,
): Promise<StoredRecord[]> {
  const events = long.flatMap(({ _out }) => _out?.events.map(({ id }) => id) ?? [])
  const known = await log.known(events)
  return records.map((record) => {
    if (!hasMany(record)) return record
    const { _out, ...kept } = record
    const left = _out?.events.filter(({ id }) => !known.has(id)) ?? []
    if (_out === undefined || left.length === 0) return kept
    return { ...kept, _out: { ..._out, since: Date.parse(left[0]?.at ?? ''), events: left } }
  })
}
