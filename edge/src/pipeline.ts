import type { Problem } from '@spillway/origin/contract'

/** Result of a request: the response, or the problem that refuses it. */
export type Answer = Response | Problem

/** Returned by a stage that neither answers nor refuses: the next stage runs. */
export const next = 'next'

export type Verdict = Answer | typeof next

/**
 * One step of a request's path. It reads what earlier stages wrote to the exchange and writes its own findings. It
 * returns a promise only if it awaits something.
 */
export type Stage<Exchange, Parts> = (exchange: Exchange, parts: Parts) => Verdict | Promise<Verdict>

/** The last stage of a path, which must answer or refuse. */
export type LastStage<Exchange, Parts> = (exchange: Exchange, parts: Parts) => Answer | Promise<Answer>

export type Pipeline<Exchange, Parts> = readonly [...Stage<Exchange, Parts>[], LastStage<Exchange, Parts>]

/**
 * Runs the stages in turn, synchronously until one returns a promise: a memory hit creates none. hono's `compose` and
 * fastify's hook runner work the same way.
 */
export function run<Exchange extends { hasWaited: boolean }, Parts>(
  pipeline: Pipeline<Exchange, Parts>,
  exchange: Exchange,
  parts: Parts,
  from = 0,
): Answer | Promise<Answer> {
  for (let i = from; ; i += 1) {
    const stage = pipeline[i]
    if (stage === undefined) throw new Error('the last stage of a pipeline must answer')
    const verdict = stage(exchange, parts)
    if (verdict === next) continue
    if (!(verdict instanceof Promise)) return verdict
    exchange.hasWaited = true
    return verdict.then((settled) => (settled === next ? run(pipeline, exchange, parts, i + 1) : settled))
  }
}
