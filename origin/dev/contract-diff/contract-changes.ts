import { accessChanges } from './access-changes.ts'
import { breaking, type Change, safe } from './change.ts'
import { schemaChanges } from './schema-changes.ts'
import type { Json, OperationSurface, ResourceSurface, Surface } from './surface.ts'

/**
 * Every change between two releases, for clients and for stored documents.
 *
 * @param now as an RFC 3339 date: what a sunset of the last release has ended may go
 */
export function contractChanges(before: Surface, after: Surface, now: string): readonly Change[] {
  const changes = [
    ...operationChanges(inlined(before), inlined(after), now),
    ...resourceChanges(before, after),
  ]
  const byText = new Map(changes.map((change) => [change.text, change]))
  return [...byText.values()]
}

function* operationChanges(before: Surface, after: Surface, now: string): Generator<Change> {
  for (const [name, was] of Object.entries(before.operations)) {
    const is = after.operations[name]
    if (is !== undefined) yield* changesOf(name, was, is)
    else if (was.sunsetAt !== undefined && Date.parse(was.sunsetAt) <= Date.parse(now))
      yield safe(`${name}: removed after its sunset`)
    else yield breaking(`${name}: removed`)
  }
  for (const name of Object.keys(after.operations))
    if (!Object.hasOwn(before.operations, name)) yield safe(`${name}: new`)
}

function* changesOf(name: string, was: OperationSurface, is: OperationSurface): Generator<Change> {
  yield* accessChanges(`${name}: access`, was.access, is.access)
  yield* sunsetChanges(name, was, is)
  yield* parameterChanges(name, was, is)
  yield* bodyChanges(name, was, is)
  for (const [answer, schema] of Object.entries(was.answers)) {
    const other = is.answers[answer]
    if (other === undefined) yield breaking(`${name}: no answer ${answer} any more`)
    else yield* schemaChanges(`${name}: answer ${answer}`, schema, other, 'shown')
  }
  for (const answer of Object.keys(is.answers))
    if (!Object.hasOwn(was.answers, answer)) yield safe(`${name}: new answer ${answer}`)
}

function* sunsetChanges(name: string, was: OperationSurface, is: OperationSurface): Generator<Change> {
  if (is.sunsetAt === was.sunsetAt) return
  if (is.sunsetAt === undefined) yield safe(`${name}: no sunset any more`)
  else if (was.sunsetAt === undefined) yield safe(`${name}: sunset at ${is.sunsetAt}`)
  else {
    const text = `${name}: sunset at ${is.sunsetAt}, and not at ${was.sunsetAt}`
    yield Date.parse(is.sunsetAt) < Date.parse(was.sunsetAt) ? breaking(text) : safe(text)
  }
}

function* parameterChanges(name: string, was: OperationSurface, is: OperationSurface): Generator<Change> {
  for (const [parameter, { required, schema }] of Object.entries(was.parameters)) {
    const other = is.parameters[parameter]
    const place = `${name}: ${parameter}`
    if (other === undefined) {
      yield breaking(`${place}: removed`)
      continue
    }
    if (other.required !== required)
      yield other.required ? breaking(`${place}: required`) : safe(`${place}: can be absent`)
    yield* schemaChanges(place, schema, other.schema, 'sent')
  }
  for (const [parameter, { required }] of Object.entries(is.parameters)) {
    if (Object.hasOwn(was.parameters, parameter)) continue
    yield required ? breaking(`${name}: ${parameter}: new and required`) : safe(`${name}: ${parameter}: new`)
  }
}

function* bodyChanges(
  name: string,
  { body: was }: OperationSurface,
  { body: is }: OperationSurface,
): Generator<Change> {
  if (was === undefined && is === undefined) return
  if (was === undefined)
    return yield is?.required ? breaking(`${name}: body: required`) : safe(`${name}: body: new`)
  if (is === undefined) return yield breaking(`${name}: body: removed`)
  if (was.required !== is.required)
    yield is.required ? breaking(`${name}: body: required`) : safe(`${name}: body: can be absent`)
  for (const [type, schema] of Object.entries(was.content)) {
    const other = is.content[type]
    if (other === undefined) yield breaking(`${name}: body: no ${type} any more`)
    else yield* schemaChanges(`${name}: body`, schema, other, 'sent')
  }
  for (const type of Object.keys(is.content))
    if (!Object.hasOwn(was.content, type)) yield safe(`${name}: body: can be ${type}`)
}

function* resourceChanges(before: Surface, after: Surface): Generator<Change> {
  for (const [name, was] of Object.entries(before.resources)) {
    const is = after.resources[name]
    // Its operations are reported; its documents stay.
    if (is === undefined) continue
    if (is.defaultSort !== was.defaultSort)
      yield breaking(`${name}: lists are sorted by ${is.defaultSort}, and not by ${was.defaultSort}`)
    // Exports that come or go are reported by their media types.
    if (was.exports !== undefined && is.exports !== undefined)
      yield* accessChanges(`${name}: exports`, was.exports, is.exports)
    yield* fieldRuleChanges(name, was, is)
    yield* storedChanges(name, was, is)
  }
}

/**
 * Changes of the stored document. Fields that a pending migration adds fit documents that exist; those that it removes
 * break the last release.
 */
function* storedChanges(name: string, was: ResourceSurface, is: ResourceSurface): Generator<Change> {
  const released = shapeOf(was)
  const pending = Object.entries(is.migrations ?? {}).filter(([to]) => Number(to) > released)
  const migrated = new Set(pending.flatMap(([, changes]) => changes))
  const place = `${name}: stored document`
  for (const change of schemaChanges(place, was.stored, is.stored, 'stored')) {
    const [, root = ''] = /^\.(\w+)/.exec(change.text.slice(place.length)) ?? []
    yield change.breaks && migrated.has(root) ? safe(`${change.text} (by a migration)`) : change
  }
  for (const [to, changes] of pending) {
    for (const field of changes) {
      if (hasField(was, field) && !hasField(is, field))
        yield breaking(`${name}: migration ${to} removes '${field}', which the last release reads`)
    }
  }
  if (shapeOf(is) < released) yield breaking(`${name}: migration ${released} is gone`)
}

const shapeOf = ({ migrations = {} }: ResourceSurface): number =>
  Math.max(1, ...Object.keys(migrations).map(Number))

const hasField = ({ stored }: ResourceSurface, field: string): boolean =>
  // The cast is safe: the stored schema is one of an object.
  Object.hasOwn((stored.properties ?? {}) as object, field)

const anyone = { kind: 'anyone' } as const

function* fieldRuleChanges(name: string, was: ResourceSurface, is: ResourceSurface): Generator<Change> {
  for (const key of new Set([...Object.keys(was.fields), ...Object.keys(is.fields)])) {
    yield* accessChanges(`${name}: field ${key}`, was.fields[key] ?? anyone, is.fields[key] ?? anyone)
  }
}

/** A surface whose operations contain the schemas to which they refer. The cast is safe: only schemas change. */
const inlined = (surface: Surface): Surface => ({
  ...surface,
  operations: withoutRefs(surface.operations, surface.schemas) as Surface['operations'],
})

function withoutRefs(value: unknown, schemas: Readonly<Record<string, Json>>): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutRefs(item, schemas))
  if (typeof value !== 'object' || value === null) return value
  const $ref = '$ref' in value ? value.$ref : undefined
  // Schemas do not contain themselves: an expanded document has no expanded documents.
  if (typeof $ref === 'string') return withoutRefs(schemas[$ref.split('/').at(-1) ?? ''] ?? {}, schemas)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutRefs(item, schemas)]))
}
