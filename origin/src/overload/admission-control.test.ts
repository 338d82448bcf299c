import type { Priority } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { AdmissionControl, type AdmissionControlOptions, type Waiter } from './admission-control.ts'
import { DelayLimit } from './delay-limit.ts'
import type { Limit, Sample } from './limit.ts'

class FixedLimit implements Limit {
  current: number
  expectedMs = 0
  readonly samples: Sample[] = []
  constructor(current: number) {
    this.current = current
  }
  onSample(sample: Sample): void {
    this.samples.push(sample)
  }
}

function setUp(current = 10, options: Partial<AdmissionControlOptions> = {}) {
  const limit = new FixedLimit(current)
  const admission = new AdmissionControl({ limit, random: () => 0.5, onActive: () => {}, ...options })
  const log: string[] = []
  const gone = new Set<string>()
  const waiter = (name: string): Waiter => ({
    get isGone() {
      return gone.has(name)
    },
    admitted: () => log.push(`${name} admitted`),
    refused: (reason) => log.push(`${name} ${reason}`),
  })
  const fill = (priority: Priority, count: number, now = 0) => {
    for (let request = 0; request < count; request += 1) {
      expect(admission.tryAcquire(priority, 10_000, now)).toBe('admitted')
    }
  }
  return { limit, admission, log, gone, waiter, fill }
}

