import type { EventType } from '../contract/events.ts'

interface Event<Name extends string> {
  readonly resource: Name
  /** Id of the document. */
  readonly id: string
  /** Version of the document that the write made: of two events of a document, the higher one is newer. */
  readonly version: number
  /** Order of all events: of two events of a resource, the higher one is newer. */
  readonly position: number
  /** Fields that an update changed. */
  readonly changed?: readonly string[]
  /** Path at which the document can be read as it is now. */
  readonly href: string
}

/**
 * Body of a webhook, after its signature was verified. The type parameter names the resources whose events the receiver
 * gets: `WebhookMessage<'parcels' | 'orders'>` is told apart by `type`, such as `parcels.updated`.
 */
export type WebhookMessage<Name extends string = string> = Name extends string
  ? {
      readonly type: `${Name}.${EventType}`
      /** Time of the write (RFC 3339). */
      readonly timestamp: string
      readonly data: Event<Name>
    }
  : never
