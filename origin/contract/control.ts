/**
 * Operators' switches and revocations, as edges read them. Each is a key of its own in the `CONTROL` namespace, so that
 * two operators never overwrite each other. Edges do not list the keys, which would cost ten times as much as a read:
 * they read one key, {@link controlSnapshotKey}, into which a change of any key copies all of them.
 */
export interface ControlEntry {
  readonly name: string
  /** Position of the switch; revocations have none. */
  readonly value?: string
  /** End of its effect, epoch seconds. */
  readonly expiration?: number
  /** `{ "issuedBefore": <epoch seconds> }` on a subject's key: tokens issued later count again. */
  readonly metadata?: unknown
}

export const controlSnapshotKey = 'control'

export const controlPrefix = { token: 'revoked:jti:', subject: 'revoked:sub:', shed: 'shed' } as const

/** Size of a snapshot, in characters: every isolate keeps it, twice while it is replaced. */
export const controlSnapshotMax = 2_000_000

/** Whether a key of the namespace is a switch or a revocation. */
export const isControlKey = (name: string): boolean =>
  name === controlPrefix.shed ||
  name.startsWith(controlPrefix.token) ||
  name.startsWith(controlPrefix.subject)

/** The text of a snapshot: equal for equal entries, in whatever order they are. */
export const formatControl = (entries: readonly ControlEntry[]): string =>
  JSON.stringify({
    entries: entries
      .map(({ name, value, expiration, metadata }) => ({ name, value, expiration, metadata }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  })

/**
 * Entries of a snapshot; `null` (no such key) has none.
 *
 * @throws Error for anything that is no snapshot; it never contains the text
 */
export function parseControl(text: string | null): readonly ControlEntry[] {
  if (text === null) return []
  if (text.length > controlSnapshotMax)
    throw new Error(`${controlSnapshotKey} is too long: ${text.length} characters`)
  const entries = entriesOf(text)
  if (entries === undefined) throw new Error(`${controlSnapshotKey} is not a snapshot of the switches`)
  return entries
}

function entriesOf(text: string): readonly ControlEntry[] | undefined {
  try {
    const { entries } = JSON.parse(text)
    return Array.isArray(entries) && entries.every(isEntry) ? entries : undefined
  } catch {
    return undefined
  }
}

const isEntry = (value: unknown): value is ControlEntry =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  (!('value' in value) || typeof value.value === 'string') &&
  (!('expiration' in value) || typeof value.expiration === 'number')
