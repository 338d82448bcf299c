/**
 * Public entry point for an application's server code: handlers of actions, guards and endpoints. Never bundled into
 * the Worker.
 */
export type { ActionStore, Changes, Increments, Items } from './action/action-store.ts'
export { type Guard, type GuardContext, guard } from './action/guards.ts'
export {
  type ActionContext,
  type ActionHandler,
  defineServer,
  type Implementation,
  implement,
  type ServerCode,
} from './action/implementation.ts'
export { answer, type QueryContext, type QueryImplementation } from './action/query-implementation.ts'
export type { QueryList, QueryStore } from './action/query-store.ts'
export type { Refusal } from './action/refusal.ts'
