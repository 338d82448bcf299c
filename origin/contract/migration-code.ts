import type { Fields, ResourceDefinition } from './definition.ts'
import type { Migration } from './migration.ts'
import { sampleDocuments } from './shape-samples.ts'

/**
 * Mistakes in the code of migrations that samples reveal. `up` runs at each read of an old document and again in the
 * job, so it must give the same for the same document, whenever and wherever it runs. The origin recognizes the present
 * time, which two runs within a millisecond cannot tell (`checkMigrationResults`).
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
    // Documents of the previous shape lack the fields that the migration adds.
    const lacking = Object.fromEntries(Object.entries(sample).filter(([name]) => !changes.includes(name)))
    for (const document of [lacking, sample]) {
      const found = mistakeOn(document, up)
      if (found !== undefined) return found
    }
  }
  return undefined
}

function mistakeOn(document: Fields, up: Migration['up']): string | undefined {
  const text = JSON.stringify(document)
  const given = copyOf(text)
  const values = result(up, given)
  if (JSON.stringify(given) !== text)
    return 'changes its argument: return the values of the changed fields, and leave the document as it is'
  // A sample need not be valid, and may have fields that the shape before has not.
  if (values === failed) return undefined
  if (values instanceof Promise) {
    // An unhandled rejection would end Node, and its reason is of no interest.
    values.catch(() => {})
    return 'returns a promise: compute the values at once, from the document alone'
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    return 'returns no object: return { field: value } for the fields that changes names'
  const again = result(up, copyOf(text))
  const isStable = again !== failed && JSON.stringify(values) === JSON.stringify(again)
  if (!isStable)
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
