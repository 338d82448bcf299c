import { type Priority, priorities } from '@spillway/origin/contract'
import { type Random, seededRandom } from '../../load/random.ts'
import { exponential, type Sample } from '../distribution.ts'
import { Histogram } from '../histogram.ts'
import { AdmissionControl } from '../origin-policy.ts'
import { EventQueue } from './event-queue.ts'
import { Lane } from './lane.ts'
import type { Kind, ProcessModel, ProcessResult, ProcessRun } from './model.ts'

interface Request {
  readonly priority: Priority
  readonly kind: number
  readonly arrivedMs: number
  readonly deadlineMs: number
  readonly counted: boolean
  admittedMs: number
  /** Whether it was handed to the event loop for its answer, or has ended otherwise. */
  leftDatabase: boolean
  /** Whether its lane refused it. */
  isCrowded: boolean
}

interface Batch {
  readonly kind: number
  readonly requests: readonly Request[]
  readonly sinceMs: number
}

/** Next task of the event loop for a request. */
type Task = 'receive' | 'work' | 'answer' | 'refuse'

const arrival = -1
const turnDone = -2
const tick = -3

/** Interval in which the origin looks at its queues while a request waits, ms. */
const tickMs = 5

/**
 * Simulates every request through one process, event by event. The event loop serves tasks in the order of arrival,
 * whatever their stage: so shed requests delay admitted ones. The origin's own code decides which requests get in.
 * Deterministic for a seed.
 */
export function simulateProcess(model: ProcessModel, run: ProcessRun): ProcessResult {
  return new Process(model, run).result()
}

class Process {
  readonly #model: ProcessModel
  readonly #run: ProcessRun
  readonly #random: Random
  readonly #events = new EventQueue()
  readonly #admission: AdmissionControl
  readonly #lanes: readonly Lane<Request>[]
  readonly #batches: (Batch | undefined)[] = []
  readonly #freeSlots: number[] = []
  #poolQueue: Batch[] = []
  #poolFree: number
  #ticking = false
  readonly #turns: { readonly task: Task; readonly request: Request }[] = []
  #turnHead = 0
  #turn: { readonly task: Task; readonly request: Request } | undefined
  #nowMs = 0
  #arrived = 0
  #waiting = 0
  #inflight = 0
  #lastChangeMs = 0
  #inflightMs = 0
  #cpuMs = 0
  #countedFromMs = 0
  #queueMs = 0
  #longestMs = 0
  #poolWaitMs = 0
  #commands = 0
  #utilization = 0
  #signals = 0
  readonly #offered = { critical: 0, normal: 0, background: 0 }
  readonly #done = { critical: 0, normal: 0, background: 0 }
  readonly #shed = { critical: 0, normal: 0, background: 0 }
  #late = 0
  /** Counted requests that have not ended. */
  #pending = 0
  readonly #latency = new Histogram()

