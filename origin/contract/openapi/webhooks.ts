import { liveVersions } from '../action.ts'
import type { Catalogue } from '../catalogue.ts'
import { type EventType, eventTypes } from '../events.ts'
import type { Resource } from '../resource.ts'
import { restoreName } from '../restore.ts'
import { pascalCase } from './actions.ts'
import { type Json, json, ref } from './json.ts'

/**
 * Webhooks of the resources with events (OpenAPI 3.1 §4.8.1): one for each kind of write, with the headers of Standard
 * Webhooks. Receivers are registered by operators, or over the API where the application allows it.
 */
export const describeWebhooks = (resources: Catalogue): Readonly<Record<string, Json>> =>
  Object.fromEntries(
    [...resources.values()]
      .filter(({ events }) => events !== undefined)
      .flatMap((resource) =>
        eventTypes
          .filter((type) => type !== 'restored' || resource.actions.has(restoreName))
          .map((type) => [`${resource.name}.${type}`, { post: describeWebhook(resource, type) }]),
      ),
  )

const describeWebhook = (resource: Resource, type: EventType): Json => ({
  operationId: `on${pascalCase(resource.name)}${pascalCase(type)}`,
  tags: [resource.name],
  summary: `A document of ${resource.name} was ${type}`,
  description:
    'Sent to receivers of webhooks, at least once and in order per document. Verify the signature, and drop an id that you have seen.',
  security: [],
  parameters: ['webhookId', 'webhookTimestamp', 'webhookSignature'].map((name) => ref('parameters', name)),
  requestBody: {
    required: true,
    content: json(ref('schemas', 'WebhookMessage'), undefined, messageExample(resource, type)),
  },
  responses: {
    204: { description: 'Taken. Anything else but 2xx is sent again, for about three days.' },
    410: { description: 'Gone: the receiver gets nothing more until it is enabled again.' },
  },
})

const exampleId = '0f8fad5b-d9cb-469f-a165-70867728950e'

function messageExample(resource: Resource, type: EventType): Json {
  const { name } = resource
  const version = liveVersions(resource).at(-1) ?? [...resource.versions.keys()].at(-1)
  return {
    type: `${name}.${type}`,
    timestamp: '2027-05-01T09:30:00.000Z',
    data: {
      ...{ resource: name, id: exampleId, version: 2, position: 1042 },
      href: `/${version}/${name}/${exampleId}`,
    },
  }
}

const header = (name: string, description: string, schema: Json): Json => ({
  ...{ name, in: 'header', required: true, description, schema },
})

export const webhookParameters = {
  webhookId: header('webhook-id', 'Id of the event: the same in each attempt.', { type: 'string' }),
  webhookTimestamp: header('webhook-timestamp', 'Time of the attempt, in seconds since the epoch.', {
    type: 'string',
    pattern: '^\\d+$',
  }),
  webhookSignature: header(
    'webhook-signature',
    '`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64; several with spaces between while the secret changes (Standard Webhooks).',
    { type: 'string' },
  ),
}

/** Schema of a message: what happened to a document, and where its present state can be read. */
export const webhookSchemas: Readonly<Record<string, Json>> = {
  WebhookMessage: {
    type: 'object',
    description: 'An event without the document, which the receiver reads with a token of its own.',
    required: ['type', 'timestamp', 'data'],
    properties: {
      type: { type: 'string', description: 'Resource and kind of write.' },
      timestamp: { type: 'string', format: 'date-time', description: 'Time of the write.' },
      data: {
        type: 'object',
        required: ['resource', 'id', 'version', 'position', 'href'],
        properties: {
          resource: { type: 'string' },
          id: { type: 'string', description: 'Id of the document.' },
          version: {
            type: 'integer',
            minimum: 1,
            description: 'Number of the document’s writes after this one.',
          },
          position: {
            type: 'integer',
            minimum: 1,
            description: 'Position in the log: the greater one is newer.',
          },
          changed: {
            type: 'array',
            items: { type: 'string' },
            description: 'Fields that an update changed.',
          },
          href: { type: 'string', format: 'uri-reference', description: 'Path of the document.' },
        },
      },
    },
  },
}
