import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { causes } from './causes.ts'
import { diagnose } from './diagnose.ts'
import { edgeSigns, ofRoute, parseLog, requestStory } from './edge-log.ts'
import { originMetrics, parseScrape } from './origin-metrics-text.ts'
import { report } from './report.ts'
import { calmOrigin, emptyEdge, type OriginSigns, type Signs } from './signs.ts'

const calm: Signs = {
  edge: emptyEdge,
  origins: [calmOrigin],
  issuers: [{ name: 'issuer', isReachable: true }],
  ways: [],
  control: [],
}
const way = (isOpen: boolean): Signs['ways'] => [{ name: 'tunnel 1', isOpen }]
const refusing = (...reasons: string[]): Signs['edge'] => ({
  ...emptyEdge,
  refusals: Object.fromEntries(reasons.map((reason) => [reason, 3])),
  routes: Object.fromEntries(reasons.map((reason) => [reason, ['/v2/places/:id']])),
  since: Object.fromEntries(reasons.map((reason) => [reason, '2027-01-01T03:00:00.000Z'])),
})
const origin = (change: Partial<OriginSigns>): readonly OriginSigns[] => [{ ...calmOrigin, ...change }]
const fault = (what: string) => ({ ...emptyEdge, faults: [{ what, where: 'x', message: 'm' }] })

describe('the first cause', () => {
  it.each([
    ['emergency switch', { edge: refusing('shed-switched-off') }],
    ['wrong configuration', { edge: fault('configuration') }],
    ['issuer down', { issuers: [{ name: 'issuer', isReachable: false }] }],
    ['issuer down', { edge: fault('key-set') }],
    ['origin stopping', { origins: origin({ failing: { drain: 'this process is stopping' } }) }],
    // Its consequences are there, too.
    [
      'primary unavailable',
      {
        edge: refusing('database-unavailable', 'shed-breaker-open'),
        origins: origin({
          failing: { database: 'no', pool: 'full' },
          commandsGivenUp: 4,
          poolWaitSeconds: 2,
        }),
      },
    ],
    [
      'slow primary',
      { origins: origin({ commandsGivenUp: 4, pool: { size: 16, inUse: 16 }, poolWaitSeconds: 1 }) },
    ],
    ['pool exhausted', { origins: origin({ pool: { size: 16, inUse: 16 }, poolWaitSeconds: 0.3 }) }],
    ['origin down', { edge: refusing('origin-unreachable'), origins: origin({ isLive: false }) }],
    ['tunnel down', { edge: refusing('shed-breaker-open') }],
    ['tunnel down', { edge: refusing('shed-breaker-open'), ways: way(false) }],
    ['tunnel down', { ways: way(false) }],
    ['breaker open', { edge: refusing('shed-breaker-open', 'origin-unreachable'), ways: way(true) }],
    ['emergency switch', { control: [{ name: 'shed', value: 'normal', expiration: 1_900_000_000 }] }],
    ['cold cache', { edge: { ...refusing('shed-limit'), hits: { now: 0.1, before: 0.9 } } }],
    // The misses have opened the breaker, which alone refuses them.
    [
      'cold cache',
      { edge: { ...refusing('shed-breaker-open'), hits: { now: 0.1, before: 0.9 } }, ways: way(true) },
    ],
    [
      'tunnel down',
      { edge: { ...refusing('shed-breaker-open'), hits: { now: 0.1, before: 0.9 } }, ways: way(false) },
    ],
    [
      'origin down',
      {
        edge: { ...refusing('shed-breaker-open'), hits: { now: 0.1, before: 0.9 } },
        ways: way(true),
        origins: origin({ isLive: false }),
      },
    ],
    ['too much load', { edge: { ...refusing('shed-limit'), hits: { now: 0.8, before: 0.9 } } }],
    ['primary unavailable', { origins: origin({ problems: { 'database-unavailable': 2 } }) }],
    ['bad release', { origins: origin({ problems: { 'internal-error': 2 } }) }],
    ['origin busy', { edge: refusing('shed-origin-load'), origins: origin({ loopDelaySeconds: 0.5 }) }],
    // An operator has turned the switch because of it.
    ['too much load', { edge: refusing('shed-limit', 'shed-switched-off') }],
    ['too much load', { edge: refusing('shed-limit') }],
    ['too much load', { origins: origin({ shed: { busy: 12 } }) }],
    ['revoked token', { edge: refusing('token-revoked') }],
    ['quota used up', { edge: refusing('rate-limited') }],
    ['tokens refused', { edge: refusing('token-expired') }],
    ['tokens refused', { edge: refusing('token-malformed') }],
    ['tokens refused', { edge: refusing('token-claim') }],
    ['unexplained', { edge: { ...emptyEdge, failures: { new: 1, 'shed-limit': 2 } } }],
    ['edge down', { edge: { ...emptyEdge, isReachable: false } }],
  ])('is %s', (name, change) => {
    const [first] = diagnose({ ...calm, ...change })
    expect(first?.cause.name).toBe(name)
    expect(first?.evidence.join()).not.toBe('')
  })

  it('is not reported of a healthy stack, even under load', () => {
    expect(diagnose(calm)).toEqual([])
    const loaded = {
      admitted: 9_000,
      admission: { limit: 128, inflight: 120, waiting: 0 },
      pool: { size: 16, inUse: 16 },
    }
    expect(diagnose({ ...calm, origins: origin(loaded) })).toEqual([])
    // Nobody is refused because of a cache that has just begun.
    expect(
      diagnose({ ...calm, edge: { ...emptyEdge, hits: { now: 0.1, before: 0.9 } }, ways: way(true) }),
    ).toEqual([])
    expect(report([], 60)).toContain('Healthy')
  })

  it('is said with what was seen, whom it hits, since when, and what to do', () => {
    const text = report(diagnose({ ...calm, edge: refusing('shed-switched-off', 'rate-limited') }), 60)
    expect(text.split('\n').slice(0, 6)).toEqual([
      'emergency switch (edge)',
      '  An operator has set the emergency switch: requests of low priority get a stored answer or 503.',
      '  seen: the edge refused 3 requests: shed-switched-off',
      '  since: 2027-01-01T03:00:00.000Z',
      '  hits: /v2/places/:id',
      '  do: npm run runbook -- emergency-shed',
    ])
    expect(text).toContain('quota used up (callers)')
  })
})

