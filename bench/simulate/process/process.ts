import { type Priority, priorities } from '@spillway/origin/contract'
import { type Random, seededRandom } from '../../load/random.ts'
import { exponential, type Sample } from '../distribution.ts'
import { Histogram } from '../histogram.ts'
import { AdmissionQueue, type AdmissionQueueOptions, type Waiting } from './admission-queue.ts'
import { EventQueue } from './event-queue.ts'

export type PerPriority<Value = number> = Readonly<Record<Priority, Value>>

/** One origin process: an event loop, a limit on what is in work, a short queue before it, a database behind it. */
export interface ProcessModel {
  /** CPU to read a request and decide on it, ms: also what a shed one costs. */
  readonly receiveMs: Sample
  /** CPU from admission to the call of the database, ms. */
  readonly workMs: Sample
  /** From the call of the database to its answer, ms; not CPU of this process. */
  readonly databaseMs: Sample
  /** CPU from there to the last byte, ms. */
  readonly answerMs: Sample
  /** Requests in work at once. */
  readonly inflightMax: number
  readonly queue: Omit<AdmissionQueueOptions, 'serviceMs'>
  /** What the caller waits, ms. */
  readonly deadlineMs: number
}

export interface ProcessRun {
  /** Poisson arrivals a second. */
  readonly arrivals: PerPriority
  /** Requests to follow. */
  readonly requests: number
  /** Of those, the first that are not counted: the queue starts empty, and that is not how it stays. */
  readonly warmup: number
  readonly seed: number
}

export interface ProcessResult {
  /** Counted requests that came. */
  readonly offered: PerPriority
  /** Answered before the deadline. */
  readonly done: PerPriority
  /** Refused, or answered when nobody waited any more. */
  readonly shed: PerPriority
  /** Being read, waiting or in work when the last one had come. */
  readonly inSystem: number
  /** From arrival to answer, of those done. */
  readonly latency: Histogram
  /** From arrival to admission of those done, mean, ms. */
  readonly queueMs: number
  /** Share of the time that the event loop was busy. */
  readonly cpu: number
  /** Requests in work over the limit, mean. */
  readonly utilization: number
  /** Requests in work, mean. */
  readonly inflight: number
  /** How long the counted part lasted, s. */
  readonly seconds: number
}

interface Request extends Waiting {
  sinceMs: number
  readonly arrivedMs: number
  readonly counted: boolean
  admittedMs: number
}

/** What the event loop does next for a request. */
type Task = 'receive' | 'work' | 'answer'

const arrival = -1
const turnDone = -2

/**
 * Follows every request through one process, event by event. The event loop serves first come, first served, whatever
 * the stage: that is how a shed request delays an admitted one. Deterministic for a seed.
 */
export function simulateProcess(model: ProcessModel, run: ProcessRun): ProcessResult {
  return new Process(model, run).result()
}

class Process {
  readonly #model: ProcessModel
  readonly #run: ProcessRun
  readonly #random: Random
  readonly #events = new EventQueue()
  readonly #queue: AdmissionQueue<Request>
  readonly #atDatabase: (Request | undefined)[] = []
  readonly #free: number[] = []
  readonly #turns: { readonly task: Task; readonly request: Request }[] = []
  #turnHead = 0
  #turn: { readonly task: Task; readonly request: Request } | undefined
  #nowMs = 0
  #arrived = 0
  #receiving = 0
  #inflight = 0
  #lastChangeMs = 0
  #inflightMs = 0
  #cpuMs = 0
  #countedFromMs = 0
  #queueMs = 0
  readonly #offered = { critical: 0, normal: 0, background: 0 }
  readonly #done = { critical: 0, normal: 0, background: 0 }
  readonly #shed = { critical: 0, normal: 0, background: 0 }
  readonly #latency = new Histogram()

  constructor(model: ProcessModel, run: ProcessRun) {
    this.#model = model
    this.#run = run
    this.#random = seededRandom(run.seed)
    const probe = seededRandom(1)
    const serviceMs = average(() => model.workMs(probe) + model.databaseMs(probe) + model.answerMs(probe))
    this.#queue = new AdmissionQueue({ ...model.queue, serviceMs })
  }

