import { join } from 'node:path'
import { type ControlEntry, controlSnapshotKey, parseControl } from '@spillway/origin/contract'
import { type Command, program, wrangler } from './command.ts'
import { controlNamespaceId } from './control-namespace.ts'
import type { Run } from './run.ts'

/** The KV namespace of the emergency switch and the revocations. */
const namespace = ['--binding', 'CONTROL', '--remote']

/** The switches and revocations that edges obey: those of the snapshot whose time is not over. */
export async function publishedControl(run: Run): Promise<readonly ControlEntry[]> {
  const id = controlNamespaceId(run.stage, join(run.root, 'edge'))
  const entries = parseControl((await run.cloudflare.kv(id).get(controlSnapshotKey)) ?? null)
  return entries.filter(({ expiration }) => expiration === undefined || expiration * 1_000 > run.nowMs())
}

/** Position of the emergency switch as edges read it; `none` when it is off. */
export const switchPosition = async (run: Run): Promise<string> =>
  (await publishedControl(run)).find(({ name }) => name === 'shed')?.value ?? 'none'

/** Sets a key, and publishes it to the edges. */
export const putControl = (
  run: Run,
  key: string,
  value: string,
  more: readonly string[] = [],
): readonly Command[] => [
  wrangler(['kv', 'key', 'put', key, value, ...namespace, ...more], run.stage),
  publishControl(run),
]

/** Deletes a key, and tells the edges. */
export const deleteControl = (run: Run, key: string): readonly Command[] => [
  wrangler(['kv', 'key', 'delete', key, ...namespace], run.stage),
  publishControl(run),
]

const publishControl = (run: Run): Command =>
  program(['node', 'infra/bin/publish-control.ts', '--stage', run.stage])
