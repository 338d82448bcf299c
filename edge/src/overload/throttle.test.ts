import { describe, expect, it } from 'vitest'
import { Throttle, throttleDefaults } from './throttle.ts'

/** Whether a request that would be sent at once is refused. */
function refuses(throttle: Throttle, nowMs: number, random: number): boolean {
  const isReserved = throttle.reserve(nowMs, random)
  if (isReserved) throttle.sent(nowMs)
  return !isReserved
}

/** Sends `count` requests at one instant; `accepts` tells whether the origin accepts the nth. */
function ask(throttle: Throttle, count: number, nowMs: number, accepts: boolean, random = 0.5): number {
  let sent = 0
  for (let request = 0; request < count; request += 1) {
    if (refuses(throttle, nowMs, random)) continue
    sent += 1
    if (accepts) throttle.accepted(nowMs)
    else throttle.refused(nowMs)
  }
  return sent
}

describe('throttle (SRE Book, ch. 21)', () => {
  it('lets everything through while the origin accepts', () => {
    const throttle = new Throttle()
    expect(ask(throttle, 1_000, 0, true, 0)).toBe(1_000)
  })

  it.each([
    // requests, accepts, p = (requests - 2 * accepts) / (requests + 1)
    [100, 50, 0],
    [100, 25, 50 / 101],
    [100, 0, 100 / 101],
  ])('after %i requests of which %i were accepted refuses with p = %f', (requests, accepts, p) => {
    const settled = (): Throttle => {
      const throttle = new Throttle()
      for (let accept = 0; accept < accepts; accept += 1) throttle.accepted(0)
      for (let refusal = accepts; refusal < requests; refusal += 1) throttle.refused(0)
      throttle.sent(0)
      return throttle
    }
    expect(settled().reserve(0, p)).toBe(true)
    expect(settled().reserve(0, Math.max(0, p - 1e-6))).toBe(p === 0)
  })

  it('does not count a request in flight as refused', () => {
    const throttle = new Throttle()
    for (let request = 0; request < 1_000; request += 1) expect(refuses(throttle, 0, 0)).toBe(false)
  })

  it('does not refuse below the minimum of requests', () => {
    const throttle = new Throttle()
    expect(ask(throttle, throttleDefaults.requestsMin, 0, false, 0)).toBe(throttleDefaults.requestsMin)
    expect(refuses(throttle, 0, 0)).toBe(true)
  })

  it('forgets with the window, and at once on forget()', () => {
    const throttle = new Throttle()
    ask(throttle, 100, 0, false)
    refuses(throttle, throttleDefaults.windowMs - 1, 1)
    expect(refuses(throttle, throttleDefaults.windowMs - 1, 0)).toBe(true)
    expect(refuses(throttle, throttleDefaults.windowMs * 3, 0)).toBe(false)
    ask(throttle, 100, 40_000, false)
    throttle.forget()
    expect(refuses(throttle, 40_000, 0)).toBe(false)
  })

  it.each([20, 200])(
    'at %i requests/s is over within three seconds of the end of an overload',
    (perSecond) => {
      const throttle = new Throttle()
      const random = lehmer(1)
      let backAtMs: number | undefined
      let sentInARow = 0
      for (let nowMs = 0; nowMs < 120_000 && backAtMs === undefined; nowMs += 1_000 / perSecond) {
        if (refuses(throttle, nowMs, random())) sentInARow = 0
        else if (nowMs < 60_000) throttle.refused(nowMs)
        else {
          throttle.accepted(nowMs)
          sentInARow += 1
          if (sentInARow === perSecond) backAtMs = nowMs
        }
      }
      // The last of it is the second that was counted.
      expect(backAtMs).toBeLessThan(64_000)
    },
  )

  it('sends an origin that accepts nothing hardly more than a probe per second, at any load', () => {
    const throttle = new Throttle()
    const random = lehmer(2)
    let sent = 0
    for (let nowMs = 0; nowMs < 20_000; nowMs += 1) {
      if (refuses(throttle, nowMs, random())) continue
      throttle.refused(nowMs)
      if (nowMs >= 10_000) sent += 1
    }
    expect(sent).toBeGreaterThanOrEqual(10)
    expect(sent).toBeLessThan(20)
  })

  it('backs off its probes, and resets after an accepted one', () => {
    const throttle = new Throttle()
    ask(throttle, 100, 0, false)
    const probesAtMs = (fromMs: number, untilMs: number, onProbe: (nowMs: number) => void): number[] => {
      const sent: number[] = []
      for (let nowMs = fromMs; nowMs < untilMs; nowMs += 1) {
        if (refuses(throttle, nowMs, 0)) continue
        sent.push(nowMs)
        onProbe(nowMs)
      }
      return sent
    }
    expect(probesAtMs(1, 3_900, (nowMs) => throttle.refused(nowMs))).toEqual([
      100, 300, 700, 1_500, 2_300, 3_100,
    ])
    expect(probesAtMs(3_900, 4_200, (nowMs) => throttle.accepted(nowMs))).toEqual([3_900, 4_000, 4_100])
  })

  /** After a series of refusals most of the window are our own refusals: full distrust would refuse a burst. */
  it('distrusts by a fifth after a single refusal, and fully if most are refused', () => {
    const throttle = new Throttle()
    ask(throttle, 1_000, 0, false)
    for (let accept = 0; accept < 50; accept += 1) throttle.accepted(0)
    expect(throttle.reserve(0, 0.01)).toBe(true)
    throttle.refused(0)
    expect(throttle.reserve(0, 0.21)).toBe(true)
    expect(throttle.reserve(0, 0.15)).toBe(false)
    for (let refusal = 0; refusal < 6; refusal += 1) throttle.refused(0)
    expect(throttle.reserve(0, 0.85)).toBe(false)
  })

  it('keeps its count when the clock steps back', () => {
    const throttle = new Throttle()
    ask(throttle, 100, 20_000, false)
    refuses(throttle, 5_000, 1)
    expect(refuses(throttle, 5_000, 0)).toBe(true)
  })
})

/** Park and Miller's generator: the same numbers each time, in [0, 1). */
function lehmer(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
