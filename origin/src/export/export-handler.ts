import type { Readable } from 'node:stream'
import {
  type ExportFormat,
  type ExportRule,
  exportMediaTypes,
  type ListQuery,
  headers as names,
  outputSchema,
  type Principal,
  type Problem,
  parseExportQuery,
} from '@spillway/origin/contract'
import type { FastifyRequest } from 'fastify'
import { searchOf } from '../http/entry.ts'
import { sendProblem } from '../http/problem.ts'
import { callOf, headerOf } from '../http/request.ts'
import type { ExportEnd, WorkTotals } from '../observe/work-totals.ts'
import { sendFailure } from '../resource/answer.ts'
import type { CompiledView } from '../resource/compiled-view.ts'
import { refuseComparison } from '../resource/hidden-comparison.ts'
import type { Handler } from '../resource/reads.ts'
import { showTo } from '../resource/serializer.ts'
import type { Call, Repository, StoredDocument } from '../store/repository.ts'
import { csvRecord } from './csv.ts'
import type { ExportRoom } from './export-room.ts'
import { CutOff, type ExportBounds, exportStream } from './export-stream.ts'

/** State that all exports of a process share. */
export interface Exporting {
  readonly room: ExportRoom
  /** Streams in progress, aborted when the process ends. */
  readonly running: Set<Readable>
  /** Whether other work should go first. */
  readonly isBusy: () => boolean
  readonly bounds: ExportBounds
  readonly totals: WorkTotals
  /** Called with an unexpected error of a stream, for the log. */
  readonly onDefect: (request: FastifyRequest, error: unknown) => void
}

/**
 * GET and HEAD of a whole list, in the format that the gate has chosen. The first page is read like any list, so that a
 * refusal or failure can still be a problem answer. The other pages follow with background priority.
 */
export function exportHandler(
  compiled: CompiledView,
  repository: Pick<Repository, 'list'>,
  rule: ExportRule,
  { room, running, isBusy, bounds, totals, onDefect }: Exporting,
): Handler {
  const { resource } = compiled.view
  return async (request, reply) => {
    // The cast is safe: the route calls this handler only if the gate has set the format.
    const format = request.exportFormat as ExportFormat
    const query = parseExportQuery(compiled.view, searchOf(request.url))
    if (!query.ok) return sendProblem(reply, query.problem)
    const hidden = refuseComparison(compiled, query.value, request.principal)
    if (hidden !== undefined) return sendProblem(reply, hidden)
    const place = room.enter(callerOf(request))
    if (place === undefined) return sendProblem(reply, tooManyExports)
    // Gives the place back, unless a stream takes it over.
    using places = new DisposableStack()
    places.use(place)
    const residual = resource.audiences.read.of(request.principal)
    const mayLag = rule.from === 'reader' && headerOf(request.headers, names.mayLag) === '1'
    const list = (asked: ListQuery, call: Call) =>
      repository.list(resource, asked, residual, mayLag ? { ...call, from: 'reader' } : call)
    const first = { ...query.value, limit: firstRows }
    const outcome = await list(first, callOf(request))
    if (outcome.kind === 'notDone') return sendFailure(reply, outcome)
    reply.headers({
      'content-type': `${exportMediaTypes[format]}; charset=utf-8`,
      'content-disposition': `attachment; filename="${resource.name}.${format}"`,
      'cache-control': 'no-store',
      vary: 'accept',
    })
    if (request.method === 'HEAD') return reply.send()
    const { route } = request.target
    const stream = exportStream(outcome, {
      ...textOf(compiled, query.value, { format, principal: request.principal }),
      ...{ query: first, list, isBusy, bounds },
      onPage: (rows, bytes) => totals.add('export', route, { rows, bytes }),
      deadlineMs: request.startedAtMs + rule.timeoutMs,
    })
    running.add(stream)
    totals.exportsRunning += 1
    stream.once('error', (error) => {
      if (!(error instanceof CutOff)) onDefect(request, error)
    })
    const held = places.move()
    stream.once('close', () => {
      running.delete(stream)
      totals.exportsRunning -= 1
      totals.add('export', route, { answers: 1, durationMs: performance.now() - request.startedAtMs })
      totals.addEnd(route, endOf(stream))
      held.dispose()
    })
    return reply.send(stream)
  }
}

/** Classifies the end of a stream. A client that disconnects destroys it without an error. */
function endOf({ errored, readableEnded }: Readable): ExportEnd {
  if (errored !== null) return errored instanceof CutOff ? 'cut' : 'failed'
  return readableEnded ? 'whole' : 'left'
}

/** Documents of the first page, while their size is still unknown. */
const firstRows = 100

const callerOf = ({ principal }: FastifyRequest): string =>
  principal === undefined ? 'without a token' : `subject ${principal.subject}`

/** Head of the file, and the text of one document as the caller may see it. */
function textOf(
  { view, serialize, hiddenFrom }: CompiledView,
  { fields }: ListQuery,
  { format, principal }: { readonly format: ExportFormat; readonly principal: Principal | undefined },
) {
  if (format === 'ndjson') {
    const textOf = (document: StoredDocument) =>
      `${serialize(document, fields, hiddenFrom(document.fields, principal))}\n`
    return { head: '', textOf }
  }
  const columns = fields ?? Object.keys(outputSchema(view.representation).properties)
  return {
    head: csvRecord(columns),
    textOf(document: StoredDocument) {
      const shown = showTo(view, document, hiddenFrom(document.fields, principal))
      return csvRecord(columns.map((name) => shown[name]))
    },
  }
}

const tooManyExports: Problem = {
  code: 'overloaded',
  detail: 'Too many exports are running, of yours or of all callers. Retry when one has ended.',
  retryAfterSeconds: 5,
}
