/**
 * Public entry point for an application's server code: handlers of actions, guards, endpoints and
 * events. Never bundled into
 * the Worker.
 */
export type { ActionStore, Changes, Increments, Items } from './action/action-store.ts'
export { type Guard, type GuardContext, guard } from './action/guards.ts'
export {
  type ActionContext,
  type ActionHandler,
  type Implementation,
  implement,
} from './action/implementation.ts'
export { answer, type QueryContext, type QueryImplementation } from './action/query-implementation.ts'
export type { QueryList, QueryStore } from './action/query-store.ts'
export type { Refusal } from './action/refusal.ts'
export { type EventHandler, type HandledEvent, type HandlerContext, on } from './handlers/on.ts'
export { type JobContext, type Schedule, schedule } from './schedules/schedule.ts'
export { defineServer, type ServerCode } from './server-code.ts'
