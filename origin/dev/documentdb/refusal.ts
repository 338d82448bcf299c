import type { Document } from 'mongodb'
import { supportedCommands, supportedOperators, supportedStages } from './supported.ts'

/** A command's error, as the database answers it. */
export interface Refusal {
  readonly code: number
  readonly codeName: string
  readonly errmsg: string
}

const notSupported = (what: string): Refusal => ({
  code: 303,
  codeName: 'FeatureNotSupported',
  errmsg: `Feature not supported: ${what}`,
})

/** Members that a driver adds to a command; no operators. */
const envelope: ReadonlySet<string> = new Set([
  ...['$db', '$clusterTime', '$readPreference', 'lsid', 'txnNumber', 'client'],
  // Values to store: a name in them is no operator.
  'documents',
])

/**
 * The error by which Amazon DocumentDB 5.0 refuses a command that MongoDB would run; `undefined` if it runs it, too.
 *
 * @param items further members of the command, each a list of documents
 */
export function refusalOf(
  command: Document,
  items: readonly (readonly [string, Document[]])[],
): Refusal | undefined {
  const [name = ''] = Object.keys(command)
  if (!supportedCommands.has(name)) return notSupported(name)
  if (command.txnNumber !== undefined && command.autocommit !== false)
    return { code: 301, codeName: 'NotSupported', errmsg: 'Retryable writes are not supported' }
  if (command.collation !== undefined) return notSupported('collation')
  if (command.readConcern?.level === 'linearizable') return notSupported('readConcern linearizable')
  const members = [...Object.entries(command), ...items]
  for (const [member, value] of members) {
    if (envelope.has(member)) continue
    const refused = unsupportedIn(member, value)
    if (refused !== undefined) return notSupported(refused)
  }
  return undefined
}

/** The first operator or stage that is not supported. */
function unsupportedIn(name: string, value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || '_bsontype' in value || value instanceof Date)
    return undefined
  if (name === 'pipeline' && Array.isArray(value)) return unsupportedStage(value)
  for (const [member, inner] of Object.entries(value)) {
    if (member.startsWith('$') && !supportedOperators.has(member)) return member
    const refused = unsupportedIn(member, inner)
    if (refused !== undefined) return refused
  }
  return undefined
}

function unsupportedStage(pipeline: readonly Document[]): string | undefined {
  for (const stage of pipeline) {
    for (const [name, content] of Object.entries(stage)) {
      if (!supportedStages.has(name)) return `aggregation stage ${name}`
      const refused = unsupportedIn('', content)
      if (refused !== undefined) return refused
    }
  }
  return undefined
}
