import { acceptsJson, acceptWeight } from './accept.ts'
import { feedLimits, streamMediaType } from './feed.ts'
import { quote } from './filter.ts'
import type { FieldError } from './problem.ts'
import { type Parsed, refuseParameters, sentParameters } from './query.ts'

/** Format of the changes: one page of JSON, or a stream of events. */
export type FeedFormat = 'json' | 'stream'

/** The format that `Accept` asks for; `undefined` if it admits neither. */
export function feedFormatOf(accept: string | null | undefined): FeedFormat | undefined {
  const stream = accept === null || accept === undefined ? 0 : acceptWeight(accept, streamMediaType)
  if (stream > 0 && stream > acceptWeight(accept ?? '', 'application/json')) return 'stream'
  return acceptsJson(accept) ? 'json' : undefined
}

/** Time that the edge gives an answer of a feed, in ms ({@link ./headers.ts} `feedMs`). @default that of a stream */
export const parseFeedMs = (value: string | undefined): number =>
  value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) : feedLimits.streamMs

/** A parsed request for changes. */
export interface FeedQuery {
  /** Position after which changes are sent; `undefined` for those from now on. */
  readonly after: number | undefined
  readonly waitSeconds: number
  /** The same query as canonical text. */
  readonly canonical: string
}

/**
 * Parses the query string of a feed: `after=position`, `wait=seconds`.
 * @param lastEventId of a stream that is continued. It says more than the URL, which stays the same
 */
export function parseFeedQuery(search: string, lastEventId?: string): Parsed<FeedQuery> {
  const sent = sentParameters(search)
  if (!sent.ok) return sent
  const errors: FieldError[] = []
  for (const parameter of sent.value.keys()) {
    if (parameter === 'after' || parameter === 'wait') continue
    errors.push({ parameter: quote(parameter), detail: 'Unknown parameter. Supported: after, wait.' })
  }
  const after = sent.value.get('after')
  const wait = sent.value.get('wait') ?? '0'
  if (after !== undefined && !isPosition(after)) errors.push({ parameter: 'after', detail: notAPosition })
  if (lastEventId !== undefined && !isPosition(lastEventId))
    errors.push({ header: 'Last-Event-ID', detail: notAPosition })
  if (!/^\d{1,2}$/.test(wait) || Number(wait) > feedLimits.waitSecondsMax) {
    errors.push({ parameter: 'wait', detail: `Must be an integer from 0 to ${feedLimits.waitSecondsMax}.` })
  }
  if (errors.length > 0) return refuseParameters(errors)
  const from = lastEventId ?? after
  const parts = [...(from === undefined ? [] : [`after=${Number(from)}`]), `wait=${Number(wait)}`]
  return {
    ok: true,
    value: {
      after: from === undefined ? undefined : Number(from),
      waitSeconds: Number(wait),
      canonical: parts.join('&'),
    },
  }
}

const isPosition = (text: string): boolean => /^\d{1,15}$/.test(text)

const notAPosition = 'Must be a position of this feed: `next` of an answer, or the id of an event.'
