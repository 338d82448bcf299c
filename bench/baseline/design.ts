import { processTree } from '../measure/process-table.ts'
import type { Arena } from './arena.ts'
import type { DesignContext, StartedDesign } from './design-context.ts'
import { atScale, fullScale } from './full-scale.ts'
import { type ScaledDatabase, startScaledDatabase } from './scaled-database.ts'
import { startLambda } from './start-lambda.ts'
import { startSecondDesign } from './start-second-design.ts'
import { startSpillway } from './start-spillway.ts'
import { yieldTo } from './yield-to.ts'

type Start = (context: DesignContext) => Promise<StartedDesign>

/** Every design of the story, in the order in which it came. */
export const designs = {
  first: {
    title: 'API Gateway + Lambda, in a VPC of the time',
    start: (context) => startLambda(context, 'vpc'),
  },
  firstToday: {
    title: 'API Gateway + Lambda, as it starts today',
    start: (context) => startLambda(context, 'plain'),
  },
  second: { title: 'Fastify behind a balancer', start: startSecondDesign },
  spillway: { title: 'Spillway', start: startSpillway },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly start: Start }>>

export type DesignName = keyof typeof designs
// The cast is safe: the object has no other keys.
export const designNames = Object.keys(designs) as readonly DesignName[]

export interface RunningDesign extends AsyncDisposable {
  readonly url: string
  readonly database: Pick<ScaledDatabase, 'connections' | 'refused'>
}

/** Starts a design on a scaled database of its own. */
export async function startDesign(
  name: DesignName,
  options: { readonly arena: Arena; readonly scale: number; readonly seed: number },
): Promise<RunningDesign> {
  const { arena, scale } = options
  await using closing = new AsyncDisposableStack()
  const database = await startScaledDatabase({
    port: arena.mongod.port,
    vcpus: fullScale.database.vcpus,
    connectionsMax: atScale(fullScale.database.connections, scale),
    scale,
  })
  closing.defer(() => database.stop())
  const databaseUri = `mongodb://127.0.0.1:${database.port}/?directConnection=true`
  const { url } = await designs[name].start({ ...options, databaseUri, closing })
  yieldTo(processTree(process.pid))
  const running = closing.move()
  return { url, database, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