describe('admission control', () => {
  it('admits up to the limit, and gives what comes free to who waits', () => {
    const { admission, fill, waiter, log } = setUp(2)
    fill('critical', 2)
    expect(admission.tryAcquire('critical', 1_000, 0)).toBe('full')
    expect(admission.wait('critical', 1_000, waiter('a'), 0)).toBe('waiting')
    admission.release(0, 'served', 5)
    expect(log).toEqual(['a admitted'])
    expect(admission.snapshot(5)).toMatchObject({ inflight: 2, waiting: 0, admitted: { critical: 3 } })
  })

  it('keeps room that only the higher classes may use', () => {
    const { admission, fill } = setUp(10)
    fill('background', 7)
    expect(admission.tryAcquire('background', 1_000, 0)).toBe('full')
    fill('normal', 2)
    expect(admission.tryAcquire('normal', 1_000, 0)).toBe('full')
    fill('critical', 1)
    expect(admission.tryAcquire('critical', 1_000, 0)).toBe('full')
  })

  it('serves critical before normal before background', () => {
    const { admission, fill, waiter, log } = setUp(10)
    fill('critical', 10)
    for (const priority of ['background', 'normal', 'critical'] as const) {
      admission.wait(priority, 1_000, waiter(priority), 0)
    }
    for (let end = 0; end < 8; end += 1) admission.release(0, 'served', 1)
    expect(log).toEqual(['critical admitted', 'normal admitted', 'background admitted'])
  })

  it('is patient with a burst, and short with a standing queue, which it serves newest first', () => {
    const { admission, fill, waiter, log } = setUp(10)
    fill('critical', 10)
    admission.wait('normal', 10_000, waiter('burst'), 0)
    admission.tick(99)
    expect(log).toEqual([])
    admission.wait('normal', 10_000, waiter('second'), 90)
    admission.tick(101)
    expect(log).toEqual(['burst queueTime'])
    admission.wait('normal', 10_000, waiter('third'), 102)
    admission.wait('critical', 10_000, waiter('critical'), 102)
    admission.wait('normal', 10_000, waiter('newest'), 103)
    expect(admission.snapshot(103).isStanding).toBe(true)
    for (let end = 0; end < 3; end += 1) admission.release(0, 'served', 104)
    expect(log.slice(1)).toEqual(['critical admitted', 'newest admitted'])
    admission.tick(112)
    expect(log.slice(3)).toEqual(['third queueTime'])
  })

  it('a line that was emptied by refusing still stands', () => {
    const { admission, fill, waiter, log } = setUp(10)
    fill('critical', 10)
    admission.wait('normal', 10_000, waiter('first'), 0)
    admission.tick(101)
    admission.wait('normal', 10_000, waiter('hasty'), 102)
    admission.tick(112)
    expect(log).toEqual(['first queueTime', 'hasty queueTime'])
  })

  it('forgets after an interval that a line has stood', () => {
    const { admission, fill, waiter, log } = setUp(10)
    fill('critical', 10)
    admission.wait('normal', 10_000, waiter('first'), 0)
    admission.tick(101)
    admission.wait('normal', 10_000, waiter('second'), 202)
    admission.tick(301)
    expect(log).toEqual(['first queueTime'])
  })

  it('is patient with a burst whatever stands in a lower class', () => {
    const { admission, fill, waiter, log } = setUp(10)
    fill('critical', 10)
    admission.wait('background', 10_000, waiter('first'), 0)
    admission.wait('background', 10_000, waiter('second'), 99)
    admission.tick(101)
    expect(admission.snapshot(101).isStanding).toBe(true)
    admission.wait('normal', 10_000, waiter('burst'), 102)
    admission.tick(150)
    expect(log).toEqual(['first queueTime'])
  })

  it('waits longer with what is critical: a moment in which nothing comes free refuses only the others', () => {
    const { admission, fill, waiter, log } = setUp(10)
    fill('critical', 10)
    admission.wait('normal', 10_000, waiter('normal'), 0)
    for (const now of [0, 150]) admission.wait('critical', 10_000, waiter(`critical of ${now}`), now)
    for (const now of [101, 299]) admission.tick(now)
    expect(log).toEqual(['normal queueTime'])
    admission.tick(301)
    expect(log.slice(1)).toEqual(['critical of 0 queueTime'])
    admission.release(0, 'served', 302)
    expect(log.slice(2)).toEqual(['critical of 150 admitted'])
  })

  it('starts nothing that cannot finish in time, unless nothing is running to learn from', () => {
    const { admission, limit, fill, waiter, log } = setUp(2)
    limit.expectedMs = 500
    expect(admission.tryAcquire('normal', 100, 0)).toBe('admitted')
    expect(admission.tryAcquire('normal', 100, 0)).toBe('deadline')
    fill('critical', 1)
    admission.wait('normal', 520, waiter('a'), 0)
    admission.tick(50)
    expect(log).toEqual(['a deadline'])
    expect(admission.snapshot(50).shed.normal).toEqual({ busy: 0, queueTime: 0, deadline: 2 })
  })

  it('holds what it learnt of bad times against nobody who comes after a quiet second', () => {
    const { admission, limit } = setUp(10)
    limit.expectedMs = 990
    expect(admission.tryAcquire('normal', 1_000, 0)).toBe('admitted')
    admission.release(0, 'served', 980)
    const burst = (now: number) =>
      Array.from({ length: 3 }, () => admission.tryAcquire('normal', now + 980, now))
    expect(burst(1_000)).toEqual(['admitted', 'deadline', 'deadline'])
    admission.release(1_000, 'served', 1_005)
    expect(burst(2_006)).toEqual(['admitted', 'admitted', 'admitted'])
  })

  it('refuses at once when the queue of a class is full, without touching the others', () => {
    const { admission, fill, waiter } = setUp(1, { queue: { lengthMax: 1 } })
    fill('critical', 1)
    expect(admission.wait('background', 1_000, waiter('a'), 0)).toBe('waiting')
    expect(admission.wait('background', 1_000, waiter('b'), 0)).toBe('busy')
    expect(admission.wait('critical', 1_000, waiter('c'), 0)).toBe('waiting')
  })

  it('passes over a caller who has left', () => {
    const { admission, fill, gone, waiter, log } = setUp(1)
    fill('critical', 1)
    for (const name of ['a', 'b', 'c']) admission.wait('normal', 1_000, waiter(name), 0)
    gone.add('a').add('c')
    admission.release(0, 'served', 1)
    expect(log).toEqual(['b admitted'])
    admission.tick(2)
    expect(log).toEqual(['b admitted'])
    expect(admission.snapshot(2)).toMatchObject({ inflight: 1, waiting: 0, abandoned: 2 })
  })

  /** https://github.com/Netflix/concurrency-limits/issues/125 */
  it('what was no real work teaches the limit nothing', () => {
    const { admission, limit, fill } = setUp(4)
    fill('critical', 3)
    admission.release(0, 'ignored', 0)
    admission.release(0, 'served', 20)
    admission.release(0, 'dropped', 900)
    expect(limit.samples).toEqual([
      { serviceMs: 20, inflight: 2, isDropped: false, now: 20 },
      { serviceMs: 900, inflight: 1, isDropped: true, now: 900 },
    ])
    expect(admission.snapshot(900).ended).toEqual({ served: 1, dropped: 1, ignored: 1 })
  })

  it('tells the edge how loaded it is, and forgets old refusals', () => {
    const { admission, fill, waiter } = setUp(1, { queue: { lengthMax: 0 } })
    fill('critical', 1)
    for (let request = 0; request < 3; request += 1) admission.wait('critical', 1_000, waiter('a'), 0)
    expect(admission.load(0)).toEqual({ utilization: 1, queueMs: 0, shed: 0.75 })
    expect(admission.load(60_000).shed).toBe(0)
    expect(admission.retryAfterSeconds(60_000)).toBeLessThan(admission.retryAfterSeconds(0) + 1)
  })
})

