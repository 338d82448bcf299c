import { type Command, wrangler } from './command.ts'
import type { Run } from './run.ts'
import { Refusal } from './runbook.ts'

/** The KV namespace of the emergency switch and the revocations. */
const namespace = ['--binding', 'CONTROL', '--remote']

/** @returns undefined when there is no such key */
export async function controlValue(run: Run, key: string): Promise<string | undefined> {
  try {
    const text = await run.ask(
      ['wrangler', 'kv', 'key', 'get', key, ...namespace, '--env', run.stage],
      'edge',
    )
    return text.trim()
  } catch (error) {
    if (error instanceof Refusal && error.message.includes('404')) return undefined
    throw error
  }
}

export const putControl = (run: Run, key: string, value: string, more: readonly string[] = []): Command =>
  wrangler(['kv', 'key', 'put', key, value, ...namespace, ...more], run.stage)

export const deleteControl = (run: Run, key: string): Command =>
  wrangler(['kv', 'key', 'delete', key, ...namespace], run.stage)
