import { receiversName, type StoredReceiver } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import type { CommandBounds } from '../store/command-bounds.ts'
import { readOptions } from '../store/read-options.ts'
import type { KeyState, ReceiverSecrets } from './receiver-secrets.ts'

const timeoutMs = 10_000

/**
 * Counts the receivers of the API by the key from which their secret is derived. One that still signs with a secret of an
 * old key as well counts as old: the key is needed until that secret ends.
 */
export async function receiversByKey(
  db: Db,
  bounds: CommandBounds,
  secrets: ReceiverSecrets,
): Promise<Readonly<Record<KeyState, number>>> {
  const now = new Date().toISOString()
  const counts = { 'in use': 0, old: 0, gone: 0 }
  await bounds.run(timeoutMs, async (signal) => {
    const found = db
      .collection<StoredReceiver & { _v: number }>(receiversName)
      .find({ _v: { $gt: 0 } }, { ...readOptions(timeoutMs), projection: { secrets: 1 }, signal })
    for await (const { secrets: stored } of found) {
      const states = stored
        .filter(({ until }) => until === undefined || until > now)
        .map((one) => secrets.stateOf(one))
      counts[states.includes('old') ? 'old' : (states[0] ?? 'gone')] += 1
    }
  })
  return counts
}
