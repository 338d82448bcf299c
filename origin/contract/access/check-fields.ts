import type { Fields, Representation, ResourceDefinition } from '../definition.ts'
import { isReadOnly } from '../keywords.ts'
import { sampleDocuments } from '../shape-samples.ts'
import { alternativesOf, checkParts, isRequired } from './check.ts'
import { type AccessRule, fieldsOf } from './rule.ts'

type Definition = Pick<ResourceDefinition, 'schema' | 'access' | 'query' | 'set' | 'versions'> &
  Parameters<typeof checkParts>[2]

/** Mistakes in the rules of single fields, each with its fix. */
export function* checkFieldRules(definition: Definition): Generator<string> {
  const { schema, access } = definition
  for (const [field, { read, write }] of Object.entries(access.fields ?? {})) {
    const place = `fields.${field}`
    if (!Object.hasOwn(schema.properties, field)) {
      yield `access.${place}: the schema does not have '${field}': add the field or remove the rule`
      continue
    }
    if (read === undefined && write === undefined) {
      yield `access.${place} has neither read nor write: name one of them or remove it`
    }
    if (write !== undefined) {
      yield* checkParts(`${place}.write`, write, definition)
      yield* checkRequired(field, write, definition)
    }
    if (read === undefined || read.kind === 'anyone') continue
    yield* checkParts(`${place}.read`, read, definition)
    yield* checkComparisons(field, read, definition)
    yield* checkHiding(field, definition)
  }
}

/** Refuses a required field that nobody may send: nobody could create a document. */
function* checkRequired(
  field: string,
  write: AccessRule,
  { set = {}, versions, ...definition }: Definition,
): Generator<string> {
  if (write.kind !== 'never' || !isRequired(definition, field) || Object.hasOwn(set, field)) return
  for (const view of versions) {
    const name = shownName(view, field)
    const shown = name === undefined ? undefined : view.schema.properties[name]
    if (name === undefined || !isRequired(view, name)) continue
    if (shown === undefined || isReadOnly(shown)) continue
    yield `access.fields.${field}.write is never, but versions.${view.version} requires '${name}' in every body: make the field optional, or compute it by set`
  }
}

/** Refuses filters and sorts by a field that no caller may read in every document. */
function* checkComparisons(
  field: string,
  read: AccessRule,
  { query = {}, access }: Definition,
): Generator<string> {
  for (const use of ['filter', 'sort'] as const) {
    const named = query[use]?.find((path) => rootOf(path) === field)
    if (named === undefined || mayCompare(read, access.read)) continue
    yield `query.${use} names '${named}', which nobody is shown of every document: remove it, or let a role read the field, e.g. access.fields.${field}.read: any(…, role('admin'))`
  }
  if (rootOf(query.defaultSort?.replace(/^-/, '') ?? '') === field) {
    yield `query.defaultSort is '${query.defaultSort}', which some callers are not shown: name another field`
  }
}

/** The stored field that contains a path. */
const rootOf = (path: string): string => path.split('.', 1)[0] ?? path

/** Whether some caller may read the field in every document that they may read. */
function mayCompare(field: AccessRule, document: AccessRule): boolean {
  const words = (parts: readonly AccessRule[]) =>
    parts.filter((part) => fieldsOf(part).length > 0).map((part) => JSON.stringify(part))
  const ways = alternativesOf(field).map(words)
  return ways.some((way) =>
    alternativesOf(document).some((parts) => {
      const known = words(parts)
      return way.every((word) => known.includes(word))
    }),
  )
}

/** Checks that versions accept documents without hidden fields. */
function* checkHiding(field: string, { schema, access, versions }: Definition): Generator<string> {
  const hidden = Object.entries(access.fields ?? {}).flatMap(([name, { read }]) => (read ? [name] : []))
  for (const { version, fromStored } of versions) {
    const fails = sampleDocuments(schema).some(
      (document) =>
        runs(fromStored, document) &&
        !(runs(fromStored, without(document, [field])) && runs(fromStored, without(document, hidden))),
    )
    if (fails) {
      yield `versions.${version}.fromStored fails where '${field}' is not shown: let it take a document without the field`
    }
  }
}

function runs(fromStored: Representation['fromStored'], document: Fields): boolean {
  try {
    fromStored(structuredClone(document))
    return true
  } catch {
    return false
  }
}

const without = (document: Fields, fields: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(document).filter(([name]) => !fields.includes(name)))

/** A version's name of a stored field; `undefined` if it has none. */
const shownName = ({ paths, schema }: Representation, field: string): string | undefined =>
  Object.entries(paths).find(([, path]) => path === field)?.[0] ??
  (Object.hasOwn(schema.properties, field) ? field : undefined)
