import type { Priority } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { AdaptiveLimit, adaptiveLimitDefaults } from './adaptive-limit.ts'
import { OriginGate } from './origin-gate.ts'
import { type EndOfCall, Permit, type Started, type StartOptions, type Turn } from './permit.ts'
import { Waiter } from './wait-line.ts'

const random = (): number => 0.5

/** Reserves a permit and starts it at once, as a read does. */
function enter(
  gate: OriginGate,
  priority: Priority,
  nowMs: number,
  { dice = random, ...options }: StartOptions & { readonly dice?: () => number } = {},
): ReturnType<Permit['start']> {
  const permit = gate.reserve(priority, nowMs, dice())
  return typeof permit === 'string' ? permit : permit.start(nowMs, options)
}

/** Result of a write's reservation, before its body arrives. */
const reserved = (gate: OriginGate, nowMs: number, random: number): string => {
  const permit = gate.reserve('normal', nowMs, random)
  return typeof permit === 'string' ? permit : 'goes'
}

const started = (entered: ReturnType<typeof enter>): Started => {
  if (typeof entered === 'string') throw new Error(`not admitted: ${entered}`)
  if (entered instanceof Waiter) throw new Error('not admitted yet')
  return entered
}
const waiter = (entered: ReturnType<typeof enter>): Waiter<Permit, Turn> => {
  if (!(entered instanceof Waiter)) throw new Error('does not wait')
  return entered
}
const leave = (
  permit: Started,
  outcome: EndOfCall['outcome'],
  nowMs: number,
  load?: EndOfCall['load'],
): void => permit.end({ outcome, nowMs, random: 0.5, load })

const wait = { deadlineMs: 1_000, heldBytes: 0 }

const gateOfTen = (): OriginGate =>
  new OriginGate(undefined, new AdaptiveLimit({ ...adaptiveLimitDefaults, initial: 10, restart: 2 }))

