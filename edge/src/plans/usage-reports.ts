import {
  claimValues,
  type Plans,
  type Principal,
  type ToldUsage,
  toldMax,
  type UsageReport,
  type UsageTotals,
} from '@spillway/origin/contract'
import { AskError } from '../http/ask-error.ts'
import { SieveMap } from '../lib/sieve-map.ts'
import { CallerUsage } from './caller-usage.ts'

export interface UsageReportsOptions {
  readonly plans: Plans
  /** Tells the origin. @throws {AskError} without an answer */
  readonly tell: (report: UsageReport) => Promise<UsageTotals>
  readonly now: () => number
  readonly onFailure: (reason: unknown) => void
}

/** Longest time that a report may take: one whose request was torn down never settles. */
const flightMs = 3_000
/** Time between the starts of two reports of one isolate. */
const gapMs = 1_000

/**
 * Usage of this isolate's callers, and the reports that add it up over all isolates. A report is sent beside a request,
 * at most one a second. When an isolate ends, its unreported counts are lost: ten seconds of requests at most.
 */
export class UsageReports {
  readonly #options: UsageReportsOptions
  readonly #usages = new SieveMap<CallerUsage>({
    countMax: 20_000,
    bytesMax: 8 * 1_024 * 1_024,
    bytesOf: (caller) => caller.length * 4 + 320,
  })
  /** Usages with counts to tell, or totals to ask for. */
  readonly #open = new Set<CallerUsage>()
  #startedAtMs = Number.NEGATIVE_INFINITY
  #isTelling = false

  constructor(options: UsageReportsOptions) {
    this.#options = options
  }

  /** The usage of a principal's plan; `undefined` for one without a plan. */
  usageOf(principal: Principal): CallerUsage | undefined {
    const { plans, now } = this.#options
    const named = claimValues(principal, plans.claim).find((name) => plans.byName.has(name))
    const plan = named === undefined ? plans.default : plans.byName.get(named)
    if (plan === undefined) return undefined
    const caller = callerOf(principal, plans)
    const key = `${plan.name} ${caller}`
    const known = this.#usages.get(key)
    if (known !== undefined) return known
    const usage = new CallerUsage(caller, plan, now())
    this.#usages.set(key, usage)
    return usage
  }

  /** Notes that a usage has counted a request. @returns the report that is due now, if any; it never rejects */
  counted(usage: CallerUsage, nowMs: number): Promise<void> | undefined {
    this.#open.add(usage)
    if (!usage.isDue(nowMs) || nowMs < this.#startedAtMs + (this.#isTelling ? flightMs : gapMs))
      return undefined
    this.#startedAtMs = nowMs
    return this.#tell(nowMs)
  }

  async #tell(nowMs: number): Promise<void> {
    this.#isTelling = true
    const usages = [...this.#open].slice(0, toldMax)
    for (const usage of usages) this.#open.delete(usage)
    const told: readonly ToldUsage[] = usages.map((usage) => usage.take(nowMs))
    try {
      const { totals } = await this.#options.tell({ usage: told })
      for (const [i, usage] of usages.entries()) {
        const [one, total] = [told[i], totals[i]]
        if (one !== undefined && total !== undefined) usage.hear(one, total)
      }
    } catch (error) {
      this.#options.onFailure(error)
      // In the caller's favour: a request is rather not counted than counted twice.
      if (error instanceof AskError && error.mayHaveArrived) return
      for (const [i, usage] of usages.entries()) {
        const one = told[i]
        if (one === undefined) continue
        usage.giveBack(one)
        this.#open.add(usage)
      }
    } finally {
      this.#isTelling = false
    }
  }
}

/** The tenant, or the subject. A subject without a tenant has a name that no tenant can have. */
function callerOf(principal: Principal, { tenant }: Plans): string {
  if (tenant === undefined) return principal.subject
  const [named] = claimValues(principal, tenant)
  return named ?? `subject ${principal.subject}`
}