it('every runbook that a cause names exists, and names are unique', () => {
  const named = causes.flatMap(({ remedy }) => ('runbook' in remedy ? [remedy.runbook] : []))
  expect(named.length).toBeGreaterThan(5)
  for (const name of named)
    expect(existsSync(join(import.meta.dirname, '../runbooks', `${name}.ts`)), name).toBe(true)
  expect(new Set(causes.map(({ name }) => name)).size).toBe(causes.length)
})

describe('the log', () => {
  const line = (at: string, entry: object) => `${at} log: ${JSON.stringify(entry)}`
  const answer = {
    kind: 'answer',
    method: 'GET',
    pattern: '/v2/trips',
    status: 503,
    durationMs: 2,
    requestId: 'r1',
  }
  const text = [
    line('2027-01-01T00:00:00.000Z', { ...answer, reason: 'shed-limit' }),
    line('2027-01-01T00:00:02.000Z', { ...answer, reason: 'shed-limit', suppressed: 41 }),
    line('2027-01-01T00:00:03.000Z', { kind: 'fault', what: 'key-set', where: 'i', message: 'timeout' }),
    '2027-01-01T00:00:04.000Z log: {"kind":"answer", cut off',
    'Listening on port 8787',
  ].join('\n')

  it('counts what was left out of it, and nothing before the window', () => {
    const lines = parseLog(text)
    const nowMs = Date.parse('2027-01-01T00:00:10.000Z')
    const all = edgeSigns(lines, nowMs, { windowMs: 10_000 })
    expect(all.refusals).toEqual({ 'shed-limit': 43 })
    expect(all.failures).toEqual({ 'shed-limit': 43 })
    expect(all.since).toEqual({ 'shed-limit': '2027-01-01T00:00:00.000Z' })
    expect(all.faults).toEqual([{ what: 'key-set', where: 'i', message: 'timeout' }])
    const later = edgeSigns(lines, nowMs, { windowMs: 9_000 })
    expect(later.refusals).toEqual({ 'shed-limit': 42 })
    expect(later.routes).toEqual({ 'shed-limit': ['/v2/trips'] })
    // It has begun before the window.
    expect(later.since).toEqual(all.since)
  })

  it('begins a reason anew after a quiet minute', () => {
    const at = (minute: number) =>
      line(`2027-01-01T00:0${minute}:00.000Z`, { ...answer, reason: 'shed-limit' })
    const lines = parseLog([at(0), at(1), at(3), at(4)].join('\n'))
    const { since } = edgeSigns(lines, Date.parse('2027-01-01T00:04:10.000Z'), { windowMs: 60_000 })
    expect(since).toEqual({ 'shed-limit': '2027-01-01T00:03:00.000Z' })
  })

  it('dates nothing by a reason that is over', () => {
    const over = line('2027-01-01T00:00:00.000Z', { ...answer, reason: 'shed-limit' })
    const { since } = edgeSigns(parseLog(over), Date.parse('2027-01-01T00:30:00.000Z'), { windowMs: 60_000 })
    expect(since).toEqual({})
  })

  it('compares the last answers of the cache with those before, if there are enough', () => {
    const nowMs = Date.parse('2027-01-01T00:05:00.000Z')
    const totals = (agoMs: number, answers: number, hits: number) =>
      line(new Date(nowMs - agoMs).toISOString(), {
        kind: 'totals',
        fromMs: nowMs - agoMs,
        all: { hits, forwarded: answers - hits - 2 },
        reasons: { 'shed-limit': 2, 'rate-limited': 7 },
      })
    const hitsOf = (...lines: string[]) =>
      edgeSigns(parseLog(lines.join('\n')), nowMs, { windowMs: 60_000 }).hits
    const [before, recent] = [totals(60_000, 100, 90), totals(15_000, 60, 6)]
    expect(hitsOf(before, recent, totals(400_000, 100, 0))).toEqual({ now: 0.1, before: 0.9 })
    expect(hitsOf(before, totals(1_000, 49, 0))).toBeUndefined()
    expect(hitsOf(recent)).toBeUndefined()
  })

  it.each([
    ['/v2/trips', ['a', 'fault']],
    ['/v2/trips/t1?fields=id', ['b', 'fault']],
    ['/v2/trips/:id', ['b', 'fault']],
    ['/v2', ['fault']],
  ])('without the answers of other routes than %s', (path, expected) => {
    const lines = [
      { at: '', entry: { kind: 'answer', pattern: '/v2/trips', is: 'a' } },
      { at: '', entry: { kind: 'answer', pattern: '/v2/trips/:id', is: 'b' } },
      { at: '', entry: { kind: 'fault', is: 'fault' } },
    ]
    expect(ofRoute(lines, path).map(({ entry }) => entry.is)).toEqual(expected)
  })

  it('counts a token without a required claim, whichever it is', () => {
    const refused = { ...answer, status: 401, reason: 'token-claim:client_id' }
    const { refusals } = edgeSigns(parseLog(line('2027-01-01T00:00:00.000Z', refused)), 0, { windowMs: 0 })
    expect(refusals).toEqual({ 'token-claim': 1 })
  })

  it('counts errors that the edge passes on by their status, and answers below 500 not at all', () => {
    const passed = (status: number) =>
      line('2027-01-01T00:00:00.000Z', { kind: 'answer', status, pattern: '/v2/trips' })
    const { failures } = edgeSigns(parseLog([passed(500), passed(504), passed(404)].join('\n')), 0, {
      windowMs: 0,
    })
    expect(failures).toEqual({ 'status-500': 1, 'status-504': 1 })
  })

  it('tells what happened to one request', () => {
    const lines = parseLog(text)
    expect(requestStory(lines, 'r1')).toContain('GET /v2/trips was answered 503 after 2 ms: shed-limit')
    expect(requestStory(lines, 'r2')).toBeUndefined()
  })
})

