import type { Catalogue } from '@spillway/origin/contract'
import { Doorkeeper } from '../lib/doorkeeper.ts'
import { SieveMap } from '../lib/sieve-map.ts'
import { planRequest, refused, retired } from './plan-request.ts'
import { pathAndSearch, urlProblem } from './request-headers.ts'
import type { ReadPlan, RequestPlan, WritePlan } from './request-plan.ts'

/**
 * Plans a request by the contract alone. perf: plans of reads are cached by the URL as sent, host included, so that a
 * repeated URL costs one look-up and no parsing; plans of creates likewise, as their paths are few. Refused requests
 * are not cached, so that nonsense evicts nothing.
 */
export class RequestPlans {
  readonly #catalogue: Catalogue
  readonly #reads = new SieveMap<ReadPlan>({ countMax: 5_000, bytesMax: 4 * 1_024 * 1_024, bytesOf })
  /** perf: a URL that is asked for once, such as a search of its own, is not worth keeping. */
  readonly #doorkeeper = new Doorkeeper(8_192)
  /** One for each version of each resource and each host name; a client may invent host names. */
  readonly #creates = new SieveMap<WritePlan>({ countMax: 500, bytesMax: 512 * 1_024, bytesOf })

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
  }

  plan(method: string, url: string, nowMs: number): RequestPlan {
    const isSafe = method === 'GET' || method === 'HEAD'
    const known = isSafe ? this.#reads.get(url) : method === 'POST' ? this.#creates.get(url) : undefined
    if (known !== undefined) return retired(known.route, nowMs) ?? known
    const target = pathAndSearch(url)
    const oversize = urlProblem(target)
    if (oversize !== undefined) return refused(oversize)
    const plan = planRequest(this.#catalogue, method, target, nowMs)
    if (plan.kind === 'read' && this.#doorkeeper.hasSeen(url)) this.#reads.set(url, plan)
    // The plan's target has no query: a URL without a query maps to the same plan for everybody.
    if (plan.kind === 'write' && plan.route.operation === 'create' && plan.target === target) {
      this.#creates.set(url, plan)
    }
    return plan
  }

  /**
   * Reads since the last call, by the target of their plan. A URL counts from its third request on, as long as its plan
   * is cached.
   *
   * @param mayCount which plans are asked about
   */
  takeReads(mayCount: (plan: ReadPlan) => boolean): ReadonlyMap<string, number> {
    const reads = new Map<string, number>()
    this.#reads.takeHits((plan, hits) => {
      if (mayCount(plan)) reads.set(plan.target, (reads.get(plan.target) ?? 0) + hits)
    })
    return reads
  }

  /** The read that a target stands for in this contract; `undefined` if there is none. Counts no read. */
  readAt(target: string, nowMs: number): ReadPlan | undefined {
    if (!target.startsWith('/') || urlProblem(target) !== undefined) return undefined
    const plan = planRequest(this.#catalogue, 'GET', target, nowMs)
    return plan.kind === 'read' ? plan : undefined
  }
}

/** Estimate: the plan's own strings take about twice the size of its key; everything else is shared. */
const bytesOf = (url: string): number => 256 + url.length * 6
