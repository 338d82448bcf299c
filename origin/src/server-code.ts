import type { Guard } from './action/guards.ts'
import type { Implementation } from './action/implementation.ts'
import type { QueryImplementation } from './action/query-implementation.ts'
import type { EventHandler } from './handlers/on.ts'
import type { Schedule } from './schedules/schedule.ts'

/** Server code of an application. */
export interface ServerCode {
  readonly implementations: readonly Implementation[]
  readonly guards: readonly Guard[]
  readonly answers: readonly QueryImplementation[]
  readonly handlers: readonly EventHandler[]
  readonly schedules: readonly Schedule[]
}

export const noServerCode: ServerCode = {
  implementations: [],
  guards: [],
  answers: [],
  handlers: [],
  schedules: [],
}

/** Combines all server code of an application, for its entry point. */
export const defineServer = (
  ...parts: readonly (Implementation | Guard | QueryImplementation | EventHandler | Schedule)[]
): ServerCode => ({
  implementations: parts.filter((part) => 'handler' in part),
  guards: parts.filter((part) => 'judge' in part),
  answers: parts.filter((part) => 'answer' in part),
  handlers: parts.filter((part) => 'onEvent' in part),
  schedules: parts.filter((part) => 'onDue' in part),
})