describe('origin gate', () => {
  it('reserves capacity for higher priorities (60 %, 90 %, all of the limit)', () => {
    const gate = gateOfTen()
    const admitted = { background: 0, normal: 0, critical: 0 }
    for (const priority of ['background', 'normal', 'critical'] as const) {
      while (typeof enter(gate, priority, 0) !== 'string') admitted[priority] += 1
    }
    expect(admitted).toEqual({ background: 6, normal: 3, critical: 1 })
    expect(enter(gate, 'critical', 0)).toBe('limit')
  })

  it('stays open for others, at the same limit, whatever operations are late by their own doing', () => {
    const gate = gateOfTen()
    for (let nowMs = 0; nowMs < 30_000; nowMs += 1_000) {
      leave(started(enter(gate, 'normal', nowMs)), 'own-fault', nowMs + 990)
    }
    expect([gate.limit, typeof enter(gate, 'normal', 30_000)]).toEqual([10, 'object'])
    for (let failure = 0; failure < 5; failure += 1) {
      leave(started(enter(gate, 'critical', 31_000)), 'timeout', 32_000)
    }
    expect(enter(gate, 'critical', 32_000)).toBe('breaker-open')
  })

  it('holds no slot for an unstarted permit, and frees a slot only once', () => {
    const gate = gateOfTen()
    const permits = Array.from({ length: 20 }, () => gate.reserve('normal', 0, 0.5) as Permit)
    expect(gate.inflight).toBe(0)
    const places = permits.slice(0, 9).map((permit) => started(permit.start(0)))
    expect(permits[9]?.start(0)).toBe('limit')
    for (let twice = 0; twice < 2; twice += 1) leave(places[0] as Started, 'accepted', 10)
    expect(gate.inflight).toBe(8)
  })

  it('frees slots', () => {
    const gate = gateOfTen()
    const passes = Array.from({ length: 9 }, () => started(enter(gate, 'normal', 0)))
    expect(enter(gate, 'normal', 0)).toBe('limit')
    leave(passes[0] as Started, 'accepted', 10)
    expect(typeof enter(gate, 'normal', 10)).not.toBe('string')
  })

  it('expires permits whose request the runtime dropped', () => {
    const gate = gateOfTen()
    for (let lost = 0; lost < 9; lost += 1) enter(gate, 'normal', 0)
    expect(enter(gate, 'normal', 9_999)).toBe('limit')
    expect(typeof enter(gate, 'normal', 10_000)).not.toBe('string')
  })

  it.each([
    ['background', 0.89, 'admitted'],
    ['background', 0.9, 'origin-load'],
    ['normal', 1.49, 'admitted'],
    ['normal', 1.5, 'origin-load'],
    ['critical', 99, 'admitted'],
  ] as const)('%s at a utilization of %f: %s', (priority, utilization, expected) => {
    const gate = new OriginGate()
    const load = { utilization, queueMs: 0, shed: 0 }
    leave(started(enter(gate, 'critical', 0)), 'accepted', 0, load)
    const entered = enter(gate, priority, 500)
    expect(typeof entered === 'string' ? entered : 'admitted').toBe(expected)
  })

  it('admits a request again when its load signal is outdated', () => {
    const gate = new OriginGate()
    const load = { utilization: 2, queueMs: 0, shed: 0 }
    leave(started(enter(gate, 'normal', 0)), 'accepted', 0, load)
    expect(enter(gate, 'normal', 1_000)).toBe('origin-load')
    expect(typeof enter(gate, 'normal', 1_001)).not.toBe('string')
  })

  it('throttles each priority by its own outcomes', () => {
    const gate = new OriginGate()
    for (let request = 0; request < 60; request += 1) {
      const background = enter(gate, 'background', request * 10)
      if (typeof background !== 'string') leave(started(background), 'refused', request * 10)
      leave(started(enter(gate, 'critical', request * 10)), 'accepted', request * 10)
    }
    expect(enter(gate, 'background', 600, { dice: () => 0.5 })).toBe('throttled')
    expect(typeof enter(gate, 'critical', 600, { dice: () => 0 })).not.toBe('string')
  })

  it('draws once per write: when its permit is reserved, not when it starts', () => {
    const gate = new OriginGate()
    const refusing = (): void => {
      for (let request = 0; request < 40; request += 1) {
        const entered = enter(gate, 'normal', 0, { dice: () => 1 })
        if (typeof entered !== 'string') leave(started(entered), 'refused', 0)
      }
    }
    refusing()
    expect(reserved(gate, 0, 0.5)).toBe('throttled')
    // A permit granted by an earlier draw stays valid.
    const permit = gate.reserve('normal', 0, 0.999)
    expect(permit).toBeInstanceOf(Permit)
    expect(typeof (permit as Permit).start(0)).not.toBe('string')
    expect(enter(gate, 'normal', 0, { dice: () => 0 })).toBe('throttled')
  })

  it('reserves one probe until it is sent, and another if it never is', () => {
    const gate = new OriginGate()
    for (let request = 0; request < 40; request += 1) {
      const entered = enter(gate, 'normal', 0, { dice: () => 1 })
      if (typeof entered !== 'string') leave(started(entered), 'refused', 0)
    }
    const foreseen = (nowMs: number) => Array.from({ length: 3 }, () => reserved(gate, nowMs, 0))
    const oneGoes = ['goes', 'throttled', 'throttled']
    const noneGoes = ['throttled', 'throttled', 'throttled']
    expect(foreseen(99)).toEqual(noneGoes)
    expect(foreseen(100)).toEqual(oneGoes)
    expect(foreseen(124)).toEqual(noneGoes)
    expect(foreseen(125)).toEqual(oneGoes)
    started(enter(gate, 'normal', 130, { dice: () => 0.999 }))
    expect(foreseen(329)).toEqual(noneGoes)
    expect(foreseen(330)).toEqual(oneGoes)
    // A permit granted meanwhile is no probe, and blocks none.
    expect(reserved(gate, 354, 0.999)).toBe('goes')
    expect(foreseen(355)).toEqual(oneGoes)
  })

  it('queues requests for a slot, by priority and then by age', () => {
    const gate = gateOfTen()
    const passes = Array.from({ length: 10 }, () => started(enter(gate, 'critical', 0)))
    const [background, first, second, critical] = (
      ['background', 'normal', 'normal', 'critical'] as const
    ).map((priority) => waiter(enter(gate, priority, 0, { wait }))) as [
      Waiter<Permit, Turn>,
      Waiter<Permit, Turn>,
      Waiter<Permit, Turn>,
      Waiter<Permit, Turn>,
    ]
    expect(gate.waiting).toBe(4)
    // Critical requests get slots first; then nine are left for normal ones, and six for background ones.
    leave(passes[0] as Started, 'accepted', 10)
    expect(critical.turn).toMatchObject({ priority: 'critical', startedAtMs: 10 })
    expect(first.turn).toBeUndefined()
    for (const each of passes.slice(1, 3)) leave(each, 'accepted', 20)
    expect(first.turn).toMatchObject({ priority: 'normal' })
    leave(passes[3] as Started, 'accepted', 20)
    expect(second.turn).toMatchObject({ priority: 'normal' })
    expect(background.turn).toBeUndefined()
    expect(background.holder.turnOf(background)).toBe('limit')
    expect(gate.waiting).toBe(0)
  })

  it('lets no newcomer overtake a waiter', () => {
    const gate = gateOfTen()
    const passes = Array.from({ length: 10 }, () => started(enter(gate, 'critical', 0)))
    const early = waiter(enter(gate, 'critical', 0, { wait }))
    const late = waiter(enter(gate, 'critical', 5, { wait }))
    leave(passes[0] as Started, 'accepted', 10)
    expect(early.turn).toMatchObject({ startedAtMs: 10 })
    expect(late.turn).toBeUndefined()
    expect(enter(gate, 'critical', 10)).toBe('limit')
  })

  it('bounds a wait by the deadline minus the service time, and skips a useless one', () => {
    const gate = gateOfTen()
    const passes = Array.from({ length: 10 }, () => started(enter(gate, 'critical', 0)))
    leave(passes[0] as Started, 'accepted', 100)
    started(enter(gate, 'critical', 100))
    expect(waiter(enter(gate, 'critical', 100, { wait: { ...wait, deadlineMs: 250 } })).untilMs).toBe(150)
    expect(enter(gate, 'critical', 100, { wait: { ...wait, deadlineMs: 200 } })).toBe('limit')
  })

  it('refuses at once, without waiting, while the origin refuses', () => {
    const gate = gateOfTen()
    for (let request = 0; request < 40; request += 1) {
      const entered = enter(gate, 'normal', 0, { dice: () => 1 })
      if (typeof entered !== 'string') leave(started(entered), 'refused', 0)
    }
    while (typeof enter(gate, 'critical', 0) !== 'string');
    expect(enter(gate, 'normal', 0, { dice: () => 0.5, wait })).toBe('throttled')
    expect(gate.waiting).toBe(0)
  })

  it('counts a timeout only if it was noticed in time', () => {
    const timedOut = (noticedAtMs: number): OriginGate => {
      const gate = gateOfTen()
      const passes = Array.from({ length: 5 }, () => started(enter(gate, 'critical', 0, { wait })))
      for (const each of passes) leave(each, 'timeout', noticedAtMs)
      return gate
    }
    expect(timedOut(1_100).closedReason('critical', 1_100)).toBe('breaker-open')
    expect(timedOut(1_101).closedReason('critical', 1_101)).toBeUndefined()
    expect(timedOut(1_101).limit).toBe(10)
  })

  it('releases all waiters when the breaker opens', () => {
    const gate = gateOfTen()
    const passes = Array.from({ length: 10 }, () => started(enter(gate, 'critical', 0)))
    const waiting = waiter(enter(gate, 'critical', 0, { wait }))
    for (const each of passes.slice(0, 5)) leave(each, 'unreachable', 0)
    // Slots were freed before it opened: a request with a slot goes on.
    const rest = Array.from({ length: 9 }, () => enter(gate, 'critical', 0, { wait }))
    expect(waiting.turn).toBeDefined()
    expect(rest).toEqual(rest.map(() => 'breaker-open'))
  })

  it('opens only for a broken origin, not for refusals or departed clients', () => {
    const gate = new OriginGate()
    for (let request = 0; request < 10; request += 1) {
      leave(started(enter(gate, 'critical', 0, { dice: () => 1 })), 'refused', 0)
      leave(started(enter(gate, 'critical', 0, { dice: () => 1 })), 'abandoned', 0)
    }
    expect(gate.closedReason('critical', 0)).toBeUndefined()
  })

  it('does not count departed callers against others', () => {
    const gate = new OriginGate()
    for (let request = 0; request < 100; request += 1) {
      leave(started(enter(gate, 'critical', request * 20, { dice: () => 0 })), 'abandoned', request * 20 + 10)
    }
    expect(typeof enter(gate, 'critical', 2_000, { dice: () => 0 })).not.toBe('string')
  })

  it.each(['abandoned', 'timeout', 'unreachable'] as const)(
    'lets one probe through, whatever becomes of requests from before: %s',
    (outcome) => {
      const gate = gateOfTen()
      const [first, second, ...failing] = Array.from({ length: 7 }, () => started(enter(gate, 'critical', 0)))
      for (const each of failing) leave(each, 'unreachable', 0)
      const halfOpenAtMs = gate.openForMs(0)
      const probe = started(enter(gate, 'critical', halfOpenAtMs))
      leave(first as Started, outcome, halfOpenAtMs)
      expect(enter(gate, 'critical', halfOpenAtMs)).toBe('breaker-open')
      expect(gate.openForMs(halfOpenAtMs)).toBe(0)
      // Only the probe's own end counts, and only once.
      leave(probe, 'unreachable', halfOpenAtMs + 1)
      const openForMs = gate.openForMs(halfOpenAtMs + 1)
      expect(openForMs).toBeGreaterThan(0)
      leave(second as Started, outcome, halfOpenAtMs + 1)
      expect(gate.openForMs(halfOpenAtMs + 1)).toBe(openForMs)
    },
  )

  it('comes back from an outage without a stampede: one probe, then a low limit that grows', () => {
    const gate = gateOfTen()
    for (let request = 0; request < 5; request += 1) {
      leave(started(enter(gate, 'critical', 0)), 'unreachable', 0)
    }
    expect(enter(gate, 'critical', 0)).toBe('breaker-open')
    const backAtMs = gate.openForMs(0)
    const probe = started(enter(gate, 'critical', backAtMs))
    expect(enter(gate, 'critical', backAtMs)).toBe('breaker-open')
    leave(probe, 'accepted', backAtMs + 10)
    expect(gate.limit).toBe(2)
    let nowMs = backAtMs + 10
    for (let round = 0; round < 200; round += 1) {
      nowMs += 10
      const passes = []
      for (;;) {
        const entered = enter(gate, 'critical', nowMs)
        if (typeof entered === 'string') break
        passes.push(started(entered))
      }
      for (const each of passes) leave(each, 'accepted', nowMs + 5)
    }
    expect(gate.limit).toBeGreaterThan(10)
    expect(nowMs - backAtMs).toBeLessThan(5_000)
  })
})
