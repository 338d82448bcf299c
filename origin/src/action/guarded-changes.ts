import type { Parsed, Principal, Resource } from '@spillway/origin/contract'
import type { AskGuards } from '../resource/guarding.ts'
import { documentName, earlier, mergeRequired } from '../resource/merge-required.ts'
import type { Change } from '../store/commit.ts'
import type { Call, Unchanged } from '../store/repository.ts'
import type { Work } from './work.ts'

export interface GuardedOptions {
  /** Guards of a resource, combined; `undefined` if it has none. */
  readonly guardsOf: (resource: Resource) => AskGuards | undefined
  readonly principal: Principal | undefined
  /** Milliseconds since the epoch. */
  readonly nowMs: number
  readonly call: Call
}

/**
 * Asks the guards of all written documents. @returns the changes, with the documents that the guards require unchanged
 */
export async function askGuardsOfWrites(
  work: Work,
  { guardsOf, principal, nowMs, call }: GuardedOptions,
): Promise<Parsed<readonly Change[]>> {
  const required: Unchanged[] = []
  const changes = work.changes()
  for (const change of changes) {
    const ask = change.kind === 'unchanged' ? undefined : guardsOf(change.resource)
    if (ask === undefined) continue
    const verdict = await ask({
      resource: change.resource,
      id: 'current' in change ? change.current.id : undefined,
      fields: 'fields' in change ? change.fields : undefined,
      before: 'current' in change ? change.current.fields : undefined,
      operation: change.kind === 'restore' ? 'restore' : 'action',
      principal,
      nowMs,
      call,
      seen: (resource, id) => work.seen(resource, id),
    })
    if (!verdict.ok) return verdict
    required.push(...verdict.value)
  }
  const left = new Map(mergeRequired(required).map((one) => [documentName(one), one]))
  const merged = changes.map((change) => {
    const name = 'current' in change ? documentName(change) : ''
    const asked = left.get(name)
    if (asked === undefined || !('current' in change)) return change
    left.delete(name)
    return earlier(change, asked)
  })
  return { ok: true, value: [...merged, ...[...left.values()].map(unchanged)] }
}

const unchanged = (one: Unchanged): Change => ({ kind: 'unchanged', ...one })
