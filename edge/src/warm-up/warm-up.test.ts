import { beforeEach, describe, expect, it } from 'vitest'
import type { Observation } from '../observe/observation.ts'
import type { StoredList } from './hot-list.ts'
import { type WarmTarget, WarmUp } from './warm-up.ts'

const startMs = 1_000_000
let nowMs: number
let stored: StoredList | undefined
let written: StoredList[]
let reads: Map<string, number>
let observed: Observation[]
let hasRoom: () => boolean
let waits: number[]

beforeEach(() => {
  nowMs = startMs
  stored = undefined
  written = []
  reads = new Map()
  observed = []
  hasRoom = () => true
  waits = []
})

const isolate = (read = async () => stored): WarmUp =>
  new WarmUp({
    now: () => nowMs,
    random: () => 0.5,
    wait: async (ms) => void waits.push(ms),
    list: {
      read,
      async write(list) {
        stored = list
        written.push(list)
      },
    },
    takeReads: () => reads,
    hasRoom: () => hasRoom(),
    observe: (observation) => void observed.push(observation),
  })

const hot = (...targets: readonly string[]): void => {
  stored = { writtenAtMs: startMs, targets: targets.map((target) => ({ target, reads: 9 })) }
}

/** Fetches that end one by one, when told to. */
function fetches(results: Readonly<Record<string, Awaited<ReturnType<WarmTarget>>>> = {}) {
  const asked: string[] = []
  const open: (() => void)[] = []
  const warm: WarmTarget = (target) => {
    asked.push(target)
    return new Promise((resolve) => open.push(() => resolve(results[target] ?? 'warmed')))
  }
  const end = async (): Promise<void> => {
    open.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { asked, warm, end }
}
const none: WarmTarget = () => Promise.reject(new Error('nothing is to be fetched'))
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('an isolate that starts', () => {
  it('fetches the list’s targets, the hottest first, two at a time and each once', async () => {
    hot('/a', '/b', '/c')
    const { asked, warm, end } = fetches({ '/b': 'held', '/c': 'skipped' })
    const work = isolate().after(nowMs, warm)
    await turn()
    expect(asked).toEqual(['/a', '/b'])
    await end()
    expect(asked).toEqual(['/a', '/b', '/c'])
    await end()
    await end()
    await work
    expect(asked).toEqual(['/a', '/b', '/c'])
    expect(observed).toEqual([{ kind: 'warm-up', warmed: 1, held: 1, refused: 0, skipped: 1 }])
  })

  it('does so once, after a part of a second by which isolates differ', async () => {
    hot('/a')
    const warmUp = isolate()
    await warmUp.after(nowMs, async () => 'warmed')
    expect(warmUp.after(nowMs, none)).toBeUndefined()
    expect(waits).toEqual([500])
  })

  it('stops at the first refusal', async () => {
    hot('/a', '/b', '/c', '/d')
    const { asked, warm, end } = fetches({ '/a': 'refused' })
    const work = isolate().after(nowMs, warm)
    await turn()
    await end()
    await end()
    expect(asked).toEqual(['/a', '/b'])
    await work
    expect(observed).toEqual([{ kind: 'warm-up', warmed: 1, held: 0, refused: 1, skipped: 2 }])
  })

  it('takes an exception for a refusal', async () => {
    hot('/a', '/b', '/c')
    await isolate().after(nowMs, none)
    expect(observed).toEqual([{ kind: 'warm-up', warmed: 0, held: 0, refused: 2, skipped: 1 }])
  })

  it('stops when the origin has no more room', async () => {
    hot('/a', '/b', '/c', '/d', '/e')
    const asked: string[] = []
    hasRoom = () => asked.length < 3
    await isolate().after(nowMs, async (target) => {
      asked.push(target)
      return 'warmed'
    })
    expect(asked).toEqual(['/a', '/b', '/c'])
  })

  it('stops well before the runtime ends its work', async () => {
    hot('/a', '/b', '/c', '/d', '/e', '/f')
    const asked: string[] = []
    await isolate().after(nowMs, async (target) => {
      asked.push(target)
      nowMs += 6_000
      return 'warmed'
    })
    expect(asked).toEqual(['/a', '/b', '/c', '/d'])
  })

  it.each([
    ['no list', async () => undefined],
    ['an empty list', async () => ({ writtenAtMs: startMs, targets: [] })],
    ['a list that cannot be read', () => Promise.reject(new Error('late'))],
  ])('does nothing with %s', async (_, read) => {
    await isolate(read).after(nowMs, none)
    expect(observed).toEqual([])
  })
})

describe('the list of the data centre', () => {
  const used = async (read?: () => Promise<StoredList | undefined>): Promise<WarmUp> => {
    const warmUp = isolate(read)
    await warmUp.after(nowMs, async () => 'held')
    reads = new Map([['/a', 10]])
    return warmUp
  }

  it('gets an isolate’s reads after five seconds, and then once a minute', async () => {
    const warmUp = await used()
    nowMs = startMs + 4_999
    expect(warmUp.after(nowMs, none)).toBeUndefined()
    nowMs = startMs + 5_000
    await warmUp.after(nowMs, none)
    nowMs = startMs + 64_999
    expect(warmUp.after(nowMs, none)).toBeUndefined()
    nowMs = startMs + 65_000
    await warmUp.after(nowMs, none)
    expect(written).toEqual([
      { writtenAtMs: startMs + 5_000, targets: [{ target: '/a', reads: 10 }] },
      { writtenAtMs: startMs + 65_000, targets: [{ target: '/a', reads: 15 }] },
    ])
    expect(observed.at(-1)).toEqual({ kind: 'hot-list', targets: 1 })
  })

  it('is not written while another isolate’s is younger than a minute, and the reads count later', async () => {
    const warmUp = await used()
    hot('/b')
    nowMs = startMs + 59_000
    await warmUp.after(nowMs, none)
    expect(written).toEqual([])
    nowMs += 60_000
    await warmUp.after(nowMs, none)
    expect(written.map(({ targets }) => targets)).toEqual([
      [
        { target: '/a', reads: 10 },
        { target: '/b', reads: 5 },
      ],
    ])
  })

  it('is not replaced where it is unknown what it holds, nor by an empty one', async () => {
    const unknown = await used(() => Promise.reject(new Error('late')))
    nowMs += 5_000
    await unknown.after(nowMs, none)
    const idle = await used()
    reads = new Map()
    nowMs += 5_000
    await idle.after(nowMs, none)
    expect(written).toEqual([])
  })
})
