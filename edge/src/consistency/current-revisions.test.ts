import { describe, expect, it } from 'vitest'
import { CurrentRevisions, holdMs } from './current-revisions.ts'

const view = 'places@v2'
const old = { revision: 'old', sinceMs: 1_000 }
const next = { revision: 'next', sinceMs: 2_000 }
const current = { kind: 'current' }
const outdated = { kind: 'outdated' }

/** Results of answers that arrive one second apart. */
function hear(...told: readonly { revision: string; sinceMs: number }[]) {
  const revisions = new CurrentRevisions()
  return told.map((one, index) => revisions.observe(view, one, index * 1_000))
}

describe('revisions reported by origins', () => {
  it('the first reported revision is current', () => {
    expect(hear(old, old)).toEqual([current, current])
  })

  it("a newer process's revision replaces the previous one", () => {
    expect(hear(old, next, next)).toEqual([current, { kind: 'changed', before: 'old' }, current])
  })

  it("an old process's revision is outdated, whichever reported first", () => {
    expect(hear(old, next, old, next, old).slice(2)).toEqual([outdated, current, outdated])
    expect(hear(next, old, next)).toEqual([current, outdated, current])
  })

  it('a rollback wins, since its processes are newer', () => {
    const back = { ...old, sinceMs: 3_000 }
    expect(hear(old, next, back, next).slice(2)).toEqual([{ kind: 'changed', before: 'next' }, outdated])
  })

  it('a restarted process of the same revision changes only the order', () => {
    const again = { ...next, sinceMs: 5_000 }
    expect(hear(next, again, { ...old, sinceMs: 4_000 })).toEqual([current, current, outdated])
  })

  it('a revision that is no longer reported gives way to a reported one', () => {
    const revisions = new CurrentRevisions()
    const restarted = { ...old, sinceMs: 3_000 }
    revisions.observe(view, next, 0)
    expect(revisions.observe(view, restarted, 1)).toEqual({ kind: 'changed', before: 'next' })
    expect(revisions.observe(view, next, holdMs)).toEqual(outdated)
    expect(revisions.observe(view, next, holdMs + 1)).toEqual({ kind: 'changed', before: 'old' })
  })

  it('tracks each version of each resource separately', () => {
    const revisions = new CurrentRevisions()
    revisions.observe(view, next, 0)
    expect(revisions.observe('places@v1', old, 0)).toEqual(current)
    expect(revisions.observe(view, next, 0)).toEqual(current)
  })
})