  result(): ProcessResult {
    const { arrivals, requests, warmup } = this.#run
    const perMs = priorities.reduce((sum, priority) => sum + arrivals[priority], 0) / 1_000
    if (perMs > 0 && requests > 0) {
      const gap = exponential(1 / perMs)
      this.#events.add(gap(this.#random), arrival)
      while (this.#arrived < requests) this.#step(gap, perMs, warmup)
    }
    this.#account()
    const spanMs = this.#nowMs - this.#countedFromMs
    const done = this.#done.critical + this.#done.normal + this.#done.background
    return {
      offered: this.#offered,
      done: this.#done,
      shed: this.#shed,
      inSystem: this.#receiving + this.#queue.length + this.#inflight,
      latency: this.#latency,
      queueMs: done === 0 ? 0 : this.#queueMs / done,
      cpu: spanMs === 0 ? 0 : Math.min(1, this.#cpuMs / spanMs),
      utilization: spanMs === 0 ? 0 : this.#inflightMs / spanMs / this.#model.inflightMax,
      inflight: spanMs === 0 ? 0 : this.#inflightMs / spanMs,
      seconds: spanMs / 1_000,
    }
  }

  #step(gap: Sample, perMs: number, warmup: number): void {
    this.#nowMs = this.#events.nextTime
    const event = this.#events.take()
    if (event === arrival) {
      this.#events.add(this.#nowMs + gap(this.#random), arrival)
      if (this.#arrived === warmup) this.#startCounting()
      this.#receive(this.#priority(perMs), this.#arrived >= warmup)
      this.#arrived += 1
    } else if (event === turnDone) this.#endTurn()
    else this.#fromDatabase(event)
  }

  #startCounting(): void {
    this.#account()
    this.#countedFromMs = this.#nowMs
    this.#inflightMs = 0
    this.#cpuMs = 0
  }

  #priority(perMs: number): Priority {
    const { critical, normal } = this.#run.arrivals
    const at = this.#random() * perMs * 1_000
    if (at < critical) return 'critical'
    return at < critical + normal ? 'normal' : 'background'
  }

  #receive(priority: Priority, counted: boolean): void {
    if (counted) this.#offered[priority] += 1
    this.#receiving += 1
    const nowMs = this.#nowMs
    const deadlineMs = nowMs + this.#model.deadlineMs
    this.#enqueue('receive', {
      priority,
      sinceMs: nowMs,
      deadlineMs,
      arrivedMs: nowMs,
      counted,
      admittedMs: 0,
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
    const { receiveMs, workMs, answerMs } = this.#model
    const ms = { receive: receiveMs, work: workMs, answer: answerMs }[this.#turn.task](this.#random)
    this.#cpuMs += ms
    this.#events.add(this.#nowMs + ms, turnDone)
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
    this.#receiving -= 1
    // The process cannot see how long a request lay in the socket before it was read.
    request.sinceMs = this.#nowMs
    if (this.#inflight < this.#model.inflightMax && this.#queue.length === 0) {
      this.#start(request)
      return
    }
    const out = this.#queue.offer(request, this.#nowMs)
    if (out !== undefined) this.#refuse(out)
  }

  #start(request: Request): void {
    this.#account()
    this.#inflight += 1
    request.admittedMs = this.#nowMs
    this.#turns.push({ task: 'work', request })
  }

  #toDatabase(request: Request): void {
    const slot = this.#free.pop() ?? this.#atDatabase.length
    this.#atDatabase[slot] = request
    this.#events.add(this.#nowMs + this.#model.databaseMs(this.#random), slot)
  }

  #fromDatabase(slot: number): void {
    const request = this.#atDatabase[slot]
    if (request === undefined) return
    this.#atDatabase[slot] = undefined
    this.#free.push(slot)
    this.#enqueue('answer', request)
  }

  #finish(request: Request): void {
    this.#account()
    this.#inflight -= 1
    if (request.counted && this.#nowMs <= request.deadlineMs) {
      this.#done[request.priority] += 1
      this.#queueMs += request.admittedMs - request.arrivedMs
      this.#latency.add(this.#nowMs - request.arrivedMs)
    } else this.#refuse(request)
    const next = this.#queue.next(this.#nowMs, (late) => this.#refuse(late))
    if (next !== undefined) this.#start(next)
  }

  #refuse(request: Request): void {
    if (request.counted) this.#shed[request.priority] += 1
  }

  #account(): void {
    this.#inflightMs += this.#inflight * (this.#nowMs - this.#lastChangeMs)
    this.#lastChangeMs = this.#nowMs
  }
}

const average = (draw: () => number, draws = 256): number => {
  let sum = 0
  for (let i = 0; i < draws; i += 1) sum += draw()
  return sum / draws
}
