import type { Principal } from '@spillway/origin/contract'
import type { Bindings } from './config.ts'

/**
 * What hono gives the routes of `edge/application/routes.ts` with a request. Bindings of one's own are added by
 * `Hono<EdgeEnv & { Bindings: { … } }>`.
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
