const timeoutMs = 4_000
const bytesMax = 256 * 1_024

/**
 * Fetches a JSON Web Key Set (RFC 7517), bounded in time and bytes. Follows no redirects, so keys come only from the
 * configured URL, or from the one that the issuer names in its configuration.
 *
 * @param jwksUri `undefined` to find it by discovery
 * @throws {Error} when the set cannot be fetched or is malformed; the message names the status or the limit, never the
 *   body
 */
export async function fetchKeySet({
  issuer,
  jwksUri,
}: {
  readonly issuer: string
  readonly jwksUri: string | undefined
}): Promise<readonly unknown[]> {
  // One timeout for both requests: a key set's refresh must end before the next may begin.
  const signal = AbortSignal.timeout(timeoutMs)
  const { keys } = await fetchObject('key set', jwksUri ?? (await discover(issuer, signal)), signal)
  if (!Array.isArray(keys)) throw new Error('key set has no keys')
  return keys
}

/** URL of the key set in the issuer's configuration, which must be its own (OpenID Connect Discovery 1.0 §4.3). */
async function discover(issuer: string, signal: AbortSignal): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const { issuer: named, jwks_uri: jwksUri } = await fetchObject('configuration', url, signal)
  if (named !== issuer) throw new Error('configuration is of another issuer')
  const keySet = typeof jwksUri === 'string' ? URL.parse(jwksUri) : null
  // Keys must arrive unchanged; an issuer on the local machine may serve its own over http.
  if (keySet === null || (keySet.protocol !== 'https:' && keySet.origin !== new URL(issuer).origin)) {
    throw new Error('configuration has no https jwks_uri')
  }
  return keySet.href
}

async function fetchObject(
  what: string,
  url: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'manual',
    signal,
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`${what} answered ${response.status}`)
  }
  return parse(what, await readText(what, response))
}

function parse(what: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    // The parser's own message quotes its input.
    throw new Error(`${what} is not JSON`)
  }
}

async function readText(what: string, response: Response): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let text = ''
  let bytes = 0
  // The cast: the runtime's type declares neither an async iterator nor the chunk type of its streams.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new Error(`${what} is over ${bytesMax} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
