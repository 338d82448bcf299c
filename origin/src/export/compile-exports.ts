import type { Readable } from 'node:stream'
import type { Load } from '@spillway/origin/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WorkTotals } from '../observe/work-totals.ts'
import { isBusy } from '../overload/yields.ts'
import type { CompiledView } from '../resource/compiled-view.ts'
import type { Handler } from '../resource/reads.ts'
import type { Repository } from '../store/repository.ts'
import { type Exporting, exportHandler } from './export-handler.ts'
import { ExportRoom } from './export-room.ts'
import { CutOff, type ExportBounds, exportBounds } from './export-stream.ts'

export interface ExportsOptions {
  readonly repository: Pick<Repository, 'list'>
  readonly load: () => Load
  readonly totals: WorkTotals
  /** Called with an unexpected error of a stream, for the log. */
  readonly onDefect: (request: FastifyRequest, error: unknown) => void
  /** @default {@link exportBounds} */
  readonly bounds?: Partial<ExportBounds>
}

/** Compiles the exports of a process: the handler of a view, or `undefined` if its lists cannot be exported. */
export function compileExports(
  app: FastifyInstance,
  { repository, load, totals, onDefect, bounds }: ExportsOptions,
): (compiled: CompiledView) => Handler | undefined {
  const running = new Set<Readable>()
  const exporting: Exporting = {
    room: new ExportRoom(),
    running,
    isBusy: () => isBusy(load()),
    bounds: { ...exportBounds, ...bounds },
    totals,
    onDefect,
  }
  // Aborts running exports, which would delay the end of the process. Callers can request them again from another
  // process.
  app.addHook('preClose', (done) => {
    for (const stream of running) stream.destroy(new CutOff('the process ends'))
    done()
  })
  return (compiled) => {
    const { export: rule } = compiled.view.resource
    return rule && exportHandler(compiled, repository, rule, exporting)
  }
}
