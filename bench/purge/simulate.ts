import { callPurgeApi } from '../../edge/src/cache/purge/purge-api.ts'
import { PurgeQueue } from '../../edge/src/cache/purge/purge-queue.ts'
import { groupTag } from '../../edge/src/cache/purge/stamp.ts'
import { createQueuedPurge } from '../../edge/src/cache/purge/zone-purge.ts'
import { createPurgeApi } from './purge-api.ts'
import { seeded, VirtualTime } from './virtual-time.ts'

export interface PurgeScenario {
  readonly name: string
  readonly isolates: number
  /** Sum over all isolates. */
  readonly writesPerSecond: number
  readonly seconds: number
  readonly seed: number
}

export interface PurgeOutcome {
  readonly writes: number
  readonly calls: number
  readonly refused: number
  /** Purges, one for each tag of a write, that had not happened everywhere at the end. */
  readonly unpurged: number
  /** Time from a write's answer until its last tag is purged everywhere, ms. */
  readonly slowestMs: number
  readonly medianMs: number
}

/** The limits of the Pro plan. @see https://developers.cloudflare.com/cache/how-to/purge-cache/ */
export const proLimit = { callsPerSecond: 5, bucket: 25 }

/** Longest time after the last write in which purges may still happen. */
const quietMsMax = 600_000

/** Network time between isolate and queue, each way. */
const hopMs = 40

/**
 * The purges of a busy zone in virtual time, by the classes that run in production. Each write purges the tags of its
 * document and its list; the isolates hand them to the single queue, and the queue to an API with the plan's limits.
 */
export async function simulatePurges(scenario: PurgeScenario): Promise<PurgeOutcome> {
  const time = new VirtualTime()
  const random = seeded(scenario.seed)
  /** Tag → times of the writes whose purge has not happened yet. */
  const owed = new Map<string, number[]>()
  const delaysMs: number[] = []
  const settle = (tag: string, nowMs: number): void => {
    // A purge does not cover writes after its start.
    const later: number[] = []
    for (const atMs of owed.get(tag) ?? []) {
      if (atMs <= nowMs) delaysMs.push(nowMs - atMs)
      else later.push(atMs)
    }
    if (later.length > 0) owed.set(tag, later)
    else owed.delete(tag)
  }
  const api = createPurgeApi(time, {
    ...proLimit,
    random,
    onPurged: (tag, atMs) => {
      if (groupTag(tag) !== tag) settle(tag, atMs)
      else for (const owing of [...owed.keys()]) if (groupTag(owing) === tag) settle(owing, atMs)
    },
  })
  const queue: PurgeQueue = new PurgeQueue({
    storage: {
      load: () => [],
      put: () => {},
      remove: () => {},
      wakeAt: (atMs) => time.at(atMs, () => void queue.run()),
    },
    call: (tags) =>
      callPurgeApi(tags, {
        zoneId: 'zone',
        apiToken: 'token',
        now: time.now,
        fetch: (url, init) => api.fetch(url, init),
      }),
    now: time.now,
    limit: proLimit,
  })
  const stub = {
    add: async (tags: readonly string[]) => {
      await time.sleep(hopMs)
      queue.add(tags)
      await time.sleep(hopMs)
    },
  }
  const isolates = Array.from({ length: scenario.isolates }, () =>
    createQueuedPurge(() => stub, { now: time.now, sleep: time.sleep, random }),
  )
  const writes = scenario.writesPerSecond * scenario.seconds
  const write = (nth: number): void => {
    const resource = ['places', 'trips', 'advisories'][Math.floor(random() * 3)]
    const tags = [`${resource}:${Math.floor(random() * 1e6)}`, `${resource}:*`]
    for (const tag of tags) {
      const owing = owed.get(tag)
      if (owing === undefined) owed.set(tag, [time.now()])
      else owing.push(time.now())
    }
    void isolates[Math.floor(random() * isolates.length)]?.(tags)
    if (nth < writes) time.at((nth * 1000) / scenario.writesPerSecond, () => write(nth + 1))
  }
  time.at(0, () => write(1))
  await time.run(scenario.seconds * 1000 + quietMsMax)
  delaysMs.sort((left, right) => left - right)
  return {
    writes,
    calls: api.calls,
    refused: api.refused,
    unpurged: [...owed.values()].reduce((sum, waiting) => sum + waiting.length, 0),
    slowestMs: delaysMs.at(-1) ?? 0,
    medianMs: delaysMs[Math.floor(delaysMs.length / 2)] ?? 0,
  }
}
