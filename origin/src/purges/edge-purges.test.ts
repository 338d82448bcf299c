import { purgeCall } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { EdgePurges } from './edge-purges.ts'
import type { PurgeObservation } from './purges.ts'

/** Purges whose calls are answered by hand. @param sleep @default no pauses */
function handAnswered(sleep: (timeMs: number) => Promise<void> = async () => {}) {
  const calls: { readonly tags: readonly string[]; readonly answer: (reason?: string) => void }[] = []
  const observed: PurgeObservation[] = []
  const purges = new EdgePurges({
    send: (tags) => new Promise((answer) => calls.push({ tags, answer })),
    observe: (observation) => void observed.push(observation),
    sleep,
  })
  return { purges, calls, observed }
}
const forEver = 1_000_000
const turns = async () => {
  for (let turn = 0; turn < 20; turn += 1) await undefined
}

it('sends together what comes during a call, and each tag once', async () => {
  const { purges, calls } = handAnswered()
  const first = purges.purge(['a'], forEver)
  const others = [purges.purge(['b', 'c'], forEver), purges.purge(['c', 'd'], forEver)]
  expect(calls.map(({ tags }) => tags)).toEqual([['a']])
  calls[0]?.answer()
  await first
  await turns()
  expect(calls[1]?.tags).toEqual(['b', 'c', 'd'])
  calls[1]?.answer()
  await Promise.all(others)
  expect(purges.waiting).toBe(0)
})

it('purges a tag again that comes again during its call: the edge may have read in between', async () => {
  const { purges, calls } = handAnswered()
  const first = purges.purge(['a'], forEver)
  let isSecondOver = false
  const second = purges.purge(['a'], forEver).then(() => (isSecondOver = true))
  calls[0]?.answer()
  await first
  await turns()
  expect([isSecondOver, calls[1]?.tags]).toEqual([false, ['a']])
  calls[1]?.answer()
  await second
})

it('repeats a call that failed, with what has come since', async () => {
  const { purges, calls, observed } = handAnswered()
  const first = purges.purge(['a'], forEver)
  calls[0]?.answer('status 503')
  void purges.purge(['b'], forEver)
  await turns()
  expect(observed).toEqual([{ kind: 'failed', reason: 'status 503', waiting: 2 }])
  expect(new Set(calls[1]?.tags)).toEqual(new Set(['a', 'b']))
  calls[1]?.answer()
  await first
})

it('lets a commit go on without the edge, and goes on to purge', async () => {
  const { purges, calls } = handAnswered()
  await purges.purge(['a'], 1)
  expect(purges.waiting).toBe(0)
  calls[0]?.answer('no answer')
  await turns()
  expect(calls[1]?.tags).toEqual(['a'])
})

it('sends calls of bounded size, and gives up the oldest of too many tags', async () => {
  const { purges, calls, observed } = handAnswered()
  const tags = Array.from({ length: 20_100 }, (_, index) => `t${index}`)
  void purges.purge(tags, forEver)
  expect(observed).toEqual([{ kind: 'dropped', tags: 100 }])
  expect(calls[0]?.tags).toHaveLength(purgeCall.tagsMax)
  expect(calls[0]?.tags[0]).toBe('t100')
})

describe('when the process stops', () => {
  /** Pauses that end by hand. */
  function stopping() {
    const pauses: { readonly timeMs: number; readonly end: () => void }[] = []
    const parts = handAnswered((timeMs) => new Promise((end) => pauses.push({ timeMs, end })))
    void parts.purges.purge(['a'], forEver)
    return { ...parts, pauses, longest: () => pauses.find(({ timeMs }) => timeMs === 5_000) }
  }

  it('does not wait for the next attempt, and repeats one that fails', async () => {
    const { purges, calls, pauses, observed } = stopping()
    calls[0]?.answer('status 503')
    await turns()
    expect([calls.length, pauses.length]).toEqual([1, 1])
    const stopped = purges.stop()
    await turns()
    calls[1]?.answer('status 503')
    await turns()
    expect(pauses.at(-1)?.timeMs).toBeLessThanOrEqual(500)
    pauses.at(-1)?.end()
    await turns()
    calls[2]?.answer()
    await stopped
    expect(calls.map(({ tags }) => tags)).toEqual([['a'], ['a'], ['a']])
    expect(observed.filter(({ kind }) => kind === 'dropped')).toEqual([])
  })

  it('gives up after a bounded time what the edge has not taken, the tags of a call without an answer too', async () => {
    const { purges, calls, longest, observed } = stopping()
    void purges.purge(['b'], forEver)
    const stopped = purges.stop()
    longest()?.end()
    await stopped
    expect(observed).toEqual([{ kind: 'dropped', tags: 2 }])
    calls[0]?.answer('no answer')
    await turns()
    expect(calls).toHaveLength(1)
  })

  it('sends nothing after that time', async () => {
    const { purges, calls, pauses, longest, observed } = stopping()
    const stopped = purges.stop()
    calls[0]?.answer('status 503')
    await turns()
    longest()?.end()
    await stopped
    expect(observed.at(-1)).toEqual({ kind: 'dropped', tags: 1 })
    for (const { end } of pauses) end()
    await turns()
    expect(calls).toHaveLength(1)
  })

  it('stops at once without tags', async () => {
    const { purges, calls } = stopping()
    calls[0]?.answer()
    await turns()
    await purges.stop()
  })
})