  constructor(model: ProcessModel, run: ProcessRun) {
    this.#model = model
    this.#run = run
    this.#random = seededRandom(run.seed)
    this.#poolFree = model.poolSize
    this.#lanes = model.kinds.map(({ lane }) => new Lane<Request>(lane))
    this.#admission = new AdmissionControl({
      limit: model.limit(),
      random: this.#random,
      onActive: () => this.#wake(),
      ...(model.queue !== undefined && { queue: model.queue }),
      ...(model.shares !== undefined && { shares: model.shares }),
    })
  }

  result(): ProcessResult {
    const { arrivals, requests, warmup } = this.#run
    const perMs = priorities.reduce((sum, priority) => sum + arrivals[priority], 0) / 1_000
    const gap = exponential(1 / perMs)
    if (perMs > 0 && requests > 0) {
      this.#events.add(gap(this.#random), arrival)
      while (this.#arrived < requests) this.#step(gap, perMs, warmup)
    }
    const span = this.#span()
    // Others keep arriving until each counted request has ended or is late: those that end first are not like all.
    const untilMs = this.#nowMs + this.#model.deadlineMs
    while (this.#pending > 0 && this.#nowMs < untilMs) this.#step(gap, perMs, warmup)
    this.#giveUp()
    const done = this.#done.critical + this.#done.normal + this.#done.background
    return {
      offered: this.#offered,
      done: this.#done,
      shed: this.#shed,
      late: this.#late,
      latency: this.#latency,
      longestMs: this.#longestMs,
      queueMs: done === 0 ? 0 : this.#queueMs / done,
      utilization: this.#signals === 0 ? 0 : this.#utilization / this.#signals,
      commandsPerRequest: done === 0 ? 0 : span.commands / done,
      poolWaitMs: span.poolWaitMs,
      cpu: span.cpu,
      inflight: span.inflight,
      seconds: span.seconds,
    }
  }

  /** Figures of the time in which counted requests arrive. */
  #span() {
    this.#account()
    const ms = this.#nowMs - this.#countedFromMs
    return {
      commands: this.#commands,
      poolWaitMs: this.#poolWaitMs,
      cpu: ms === 0 ? 0 : Math.min(1, this.#cpuMs / ms),
      inflight: ms === 0 ? 0 : this.#inflightMs / ms,
      seconds: ms / 1_000,
    }
  }

  #giveUp(): void {
    this.#late += this.#pending
    for (const priority of priorities) this.#shed[priority] = this.#offered[priority] - this.#done[priority]
  }

  #step(gap: Sample, perMs: number, warmup: number): void {
    this.#nowMs = this.#events.nextTime
    const event = this.#events.take()
    if (event === arrival) {
      this.#events.add(this.#nowMs + gap(this.#random), arrival)
      if (this.#arrived === warmup) this.#startCounting()
      const isCounted = this.#arrived >= warmup && this.#arrived < this.#run.requests
      this.#receive(this.#priority(perMs), isCounted)
      this.#arrived += 1
    } else if (event === turnDone) this.#endTurn()
    else if (event === tick) this.#tick()
    else this.#batchBack(event)
  }

  #startCounting(): void {
    this.#account()
    this.#countedFromMs = this.#nowMs
    this.#inflightMs = 0
    this.#cpuMs = 0
    this.#commands = 0
    this.#poolWaitMs = 0
  }

  #priority(perMs: number): Priority {
    const { critical, normal } = this.#run.arrivals
    const at = this.#random() * perMs * 1_000
    if (at < critical) return 'critical'
    return at < critical + normal ? 'normal' : 'background'
  }

  #kind(): number {
    let rest = this.#random()
    const { kinds } = this.#model
    for (const [index, { share }] of kinds.entries()) {
      if (rest < share) return index
      rest -= share
    }
    return kinds.length - 1
  }

  #receive(priority: Priority, counted: boolean): void {
    if (counted) {
      this.#offered[priority] += 1
      this.#pending += 1
    }
    const arrivedMs = this.#nowMs
    const kind = this.#kind()
    const { deadlineMs: callerMs, kinds } = this.#model
    const deadlineMs = arrivedMs + Math.min(callerMs, kinds[kind]?.timeoutMs ?? callerMs)
    this.#enqueue('receive', {
      priority,
      kind,
      arrivedMs,
      deadlineMs,
      counted,
      admittedMs: 0,
      leftDatabase: false,
      isCrowded: false,
    })
  }

  #enqueue(task: Task, request: Request): void {
    this.#turns.push({ task, request })
    if (this.#turn === undefined) this.#nextTurn()
  }

  #nextTurn(): void {
    this.#turn = this.#turns[this.#turnHead]
    if (this.#turn === undefined) return
    this.#turnHead += 1
    if (this.#turnHead > 4_096) {
      this.#turns.splice(0, this.#turnHead)
      this.#turnHead = 0
    }
    const { task, request } = this.#turn
    const { receiveMs, kinds } = this.#model
    // The cast is safe: each request has a kind of the model.
    const { workMs, answerMs } = kinds[request.kind] as Kind
    const ms = task === 'receive' ? receiveMs : task === 'work' ? workMs : answerMs
    const spentMs = task === 'refuse' ? 0 : ms(this.#random)
    this.#cpuMs += spentMs
    this.#events.add(this.#nowMs + spentMs, turnDone)
  }

  #endTurn(): void {
    const turn = this.#turn
    if (turn === undefined) return
    if (turn.task === 'receive') this.#admit(turn.request)
    else if (turn.task === 'work') this.#toDatabase(turn.request)
    else this.#finish(turn.request)
    this.#turn = undefined
    this.#nextTurn()
  }

  #admit(request: Request): void {
    const { priority, deadlineMs } = request
    const verdict = this.#admission.tryAcquire(priority, deadlineMs, this.#nowMs)
    if (request.counted) {
      this.#utilization += this.#admission.load(this.#nowMs).utilization
      this.#signals += 1
    }
    if (verdict === 'admitted') {
      this.#start(request)
      return
    }
    if (verdict !== 'full') {
      this.#refuse(request)
      return
    }
    const waiter = {
      isGone: false,
      admitted: () => {
        this.#waiting -= 1
        this.#start(request)
      },
      refused: () => {
        this.#waiting -= 1
        this.#refuse(request)
      },
    }
    this.#waiting += 1
    if (this.#admission.wait(priority, deadlineMs, waiter, this.#nowMs) === 'waiting') return
    this.#waiting -= 1
    this.#refuse(request)
  }

  #start(request: Request): void {
    this.#account()
    this.#inflight += 1
    request.admittedMs = this.#nowMs
    this.#enqueue('work', request)
  }

  #toDatabase(request: Request): void {
    // The cast is safe: each kind has a lane.
    const lane = this.#lanes[request.kind] as Lane<Request>
    if (!lane.add(request, request.priority, this.#nowMs, request.deadlineMs - this.#nowMs)) {
      request.isCrowded = true
      this.#leaveDatabase(request, 'refuse')
      return
    }
    this.#depart(request.kind)
    if (lane.isWaiting) this.#wake()
  }

  #depart(kind: number): void {
    // The casts are safe: each kind has a lane and is of the model.
    const lane = this.#lanes[kind] as Lane<Request>
    // Without a primary no command leaves: callers wait until their deadline.
    if ((this.#model.kinds[kind] as Kind).databaseMs === undefined) return
    for (
      let requests = lane.depart(this.#nowMs);
      requests !== undefined;
      requests = lane.depart(this.#nowMs)
    ) {
      this.#poolQueue.push({ kind, requests, sinceMs: this.#nowMs })
    }
    this.#checkOut()
  }

  #checkOut(): void {
    while (this.#poolFree > 0) {
      const batch = this.#poolQueue.shift()
      if (batch === undefined) return
      this.#poolFree -= 1
      this.#commands += 1
      this.#poolWaitMs = Math.max(this.#poolWaitMs, this.#nowMs - batch.sinceMs)
      const slot = this.#freeSlots.pop() ?? this.#batches.length
      this.#batches[slot] = batch
      // The cast is safe: each batch has a kind of the model.
      const takes = (this.#model.kinds[batch.kind] as Kind).databaseMs
      this.#events.add(this.#nowMs + (takes?.(this.#random) ?? 0), slot)
    }
  }

  #batchBack(slot: number): void {
    const batch = this.#batches[slot]
    if (batch === undefined) return
    this.#batches[slot] = undefined
    this.#freeSlots.push(slot)
    this.#poolFree += 1
    this.#lanes[batch.kind]?.returned(batch.requests.length, this.#nowMs, batch.sinceMs)
    for (const request of batch.requests) this.#leaveDatabase(request, 'answer')
    this.#depart(batch.kind)
  }

  #leaveDatabase(request: Request, task: 'answer' | 'refuse'): void {
    if (request.leftDatabase) return
    request.leftDatabase = true
    this.#enqueue(task, request)
  }

  #wake(): void {
    if (this.#ticking) return
    this.#ticking = true
    this.#events.add(this.#nowMs + tickMs, tick)
  }

  /** The origin's tickers: refuse requests that waited too long, drop those past their deadline, admit patient ones. */
  #tick(): void {
    this.#ticking = false
    this.#admission.tick(this.#nowMs)
    const isLate = ({ deadlineMs }: Request) => deadlineMs <= this.#nowMs
    for (const [kind, lane] of this.#lanes.entries()) {
      for (const request of lane.expire(isLate)) this.#leaveDatabase(request, 'refuse')
      this.#depart(kind)
    }
    // perf: thousands of batches may wait, and a tick comes each 5 ms: copies of the lists took a fifth of the time.
    const refuseLate = ({ requests }: Batch) => {
      for (const request of requests) if (isLate(request)) this.#leaveDatabase(request, 'refuse')
    }
    for (const batch of this.#poolQueue) refuseLate(batch)
    for (const batch of this.#batches) if (batch !== undefined) refuseLate(batch)
    if (this.#inflight + this.#waiting > 0) this.#wake()
  }

  #finish(request: Request): void {
    this.#account()
    this.#inflight -= 1
    const nowMs = this.#nowMs
    const { counted, isCrowded, priority, arrivedMs, admittedMs, deadlineMs } = request
    const inTime = nowMs < deadlineMs
    if (counted && !isCrowded) this.#longestMs = Math.max(this.#longestMs, nowMs - arrivedMs)
    if (!inTime || isCrowded) this.#refuse(request)
    else if (counted) {
      this.#done[priority] += 1
      this.#pending -= 1
      this.#queueMs += admittedMs - arrivedMs
      this.#latency.add(nowMs - arrivedMs)
    }
    // A lane's refusal says nothing about other requests: the origin does not count it either.
    this.#admission.release(admittedMs, isCrowded ? 'ignored' : inTime ? 'served' : 'dropped', nowMs)
  }

  #refuse({ counted, priority, deadlineMs }: Request): void {
    if (!counted) return
    this.#shed[priority] += 1
    this.#pending -= 1
    if (this.#nowMs >= deadlineMs) this.#late += 1
  }

  #account(): void {
    this.#inflightMs += this.#inflight * (this.#nowMs - this.#lastChangeMs)
    this.#lastChangeMs = this.#nowMs
  }
}
