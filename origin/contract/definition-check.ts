import type { TSchema } from 'typebox'
import { checkAccess } from './access/check.ts'
import { checkFieldRules } from './access/check-fields.ts'
import {
  creatorField,
  FieldAccess,
  fieldsOf,
  isPublic,
  ownerField,
  partsOf,
  resolveAccess,
} from './access.ts'
import { type CacheOptions, widestVisibility } from './cache-policy.ts'
import { countLimit } from './count.ts'
import type { Representation, ResourceDefinition } from './definition.ts'
import { resourceOptions } from './definition-options.ts'
import { checkDuration } from './duration.ts'
import { checkErasure } from './erasure-check.ts'
import { checkEvents } from './events.ts'
import { checkExport } from './export-rule.ts'
import { comparableAt, comparableOf, filterTypeOf } from './filter-type.ts'
import { checkHistory } from './history-check.ts'
import { isOrdered } from './index-kind.ts'
import { isReadOnly, type Keywords } from './keywords.ts'
import { checkLeftOut } from './left-out.ts'
import { limits } from './limits.ts'
import { checkMigrations } from './migration-check.ts'
import { checkMigrationCode } from './migration-code.ts'
import { checkPlaceIndex } from './near.ts'
import { checkNeverGiven } from './never-given.ts'
import { isRequiredAt, schemaAt } from './path.ts'
import { checkReferences } from './references.ts'
import { checkReasons } from './refusal.ts'
import { checkSchema } from './schema-check.ts'
import { checkTextIndex } from './search.ts'
import { checkSoftDelete } from './soft-delete.ts'
import { checkStoredLayout } from './stored-layout-check.ts'

/** All mistakes in a definition, each with its fix. Thrown while the contract is loaded, so nothing starts. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError'
  readonly mistakes: readonly string[]

  constructor(
    defined: string,
    mistakes: readonly string[],
    kind: 'resource' | 'application' | 'action' | 'query' = 'resource',
  ) {
    super(`${kind} '${defined}':\n${mistakes.map((mistake) => `  - ${mistake}`).join('\n')}`)
    this.mistakes = mistakes
  }
}

const visibilityWidth = { subject: 0, residual: 1, authorized: 2, public: 3 } as const
const reservedFields = ['id', 'createdAt', 'updatedAt']
const reservedParameters = ['or', 'sort', 'fields', 'limit', 'cursor']

/** @throws {DefinitionError} if options of the definition contradict each other */
export function checkDefinition(name: string, definition: ResourceDefinition): void {
  // The other checks assume that each option has the right type.
  const ofKind = [...resourceOptions(definition, '')]
  if (ofKind.length > 0) throw new DefinitionError(name, ofKind)
  const mistakes = [
    ...checkName(name),
    ...checkSchema(definition.schema, 'schema'),
    ...checkFields(definition),
    ...checkAccess(definition),
    ...checkFieldRules(definition),
    ...checkCache(definition),
    ...checkQuery(definition),
    ...checkParameters(definition),
    ...checkSortTexts(definition),
    ...checkIndexes(definition),
    ...checkTextIndex(definition),
    ...checkPlaceIndex(definition),
    ...checkReferences(definition),
    ...checkMigrations(definition),
    ...checkMigrationCode(definition),
    ...checkSoftDelete(definition),
    ...checkStoredLayout(definition),
    ...checkExport(definition.export),
    ...checkEvents(definition),
    ...checkHistory(definition),
    ...checkErasure(definition),
    ...checkRules(definition),
    ...checkLeftOut(definition),
    ...checkNeverGiven(definition),
    ...checkSizes(definition),
    ...checkVersions(definition),
  ]
  if (mistakes.length > 0) throw new DefinitionError(name, mistakes)
}

function* checkName(name: string): Generator<string> {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    yield `the name becomes a path segment: use lower-case letters, digits and hyphens, starting with a letter`
  }
}

function* checkFields({ schema }: ResourceDefinition): Generator<string> {
  for (const field of Object.keys(schema.properties)) {
    if (reservedFields.includes(field)) yield `'${field}' is a system field: remove it from the schema`
    if (reservedParameters.includes(field)) yield `'${field}' is a parameter of every list: rename the field`
    if (!isSafePath(field) || field.includes('.')) {
      yield `field '${field}': use letters and digits, starting with a letter, so that it is safe in queries and paths`
    }
  }
}

const isSafePath = (path: string): boolean => /^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z][A-Za-z0-9]*)*$/.test(path)

function* checkCache(definition: ResourceDefinition): Generator<string> {
  const cache = definition.cache ?? 'none'
  if (cache === 'none') return
  for (const option of ['maxAge', 'staleWhileRevalidate', 'staleIfError'] as const) {
    yield* checkDuration(`cache.${option}`, cache[option])
  }
  yield* checkVisibility(cache, definition)
  const { listsBy = [] } = cache
  const narrowing = new Set([
    ...(definition.query?.filter ?? []),
    ...[...partsOf(definition.access.read)].flatMap(fieldsOf),
  ])
  for (const field of listsBy) {
    if (narrowing.has(field)) continue
    yield `cache.listsBy names '${field}', which no list can be filtered by and access.read does not read: add it to query.filter or remove it`
  }
  if (listsBy.length > listsByMax) {
    yield `cache.listsBy names ${listsBy.length} fields, each of which every write purges: name at most ${listsByMax}`
  }
  if (listsBy.length > 0 && ownerField(definition.access.read) !== undefined) {
    yield `cache.listsBy has no use where lists are the owner's own: remove it`
  }
}

