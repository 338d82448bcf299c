import type { KeyState, ReceiverSecrets } from './receiver-secrets.ts'
import type { ReceiverDocument } from './stored-receivers.ts'

/**
 * Counts receivers by the key from which their secret is derived. One that still signs with a secret of an old key as well
 * counts as old: the key is needed until that secret ends.
 *
 * @param now RFC 3339
 */
export function receiversByKey(
  receivers: readonly Pick<ReceiverDocument, 'secrets'>[],
  secrets: ReceiverSecrets,
  now: string,
): Readonly<Record<KeyState, number>> {
  const counts = { 'in use': 0, old: 0, gone: 0 }
  for (const { secrets: stored } of receivers) {
    const states = stored
      .filter(({ until }) => until === undefined || until > now)
      .map((one) => secrets.stateOf(one))
    counts[states.includes('old') ? 'old' : (states[0] ?? 'gone')] += 1
  }
  return counts
}
