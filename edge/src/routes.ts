import type { Principal } from '@spillway/origin/contract'
import type { Bindings } from './config.ts'

/**
 * Environment of the routes in `edge/application/routes.ts`: what hono gives them with a request. A team adds bindings of
 * its own by `Hono<EdgeEnv & { Bindings: { … } }>`.
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
