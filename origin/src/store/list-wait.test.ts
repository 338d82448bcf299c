import type { Priority } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { joined, Records } from './records.ts'

const commandMs = 60
const timeMs = 1_000
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Lists of one collection, each a command of 60 ms, arrive evenly for five seconds by a clock of its own. */
async function offer(perSecond: number, priorityOf: (index: number) => Priority) {
  let now = 0
  const due: { atMs: number; run: () => void }[] = []
  const after = (run: () => void, delayMs: number) => void due.push({ atMs: now + delayMs, run })
  const list = () => new Promise<[]>((resolve) => after(() => resolve([]), commandMs))
  const records = new Records(
    // The cast: these are the commands that a list needs.
    { layoutOf: () => undefined, list } as unknown as ConstructorParameters<typeof Records>[0],
    joined(24),
    { now: () => now, sleep: async () => {}, random: () => 0.5, atTurnEnd: (run) => after(run, 0), after },
  )
  const answered: { priority: Priority; tookMs: number }[] = []
  let refused = 0
  const ask = async (index: number) => {
    const [since, priority] = [now, priorityOf(index)]
    const listing = { filter: { index }, sort: {}, limit: 1 }
    const outcome = await records.list('places', listing, { deadline: now + timeMs, priority })
    if (outcome.kind === 'records') answered.push({ priority, tookMs: now - since })
    else refused += 1
  }
  const seconds = 5
  for (let index = 0; index < seconds * perSecond; index += 1)
    due.push({ atMs: (index * 1_000) / perSecond, run: () => void ask(index) })
  for (; now < seconds * 1_000 + timeMs; now += 1) {
    // Promises of one moment settle before the next.
    for (let round = 0; round < 3; round += 1) {
      const ready = due.filter(({ atMs }) => atMs <= now)
      if (ready.length === 0) break
      due.splice(0, due.length, ...due.filter(({ atMs }) => atMs > now))
      for (const { run } of ready) run()
      await settled()
    }
  }
  return { answered, refused, seconds }
}

/** Lists a second that the lane of one collection can serve. */
const capacity = (joined(24).lists.inflightMax * 1_000) / commandMs

describe('the wait for a list', () => {
  it('is below half of its time at three times the capacity, and no place of the lane stays empty', async () => {
    const { answered, refused, seconds } = await offer(3 * capacity, () => 'normal')
    expect(Math.max(...answered.map(({ tookMs }) => tookMs))).toBeLessThan(timeMs / 2)
    expect(answered.length).toBeGreaterThan(0.97 * capacity * seconds)
    expect(refused).toBeGreaterThan(capacity * seconds)
  })

  it('stays below half of it where critical lists, which always fit, go first', async () => {
    const isCritical = (index: number) => index % 15 === 0
    const { answered } = await offer(3 * capacity, (index) => (isCritical(index) ? 'critical' : 'normal'))
    const critical = answered.filter(({ priority }) => priority === 'critical')
    expect(critical.length).toBe(Math.ceil(capacity))
    expect(Math.max(...answered.map(({ tookMs }) => tookMs))).toBeLessThan(timeMs / 2)
  })

  it('is no reason to refuse a list that the lane has room for', async () => {
    const { refused } = await offer(0.9 * capacity, () => 'normal')
    expect(refused).toBe(0)
  })
})
