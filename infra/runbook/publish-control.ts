import {
  type ControlEntry,
  controlPrefix,
  controlSnapshotKey,
  controlSnapshotMax,
  formatControl,
  isControlKey,
} from '@spillway/origin/contract'

/** The `CONTROL` namespace of a stage. */
export interface ControlNamespace {
  /** All keys, with what KV says of each. */
  list(): Promise<readonly Omit<ControlEntry, 'value'>[]>
  /** @returns `undefined` where there is no such key */
  get(key: string): Promise<string | undefined>
  put(key: string, value: string): Promise<void>
}

const roundsMax = 10

/**
 * Copies all switches into the key that edges read, until the copy equals the keys.
 *
 * KV has no compare-and-swap, so two publishers at once may each copy a state without the other's change. Therefore
 * the copy is not edited: it is made of the keys, and the keys are read again after it was written. The publisher that
 * writes the last copy reads the keys after that, finds any change that is missing in it, and writes once more; a key
 * that is changed later still has a publisher who comes after.
 *
 * @returns the copies that were written
 * @throws Error if others change the keys all the time, or there are too many revocations
 */
export async function publishControl(namespace: ControlNamespace): Promise<number> {
  for (let round = 0; round < roundsMax; round += 1) {
    const wanted = await snapshotOf(namespace)
    if ((await namespace.get(controlSnapshotKey)) === wanted) return round
    if (wanted.length > controlSnapshotMax) {
      throw new Error(
        `the switches have ${wanted.length} characters, and edges read ${controlSnapshotMax}: delete revocations of tokens that have expired`,
      )
    }
    await namespace.put(controlSnapshotKey, wanted)
  }
  throw new Error('somebody changes the switches all the time: run it again')
}

async function snapshotOf(namespace: ControlNamespace): Promise<string> {
  const keys = (await namespace.list()).filter(({ name }) => isControlKey(name))
  const entries = keys.map(async (key) =>
    key.name === controlPrefix.shed ? { ...key, value: (await namespace.get(key.name)) ?? '' } : key,
  )
  return formatControl(await Promise.all(entries))
}
