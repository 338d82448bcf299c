import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startWorkerProcess } from '@spillway/edge/dev/worker-process'
import { bundleWorker } from '../edge/bundle-worker.ts'
import type { Run } from '../measure/run.ts'
import type { Subject } from '../peers/start-whole-path.ts'

/**
 * A Worker that answers everything at once with the same bytes. What is slow here is slow in front of every Worker: the
 * runtime calls it in an order of its own (decision 57).
 */
export async function startConstantWorker({ closing }: Pick<Run, 'closing'>): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-tail-'))
  closing.defer(() => rm(folder, { recursive: true, force: true }))
  const worker = await startWorkerProcess(await bundleWorker('bare', folder), { variables: {} })
  closing.defer(() => worker.stop())
  return { name: 'constant Worker', url: worker.url, pids: { edge: [worker.pid], server: [] } }
}
