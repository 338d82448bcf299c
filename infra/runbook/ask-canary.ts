import type { CanaryTarget } from '@spillway/origin/contract'
import { type CanaryResult, runCanary } from '../canary/canary.ts'

/** Asks an edge what users ask (`infra/canary`); made of the application by the programs that start runbooks. */
export type Canary = (request: CanaryRequest) => Promise<readonly CanaryResult[]>

export interface CanaryRequest {
  /** Base URL of the edge. */
  readonly url: string
  readonly token: string
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>
}

/** The canary of an application; undefined if it names none. */
export const canaryOf = (target: CanaryTarget | undefined): Canary | undefined =>
  target &&
  (({ url, token, headers }) =>
    runCanary({
      ...{ url, token, target },
      fetch: (address, init) => {
        const all = new Headers(init.headers)
        for (const [name, value] of Object.entries(headers)) all.set(name, value)
        return fetch(address, { ...init, headers: all })
      },
      now: () => performance.now(),
    }))
