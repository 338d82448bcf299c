import type { Load } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import { OriginGate } from './origin-gate.ts'
import type { GateReason, OriginOutcome, Started, Turn } from './permit.ts'
import { Waiter } from './wait-line.ts'

/** Events in order of time. */
class Schedule {
  nowMs = 0
  readonly #events: { readonly atMs: number; readonly run: () => void }[] = []

  after(ms: number, run: () => void): void {
    const atMs = this.nowMs + ms
    const behind = this.#events.findLastIndex((event) => event.atMs <= atMs)
    this.#events.splice(behind + 1, 0, { atMs, run })
  }

  runUntil(untilMs: number): void {
    for (let next = this.#events[0]; next !== undefined && next.atMs <= untilMs; next = this.#events[0]) {
      this.#events.shift()
      this.nowMs = next.atMs
      next.run()
    }
    this.nowMs = untilMs
  }
}

interface Answer {
  readonly afterMs: number
  readonly outcome: Exclude<OriginOutcome, 'abandoned'>
  readonly load: Load | undefined
}

/** An isolate's clients, its gate, and an origin that `answer` describes completely. */
class Isolate {
  readonly schedule = new Schedule()
  readonly gate = new OriginGate()
  served = 0
  /** Sent to the origin and not accepted. */
  failed = 0
  readonly shed: string[] = []
  readonly #answer: (inflight: number) => Answer
  readonly #random = lehmer(1)

  constructor(answer: (inflight: number) => Answer) {
    this.#answer = answer
  }

  burst(size: number): void {
    for (let client = 0; client < size; client += 1) this.#ask(() => undefined)
  }

  /** Clients that send the next request as soon as they are answered. */
  loop(clients: number, lengthMs: number): void {
    const untilMs = this.schedule.nowMs + lengthMs
    const again = (): void => {
      if (this.schedule.nowMs < untilMs) this.#ask(again)
    }
    for (let client = 0; client < clients; client += 1) again()
    this.schedule.runUntil(untilMs + 2_000)
  }

  #ask(onEnd: () => void): void {
    const { nowMs } = this.schedule
    const wait = { deadlineMs: nowMs + 1_000, heldBytes: 0 }
    const permit = this.gate.reserve('normal', nowMs, this.#random())
    const entered = typeof permit === 'string' ? permit : permit.start(nowMs, { wait })
    if (!(entered instanceof Waiter)) {
      this.#go(entered, onEnd)
      return
    }
    // Polls the turn at each simulated step, since promises settle only after the simulated time.
    const look = (): void => {
      const isOver = entered.turn !== undefined || this.schedule.nowMs >= entered.untilMs
      if (isOver) this.#go(entered.holder.turnOf(entered), onEnd)
      else this.schedule.after(1, look)
    }
    this.schedule.after(1, look)
  }

  #go(turn: Turn | GateReason, onEnd: () => void): void {
    if (typeof turn === 'string') {
      this.shed.push(turn)
      this.schedule.after(5, onEnd)
    } else this.#send(turn, onEnd)
  }

  #send(permit: Started, onEnd: () => void): void {
    const { afterMs, load, outcome } = this.#answer(this.gate.inflight)
    this.schedule.after(afterMs, () => {
      permit.end({ outcome, nowMs: this.schedule.nowMs, random: this.#random(), load })
      if (outcome === 'accepted') this.served += 1
      else this.failed += 1
      onEnd()
    })
  }
}

const idle: Load = { utilization: 0.2, queueMs: 0, shed: 0 }
const full: Load = { utilization: 1, queueMs: 100, shed: 0.9 }
const answering =
  (afterMs: number, load: Load | undefined = idle) =>
  (): Answer => ({ afterMs, outcome: 'accepted', load })

describe('an idle origin', () => {
  const answerTimes = [4, 20, 80]

  it.each(answerTimes.flatMap((ms) => [16, 32, 64, 128, 256].map((clients) => [ms, clients] as const)))(
    'that answers in %i ms: a cold isolate refuses none of %i clients',
    (ms, clients) => {
      const isolate = new Isolate(answering(ms))
      isolate.loop(clients, 1_000)
      expect(isolate.shed).toEqual([])
      expect(isolate.served).toBeGreaterThan(clients)
    },
  )

  it.each(answerTimes.flatMap((ms) => [0, 1, 6].map((seconds) => [ms, seconds] as const)))(
    'that answers in %i ms: a burst of 200 after %i s of quiet is served',
    (ms, seconds) => {
      const isolate = new Isolate(answering(ms))
      isolate.loop(8, 1_000)
      const before = isolate.served
      isolate.schedule.runUntil(isolate.schedule.nowMs + seconds * 1_000)
      isolate.burst(200)
      isolate.schedule.runUntil(isolate.schedule.nowMs + 2_000)
      expect(isolate.shed).toEqual([])
      expect(isolate.served).toBe(before + 200)
    },
  )

  it('serves a burst of 200 one second after an overload', () => {
    let answer: Answer = { afterMs: 10, outcome: 'refused', load: full }
    const isolate = new Isolate(() => answer)
    isolate.loop(100, 3_000)
    answer = { afterMs: 10, outcome: 'accepted', load: idle }
    // An occasional request notices the recovery.
    isolate.loop(4, 2_000)
    isolate.shed.length = 0
    const before = isolate.served
    isolate.burst(200)
    isolate.schedule.runUntil(isolate.schedule.nowMs + 2_000)
    expect(isolate.shed).toEqual([])
    expect(isolate.served).toBe(before + 200)
  })

  it('serves a burst despite a stray refusal or two', () => {
    let nth = 0
    const isolate = new Isolate(() => {
      nth += 1
      return { afterMs: 10, outcome: nth % 100 === 50 ? 'refused' : 'accepted', load: idle }
    })
    isolate.burst(200)
    isolate.schedule.runUntil(1_000)
    expect(isolate.shed).toEqual([])
    expect(isolate.failed).toBe(2)
  })
})

describe('an overloaded origin', () => {
  it('is asked a few times a second while it accepts nothing, and no request waits', () => {
    const isolate = new Isolate(() => ({ afterMs: 5, outcome: 'refused', load: full }))
    isolate.loop(100, 1_000)
    const { failed } = isolate
    isolate.loop(100, 10_000)
    expect(isolate.failed - failed).toBeLessThan(30)
    expect(isolate.gate.waiting).toBe(0)
  })

  it('gets about as much as it can serve, and its limit is found', () => {
    // Serves 200 requests per second; beyond 40 in flight its answers come too late.
    const isolate = new Isolate((inflight) => ({
      afterMs: Math.min(1_000, inflight * 5),
      outcome: inflight > 199 ? 'timeout' : 'accepted',
      load: { utilization: Math.min(1, inflight / 40), queueMs: 0, shed: 0 },
    }))
    isolate.loop(200, 4_000)
    expect(isolate.gate.limit).toBeLessThan(120)
    expect(isolate.served / 6).toBeGreaterThan(130)
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
