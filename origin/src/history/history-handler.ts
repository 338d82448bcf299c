import {
  encodePlace,
  foreignCursor,
  noSuchDocument,
  parseHistoryQuery,
  satisfies,
} from '@spillway/origin/contract'
import { searchOf } from '../http/entry.ts'
import { jsonType } from '../http/json-body.ts'
import { sendProblem } from '../http/problem.ts'
import { callOf, idOf } from '../http/request.ts'
import { sendFailure } from '../resource/answer.ts'
import type { CompiledView } from '../resource/compiled-view.ts'
import { type Handler, type IsCertain, perhapsNoSuchDocument } from '../resource/reads.ts'
import { fateOf } from '../store/database-error.ts'
import { type HistoryLog, newestPlace, placeOf } from '../store/history-log.ts'
import { type LastStateOptions, lastState } from './last-state.ts'
import { shownRecord } from './shown-record.ts'

export interface HistoryOptions extends LastStateOptions {
  readonly history: Pick<HistoryLog, 'newest' | 'page'>
  readonly isCertain: IsCertain
}

/**
 * GET of the history of a document. Its own rule decides, by the document's last state; who may not read it gets the same 404
 * as for a document that never was. Nothing of it is ever stored by a cache.
 */
export function historyHandler(compiled: CompiledView, options: HistoryOptions): Handler {
  const { resource } = compiled.view
  const { history, isCertain } = options
  return async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const query = parseHistoryQuery(searchOf(request.url))
    if (!query.ok) return sendProblem(reply, query.problem)
    const id = idOf(request)
    const call = callOf(request)
    const { limit, after } = query.value
    try {
      const last = await lastState(options, resource, id, call)
      if ('kind' in last && last.kind === 'notDone') return sendFailure(reply, last)
      const audience = resource.history?.audience.of(request.principal)
      if ('kind' in last || audience === undefined || !satisfies(audience, last.fields)) {
        const problem = isCertain(request.startedAtMs) ? noSuchDocument : perhapsNoSuchDocument
        return sendProblem(reply, problem)
      }
      // The document has been deleted since, and another one has its id.
      if (after !== undefined && after.born !== last.born) return sendProblem(reply, foreignCursor.problem)
      const place = after ?? newestPlace(last.born)
      const leftMs = call.deadline - performance.now()
      const found = await history.page({ resource: resource.name, id }, place, limit + 1, leftMs)
      const records = found.slice(0, limit)
      const final = found.length > limit ? records.at(-1) : undefined
      return reply.header('content-type', jsonType).send(
        JSON.stringify({
          items: records.map((record) => shownRecord(compiled, record, last, request.principal)),
          nextCursor: final === undefined ? null : encodePlace(placeOf(final)),
        }),
      )
    } catch (error) {
      if (fateOf(error) === 'refused') throw error
      return sendFailure(reply, { kind: 'notDone', reason: 'unavailable' })
    }
  }
}