const listsByMax = 3

function* checkVisibility(cache: CacheOptions, definition: ResourceDefinition): Generator<string> {
  const { hidesSome } = new FieldAccess(definition.access.fields ?? {})
  const widest = widestVisibility(definition.access.read, hidesSome)
  const asked = cache.visibility ?? widest
  if (visibilityWidth[asked] > visibilityWidth[widest]) {
    const reason = widest === 'subject' ? "an owner's data" : 'data that only some callers may read'
    yield `cache.visibility '${asked}' would share ${reason}: use '${widest}' or open access.read`
  }
  if (asked === 'subject' && isPublic(definition.access.read)) {
    yield `cache.visibility 'subject' leaves out callers without a token, whom access.read lets through: use '${widest}'`
  }
}

function* checkQuery(definition: ResourceDefinition): Generator<string> {
  const { query = {} } = definition
  for (const use of ['filter', 'sort'] as const) {
    for (const field of query[use] ?? []) {
      const schema = schemaAt(definition.schema, field)
      const comparable = schema && comparableOf(schema)
      if (schema === undefined) {
        yield `query.${use} names '${field}', which the schema does not have: add the field or remove it from query.${use}`
      } else if (comparable === undefined) {
        yield `query.${use} names '${field}', which is neither string, number, integer nor boolean, nor an array of one: remove it`
      } else if (!isSafePath(field)) {
        yield `query.${use} names '${field}': use letters and digits in the names of fields, so that they are safe in queries`
      } else if (use === 'sort' && comparable.isArray) {
        yield `query.sort names '${field}', which is an array: it has no one place in an order; remove it`
      } else if (use === 'sort' && !isRequiredAt(definition.schema, field)) {
        yield `query.sort names '${field}', which is optional: pages cannot continue after a missing value; make it required`
      }
    }
  }
  const defaultSort = query.defaultSort?.replace(/^-/, '')
  if (defaultSort !== undefined && defaultSort !== 'id' && !(query.sort ?? []).includes(defaultSort)) {
    yield `query.defaultSort '${query.defaultSort}' is not in query.sort: add '${defaultSort}' there`
  }
}

/** Refuses filters with the name of a parameter of lists. */
function* checkParameters({ query = {}, references = {}, versions }: ResourceDefinition): Generator<string> {
  const parameters = [
    ...((query.countMax ?? 0) > 0 ? ['count'] : []),
    ...(Object.keys(references).length > 0 ? ['expand'] : []),
  ]
  for (const { version, schema, paths } of versions) {
    if (Object.keys(references).length > 0 && Object.hasOwn(schema.properties, 'expanded')) {
      yield `versions.${version} shows 'expanded', where the documents of references are shown: rename the field`
    }
    for (const name of parameters) {
      const isShown = Object.hasOwn(schema.properties, name)
      if (isShown && query.filter?.includes(paths[name] ?? name)) {
        yield `versions.${version}: lists are filtered by '${name}', which is a parameter of theirs: rename the field`
      }
    }
  }
}

/** Checks that sort values fit into a cursor, which contains those of the last document of a page. */
function* checkSortTexts({ query = {}, schema }: ResourceDefinition): Generator<string> {
  const lengths: number[] = []
  for (const field of query.sort ?? []) {
    const property = schemaAt(schema, field)
    const length = property === undefined ? 0 : sortTextLength(property)
    if (length === undefined) {
      yield `query.sort names '${field}', a text of any length: give it a maxLength, since a cursor carries it`
    } else lengths.push(length)
  }
  const longest = lengths.sort((a, b) => b - a).slice(0, limits.sortFieldsMax)
  const together = longest.reduce((sum, length) => sum + length, 0)
  if (together > limits.sortTextLengthMax) {
    yield `query.sort: the texts of one sort may have ${together} characters together, and a cursor carries ${limits.sortTextLengthMax}: lower a maxLength or remove a field`
  }
}

/** Maximum length of a field's strings, in characters; 0 for other types, `undefined` if unbounded. */
function sortTextLength(property: TSchema): number | undefined {
  const type = filterTypeOf(property)
  if (type?.kind === 'choice') return Math.max(...type.choices.map((choice) => choice.length))
  const { maxLength }: Keywords = property
  return type?.kind === 'string' ? maxLength : 0
}

