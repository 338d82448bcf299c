const timeoutMs = 4_000
const bytesMax = 256 * 1_024

/**
 * Fetches a JSON Web Key Set (RFC 7517), bounded in time and bytes. Follows no redirects, so keys come only from the
 * configured URL.
 *
 * @throws {Error} when the set cannot be fetched or is malformed; the message names the status or the limit, never the
 *   body
 */
export async function fetchKeySet(jwksUri: string): Promise<readonly unknown[]> {
  const response = await fetch(jwksUri, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`key set answered ${response.status}`)
  }
  const { keys } = parse(await readText(response))
  if (!Array.isArray(keys)) throw new Error('key set has no keys')
  return keys
}

function parse(text: string): { readonly keys?: unknown } {
  try {
    const set: unknown = JSON.parse(text)
    return typeof set === 'object' && set !== null ? set : {}
  } catch {
    // The parser's own message quotes its input.
    throw new Error('key set is not JSON')
  }
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let text = ''
  let bytes = 0
  // The cast: the runtime's type declares neither an async iterator nor the chunk type of its streams.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new Error(`key set is over ${bytesMax} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
