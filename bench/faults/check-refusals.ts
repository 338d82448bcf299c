import { deletionOf, type Truth } from './chains.ts'
import { documentName, type Exchange, isWrite } from './exchange.ts'
import type { Violation } from './violation.ts'

/**
 * Refusals that are wrong whatever was applied. The clients send valid requests, so no answer may blame them; a
 * document that nobody deleted is not gone; and a fault must not lead to an internal error.
 */

/** Codes with which a valid request may be answered, besides the 5xx that report faults. */
const possible = new Set([
  'precondition-failed',
  'not-found',
  'write-conflict',
  'idempotency-key-in-use',
  'request-timeout',
])

export function checkRefusals(exchanges: readonly Exchange[], truth: Truth): readonly Violation[] {
  const found: Violation[] = []
  for (const exchange of exchanges) {
    const { answer, markers } = exchange
    if (answer === undefined) continue
    const told = markers !== undefined && answer.items !== undefined ? answer.items : [answer]
    for (const { status = 0, code = 'no problem' } of told) {
      const isBlamed = status >= 400 && status < 500 && !possible.has(code)
      if (!isBlamed && status !== 500) continue
      found.push({
        kind: 'untrue',
        what: `a valid request was told ${status} ${code}`,
        exchanges: [exchange],
      })
    }
    found.push(...checkState(exchange, truth))
  }
  return found
}

/** Compares 404 and 412 with the state of the document. */
function checkState(exchange: Exchange, { chains, byMarker }: Truth): Violation[] {
  const { answer, documentId, ifMatch, resource, operation } = exchange
  if (answer === undefined || documentId === undefined) return []
  const document = documentName(resource, documentId)
  const chain = chains.get(document)
  const deletion = deletionOf(chain)
  if (answer.status === 404 && (deletion === undefined || deletion.wallMs > exchange.endMs + 1)) {
    return [{ kind: 'untrue', what: 'told 404, and it was there', exchanges: [exchange], document }]
  }
  if (isWrite(exchange) && answer.status === 412 && answer.version === ifMatch) {
    const what = `told 412 for ${ifMatch === undefined ? 'no condition' : 'the very version that it named'}`
    return [{ kind: 'untrue', what, exchanges: [exchange], document }]
  }
  if (operation === 'read' && answer.marker !== undefined && !byMarker.has(answer.marker)) {
    return [
      {
        kind: 'untrue',
        what: 'shows a write that the database does not have',
        exchanges: [exchange],
        document,
      },
    ]
  }
  return []
}
