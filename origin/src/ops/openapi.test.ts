import { openApiDocument } from '@spillway/origin/contract'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { application } from '../../test/fixture/application.ts'

interface Content {
  readonly schema: Readonly<Record<string, unknown>>
  readonly example?: unknown
}

const document = openApiDocument(application) as { components: object }

/** The content of every request and answer, with where it is. */
function* contentsIn(value: unknown, place = ''): Generator<readonly [string, Content]> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    const here = `${place}/${key}`
    if (key !== 'content') yield* contentsIn(member, here)
    else for (const [type, content] of Object.entries(member)) yield [`${here}/${type}`, content as Content]
  }
}

describe('the OpenAPI document', () => {
  const contents = [...contentsIn(document)]

  it('has a schema for all that is sent', () => {
    expect(contents.length).toBeGreaterThan(50)
    const empty = contents.filter(([, { schema }]) => Object.keys(schema ?? {}).length === 0)
    expect(empty.map(([place]) => place)).toEqual([])
  })

  it('has examples that their schemas accept', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    // The cast: the module's default export is typed for CommonJS.
    ;(addFormats as unknown as (to: Ajv2020) => void)(ajv)
    ajv.addSchema({ $id: 'document', components: document.components })
    const wrong = contents.flatMap(([place, { schema, example }]) => {
      if (example === undefined) return []
      const [known] = Object.values(schema)
      const validate = ajv.compile({ $ref: `document${known}` })
      return validate(example) ? [] : [[place, validate.errors]]
    })
    expect(wrong).toEqual([])
    expect(contents.filter(([, { example }]) => example !== undefined).length).toBeGreaterThan(40)
  })
})

it('gives reads and lists the whole document, with its required fields', () => {
  const { components, paths } = openApiDocument(application) as {
    components: { schemas: Record<string, { required: string[]; properties: object }> }
    paths: Record<string, { get: { responses: Record<string, { content: Record<string, Content> }> } }>
  }
  const answers = paths['/v2/places/{id}']?.get.responses
  const document = { $ref: '#/components/schemas/PlacesV2' }
  // The 206 too: a schema of its own would be joined to that of the 200 by every generator.
  expect([200, 206].map((status) => answers?.[status]?.content['application/json']?.schema)).toEqual([
    document,
    document,
  ])
  expect(components.schemas.PlacesV2?.required).toEqual([
    ...['id', 'createdAt', 'updatedAt', 'name', 'countryCode', 'kind', 'population', 'location'],
  ])
  expect(components.schemas.PlacesV2Page).toMatchObject({
    required: ['items', 'nextCursor'],
    properties: { items: { items: document } },
  })
})

it('describes the issuers of a deployment, and lists scopes with them', () => {
  const flow = { authorizationUrl: 'https://a.example/authorize', tokenUrl: 'https://a.example/token' }
  const issuers = [{ issuer: 'https://a.example', flow }, { issuer: 'https://b.example/' }]
  const document = openApiDocument(application, { servers: ['https://api.example'], issuers })
  expect(document).toMatchObject({
    servers: [{ url: 'https://api.example' }],
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        login: {
          type: 'oauth2',
          flows: {
            authorizationCode: {
              ...flow,
              scopes: { 'places:write': expect.stringContaining('places: create') },
            },
          },
        },
        login2: {
          type: 'openIdConnect',
          openIdConnectUrl: 'https://b.example/.well-known/openid-configuration',
        },
      },
    },
    paths: {
      '/v2/places': {
        get: { security: [{}, { bearer: [] }, { login: [] }, { login2: [] }] },
        post: { security: [{ bearer: [] }, { login: ['places:write'] }, { login2: ['places:write'] }] },
      },
    },
  })
})