interface Load {
  /** Requests per second. */
  readonly rate: number
  readonly critical?: number
}

/**
 * A service that can do 1 000 requests a second, offered `rate` of them, open loop: work in progress shares the
 * processor, and what is late is of no use.
 */
function simulate({ rate, critical = 0.05 }: Load) {
  const capacityPerMs = 1
  const limit = new DelayLimit({ initial: 32, delayMs: 100 })
  const admission = new AdmissionControl({ limit, random: () => 0.5, onActive: () => {} })
  const running: { startedAt: number; arrivedAt: number; left: number; priority: Priority }[] = []
  const result = {
    good: 0,
    latencies: [] as number[],
    critical: { offered: 0, good: 0 },
  }
  const warmUpMs = 4_000
  const lengthMs = 12_000
  let debt = 0
  let arrivals = 0
  for (let now = 0; now < lengthMs; now += 1) {
    debt += rate / 1_000
    for (; debt >= 1; debt -= 1) {
      arrivals += 1
      const isCritical = Math.floor(arrivals * critical) > Math.floor((arrivals - 1) * critical)
      const priority: Priority = isCritical ? 'critical' : arrivals % 2 === 0 ? 'normal' : 'background'
      if (isCritical && now >= warmUpMs) result.critical.offered += 1
      const arrivedAt = now
      const start = (startedAt: number) => running.push({ startedAt, arrivedAt, left: 1, priority })
      const verdict = admission.tryAcquire(priority, now + 1_000, now)
      if (verdict === 'admitted') start(now)
      else if (verdict === 'full')
        admission.wait(priority, now + 1_000, { isGone: false, admitted: start, refused() {} }, now)
    }
    if (now % 5 === 0) admission.tick(now)
    let budget = capacityPerMs
    while (budget > 1e-9 && running.length > 0) {
      const share = budget / running.length
      budget = 0
      for (let index = running.length - 1; index >= 0; index -= 1) {
        const request = running[index] as (typeof running)[number]
        request.left -= share
        if (request.left > 1e-9) continue
        running.splice(index, 1)
        budget += Math.max(0, -request.left)
        admission.release(request.startedAt, 'served', now + 1)
        if (now < warmUpMs || now - request.arrivedAt > 1_000) continue
        result.good += 1
        result.latencies.push(now + 1 - request.arrivedAt)
        if (request.priority === 'critical') result.critical.good += 1
      }
    }
  }
  result.latencies.sort((a, b) => a - b)
  const p99 = result.latencies[Math.floor(result.latencies.length * 0.99)] as number
  return {
    goodput: result.good / ((lengthMs - warmUpMs) / 1_000),
    p99,
    criticalSuccess: result.critical.good / Math.max(1, result.critical.offered),
  }
}

describe('overload, simulated', () => {
  it('goodput stays flat from one to ten times what can be carried, and what is admitted is fast', () => {
    const results = [1, 2, 5, 10].map((times) => simulate({ rate: times * 1_000 }))
    const best = Math.max(...results.map(({ goodput }) => goodput))
    for (const { goodput, p99 } of results) {
      expect(goodput).toBeGreaterThan(best * 0.95)
      expect(p99).toBeLessThan(500)
    }
  })

  it('critical requests are served while they alone fit', () => {
    for (const [rate, critical] of [
      [2_000, 0.3],
      [10_000, 0.08],
    ] as const) {
      expect(simulate({ rate, critical }).criticalSuccess).toBeGreaterThanOrEqual(0.999)
    }
  })
})
