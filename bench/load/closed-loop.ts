import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import { holdWorkload } from './hold-workload.ts'
import { seededRandom } from './random.ts'
import type { ClosedJob, LoadReport, SlowAnswer } from './report.ts'
import { Tally } from './tally.ts'
import { checkTarget } from './target-guard.ts'
import { Window } from './window.ts'
import type { Asking, Call, Step } from './workload.ts'

/** Requests that one connection repeats, where they can be repeated: built once, so that building costs nothing. */
const repeatedCalls = 256

/**
 * Closed loop on autocannon, which npm installs on every system without a compiler. It is not the fastest generator,
 * but the server's CPU time per answer does not depend on that.
 */
export async function runClosedLoop(job: ClosedJob, onWindow = () => {}): Promise<LoadReport> {
  const { connections, slowestShare = 0, warmupMs, windowMs } = job
  const target = checkTarget(job.target, job.iOwnThisTarget).origin
  const { workload, stop } = await holdWorkload({ ...job, target }, seededRandom(job.seed))

  let tallies: { readonly all: Tally; readonly reads: Tally; readonly writes: Tally } | undefined
  const timed: SlowAnswer[] = []
  /** The latest answer on each connection whose calls cannot be repeated. */
  const latest = new WeakMap<object, Latest>()
  let user = 0
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const instance = autocannon(
    {
      url: target,
      connections,
      // `stop` below ends it: autocannon's own clock starts before its connections are open.
      duration: 3_600,
      sampleInt: 50,
      timeout: 10,
      setupClient: (client) => {
        client.setRequests(requestsOf(workload, user++, (answer) => latest.set(client, answer)))
      },
    },
    () => end(),
  )
  instance.on('response', (client, status, _bytes, ms) => {
    if (tallies === undefined) return
    // Calls that can be repeated are reads.
    const { method = 'GET', refusal, expects, timing = '' } = latest.get(client) ?? {}
    const isWrite = method !== 'GET'
    for (const tally of [tallies.all, isWrite ? tallies.writes : tallies.reads]) {
      tally.asked()
      tally.answered(status, ms, refusal, expects)
    }
    if (slowestShare > 0) timed.push({ isWrite, ms, timing })
  })
  // The error of a request does not say which it was.
  instance.on('reqError', (error: Error) => {
    tallies?.all.asked()
    tallies?.all.failed(error.message)
  })

  await sleep(warmupMs)
  onWindow()
  const window = new Window(job.watched)
  const measured = { all: new Tally(), reads: new Tally(), writes: new Tally() }
  tallies = measured
  await sleep(windowMs)
  const closed = window.close({ latenessP99Ms: 0, waited: 0 })
  tallies = undefined
  instance.stop()
  await ended
  stop()
  const total = measured.all.answers()
  const streams = { reads: measured.reads.answers(), writes: measured.writes.answers() }
  const slowest = timed.toSorted((a, b) => b.ms - a.ms).slice(0, Math.ceil(timed.length * slowestShare))
  return { ...closed, total, streams, timelines: {}, connections, slowest }
}

/** An answer, reduced to the parts that show whether it is a refusal, and of what. */
interface Latest extends Pick<Step, 'expects'> {
  readonly method: Call['method']
  readonly timing: string
  /** Body of a problem answer; empty for the others. */
  readonly refusal: string
}

function requestsOf(
  workload: Asking,
  user: number,
  onAnswer: (answer: Latest) => void,
): autocannon.Request[] {
  if (workload.isRepeatable) {
    return Array.from({ length: repeatedCalls }, () => requestOf(workload.next(user).call))
  }
  let step: Step
  return [
    {
      setupRequest: (defaults) => {
        step = workload.next(user)
        // Clears the body: autocannon starts from the previous request.
        return { ...defaults, body: undefined, ...requestOf(step.call) }
      },
      onResponse: (status, body, _context, headers) => {
        step.answered?.(status, fieldOf(headers, 'etag'))
        const { call, expects } = step
        const timing = fieldOf(headers, 'server-timing') ?? ''
        onAnswer({ method: call.method, timing, refusal: status >= 400 ? body : '', expects })
      },
    },
  ]
}

const requestOf = ({ method, path, headers, body }: Call): autocannon.Request => ({
  method,
  path,
  headers: { ...headers },
  body,
})

/** Names as the server spells them. */
function fieldOf(headers: autocannon.Request['headers'] = {}, lower: string): string | undefined {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === lower)
  return name === undefined ? undefined : String(headers[name])
}