describe('two scrapes', () => {
  const scrape = (given: number, busy: number) =>
    parseScrape(
      [
        '# HELP origin_commands_given_up_total Commands.',
        `origin_commands_given_up_total ${given}`,
        `origin_admission_shed_total{priority="normal",reason="busy"} ${busy}`,
        `origin_admission_shed_total{priority="background",reason="busy"} 1`,
        'origin_pool_connections{state="size"} 16',
        'origin_pool_connections{state="inUse"} 3',
        'origin_pool_wait_p99_seconds 0.001',
        'origin_admission_limit 128',
        'origin_admission_inflight 1',
        'origin_admission_waiting 0',
        'origin_event_loop_delay_p99_seconds 0.02',
        'origin_resident_memory_bytes 1e8',
        'origin_batches_total{collection="trips",lane="reads"} 0',
        `origin_batches_total{collection="trips",lane="writes"} ${given}`,
        `origin_batch_callers_total{collection="trips",lane="writes"} ${4 * given}`,
        `origin_admission_admitted_total{priority="normal"} ${10 * given}`,
      ].join('\n'),
    )

  it('are what has happened between them', () => {
    const signs = originMetrics(scrape(2, 10), scrape(5, 14))
    expect([signs.poolWaitSeconds, signs.loopDelaySeconds]).toEqual([0.001, 0.02])
    expect([signs.commandsGivenUp, signs.shed, signs.pool]).toEqual([3, { busy: 4 }, { size: 16, inUse: 3 }])
    expect(signs).toMatchObject({
      admitted: 30,
      priorities: { normal: { admitted: 30, shed: 4 } },
      batches: { commands: 3, callers: 12 },
      memoryBytes: 1e8,
    })
  })

  it('without a metric are an error: one that was renamed must not read as zero', () => {
    expect(() => originMetrics(scrape(0, 0), parseScrape('origin_admission_limit 128'))).toThrow('no metric')
  })

  it('of an origin that has restarted, what has happened since', () => {
    const { shed, commandsGivenUp } = originMetrics(scrape(9, 10), scrape(1, 0))
    expect([commandsGivenUp, shed]).toEqual([1, {}])
  })
})
