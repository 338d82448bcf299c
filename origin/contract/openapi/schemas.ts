import type { TSchema } from 'typebox'
import { bodySchema, inputSchema, outputSchema } from '../body.ts'
import type { View } from '../catalogue.ts'
import { documentedSchema } from '../documented-schema.ts'
import { expansionsOf } from '../expand.ts'
import type { Keywords } from '../keywords.ts'
import { givenBy, isComputed, mayLeaveOut } from '../left-out.ts'
import { storedPath } from '../stored-path.ts'
import { isSent, isShownToAll, withFieldRule } from './field-rules.ts'
import { type Json, ref } from './json.ts'

/** `places` in `v2` → `PlacesV2`. */
export function schemaName({
  resource,
  version,
}: {
  readonly resource: { readonly name: string }
  readonly version: string
}): string {
  const words = resource.name.split('-').map((word) => word[0]?.toUpperCase() + word.slice(1))
  return `${words.join('')}${version.toUpperCase()}`
}

/** Schemas of a view by name: the document, and the bodies of writes. */
export function describeSchemas(view: View): [Named, Named, Named] {
  const name = schemaName(view)
  return [
    [name, documentSchema(view)],
    [`${name}Input`, documentInput(view)],
    [`${name}Patch`, documentPatch(view)],
  ]
}

type Named = [name: string, schema: Json]

/** An adopted document has the times that its layout maps. */
const isAlwaysShown = (view: View, name: string): boolean => {
  const { stored } = view.resource
  const isTime = name === 'createdAt' || name === 'updatedAt'
  return isTime && stored !== undefined ? stored.fields?.[name] !== undefined : isShownToAll(view, name)
}

/** A document in full. An answer has less where `fields` asks for less, and `expanded` where `expand` is sent. */
export const documentSchema = (view: View): Json => documentedSchema(withExpanded(view, outputOf(view)))

/** A body that creates or replaces. */
export const documentInput = (view: View): Json => documentedSchema(inputOf(view))

/** A merge patch. */
export const documentPatch = (view: View): Json =>
  documentedSchema(patchSchema(inputOf(view), namesThatStay(view)))

const outputOf = (view: View): Json => describeFields(view, outputSchema(view.representation), isAlwaysShown)

const inputOf = (view: View): Json => describeFields(view, bodySchema(view), isSent)

/**
 * Adds to each description the resource that a reference names, and who may read and write a field with rules of its
 * own.
 *
 * @param isAlways whether a required field is present for every caller
 */
function describeFields(view: View, schema: TSchema, isAlways: (view: View, name: string) => boolean): Json {
  const { properties, required } = membersOf(schema)
  const members = Object.entries(properties).map(([name, field]): [string, Json] => [
    name,
    withFieldRule(view, name, withReference(view, name, field)),
  ])
  return {
    ...schema,
    properties: Object.fromEntries(members),
    required: required.filter((name) => isAlways(view, name)),
  }
}

function withReference({ resource, representation }: View, name: string, field: Json): Json {
  const target = resource.references.get(storedPath(representation, name) ?? '')
  if (target === undefined) return field
  const words = `${field.type === 'array' ? 'Ids of documents' : 'Id of a document'} of \`${target}\`.`
  const description = field.description === undefined ? words : `${field.description} ${words}`
  return { ...field, description }
}

/** Adds the documents of `expand`. */
function withExpanded(view: View, output: Json): Json {
  const expansions = expansionsOf(view)
  if (expansions.length === 0) return output
  const members = expansions.map(({ name, path, target }) => {
    const shown = { anyOf: [ref('schemas', schemaName(target)), { type: 'null' }] }
    const { type }: Keywords = view.resource.schema.properties[path] ?? {}
    return [name, type === 'array' ? { type: 'array', items: shown } : shown]
  })
  const expanded = {
    type: 'object',
    description:
      'Present where `expand` is sent: the documents that it asks for, by reference; null for one that is not there or not for the caller.',
    properties: Object.fromEntries(members),
    additionalProperties: false,
  }
  return { ...output, properties: { ...membersOf(output).properties, expanded } }
}

// The cast is safe: every view's schema is an object schema, and TypeBox gives it both members.
const membersOf = (schema: object) =>
  schema as { readonly properties: Record<string, Json>; readonly required: readonly string[] }

/** Required fields that nothing replaces where a patch removes them. */
function namesThatStay(view: View): readonly string[] {
  const { resource, representation } = view
  const given = givenBy(resource)
  return membersOf(inputSchema(representation)).required.filter(
    (name) =>
      isSent(view, name) &&
      !(isComputed(given, representation, name) && mayLeaveOut(given, representation, name)),
  )
}

/** Schema of a merge patch: any member may be present, and `null` removes one that need not stay (RFC 7396). */
function patchSchema(input: Json, staying: readonly string[]): Json {
  const { properties } = membersOf(input)
  const members = Object.entries(properties).map(([name, field]) => [
    name,
    staying.includes(name) ? field : { anyOf: [field, { type: 'null' }] },
  ])
  return { type: 'object', properties: Object.fromEntries(members), additionalProperties: false }
}
