import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import { holdWorkload } from './hold-workload.ts'
import { seededRandom } from './random.ts'
import type { ClosedJob, LoadReport } from './report.ts'
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
  const { connections, warmupMs, windowMs } = job
  const target = checkTarget(job.target, job.iOwnThisTarget).origin
  const { workload, stop } = await holdWorkload({ ...job, target }, seededRandom(job.seed))

  let tally: Tally | undefined
  /** The latest answer on each connection whose calls cannot be repeated. */
  const latest = new WeakMap<object, Refused>()
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
    tally?.asked()
    const { refusal, expects } = latest.get(client) ?? {}
    tally?.answered(status, ms, refusal, expects)
  })
  instance.on('reqError', (error: Error) => {
    tally?.asked()
    tally?.failed(error.message)
  })

  await sleep(warmupMs)
  onWindow()
  const window = new Window(job.watched)
  const measured = new Tally()
  tally = measured
  await sleep(windowMs)
  const closed = window.close({ latenessP99Ms: 0, waited: 0 })
  tally = undefined
  instance.stop()
  await ended
  stop()
  const total = measured.answers()
  return { ...closed, total, streams: { all: total }, timelines: {}, connections }
}

/** An answer, reduced to the parts that show whether it is a refusal. */
interface Refused extends Pick<Step, 'expects'> {
  /** Body of a problem answer; empty for the others. */
  readonly refusal: string
}

function requestsOf(
  workload: Asking,
  user: number,
  onAnswer: (answer: Refused) => void,
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
        step.answered?.(status, etagOf(headers))
        onAnswer({ refusal: status >= 400 ? body : '', expects: step.expects })
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
function etagOf(headers: autocannon.Request['headers'] = {}): string | undefined {
  const name = Object.keys(headers).find((key) => key.toLowerCase() === 'etag')
  return name === undefined ? undefined : String(headers[name])
}
