import type { Principal } from '@spillway/origin/contract'
import type { Bindings } from './config.ts'

/**
 * Environment of the routes in `edge/application/routes.ts`: the values that hono passes with a request. A team adds
 * its own bindings with `Hono<EdgeEnv & { Bindings: { … } }>`.
 */
export interface EdgeEnv {
  readonly Bindings: Bindings
  readonly Variables: {
    /** The id that the answer and the log carry. */
    readonly requestId: string
    /** The caller, from its verified token; `undefined` without one. */
    readonly principal: Principal | undefined
  }
}
