import { lookup as resolve } from 'node:dns'
import * as http from 'node:http'
import * as https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isAllowedAddress } from './address-rule.ts'

export interface WebhookRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Whether it may go to loopback and private networks, and without TLS. */
  readonly allowsPrivate: boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** A status, with the pause that the receiver asks for; or what went wrong, in words without addresses or secrets. */
export type WebhookOutcome =
  | { readonly status: number; readonly retryAfterMs: number | undefined }
  | { readonly reason: string }

/** Bytes of an answer that are read, so that its connection can be used again. Beyond them it is closed. */
const answerBytesMax = 16_384

/**
 * Sends one request, and follows no redirect. The host's addresses are resolved once and judged, and the connection goes to
 * one of these: a name that changes its address between the check and the call (DNS rebinding) gains nothing.
 */
export function sendWebhook(request: WebhookRequest): Promise<WebhookOutcome> {
  const { url, headers, body, allowsPrivate, timeoutMs, signal } = request
  const mistake = mistakeInUrl(url, allowsPrivate)
  if (mistake !== undefined) return Promise.resolve({ reason: mistake })
  const { promise, resolve: settle } = Promise.withResolvers<WebhookOutcome>()
  const timeout = AbortSignal.timeout(timeoutMs)
  const client = url.protocol === 'https:' ? https : http
  const sent = client.request(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    // A connection of its own: one that was kept would outlive a change of the host's address, or of the rule.
    agent: false,
    lookup: allowedLookup(allowsPrivate),
    signal: AbortSignal.any([signal, timeout]),
  })
  let outcome: WebhookOutcome | undefined
  sent.on('error', (error: NodeJS.ErrnoException) => {
    const reason = timeout.aborted ? `no answer in ${timeoutMs} ms` : (error.code ?? error.name)
    settle(outcome ?? { reason })
  })
  sent.on('response', (answer) => {
    // The cast is safe: an answer of a server has a status.
    const status = answer.statusCode as number
    const answered = { status, retryAfterMs: retryAfterMs(answer.headers['retry-after']) }
    outcome = answered
    let bytes = 0
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > answerBytesMax) answer.destroy()
    })
    // The status has arrived: what follows it changes nothing.
    answer.on('close', () => settle(answered))
    answer.on('error', () => settle(answered))
  })
  sent.end(body)
  return promise
}

/** @returns the reason for which nothing can be sent there */
export function mistakeInUrl(url: URL, allowsPrivate: boolean): string | undefined {
  if (url.protocol !== 'https:' && !(allowsPrivate && url.protocol === 'http:'))
    return 'the URL must be https'
  if (url.username !== '' || url.password !== '') return 'the URL must have no user or password'
  // The parser has made `0x7f.1` and `2130706433` an address already. No name is looked up for one.
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return isIP(host) !== 0 && !isAllowedAddress(host, allowsPrivate) ? notAllowed : undefined
}

const notAllowed = 'the address is not public'

/** Resolves a name to addresses that are all allowed. */
const allowedLookup =
  (allowsPrivate: boolean): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const isAllowed =
        error === null && addresses.every(({ address }) => isAllowedAddress(address, allowsPrivate))
      const [first] = addresses ?? []
      if (!isAllowed || first === undefined) {
        callback(error ?? Object.assign(new Error(notAllowed), { code: notAllowed }), '', 0)
      } else if (options.all === true) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }

/** Longest pause that a receiver can ask for, in ms: a day. */
const pauseMsMax = 86_400_000

/** `Retry-After` (RFC 9110 §10.2.3): seconds, or a date. */
function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const pauseMs = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return pauseMs > 0 ? Math.min(pauseMs, pauseMsMax) : undefined
}
