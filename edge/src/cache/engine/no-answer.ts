/** The origin's answer broke off, and no stored answer may stand in. `cause` tells how. */
export class BrokenAnswer extends Error {
  override readonly name = 'BrokenAnswer'

  constructor(cause: unknown) {
    super('the answer broke off', { cause })
  }
}

/** RFC 9111 §5.2.1.7 */
export function notCached(cacheName: string): Response {
  const headers = { 'cache-status': `${cacheName}; detail=only-if-cached` }
  return new Response(null, { status: 504, headers })
}

/** No answer before the reader's deadline, and no stored answer may stand in. */
export class LateAnswer extends Error {
  override readonly name = 'LateAnswer'

  constructor() {
    super('no answer in time')
  }
}
