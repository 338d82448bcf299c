import type { Fields, ResourceDefinition } from './definition.ts'
import type { Migration } from './migration.ts'
import { sampleDocuments } from './shape-samples.ts'

/**
 * Mistakes in the code of migrations that samples reveal. `up` runs at each read of an old document and again in the job,
 * so it must give the same for the same document, whenever and wherever it runs.
 */
export function* checkMigrationCode({
  schema,
  migrations = [],
}: Pick<ResourceDefinition, 'schema' | 'migrations'>): Generator<string> {
  const samples = sampleDocuments(schema)
  for (const [index, migration] of migrations.entries()) {
    const mistake = mistakeOf(migration, samples)
    if (mistake !== undefined) yield `migrations[${index}].up (to ${migration.to}) ${mistake}`
  }
}

function mistakeOf({ up, changes }: Migration, samples: readonly Fields[]): string | undefined {
  for (const sample of samples) {
    // Documents of the shape before lack the fields that are added.
    const lacking = Object.fromEntries(Object.entries(sample).filter(([name]) => !changes.includes(name)))
    for (const document of [lacking, sample]) {
      const found = mistakeOn(document, up, changes)
      if (found !== undefined) return found
    }
  }
  return undefined
}

function mistakeOn(document: Fields, up: Migration['up'], changes: readonly string[]): string | undefined {
  const text = JSON.stringify(document)
  const given = copyOf(text)
  const values = result(up, given)
  if (JSON.stringify(given) !== text)
    return 'changes its argument: return the values of the changed fields, and leave the document as it is'
  // A sample need not be valid, and may have fields that the shape before has not.
  if (values === failed) return undefined
  if (values instanceof Promise) {
    // Its failure is of no interest, and must not end the process.
    values.catch(() => {})
    return 'returns a promise: compute the values at once, from the document alone'
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    return 'returns no object: return { field: value } for the fields that changes names'
  const again = result(up, copyOf(text))
  const isStable = again !== failed && JSON.stringify(values) === JSON.stringify(again)
  // The cast is safe: it is an object that is no array.
  const changed = values as Fields
  if (!isStable || changes.some((name) => isNow(changed[name])))
    return 'gives other values at another time: take everything from the document, without time and chance'
  return undefined
}

const failed = Symbol('failed')

function result(up: Migration['up'], document: Fields): unknown {
  try {
    return up(document)
  } catch {
    return failed
  }
}

/** A copy of its own for each run. The cast is safe: samples are objects of JSON. */
const copyOf = (text: string): Fields => JSON.parse(text) as Fields

const nearMs = 60_000

/** Whether a value is the present time, which two runs within a millisecond cannot tell. */
function isNow(value: unknown): boolean {
  const nowMs = Date.now()
  // A Worker has no clock while it starts.
  if (nowMs === 0) return false
  if (value instanceof Date) return isNow(value.getTime())
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\d/.test(value) && isNow(Date.parse(value))
  return typeof value === 'number' && Math.abs(value - nowMs) < nearMs
}
