import { bundleEdge } from '@spillway/edge/dev/edge-bundle'
import { startWorkerProcess } from '@spillway/edge/dev/worker-process'
import { keepLog } from '@spillway/infra/local/kept-log'
import { type FaultProxy, startFaultProxy } from '@spillway/origin/dev/fault-proxy'
import { startWorld, type World } from '../faults/world.ts'
import { type ControlStore, startControlStore } from './control-store.ts'

/** The stack of a game day: that of the fault suite, with a control namespace that can fail. */
export interface Field {
  readonly world: World
  readonly controlStore: ControlStore
  /** Link from the edges to the control namespace. */
  readonly controlLink: FaultProxy
  stop(): Promise<void>
}

/** @throws Error when a part does not start; nothing is left running */
export async function startField(progress: (line: string) => void): Promise<Field> {
  await using closing = new AsyncDisposableStack()
  const controlStore = await startControlStore()
  closing.defer(() => controlStore.stop())
  const controlLink = await startFaultProxy(controlStore.port)
  closing.defer(() => controlLink.stop())
  const world = await startWorld({
    progress,
    // workerd itself: Miniflare's namespaces cannot be made to fail.
    async startEdge({ variables, logFile, application }) {
      const { scriptFile, workerOptions } = await bundleEdge(application)
      return await startWorkerProcess(
        { scriptFile, ...workerOptions },
        {
          variables: { ...variables, LOCATION_CACHE: 'off' },
          namespaces: { CONTROL: { address: `127.0.0.1:${controlLink.port}` } },
          onLine: keepLog('edge', logFile),
        },
      )
    },
  })
  closing.defer(() => world.stop())
  const running = closing.move()
  return { world, controlStore, controlLink, stop: () => running.disposeAsync() }
}
