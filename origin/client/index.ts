/** The typed client of an API: for browsers, Node and Workers, without dependencies. */
export type { Change, ChangesOptions } from './changes.ts'
export { connect } from './connect.ts'
export type { History, HistoryOptions, HistoryPage, HistoryRecord } from './history.ts'
export { ApiProblem, NoAnswer, type ProblemDocument } from './problem.ts'
export type { CallOptions, ClientOptions, TokenSource } from './send.ts'
export type {
  BatchItem,
  BodyIn,
  Client,
  CreateOptions,
  DocumentIn,
  Filter,
  Kept,
  List,
  ListOptions,
  Page,
  Patch,
  ReadOptions,
  ResourceClient,
  Target,
} from './types.ts'
export type { WebhookMessage } from './webhook-message.ts'