function* checkIndexes(definition: ResourceDefinition): Generator<string> {
  const { indexes = [], query = {}, schema } = definition
  const prefix = ownerField(definition.access.read)
  const ruled = new Set([...partsOf(definition.access.read)].flatMap(fieldsOf))
  for (const { fields } of indexes) {
    const names = Object.keys(fields)
    if (names.length === 0) yield `an index has no fields: name at least one`
    for (const field of names) {
      if (schemaAt(schema, field) === undefined) {
        yield `an index names '${field}', which the schema does not have: add the field or remove it from the index`
      }
    }
    const arrays = names.filter((field) => comparableAt(schema, field)?.isArray)
    if (arrays.length > 1) {
      yield `an index names the arrays '${arrays.join("' and '")}': a database indexes one array a document; use an index for each`
    }
  }
  const leading = new Set(
    indexes.filter(isOrdered).flatMap(({ fields }) => {
      const [first = '', second = ''] = Object.keys(fields)
      if (prefix !== undefined) return first === prefix ? [second] : []
      // An index that starts with a field of the access rule serves lists that the rule narrows to that field.
      return ruled.has(first) ? [first, second] : [first]
    }),
  )
  for (const use of ['filter', 'sort'] as const) {
    for (const field of query[use] ?? []) {
      if (schemaAt(schema, field) === undefined || leading.has(field) || field === prefix) continue
      const key = field.includes('.') ? `'${field}'` : field
      const wanted = prefix === undefined ? `{ ${key}: 1 }` : `{ ${prefix}: 1, ${key}: 1 }`
      yield `query.${use} names '${field}', but no index leads with it: add { fields: ${wanted} } to indexes`
    }
  }
  if (
    prefix !== undefined &&
    !indexes.filter(isOrdered).some(({ fields }) => Object.keys(fields)[0] === prefix)
  ) {
    yield `every list is narrowed to '${prefix}', but no index leads with it: add { fields: { ${prefix}: 1 } } to indexes`
  }
}

function* checkRules({ set = {}, schema, problems = {} }: ResourceDefinition): Generator<string> {
  yield* checkReasons(problems)
  for (const field of Object.keys(set)) {
    if (!Object.hasOwn(schema.properties, field)) {
      yield `set names '${field}', which the schema does not have: add the field or remove it from set`
    }
  }
}

function* checkSizes({ query, batchSizeMax = 0 }: ResourceDefinition): Generator<string> {
  const size = query?.pageSize
  if (size !== undefined && !(size.default >= 1 && size.default <= size.max && size.max <= 1_000)) {
    yield `query.pageSize { default: ${size.default}, max: ${size.max} } must satisfy 1 <= default <= max <= 1000`
  }
  const { countMax = 0 } = query ?? {}
  if (!Number.isInteger(countMax) || countMax < 0 || countMax > countLimit) {
    yield `query.countMax ${countMax} must be an integer from 0 to ${countLimit}`
  }
  if (!Number.isInteger(batchSizeMax) || batchSizeMax < 0 || batchSizeMax > 1_000) {
    yield `batchSizeMax ${batchSizeMax}: must be an integer from 0 to 1000`
  }
}

function* checkVersions(definition: ResourceDefinition): Generator<string> {
  if (definition.versions.length === 0) yield `versions is empty: add at least v1`
  const names = new Set<string>()
  for (const view of definition.versions) {
    const { version } = view
    if (names.has(version)) yield `version '${version}' is defined twice: rename or remove one`
    names.add(version)
    if (!/^v[1-9]\d{0,2}$/.test(version)) yield `version '${version}': use v1, v2, ...`
    yield* checkRepresentation(view, definition)
  }
}

function* checkRepresentation(view: Representation, definition: ResourceDefinition): Generator<string> {
  const { version } = view
  yield* checkSchema(view.schema, `versions.${version}.schema`)
  for (const [field, path] of Object.entries(view.paths)) {
    if (schemaAt(view.schema, field) === undefined) {
      yield `versions.${version}.paths maps '${field}', which its schema does not have: remove it`
    }
    if (path !== null && schemaAt(definition.schema, path) === undefined) {
      yield `versions.${version}.paths maps '${field}' to '${path}', which is not stored: name a stored field`
    }
  }
  for (const field of Object.keys(view.schema.properties)) {
    if (reservedFields.includes(field)) yield `versions.${version}: '${field}' is a system field: remove it`
    const stored = Object.hasOwn(view.paths, field) || Object.hasOwn(definition.schema.properties, field)
    if (!stored) {
      yield `versions.${version} shows '${field}', which is not stored: map it in paths (null when it is computed)`
    }
  }
  const owner = creatorField(resolveAccess(definition.access))
  const shownOwner = owner === undefined ? undefined : view.schema.properties[owner]
  if (shownOwner !== undefined && !isReadOnly(shownOwner)) {
    yield `versions.${version} lets a caller write owner field '${owner}': mark it readOnly`
  }
  const { deprecation } = view
  if (deprecation === undefined) return
  if (!definition.versions.some((other) => other.version === deprecation.successor)) {
    yield `versions.${version}.deprecation names successor '${deprecation.successor}', which does not exist`
  }
  for (const [option, date] of Object.entries({
    deprecatedAt: deprecation.deprecatedAt,
    sunsetAt: deprecation.sunsetAt,
  })) {
    if (date !== undefined && Number.isNaN(Date.parse(date))) {
      yield `versions.${version}.deprecation.${option} '${date}' is not an RFC 3339 date`
    }
  }
}
