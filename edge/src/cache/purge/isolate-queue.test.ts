import { describe, expect, test } from 'vitest'
import { createQueuedPurge, createZonePurge } from './zone-purge.ts'

type ZonePurgeOptions = Parameters<typeof createZonePurge>[0]

const token = 'very-secret'

/** A scripted API: returns the answers in turn, then repeats the last one. */
function api(answers: readonly (() => Response)[], options: Partial<ZonePurgeOptions> = {}) {
  const calls: { url: string; headers: Headers; tags: string[] }[] = []
  const pauses: number[] = []
  let nowMs = 0
  const purge = createZonePurge({
    zoneId: 'zone',
    apiToken: token,
    now: () => nowMs,
    random: () => 0.5,
    sleep: async (ms) => {
      pauses.push(ms)
      nowMs += ms
    },
    fetch: async (url, init) => {
      const { tags } = JSON.parse(String(init.body))
      calls.push({ url, headers: new Headers(init.headers), tags })
      const answer = answers[Math.min(calls.length, answers.length) - 1]
      if (answer === undefined) throw new TypeError('network')
      return answer()
    },
    ...options,
  })
  return { purge, calls, pauses }
}

const ok = () => new Response('{"success":true}')
const status =
  (code: number, fields = {}) =>
  () =>
    new Response(null, { status: code, headers: fields })

describe('purge of the zone by tag', () => {
  test('sends at most 100 tags a call, each once', async () => {
    const { purge, calls } = api([ok])
    const tags = Array.from({ length: 230 }, (_, index) => `t${index}`)
    const report = await purge([...tags, 't0', 't1'])
    expect(calls.map((call) => call.tags.length)).toEqual([100, 100, 30])
    expect(calls[0]?.url).toBe('https://api.cloudflare.com/client/v4/zones/zone/purge_cache')
    expect(calls[0]?.headers.get('authorization')).toBe(`Bearer ${token}`)
    expect(report).toEqual({ purged: tags, failed: [] })
  })

  test.each([
    ['seconds', '7', 7000],
    ['a date', new Date(9000).toUTCString(), 9000],
  ])('waits as long as a 429 says: %s', async (_, retryAfter, pauseMs) => {
    const { purge, calls, pauses } = api([status(429, { 'retry-after': retryAfter }), ok])
    expect((await purge(['a'])).purged).toEqual(['a'])
    expect([calls.length, pauses]).toEqual([2, [pauseMs]])
  })

  test('backs off after errors with growing pauses, and gives up', async () => {
    const { purge, pauses } = api([status(500)])
    const report = await purge(['a'])
    expect(pauses).toEqual([125, 250, 500])
    expect(report.failed).toEqual([{ tags: ['a'], failure: { kind: 'refused', status: 500 } }])
  })

  test('does not retry a call that is our own mistake', async () => {
    const { purge, calls } = api([status(403)])
    expect((await purge(['a'])).failed[0]?.failure).toEqual({ kind: 'refused', status: 403 })
    expect(calls).toHaveLength(1)
  })

  test('does not wait past its deadline, whatever Retry-After says', async () => {
    const { purge, calls, pauses } = api([status(429, { 'retry-after': '3600' })])
    const tags = Array.from({ length: 101 }, (_, index) => `t${index}`)
    expect((await purge(tags)).failed.map(({ failure }) => failure.kind)).toEqual(['refused'])
    expect([calls.length, pauses]).toEqual([1, []])
  })

  test('batches tags written during a call into the next one', async () => {
    const first = Promise.withResolvers<Response>()
    let count = 0
    const turns: (() => void)[] = []
    const { purge } = api([ok], {
      now: () => 0,
      sleep: () => new Promise((resolve) => turns.push(resolve)),
      fetch: async (_url, init) => {
        count += 1
        sent.push(JSON.parse(String(init.body)).tags)
        return count === 1 ? first.promise : ok()
      },
    })
    const sent: string[][] = []
    const writes = Array.from({ length: 11 }, (_, index) => purge([`doc:${index}`, 'list']))
    first.resolve(ok())
    await writes[0]
    while (turns.length > 0) turns.shift()?.()
    const reports = await Promise.all(writes)
    expect(sent).toEqual([
      ['doc:0', 'list'],
      ['doc:1', 'list', ...Array.from({ length: 9 }, (_, index) => `doc:${index + 2}`)],
    ])
    expect(reports.flatMap(({ failed }) => failed)).toEqual([])
  })

  test('a pause requested by the API applies to all writers', async () => {
    const { purge, calls } = api([status(429, { 'retry-after': '20' }), ok], { attemptsMax: 1 })
    expect((await purge(['a'])).failed).toHaveLength(1)
    const before = calls.length
    const [report] = await Promise.all([purge(['b'])])
    expect([before, calls.length, report?.purged]).toEqual([1, 2, ['b', 'a']])
  })

  test("refused tags go into the next writer's batch", async () => {
    const { purge, calls } = api([status(403), ok])
    expect((await purge(['a'])).failed[0]?.tags).toEqual(['a'])
    expect((await purge(['b'])).purged).toEqual(['b', 'a'])
    expect(calls.map((call) => call.tags)).toEqual([['a'], ['b', 'a']])
  })

  test('a request dropped in the middle of a call blocks no other, and its tags are sent again', async () => {
    let count = 0
    const { purge } = api([ok], {
      fetch: () => {
        count += 1
        return count === 1 ? new Promise<Response>(() => {}) : Promise.resolve(ok())
      },
    })
    void purge(['a'])
    expect((await purge(['b'])).purged).toEqual(['b', 'a'])
  })

  test('a failure names neither the token nor what the network said', async () => {
    const { purge } = api([])
    const report = await purge(['a'])
    expect(report.failed[0]?.failure).toEqual({ kind: 'unreachable' })
    expect(JSON.stringify(report)).not.toContain(token)
  })
})

describe("a purge through the zone's queue", () => {
  test('retries an unreachable queue with a new stub, and keeps the tags', async () => {
    let nowMs = 0
    let stubs = 0
    const added: (readonly string[])[] = []
    const purge = createQueuedPurge(
      () => {
        stubs += 1
        const isDown = stubs < 6
        return {
          add: async (tags) => {
            if (isDown) throw new Error('the queue is moving')
            added.push(tags)
          },
        }
      },
      {
        now: () => nowMs,
        random: () => 0.5,
        sleep: async (ms) => {
          nowMs += ms
        },
      },
    )
    expect((await purge(['a'])).failed).toEqual([{ tags: ['a'], failure: { kind: 'unreachable' } }])
    expect([stubs, added]).toEqual([4, []])
    expect(await purge(['b'])).toEqual({ purged: ['b', 'a'], failed: [] })
    expect(added).toEqual([['b', 'a']])
  })
})
