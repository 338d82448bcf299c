import type { TSchema } from 'typebox'
import { inputSchema, outputSchema } from '../body.ts'
import type { View } from '../catalogue.ts'
import { documentedSchema } from '../documented-schema.ts'
import type { Json } from './json.ts'

/** `places` in `v2` → `PlacesV2`. */
export function schemaName({ resource, version }: View): string {
  const words = resource.name.split('-').map((word) => word[0]?.toUpperCase() + word.slice(1))
  return `${words.join('')}${version.toUpperCase()}`
}

/** Schemas of a view by name: what is shown, all of it or some fields, and what is taken. */
export function describeSchemas(view: View): [string, Json][] {
  const name = schemaName(view)
  const output = outputSchema(view.representation) as unknown as Json
  return [
    [name, output],
    [
      `${name}Selection`,
      { ...output, required: ['id'], description: 'The fields that `fields` asks for; `id` always.' },
    ],
    [`${name}Input`, inputSchema(view.representation) as unknown as Json],
    [`${name}Patch`, patchSchema(inputSchema(view.representation))],
  ].map(([schemaOf, schema]) => [schemaOf as string, documentedSchema(schema as Json)])
}

/** A merge patch may hold any member, `null` removing an optional one (RFC 7396). */
function patchSchema(input: TSchema): Json {
  const { properties, required } = input as unknown as {
    properties: Record<string, Json>
    required: readonly string[]
  }
  const members = Object.entries(properties).map(([name, field]) => [
    name,
    required.includes(name) ? field : { anyOf: [field, { type: 'null' }] },
  ])
  return { type: 'object', properties: Object.fromEntries(members), additionalProperties: false }
}
