const timeoutMs = 4_000
const bytesMax = 256 * 1_024

/**
 * Fetches a JSON Web Key Set (RFC 7517). Bounded in time and bytes; redirects are not followed, so that the keys come
 * from the configured place or not at all.
 *
 * @throws {Error} when the set cannot be had or is not one; the message names the status or the limit, never the body
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
    // The parser's own message quotes what it was given.
    throw new Error('key set is not JSON')
  }
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let text = ''
  let bytes = 0
  // The cast: the runtime's type knows of no iterator, nor of what its streams of bytes hold.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new Error(`key set is over ${bytesMax} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
