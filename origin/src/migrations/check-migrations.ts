import {
  type Catalogue,
  exampleOf,
  type Fields,
  type Resource,
  upgradeFields,
} from '@spillway/origin/contract'
import { createCompilers } from '../resource/validator.ts'

/**
 * Runs the migrations of each resource on a valid document without the fields that they change, and checks what they make
 * of it by the schema. Code that reads fields which the schema no longer has is not judged: no example has them.
 *
 * @throws {Error} with all mistakes, each with its resource, its fields and its fix
 */
export function checkMigrationResults(catalogue: Catalogue): void {
  const mistakes = [...catalogue.values()].flatMap((resource) => [...mistakesOf(resource)])
  if (mistakes.length > 0) throw new Error(`Migrations do not fit their schema:\n${mistakes.join('\n')}`)
}

function* mistakesOf(resource: Resource): Generator<string> {
  const { name, schema, migrations } = resource
  const changed = new Set(migrations.flatMap(({ changes }) => changes))
  const example = exampleOf(JSON.parse(JSON.stringify(schema)))
  if (changed.size === 0 || typeof example !== 'object' || example === null) return
  let fields: Fields = Object.fromEntries(Object.entries(example).filter(([field]) => !changed.has(field)))
  for (const migration of migrations) {
    const seen = watched(fields, migration.changes)
    try {
      const values = migration.up(seen.fields)
      const timed = migration.changes.find((field) => isNow(values[field]))
      if (timed !== undefined) {
        yield `- resource '${name}', migration to ${migration.to}: gives '${timed}' the present time: take everything from the document, so that each run gives the same.`
        return
      }
      if (seen.isMissed()) return
      fields = upgradeFields([{ ...migration, up: () => values }], fields, migration.to - 1)
    } catch (error) {
      if (seen.isMissed()) return
      yield `- resource '${name}', migration to ${migration.to}: fails on a valid document: ${String(error)}. Let up return values for every document of the shape before.`
      return
    }
  }
  const { first } = createCompilers()
  for (const field of changed) {
    const part = schema.properties[field]
    if (part === undefined) continue
    const value = fields[field]
    const isRequired = schema.required?.includes(field) === true
    if (value === undefined && !isRequired) continue
    const isValid = first.compile(JSON.parse(JSON.stringify(part)))
    if (value !== undefined && isValid(value)) continue
    const { to } = migrations.findLast(({ changes }) => changes.includes(field)) ?? {}
    const what =
      value === undefined
        ? `gives the required field '${field}' no value: return a default for documents without one`
        : `gives '${field}' the value ${JSON.stringify(value)}, which ${first.errorsText(isValid.errors, { dataVar: field })}: return a value that the schema allows`
    yield `- resource '${name}', migration to ${to}: ${what}.`
  }
}

/** A document that tells whether a field was read which it has not, other than those that are to be set. */
function watched(fields: Fields, changes: readonly string[]) {
  let isMissed = false
  const proxy = new Proxy(fields, {
    get(target, field, receiver) {
      if (typeof field === 'string' && !Object.hasOwn(target, field) && !changes.includes(field))
        isMissed = true
      return Reflect.get(target, field, receiver)
    },
  })
  return { fields: proxy, isMissed: () => isMissed }
}

const nearMs = 60_000

/** Whether a value is the present time: a migration must give the same values at each run. */
function isNow(value: unknown): boolean {
  if (value instanceof Date) return isNow(value.getTime())
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\d/.test(value) && isNow(Date.parse(value))
  return typeof value === 'number' && Math.abs(value - Date.now()) < nearMs
}
