import { describe, expect, it } from 'vitest'
import { AdaptiveLimit, adaptiveLimitDefaults } from './adaptive-limit.ts'
import { OriginGate, type Pass, type Turn } from './origin-gate.ts'
import { Waiter } from './wait-line.ts'

const random = (): number => 0.5
const pass = (entered: ReturnType<OriginGate['enter']>): Pass => {
  if (typeof entered === 'string') throw new Error(`not admitted: ${entered}`)
  if (entered instanceof Waiter) throw new Error('not admitted yet')
  return entered
}
const waiter = (entered: ReturnType<OriginGate['enter']>): Waiter<Turn> => {
  if (!(entered instanceof Waiter)) throw new Error('does not wait')
  return entered
}
const wait = { deadlineMs: 1_000, heldBytes: 0 }

const gateOfTen = (): OriginGate =>
  new OriginGate(undefined, new AdaptiveLimit({ ...adaptiveLimitDefaults, initial: 10, restart: 2 }))

describe('origin gate', () => {
  it('leaves room for the more important (60 %, 90 %, all of the limit)', () => {
    const gate = gateOfTen()
    const admitted = { background: 0, normal: 0, critical: 0 }
    for (const priority of ['background', 'normal', 'critical'] as const) {
      while (typeof gate.enter(priority, 0, random) !== 'string') admitted[priority] += 1
    }
    expect(admitted).toEqual({ background: 6, normal: 3, critical: 1 })
    expect(gate.enter('critical', 0, random)).toBe('limit')
  })

  it('gives places back', () => {
    const gate = gateOfTen()
    const passes = Array.from({ length: 9 }, () => pass(gate.enter('normal', 0, random)))
    expect(gate.enter('normal', 0, random)).toBe('limit')
    gate.leave(passes[0] as Pass, 'accepted', 10, random)
    expect(typeof gate.enter('normal', 10, random)).not.toBe('string')
  })

  it('does not count for ever what the runtime has dropped', () => {
    const gate = gateOfTen()
    for (let lost = 0; lost < 9; lost += 1) gate.enter('normal', 0, random)
    expect(gate.enter('normal', 9_999, random)).toBe('limit')
    expect(typeof gate.enter('normal', 10_000, random)).not.toBe('string')
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
    gate.leave(pass(gate.enter('critical', 0, random)), 'accepted', 0, random, load)
    const entered = gate.enter(priority, 500, random)
    expect(typeof entered === 'string' ? entered : 'admitted').toBe(expected)
  })

  it('lets somebody through again when the load it knows of is old', () => {
    const gate = new OriginGate()
    const load = { utilization: 2, queueMs: 0, shed: 0 }
    gate.leave(pass(gate.enter('normal', 0, random)), 'accepted', 0, random, load)
    expect(gate.enter('normal', 1_000, random)).toBe('origin-load')
    expect(typeof gate.enter('normal', 1_001, random)).not.toBe('string')
  })

  it('refuses each priority by what became of that priority', () => {
    const gate = new OriginGate()
    for (let request = 0; request < 60; request += 1) {
      const background = gate.enter('background', request * 10, random)
      if (typeof background !== 'string') gate.leave(pass(background), 'refused', request * 10, random)
      gate.leave(pass(gate.enter('critical', request * 10, random)), 'accepted', request * 10, random)
    }
    expect(gate.enter('background', 600, () => 0.5)).toBe('throttled')
    expect(typeof gate.enter('critical', 600, () => 0)).not.toBe('string')
  })

  it('casts the dice for a write once: when it is foreseen, and not again when it enters', () => {
    const gate = new OriginGate()
    const refusing = (): void => {
      for (let request = 0; request < 40; request += 1) {
        const entered = gate.enter('normal', 0, () => 1)
        if (typeof entered !== 'string') gate.leave(pass(entered), 'refused', 0, random)
      }
    }
    refusing()
    expect(gate.foresee('normal', 0, 0.5)).toBe('throttled')
    // Whose dice fell well goes, whatever they would say now.
    expect(gate.foresee('normal', 0, 0.999)).toBeUndefined()
    expect(typeof gate.enter('normal', 0, () => 0, { isCast: true })).not.toBe('string')
    expect(gate.enter('normal', 0, () => 0)).toBe('throttled')
  })

  it('lets one probe set out of all who come before it is sent, and another where it never is', () => {
    const gate = new OriginGate()
    for (let request = 0; request < 40; request += 1) {
      const entered = gate.enter('normal', 0, () => 1)
      if (typeof entered !== 'string') gate.leave(pass(entered), 'refused', 0, random)
    }
    const foreseen = (nowMs: number) =>
      Array.from({ length: 3 }, () => gate.foresee('normal', nowMs, 0) ?? 'goes')
    const oneGoes = ['goes', 'throttled', 'throttled']
    const noneGoes = ['throttled', 'throttled', 'throttled']
    expect(foreseen(99)).toEqual(noneGoes)
    expect(foreseen(100)).toEqual(oneGoes)
    expect(foreseen(124)).toEqual(noneGoes)
    expect(foreseen(125)).toEqual(oneGoes)
    pass(gate.enter('normal', 130, random, { isCast: true }))
    expect(foreseen(329)).toEqual(noneGoes)
    expect(foreseen(330)).toEqual(oneGoes)
    // Whose dice fell well meanwhile is no probe, and holds none up.
    expect(gate.foresee('normal', 354, 0.999)).toBeUndefined()
    expect(foreseen(355)).toEqual(oneGoes)
  })

  it('lets who lacks a place wait for one, the more important and then the older first', () => {
    const gate = gateOfTen()
    const passes = Array.from({ length: 10 }, () => pass(gate.enter('critical', 0, random)))
    const [background, first, second, critical] = (
      ['background', 'normal', 'normal', 'critical'] as const
    ).map((priority) => waiter(gate.enter(priority, 0, random, { wait }))) as [
      Waiter<Turn>,
      Waiter<Turn>,
      Waiter<Turn>,
      Waiter<Turn>,
    ]
    expect(gate.waiting).toBe(4)
    // Places are the critical ones' first, then there are nine for the normal ones, and six for the background.
    gate.leave(passes[0] as Pass, 'accepted', 10, random)
    expect(critical.turn).toMatchObject({ priority: 'critical', enteredAtMs: 10 })
    expect(first.turn).toBeUndefined()
    for (const each of passes.slice(1, 3)) gate.leave(each, 'accepted', 20, random)
    expect(first.turn).toMatchObject({ priority: 'normal' })
    gate.leave(passes[3] as Pass, 'accepted', 20, random)
    expect(second.turn).toMatchObject({ priority: 'normal' })
    expect(background.turn).toBeUndefined()
    expect(gate.turnOf(background)).toBe('limit')
    expect(gate.waiting).toBe(0)
  })

  it('lets nobody overtake who waits', () => {
    const gate = gateOfTen()
    const passes = Array.from({ length: 10 }, () => pass(gate.enter('critical', 0, random)))
    const early = waiter(gate.enter('critical', 0, random, { wait }))
    const late = waiter(gate.enter('critical', 5, random, { wait }))
    gate.leave(passes[0] as Pass, 'accepted', 10, random)
    expect(early.turn).toMatchObject({ enteredAtMs: 10 })
    expect(late.turn).toBeUndefined()
    expect(gate.enter('critical', 10, random)).toBe('limit')
  })

  it('waits no longer than its deadline leaves beside what an answer takes, and never in vain', () => {
    const gate = gateOfTen()
    const passes = Array.from({ length: 10 }, () => pass(gate.enter('critical', 0, random)))
    gate.leave(passes[0] as Pass, 'accepted', 100, random)
    pass(gate.enter('critical', 100, random))
    expect(waiter(gate.enter('critical', 100, random, { wait: { ...wait, deadlineMs: 250 } })).untilMs).toBe(
      150,
    )
    expect(gate.enter('critical', 100, random, { wait: { ...wait, deadlineMs: 200 } })).toBe('limit')
  })

  it('refuses at once, and lets nobody wait, where the origin refuses', () => {
    const gate = gateOfTen()
    for (let request = 0; request < 40; request += 1) {
      const entered = gate.enter('normal', 0, () => 1)
      if (typeof entered !== 'string') gate.leave(pass(entered), 'refused', 0, random)
    }
    while (typeof gate.enter('critical', 0, random) !== 'string');
    expect(gate.enter('normal', 0, () => 0.5, { wait })).toBe('throttled')
    expect(gate.waiting).toBe(0)
  })

  it('holds a timeout against the origin only where it was noticed in time', () => {
    const timedOut = (noticedAtMs: number): OriginGate => {
      const gate = gateOfTen()
      const passes = Array.from({ length: 5 }, () => pass(gate.enter('critical', 0, random, { wait })))
      for (const each of passes) gate.leave(each, 'timeout', noticedAtMs, random)
      return gate
    }
    expect(timedOut(1_100).shedReason('critical', 1_100)).toBe('breaker-open')
    expect(timedOut(1_101).shedReason('critical', 1_101)).toBeUndefined()
    expect(timedOut(1_101).limit).toBe(10)
  })

  it('sends those who wait on when the breaker opens', () => {
    const gate = gateOfTen()
    const passes = Array.from({ length: 10 }, () => pass(gate.enter('critical', 0, random)))
    const waiting = waiter(gate.enter('critical', 0, random, { wait }))
    for (const each of passes.slice(0, 5)) gate.leave(each, 'unreachable', 0, random)
    // Places came free before it opened: whoever has one goes, and finds out.
    const rest = Array.from({ length: 9 }, () => gate.enter('critical', 0, random, { wait }))
    expect(waiting.turn).toBeDefined()
    expect(rest).toEqual(rest.map(() => 'breaker-open'))
  })

  it('opens for a broken origin only: refusals and departed clients are none', () => {
    const gate = new OriginGate()
    for (let request = 0; request < 10; request += 1) {
      gate.leave(pass(gate.enter('critical', 0, () => 1)), 'refused', 0, random)
      gate.leave(pass(gate.enter('critical', 0, () => 1)), 'abandoned', 0, random)
    }
    expect(gate.shedReason('critical', 0)).toBeUndefined()
  })

  it('holds callers who leave against nobody else', () => {
    const gate = new OriginGate()
    for (let request = 0; request < 100; request += 1) {
      gate.leave(pass(gate.enter('critical', request * 20, () => 0)), 'abandoned', request * 20 + 10, random)
    }
    expect(typeof gate.enter('critical', 2_000, () => 0)).not.toBe('string')
  })

  it.each(['abandoned', 'timeout', 'unreachable'] as const)(
    'lets one probe through, whatever becomes of requests from before: %s',
    (outcome) => {
      const gate = gateOfTen()
      const [first, second, ...failing] = Array.from({ length: 7 }, () =>
        pass(gate.enter('critical', 0, random)),
      )
      for (const each of failing) gate.leave(each, 'unreachable', 0, random)
      const halfOpenAtMs = gate.openForMs(0)
      const probe = pass(gate.enter('critical', halfOpenAtMs, random))
      gate.leave(first as Pass, outcome, halfOpenAtMs, random)
      expect(gate.enter('critical', halfOpenAtMs, random)).toBe('breaker-open')
      expect(gate.openForMs(halfOpenAtMs)).toBe(0)
      // The probe's own end is what counts, once.
      gate.leave(probe, 'unreachable', halfOpenAtMs + 1, random)
      const openForMs = gate.openForMs(halfOpenAtMs + 1)
      expect(openForMs).toBeGreaterThan(0)
      gate.leave(second as Pass, outcome, halfOpenAtMs + 1, random)
      expect(gate.openForMs(halfOpenAtMs + 1)).toBe(openForMs)
    },
  )

  it('comes back from an outage without a stampede: one probe, then a low limit that grows', () => {
    const gate = gateOfTen()
    for (let request = 0; request < 5; request += 1) {
      gate.leave(pass(gate.enter('critical', 0, random)), 'unreachable', 0, random)
    }
    expect(gate.enter('critical', 0, random)).toBe('breaker-open')
    const backAtMs = gate.openForMs(0)
    const probe = pass(gate.enter('critical', backAtMs, random))
    expect(gate.enter('critical', backAtMs, random)).toBe('breaker-open')
    gate.leave(probe, 'accepted', backAtMs + 10, random)
    expect(gate.limit).toBe(2)
    let nowMs = backAtMs + 10
    for (let round = 0; round < 200; round += 1) {
      nowMs += 10
      const passes = []
      for (;;) {
        const entered = gate.enter('critical', nowMs, random)
        if (typeof entered === 'string') break
        passes.push(pass(entered))
      }
      for (const each of passes) gate.leave(each, 'accepted', nowMs + 5, random)
    }
    expect(gate.limit).toBeGreaterThan(10)
    expect(nowMs - backAtMs).toBeLessThan(5_000)
  })
})
